/* origin.h - where a command finds backups and restores: in a folder (--from), or in the cluster. */
#pragma once
#include "cli/fetch.h"

typedef struct OriginFlags {
        Str from;
        VeleroFlags velero;
} OriginFlags;
extern const Option origin_flags[];

typedef struct Origin {
        Store *store;  /* NULL: the cluster */
        Velero velero; /* opened when there is no store */
        Fetcher fetcher;
} Origin;

/* `origin` starts zeroed; clear it also after a failure. */
bool origin_open(Cli *cli, const OriginFlags *flags, Origin *origin, Error *err) MUST_CHECK;
void origin_clear(Origin *origin);

/* For files from the cluster; `flags` is borrowed. */
void origin_set_fetch(Origin *origin, const FetchFlags *flags);

/* The named ones, or all when none is named; of those the ones that `selector` matches.  What can't be read in a
 * folder is a warning. */
bool origin_select(Cli *cli, const Origin *origin, CatalogKind kind, Strs names, Str selector,
                   Catalog *ret_catalog, Error *err) MUST_CHECK;

/* The bytes of a file as it is stored.  ERROR_NOT_FOUND: there is none. */
bool origin_read(Cli *cli, Origin *origin, const FetchedFile *what, FetchSink sink, void *user, Error *err)
        MUST_CHECK;
/* A gzipped JSON file; *ret_doc is NULL when there is none. */
bool origin_read_json(Cli *cli, Origin *origin, const FetchedFile *what, JsonDoc **ret_doc, Error *err)
        MUST_CHECK;
