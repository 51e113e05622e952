#include "hooks/result.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/thread.h"

enum { READ_SIZE = 64 * 1024 };
static const uint64_t spool_limit = 16ull * 1024 * 1024 * 1024;

struct HookResults {
        Spool *spool; /* ",\n{…}" for each result */
        _Atomic uint64_t attempted, failed;
        Mutex lock;
        uint32_t *freezes GUARDED_BY(&lock); /* ms, one a pod */
        size_t freezes_len GUARDED_BY(&lock);
        size_t freezes_capacity GUARDED_BY(&lock);
        HookObserver observer; /* NULL: nobody */
        void *observer_user;
};

const char *hook_outcome_name(HookOutcome outcome) {
        static const char *const names[] = {
                [HOOK_SUCCEEDED] = "Succeeded", [HOOK_FAILED] = "Failed",  [HOOK_TIMED_OUT] = "TimedOut",
                [HOOK_SKIPPED] = "Skipped",     [HOOK_NOT_RUN] = "NotRun", [HOOK_NOT_AWAITED] = "NotAwaited",
        };

        return names[outcome];
}

bool hook_results_new(HookResults **ret_results, Error *err) {
        AUTO(hook_results_freep) HookResults *results = xnew0(HookResults);

        mutex_init(&results->lock);
        if (!spool_open(spool_limit, &results->spool, err))
                return error_prefix(err, "hook results");
        *ret_results = TAKE(results);
        return true;
}

void hook_results_free(HookResults *results) {
        if (!results)
                return;
        spool_free(results->spool);
        mutex_lock(&results->lock);
        free(results->freezes);
        mutex_unlock(&results->lock);
        mutex_destroy(&results->lock);
        free(results);
}

static void add_str(const char *key, Str value, Buf *into) {
        buf_printf(into, ",\"%s\":", key);
        quote_json(value, into);
}

static void add_number(const char *key, int64_t value, Buf *into) {
        buf_printf(into, ",\"%s\":%lld", key, (long long) value);
}

static void add_call(const HookCall *call, Buf *into) {
        add_str("container", call->container, into);
        add_str("name", call->name, into);
        add_str("source", call->source == HOOK_FROM_ANNOTATION ? STR("annotation") : STR("spec"), into);
        add_str("phase", str_of(hook_phase_name(call->phase)), into);
        add_number("index", (int64_t) call->index, into);
        buf_add(into, STR(",\"command\":["));
        for (size_t i = 0; i < call->command.len; i++) {
                if (i)
                        buf_add_char(into, ',');
                quote_json(call->command.items[i], into);
        }
        buf_add_char(into, ']');
        if (call->phase != HOOK_RESTORE_INIT) /* Kubernetes knows one way only */
                add_str("onError", call->on_error == ON_ERROR_CONTINUE ? STR("Continue") : STR("Fail"), into);
}

static void add_outcome(const HookResult *result, Arena *arena, Buf *into) {
        add_str("outcome", str_of(hook_outcome_name(result->outcome)), into);
        if (result->exit_code >= 0)
                add_number("exitCode", result->exit_code, into);
        if (result->attempts) {
                add_number("attempts", result->attempts, into);
                add_str("startTimestamp", clock_rfc3339_milli(result->start_wall_ms, arena), into);
                add_number("durationMs", result->duration_ms, into);
        }
        if (result->freeze_ms >= 0)
                add_number("freezeMs", result->freeze_ms, into);
        if (result->message.len)
                add_str("message", result->message, into);
        if (result->process.len)
                add_str("process", result->process, into);
        if (result->is_undo)
                buf_add(into, STR(",\"undo\":true"));
        if (result->out)
                add_str("stdout", hook_output_text(result->out, arena), into);
        if (result->err)
                add_str("stderr", hook_output_text(result->err, arena), into);
}

static bool is_last_post(const HookResult *result) {
        const PodPlan *pod = result->pod;

        return pod->post_len && result->call == &pod->post[pod->post_len - 1];
}

static void add_freeze(HookResults *results, int64_t freeze_ms) {
        mutex_lock(&results->lock);
        if (results->freezes_len == results->freezes_capacity) {
                results->freezes_capacity = results->freezes_capacity ? 2 * results->freezes_capacity : 64;
                results->freezes =
                        xrealloc_array(results->freezes, results->freezes_capacity, sizeof *results->freezes);
        }
        results->freezes[results->freezes_len++] = freeze_ms < UINT32_MAX ? (uint32_t) freeze_ms : UINT32_MAX;
        mutex_unlock(&results->lock);
}

