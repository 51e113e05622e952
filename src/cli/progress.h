/* progress.h - how far a run is: a bar on a terminal, a plain line now and then elsewhere.
 *
 * It owns standard error while it runs, so that log lines and messages do not end up inside the bar. */
#pragma once
#include <stdio.h>

#include "hooks/run.h"

typedef struct ProgressSource { /* what the engines count */
        const _Atomic uint64_t *items_total, *items_done;
        const _Atomic(const char *) *step;
        const HookGauges *hooks;
} ProgressSource;

typedef enum ProgressStyle { PROGRESS_NONE, PROGRESS_LINES, PROGRESS_BAR } ProgressStyle;

typedef struct ProgressOptions {
        FILE *out;
        ProgressStyle style;
        bool colour;
} ProgressOptions;

typedef struct Progress Progress;

Progress *progress_new(const ProgressOptions *options);
void progress_free(Progress *progress); /* ends its thread and clears the bar */
DEFINE_AUTO(Progress, progress_free)

/* Shows `source` from now on, until progress_stop. */
void progress_start(Progress *progress, const ProgressSource *source);
void progress_stop(Progress *progress);
/* One or more whole lines; any thread, also before start and after stop. */
void progress_say(Progress *progress, Str lines);

/* Pure, for tests. */
typedef struct ProgressView {
        uint64_t items_total, items_done;
        const char *step;
        unsigned hooks_running, pods_frozen;
        int64_t elapsed_ms;
} ProgressView;
Str progress_line(const ProgressView *view, Arena *arena);
/* At most `columns` wide. */
Str progress_bar(const ProgressView *view, unsigned columns, bool colour, Arena *arena);
