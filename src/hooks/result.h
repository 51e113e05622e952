/* result.h - what became of each hook: one result per planned call.
 *
 * Results go to a spool as JSON lines, so that memory does not grow with them; counters answer at any time.
 * Output is kept as the first and last 8 KiB of each stream.  Many threads may add. */
#pragma once
#include "base/spool.h"
#include "hooks/plan.h"
#include "kube/exec.h"

typedef enum HookOutcome {
        HOOK_SUCCEEDED,
        HOOK_FAILED,      /* exit code, refused, broken stream */
        HOOK_TIMED_OUT,   /* the command, or the wait for its container */
        HOOK_SKIPPED,     /* with a reason: the pod has ended, the container is gone, … */
        HOOK_NOT_RUN,     /* an earlier hook failed, or the run was interrupted */
        HOOK_NOT_AWAITED, /* an init container whose end nobody waited for */
} HookOutcome;
const char *hook_outcome_name(HookOutcome outcome); /* "Succeeded", … */

enum { HOOK_OUTPUT_EDGE = 8 * 1024 };

typedef struct HookOutput { /* first and last bytes of a stream, in constant memory */
        char head[HOOK_OUTPUT_EDGE], tail[HOOK_OUTPUT_EDGE];
        size_t head_len;
        uint64_t total; /* bytes seen */
} HookOutput;
void hook_output_add(HookOutput *output, Str bytes);
/* All of it, or head + "\n[… N bytes left out …]\n" + tail; invalid UTF-8 replaced. */
Str hook_output_text(const HookOutput *output, Arena *arena);

typedef struct HookResult {
        const PodPlan *pod;
        const HookCall *call;
        HookOutcome outcome;
        int exit_code; /* -1 when there is none */
        unsigned attempts;
        int64_t start_wall_ms, duration_ms;
        int64_t freeze_ms; /* post hooks: from the start of the pod's first pre hook to the end of this; else -1 */
        Str message;       /* why, for all but Succeeded */
        Str process;  /* after a time-out: "ended (TERM)", "may still run: no /bin/sh in the container", … */
        bool is_undo; /* a post hook that ran because the run failed or was interrupted */
        bool is_uncounted; /* its phase was not reached, or it is no hook of the pod: not counted as attempted */
        const HookOutput *out, *err; /* may be NULL */
} HookResult;

typedef struct HookResults HookResults;
bool hook_results_new(HookResults **ret_results, Error *err) MUST_CHECK;
void hook_results_free(HookResults *results);
DEFINE_AUTO(HookResults, hook_results_free)

/* Told of each result that is added, on the thread that adds it.  Set it before there are any. */
typedef void (*HookObserver)(void *user, const HookResult *result);
void hook_results_observe(HookResults *results, HookObserver observer, void *user);

bool hook_results_add(HookResults *results, const HookResult *result, Error *err) MUST_CHECK;
/* What the plan left out: Failed for a mistake, Skipped for the rest. */
bool hook_results_add_skip(HookResults *results, const PodPlan *pod, const HookSkip *skip, Error *err)
        MUST_CHECK;
/* As Velero counts: attempted are all calls of phases that were reached. */
void hook_results_count(HookResults *results, uint64_t *ret_attempted, uint64_t *ret_failed);

typedef struct HookFreeze { /* one sample a pod: the freeze_ms of its last post hook */
        size_t pods;
        int64_t p50_ms, p99_ms, max_ms; /* -1: nothing was frozen */
} HookFreeze;
void hook_results_freeze(HookResults *results, HookFreeze *ret_freeze);

/* The whole of NAME-hooks.json.gz, before gzip: {"hooks":[…],"freeze":{"pods":…,"p50Ms":…,"p99Ms":…,"maxMs":…}};
 * docs/hooks-results.md has every field. */
bool hook_results_write(HookResults *results, bool (*write)(void *user, Str bytes, Error *err), void *user,
                        Error *err) MUST_CHECK;
