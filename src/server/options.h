/* options.h - how a server is to work; `grapnel server --help` says what each means.
 *
 * Names and defaults are Velero's where Velero has the option (spec/backup-behaviour.md 2.11). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

typedef struct ServerOptions {
        Str namespace; /* whose resources it serves; also where Secrets of locations are */
        Str state;     /* folder of the journal of frozen pods; empty: it is in the API server */
        Str identity;  /* of this process: the pod's name */
        Str metrics_address, download_address; /* ":8085"; empty: not served */
        Str download_host; /* under which clients reach download_address; empty: grapnel.NAMESPACE.svc */
        Str default_location;
        int64_t default_ttl_ms;
        int64_t sync_period_ms, validation_frequency_ms, gc_frequency_ms;
        int64_t resource_timeout_ms; /* how long the last word about a run is tried to be written */
        unsigned concurrent_backups;
        unsigned workers, hook_workers, page_size; /* of one run */
        int64_t max_freeze_ms;
        Str restore_resource_priorities; /* as restore/priority.h reads it; empty: Velero's */
        int64_t terminating_resource_timeout_ms;
        bool velero_hook_defaults; /* an absent onError of a hook is Continue */
        bool schedule_skip_immediately;
        Str disabled_controllers;       /* names, joined by commas */
        LogLevel log_level;             /* of what is printed; the log of a run has info at least */
        LogFormat log_format;           /* of what is printed; the log of a run is text */
        int64_t (*wall_ms)(void *user); /* NULL: the system's clock; tests have their own */
        void *clock;
} ServerOptions;
