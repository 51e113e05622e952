/* flags.h - flags that several commands share, and the flags that stand for fields of a manifest.
 *
 * Names and short forms are Velero's where Velero has the flag. */
#pragma once
#include "base/log.h"
#include "cli/cli.h"
#include "cli/options.h"

typedef struct ClusterFlags {
        Str kubeconfig, context;
        double qps;
        unsigned burst, page_size;
        int64_t request_timeout_ms; /* of one call to the API server, with its retries */
} ClusterFlags;
extern const Option cluster_flags[];

/* Rows that several requests have. */
#define OPT_SELECTOR(request, member, what)                                                                  \
        { OPT_ROW(OPTION_TEXT, request, member, "selector", "SELECTOR", what " with these labels"),          \
          .letter = 'l' }
#define OPT_DRY_RUN(request)                                                                                 \
        { OPT_ROW(OPTION_BOOL, request, dry_run, "dry-run", NULL,                                            \
                  "only say what would be done; runs no hook and changes nothing") }
#define OPT_MAX_FREEZE(request)                                                                              \
        { OPT_ROW(OPTION_DURATION, request, max_freeze_ms, "max-freeze", "DURATION",                         \
                  "a pod that is frozen for longer is thawed before it is captured, and counts as failed "   \
                  "(default no limit)") }

typedef enum OutputFormat { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_YAML } OutputFormat;

typedef struct OutputFlags {
        int format; /* OutputFormat */
} OutputFlags;
extern const Option output_flags[];

typedef struct RunFlags { /* of the commands that run hooks */
        Str state;
        unsigned hook_workers;
        bool quiet;
        int log_format; /* LogFormat */
        int log_level;  /* 0: none on the terminal; else LogLevel + 1 */
} RunFlags;
extern const Option run_flags[];

typedef struct FromFlags {
        Str from;
} FromFlags;
extern const Option from_flags[];

/* Rows without targets: their values go into the manifest. */
extern const Option backup_fields[];
extern const Option restore_fields[];

typedef struct OrderFlags { /* of every restore that a process carries out */
        Str resource_priorities;
        int64_t terminating_resource_timeout_ms;
} OrderFlags;
extern const Option order_flags[];
/* Exit code 64 for priorities that cannot be read, and a time below 0. */
bool order_flags_check(Cli *cli, const OrderFlags *flags, Error *err) MUST_CHECK;
