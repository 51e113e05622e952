/* stored.h - what the commands that look at backups and restores have in common. */
#pragma once
#include "cli/flags.h"
#include "cli/listing.h"
#include "cli/origin.h"

typedef struct GetFlags {
        OriginFlags origin;
        ListingFlags listing;
        Str selector;
} GetFlags;

typedef struct StoredFlags { /* of describe */
        FromFlags from;
        OutputFlags output;
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

bool stored_get(Cli *cli, CatalogKind kind, const ListingTable *how, const CommandLine *line,
                const GetFlags *flags, Error *err) MUST_CHECK;
bool stored_describe(Cli *cli, const StoredKind *kind, const CommandLine *line, const StoredFlags *flags,
                     Error *err) MUST_CHECK;
bool stored_logs(Cli *cli, const StoredKind *kind, Str from, Str name, Error *err) MUST_CHECK;
