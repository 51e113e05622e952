/* catalog.h - the backups and restores that a store holds, as objects.
 *
 * Velero keeps Restores in the cluster only, so a restore that Velero made is known by its files; its object
 * then has a name and nothing else. */
#pragma once
#include "cli/cli.h"
#include "data/json.h"
#include "data/labels.h"
#include "store/layout.h"

typedef enum CatalogKind { CATALOG_BACKUPS, CATALOG_RESTORES } CatalogKind;

typedef struct CatalogEntry {
        Str name;
        JsonDoc *doc;
} CatalogEntry;

typedef struct Catalog {
        CatalogEntry *items;
        size_t len;
        Strs problems; /* what could not be read, and why: "backups/b1: unfinished (…)" */
} Catalog;

/* --from; missing is a usage error. */
bool catalog_open_store(Cli *cli, Str from, Store **ret_store, Error *err) MUST_CHECK;

/* All of them, in Velero's order: by name, but the newest first among names that differ in their time stamp only. */
bool catalog_read(Store *store, CatalogKind kind, Arena *arena, Catalog *ret_catalog, Error *err) MUST_CHECK;
/* These; a name that is not there fails with ERROR_NOT_FOUND and a hint. */
bool catalog_read_names(Cli *cli, Store *store, CatalogKind kind, Strs names, Catalog *ret_catalog,
                        Error *err) MUST_CHECK;
/* By name; `by_time`: in the order of catalog_read. */
void catalog_sort(Catalog *catalog, bool by_time);
/* --selector; a wrong one is a usage error. */
bool catalog_parse_selector(Cli *cli, Str text, LabelSelector *ret_selector, Error *err) MUST_CHECK;
void catalog_keep_matching(Catalog *catalog, const LabelSelector *selector);
/* The newest backup of that schedule that ended Completed or PartiallyFailed; empty: none. */
Str catalog_newest_usable(const Catalog *catalog, Str schedule);
void catalog_clear(Catalog *catalog);
