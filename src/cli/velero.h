/* velero.h - Velero's resources in the cluster, for the commands that work on them.
 *
 * A kind is named as in its objects: "Backup", "Schedule".  Everything is in one namespace (velero_config.h).
 * One thread. */
#pragma once
#include "cli/catalog.h"
#include "cli/cluster.h"
#include "cli/listing.h"

typedef struct VeleroFlags {
        Str namespace;
        ClusterFlags cluster;
} VeleroFlags;
extern const Option velero_flags[]; /* -n, and those of the cluster under a heading of their own */

typedef struct Velero {
        Cluster cluster;
        Str namespace;
        unsigned page_size; /* of lists; 0: 500 */
        const Stop *stop;   /* may be NULL */
} Velero;

/* `velero` starts zeroed; clear it also after a failure. */
bool velero_open(Cli *cli, const VeleroFlags *flags, Velero *velero, Error *err) MUST_CHECK;
void velero_clear(Velero *velero);

/* A cluster that does not serve the kind is an error with a hint. */
bool velero_resource(Cli *cli, const Velero *velero, const char *kind, const KubeResource **ret_resource,
                     Error *err) MUST_CHECK;
/* A name that is not there fails with ERROR_NOT_FOUND and a hint: the namespace is not there, or what lists the names. */
bool velero_get(Cli *cli, const Velero *velero, const char *kind, Str name, JsonDoc **ret_doc, Error *err)
        MUST_CHECK;
/* Sets that hint when the namespace is surely not there; false also for who may not look at namespaces. */
bool velero_hint_no_namespace(Cli *cli, const Velero *velero);
/* Those that `selector` (may be empty) matches.  Backups are sorted as catalog_read sorts them, other kinds by name. */
bool velero_list(Cli *cli, const Velero *velero, const char *kind, Str selector, Catalog *ret_catalog,
                 Error *err) MUST_CHECK;
/* The named ones, or all when none is named; of those the ones that `selector` matches. */
bool velero_select(Cli *cli, const Velero *velero, const char *kind, Strs names, Str selector,
                   Catalog *ret_catalog, Error *err) MUST_CHECK;

typedef struct VeleroGetFlags {
        Str selector;
        ListingFlags listing;
        VeleroFlags velero;
} VeleroGetFlags;
/* Lists objects of the kind: those that the arguments name, or all. */
bool velero_print(Cli *cli, const char *kind, const ListingTable *how, const CommandLine *line,
                  const VeleroGetFlags *flags, Error *err) MUST_CHECK;

/* Fails with a hint: ERROR_NOT_FOUND when the namespace is not there, ERROR_EXISTS when the name is taken, ERROR_CONFLICT when
 * what has it may be the very object, as an answer got lost.  ret_created may be NULL. */
bool velero_create(Cli *cli, const Velero *velero, const char *kind, JsonVal *object, JsonDoc **ret_created,
                   Error *err) MUST_CHECK;
/* A merge patch. */
bool velero_patch(Cli *cli, const Velero *velero, const char *kind, Str name, JsonMutVal *patch, Error *err)
        MUST_CHECK;
