/* install.h - the objects that `grapnel install` makes in a cluster, from texts with tokens.
 *
 * A part is YAML, perhaps several documents, in which a token such as $NAMESPACE stands for a whole value.  For a
 * cluster it is replaced by a JSON literal, so no value can be anything but a value; for the Helm chart by an
 * expression.  One source: the two cannot disagree.  Pure. */
#pragma once
#include "base/buf.h"
#include "data/json.h"

typedef enum InstallToken {
        INSTALL_NAMESPACE,
        INSTALL_CLUSTER_NAME, /* of what stands in no namespace */
        INSTALL_IMAGE,
        INSTALL_CPU_REQUEST,
        INSTALL_MEM_REQUEST,
        INSTALL_MEM_LIMIT,
        INSTALL_PROVIDER,
        INSTALL_BUCKET,
        INSTALL_PREFIX,
        INSTALL_CONFIG, /* an object of strings */
        INSTALL_SECRET, /* base64 */
        INSTALL_VOLUME, /* a volume called "backups" */
        INSTALL_TOKEN_COUNT,
} InstallToken;

typedef struct InstallOptions {
        Str namespace, image, cpu_request, mem_request, mem_limit;
        Str provider, bucket, prefix; /* no provider: no location is made */
        Strs config;                  /* "key=value" */
        Str claim;  /* of the volume at /backups; empty: an empty folder, gone with the pod */
        Str secret; /* the content of the credentials file; empty: no Secret is made */
        bool crds_only;
} InstallOptions;

/* The objects in the order in which they are to be applied.  The Secret's bytes are in `doc`. */
bool install_objects(const InstallOptions *options, JsonMutDoc *doc, JsonMutVal *list, Error *err) MUST_CHECK;

/* The files of the Helm chart: "Chart.yaml", "values.yaml", "templates/…", "crds/…".  False past the last one. */
bool install_chart_file(size_t number, Arena *arena, Buf *text, Str *ret_name);