static void count(HookResults *results, const HookResult *result) {
        bool is_failed = result->outcome == HOOK_FAILED || result->outcome == HOOK_TIMED_OUT;

        if (!result->is_uncounted)
                atomic_fetch_add(&results->attempted, 1);
        if (is_failed)
                atomic_fetch_add(&results->failed, 1);
        if (result->freeze_ms >= 0 && is_last_post(result))
                add_freeze(results, result->freeze_ms);
}

bool hook_results_add(HookResults *results, const HookResult *result, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf line = { 0 };
        uint64_t offset;

        buf_add(&line, STR(",\n{\"namespace\":"));
        quote_json(result->pod->namespace, &line);
        add_str("pod", result->pod->name, &line);
        add_str("uid", result->pod->uid, &line);
        add_str("node", result->pod->node, &line);
        add_call(result->call, &line);
        add_outcome(result, &arena, &line);
        buf_add_char(&line, '}');
        if (!buf_check(&line, "a hook's result", err) ||
            !spool_append(results->spool, buf_str(&line), &offset, err))
                return error_prefix(err, "hook results");
        count(results, result);
        if (results->observer)
                results->observer(results->observer_user, result);
        return true;
}

void hook_results_observe(HookResults *results, HookObserver observer, void *user) {
        results->observer = observer;
        results->observer_user = user;
}

bool hook_results_add_skip(HookResults *results, const PodPlan *pod, const HookSkip *skip, Error *err) {
        HookCall call = {
                .name = skip->name,
                .source = skip->source,
                .phase = skip->phase,
                .index = skip->index,
                .container = skip->container,
                .command = skip->command,
                .on_error = skip->on_error,
        };
        HookResult result = {
                .pod = pod,
                .call = &call,
                .outcome = skip->is_fault ? HOOK_FAILED : HOOK_SKIPPED,
                .exit_code = -1,
                .freeze_ms = -1,
                .message = skip->reason,
                .is_uncounted = skip->is_overridden,
        };

        return hook_results_add(results, &result, err);
}

void hook_results_count(HookResults *results, uint64_t *ret_attempted, uint64_t *ret_failed) {
        *ret_attempted = atomic_load(&results->attempted);
        *ret_failed = atomic_load(&results->failed);
}

static int compare_numbers(const void *a, const void *b) {
        const uint32_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

void hook_results_freeze(HookResults *results, HookFreeze *ret_freeze) {
        HookFreeze freeze = { .p50_ms = -1, .p99_ms = -1, .max_ms = -1 };

        mutex_lock(&results->lock);
        if (results->freezes_len) {
                size_t len = results->freezes_len;

                qsort(results->freezes, len, sizeof *results->freezes, compare_numbers);
                freeze = (HookFreeze) {
                        /* nearest rank: the smallest value that so many percent do not exceed */
                        .pods = len,
                        .p50_ms = results->freezes[(len * 50 + 99) / 100 - 1],
                        .p99_ms = results->freezes[(len * 99 + 99) / 100 - 1],
                        .max_ms = results->freezes[len - 1],
                };
        }
        mutex_unlock(&results->lock);
        *ret_freeze = freeze;
}

static bool write_results(HookResults *results, bool (*write)(void *user, Str bytes, Error *err), void *user,
                          Error *err) {
        AUTO_FREE char *chunk = xmalloc(READ_SIZE);
        uint64_t size = spool_size(results->spool);

        for (uint64_t offset = 1; offset < size;) { /* the first comma has nothing before it */
                size_t len = size - offset < READ_SIZE ? (size_t) (size - offset) : READ_SIZE;

                if (!spool_read(results->spool, offset, chunk, len, err) ||
                    !write(user, (Str) { chunk, len }, err))
                        return false;
                offset += len;
        }
        return true;
}

bool hook_results_write(HookResults *results, bool (*write)(void *user, Str bytes, Error *err), void *user,
                        Error *err) {
        AUTO(buf_clear) Buf end = { 0 };
        HookFreeze freeze;

        hook_results_freeze(results, &freeze);
        buf_add(&end, STR("\n]"));
        if (freeze.pods)
                buf_printf(&end, ",\"freeze\":{\"pods\":%zu,\"p50Ms\":%lld,\"p99Ms\":%lld,\"maxMs\":%lld}",
                           freeze.pods, (long long) freeze.p50_ms, (long long) freeze.p99_ms,
                           (long long) freeze.max_ms);
        buf_add(&end, STR("}\n"));
        if (!write(user, STR("{\"hooks\":["), err) || !write_results(results, write, user, err) ||
            !write(user, buf_str(&end), err))
                return error_prefix(err, "write the hook results");
        return true;
}
