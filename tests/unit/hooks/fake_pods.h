/* fake_pods.h - pods that only know how to freeze, thaw and fail, behind a HookPort.
 *
 * The first word of a command says what happens: freeze, thaw, ok, fail N, sleep MS, hang (until its time is up or it is
 * stopped), break (the stream ends without a status), refuse, gone (the pod is deleted meanwhile), talk N (bytes). */
#pragma once
#include <ctype.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "hooks/run.h"
#include "quoted_json.h"

enum { FAKE_PODS_MAX = 64 };

typedef struct FakePod {
        char name[16], uid[24];
        const char *status; /* inside of status */
        _Atomic bool is_frozen, is_deleted;
        _Atomic unsigned thaws;
} FakePod;

typedef struct FakePods {
        FakePod pods[FAKE_PODS_MAX];
        size_t len;
        Mutex lock;
        Buf events; /* "db-0:freeze " for each exec as it starts */
        _Atomic unsigned execs, in_flight, most_in_flight;
        unsigned lose_from, lose_to; /* the execs of these numbers (from 1) break */
        unsigned stop_at;            /* the exec of this number sets `stop` as it starts */
        _Atomic unsigned reads;
        unsigned lose_read; /* the read of this number fails */
        Stop *stop;
        bool is_process_found;
} FakePods;

static inline void fake_add(FakePods *fake, const char *name) {
        FakePod *pod = &fake->pods[fake->len++];

        snprintf(pod->name, sizeof pod->name, "%s", name);
        snprintf(pod->uid, sizeof pod->uid, "uid-%s", name);
        pod->status = "";
}

static inline FakePod *fake_find(FakePods *fake, Str name) {
        for (size_t i = 0; i < fake->len; i++)
                if (str_equal(name, str_of(fake->pods[i].name)))
                        return &fake->pods[i];
        return NULL;
}

static inline bool fake_get_pod(void *user, Str namespace, Str name, const Stop *stop, JsonDoc **ret_pod,
                                Error *err) {
        FakePods *fake = user;
        FakePod *pod = fake_find(fake, name);

        (void) stop;
        if (++fake->reads == fake->lose_read)
                return error_set(err, ERROR_UNAVAILABLE, "connection refused");
        if (!pod || pod->is_deleted)
                return error_set(err, ERROR_NOT_FOUND, "pods \"" STR_FMT "\" not found", STR_ARG(name));
        AUTO_FREE char *json =
                xasprintf("{'metadata':{'namespace':'" STR_FMT "','name':'%s','uid':'%s'},'status':{%s}}",
                          STR_ARG(namespace), pod->name, pod->uid, pod->status);
        *ret_pod = quoted_json(json);
        return true;
}

static inline void fake_end(ExecResult *result, ExecEnd end, int exit_code, const char *message) {
        *result = (ExecResult) { .end = end, .exit_code = exit_code, .connect_ms = 0 };
        if (message)
                result->message = xasprintf("%s", message);
}

static inline void fake_wait(const ExecRequest *request, int64_t ms, const Stop *stop,
                             ExecResult *ret_result) {
        bool is_late = ms >= request->timeout_ms;

        if (!stop_sleep_ms(stop, is_late ? request->timeout_ms : ms))
                fake_end(ret_result, EXEC_CANCELED, 0, "interrupted");
        else if (is_late)
                fake_end(ret_result, EXEC_TIMED_OUT, 0, "late");
        else
                fake_end(ret_result, EXEC_EXITED, 0, NULL);
}

static inline void fake_act(FakePod *pod, const ExecRequest *request, ExecOutput output, void *output_user,
                            const Stop *stop, ExecResult *ret_result) {
        Str verb = request->command.items[0];
        int64_t number = request->command.len > 1 ? strtoll(request->command.items[1].ptr, NULL, 10) : 0;

        fake_end(ret_result, EXEC_EXITED, 0, NULL);
        if (str_equal(verb, STR("freeze"))) {
                pod->is_frozen = true;
        } else if (str_equal(verb, STR("thaw"))) {
                pod->is_frozen = false;
                pod->thaws++;
        } else if (str_equal(verb, STR("fail"))) {
                fake_end(ret_result, EXEC_EXITED, (int) number, "command terminated with non-zero exit code");
        } else if (str_equal(verb, STR("sleep"))) {
                fake_wait(request, number, stop, ret_result);
        } else if (str_equal(verb, STR("hang"))) {
                fake_wait(request, INT32_MAX, stop, ret_result);
        } else if (str_equal(verb, STR("break"))) {
                fake_end(ret_result, EXEC_BROKEN, 0, "the stream ended without the command's exit status");
        } else if (str_equal(verb, STR("refuse"))) {
                fake_end(ret_result, EXEC_REFUSED, 0, "OCI runtime exec failed: executable file not found");
        } else if (str_equal(verb, STR("gone"))) {
                pod->is_deleted = true;
                pod->is_frozen = false;
                fake_end(ret_result, EXEC_EXITED, 137, "killed");
        }
        for (int64_t i = 0; str_equal(verb, STR("talk")) && i < number; i++)
                output(output_user, i % 2 ? EXEC_STDERR : EXEC_STDOUT, STR("x"));
}

static inline void fake_exec(void *user, const ExecRequest *request, ExecOutput output, void *output_user,
                             const Stop *stop, ExecResult *ret_result) {
        FakePods *fake = user;
        FakePod *pod = fake_find(fake, request->pod);

        if (str_equal(request->command.items[0], STR("/bin/sh"))) { /* process_end */
                fake_end(ret_result, EXEC_EXITED, 0, NULL);
                output(output_user, EXEC_STDOUT,
                       fake->is_process_found ? STR("ended (TERM)\n") : STR("was gone already\n"));
                return;
        }
        unsigned number = ++fake->execs, in_flight = ++fake->in_flight;

        mutex_lock(&fake->lock);
        if (in_flight > fake->most_in_flight)
                fake->most_in_flight = in_flight;
        buf_printf(&fake->events, STR_FMT ":" STR_FMT " ", STR_ARG(request->pod),
                   STR_ARG(request->command.items[0]));
        mutex_unlock(&fake->lock);
        if (number == fake->stop_at)
                stop_set(fake->stop);
        if (number >= fake->lose_from && number <= fake->lose_to)
                fake_end(ret_result, EXEC_BROKEN, 0, "connection reset");
        else if (!pod || pod->is_deleted)
                fake_end(ret_result, EXEC_REFUSED, 0, "pod not found");
        else
                fake_act(pod, request, output, output_user, stop, ret_result);
        fake->in_flight--;
}

static inline HookPort fake_port(FakePods *fake) {
        return (HookPort) { .get_pod = fake_get_pod, .exec = fake_exec, .user = fake };
}
