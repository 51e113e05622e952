/* catalog_cluster.h - the backups and restores that a cluster holds, as the same catalog as a store's.
 *
 * `client` and `resource` are borrowed for the call. */
#pragma once
#include "cli/catalog.h"
#include "kube/list.h"

typedef struct CatalogCluster {
        KubeClient *client;
        const KubeResource *resource;
        Str namespace;
        unsigned page_size; /* of lists; 0: 500 */
} CatalogCluster;

/* Of the kind's velero.io/v1 objects; a cluster that does not serve them is an error with a hint. */
bool catalog_find_resource(Cli *cli, const Discovery *discovery, CatalogKind kind,
                           const KubeResource **ret_resource, Error *err) MUST_CHECK;

/* Those that `selector` (may be empty) matches, in the order of catalog_read. */
bool catalog_list_cluster(const CatalogCluster *from, Str selector, Arena *arena, Catalog *ret_catalog,
                          Error *err) MUST_CHECK;
/* These; a name that is not there fails with ERROR_NOT_FOUND and a hint. */
bool catalog_get_cluster(Cli *cli, const CatalogCluster *from, Strs names, Catalog *ret_catalog, Error *err)
        MUST_CHECK;
