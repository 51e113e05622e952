/* listing.h - what the get commands print: columns, or the objects as JSON or YAML.
 *
 * Source: spec/restore-behaviour.md 7.1; labels in columns as kubectl has them. */
#pragma once
#include "cli/catalog.h"

typedef struct ListingFlags {
        int format; /* OutputFormat */
        Strs label_columns;
        bool show_labels;
} ListingFlags;
extern const Option listing_flags[];

typedef struct ListingTable {
        const char *const *headings; /* ends with NULL */
        /* A cell for each heading. */
        void (*fill)(JsonVal *object, Arena *arena, Str *row);
} ListingTable;

void listing_print(Cli *cli, const ListingTable *how, const ListingFlags *flags, const Catalog *catalog);
/* One as itself, several as a List. */
void listing_print_objects(Cli *cli, int format, const Catalog *catalog);
