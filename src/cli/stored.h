/* stored.h - what the commands that read a store have in common for backups and restores. */
#pragma once
#include "cli/catalog.h"
#include "cli/flags.h"
#include "cli/table.h"

typedef struct StoredFlags { /* of get and describe */
        FromFlags from;
        OutputFlags output;
        ClusterFlags cluster; /* of get, where --from is not given */
        Str namespace;
        Str selector;
        bool details;
} StoredFlags;

typedef struct StoredKind {
        CatalogKind kind;
        Str (*log_key)(Str name, Arena *arena);
        Str (*results_key)(Str name, Arena *arena);
        Str (*resource_list_key)(Str name, Arena *arena);
        Str (*volumes_key)(Str name, Arena *arena);
        Str (*hooks_key)(Str name, Arena *arena);
} StoredKind;
extern const StoredKind stored_backups, stored_restores;

/* Rows of get: where the objects are. */
extern const Option stored_source_flags[];

/* The named ones (all when none is named), of those the ones that `selector` matches. */
bool stored_select(Cli *cli, Store *store, CatalogKind kind, const CommandLine *line, Str selector,
                   Catalog *ret_catalog, Error *err) MUST_CHECK;

typedef struct StoredTable { /* how get shows them */
        CatalogKind kind;
        const char *const *headings;
        void (*add_row)(Table *table, JsonVal *object, Arena *arena);
} StoredTable;
/* Of the folder of --from, else of the cluster. */
bool stored_get(Cli *cli, const StoredTable *how, const CommandLine *line, const StoredFlags *flags,
                Error *err) MUST_CHECK;
bool stored_describe(Cli *cli, const StoredKind *kind, const CommandLine *line, const StoredFlags *flags,
                     Error *err) MUST_CHECK;
bool stored_logs(Cli *cli, const StoredKind *kind, Str from, Str name, Error *err) MUST_CHECK;
