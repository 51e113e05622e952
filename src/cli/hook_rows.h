/* hook_rows.h - the entries of a hook results file, in the order in which people read them: by pod, then by time. */
#pragma once
#include "data/json.h"

typedef struct HookRow {
        Str namespace, pod, container, name, phase, outcome, message, process, out, err;
        JsonVal *value; /* the entry itself */
        JsonVal *command;
        int64_t exit_code;              /* -1: none */
        int64_t duration_ms, freeze_ms; /* -1: none */
        bool is_undo;
} HookRow;

typedef struct HookRows {
        HookRow *items;
        size_t len;
        size_t succeeded, failed, skipped, not_run, not_awaited; /* failed: TimedOut too */
        int64_t freeze_p50_ms, freeze_max_ms;                    /* -1: nothing was frozen */
} HookRows;

/* `results` is the file's value, or NULL. */
HookRows hook_rows_read(JsonVal *results, Arena *arena);
bool hook_row_is_good(const HookRow *row); /* Succeeded, Skipped or NotAwaited */
/* How long it took; an init container's is told by the kubelet in whole seconds: "under 1s".  Empty: it did not run. */
Str hook_row_duration(const HookRow *row, Arena *arena);
/* "6 succeeded, 1 failed; frozen for 270ms (p50), 800ms at most" */
Str hook_rows_summary(const HookRows *rows, Arena *arena);
