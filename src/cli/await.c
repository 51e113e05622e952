#include "cli/await.h"

#include <inttypes.h>

#include "base/clock.h"
#include "cli/session.h"
#include "kube/list.h"
#include "kube/object.h"

enum { TAKEN_UP_MS = 30 * 1000 }; /* after which a server should have begun, or queued it */

typedef struct Awaiting {
        const AwaitedRun *run;
        Arena *arena;
        bool is_listed; /* in the list that is being read */
        bool is_gone;
        Str phase;
        JsonDoc *end;
        _Atomic uint64_t total, done;
        _Atomic(const char *) step;
        HookGauges hooks;
} Awaiting;

bool await_is_end(Str phase) {
        static const char *const ends[] = { "FailedValidation", "Completed", "PartiallyFailed", "Failed" };

        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
                if (str_equal(phase, str_of(ends[i])))
                        return true;
        return false;
}

static JsonDoc *copy_of(JsonVal *object) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);

        yyjson_mut_doc_set_root(doc, yyjson_val_mut_copy(doc, object));
        return yyjson_mut_doc_imut_copy(doc, NULL);
}

static void show(Awaiting *awaiting, JsonVal *status) {
        JsonVal *progress = json_get(status, "progress");
        bool is_backup = strcmp(awaiting->run->kind, "Backup") == 0;
        int64_t position = json_get_int(status, "queuePosition", 0);
        const char *step = awaiting->phase.ptr;

        if (position > 0 && str_equal(awaiting->phase, STR("Queued")))
                step = arena_printf(awaiting->arena, "Queued at position %" PRId64, position);
        awaiting->step = step;
        awaiting->total = (uint64_t) json_get_int(progress, "totalItems", 0);
        awaiting->done = (uint64_t) json_get_int(progress, is_backup ? "itemsBackedUp" : "itemsRestored", 0);
}

static KubeWatchNext look_at(Awaiting *awaiting, JsonVal *object) {
        JsonVal *status = json_get(object, "status");
        Str phase = json_get_str(status, "phase");

        if (!str_equal(awaiting->phase, phase) && phase.len > 0)
                awaiting->phase = arena_copy(awaiting->arena, phase);
        if (await_is_end(phase)) {
                awaiting->end = copy_of(object);
                return KUBE_WATCH_END;
        }
        show(awaiting, status);
        return KUBE_WATCH_ON;
}

static KubeWatchNext on_event(void *user, KubeEvent event, JsonVal *object) {
        Awaiting *awaiting = user;

        if (event == KUBE_SYNCED) {
                awaiting->is_gone = !awaiting->is_listed;
                awaiting->is_listed = false;
                return awaiting->is_gone ? KUBE_WATCH_END : KUBE_WATCH_ON;
        }
        if (!str_equal(object_name(object), awaiting->run->name) ||
            !str_equal(object_uid(object), awaiting->run->uid))
                return KUBE_WATCH_ON;
        awaiting->is_gone = event == KUBE_DELETED;
        awaiting->is_listed = awaiting->is_listed || event == KUBE_ADDED;
        return awaiting->is_gone ? KUBE_WATCH_END : look_at(awaiting, object);
}

static void say_waiting(const Velero *velero, Progress *progress, Arena *arena) {
        progress_say(progress,
                     str_of(arena_printf(arena,
                                         "no server has begun with it yet; is one running that serves "
                                         "namespace \"" STR_FMT "\"?\n",
                                         STR_ARG(velero->namespace))));
}

static bool watch(const Velero *velero, const KubeList *what, Progress *progress, Awaiting *awaiting,
                  Error *err) {
        int64_t deadline_ms = clock_ms() + TAKEN_UP_MS;

        if (kube_watch(velero->cluster.client, what, deadline_ms, on_event, awaiting, velero->stop, err))
                return true;
        if (err->code != ERROR_TIMEOUT)
                return false;
        error_clear(err);
        if (str_equal(awaiting->phase, STR("New")))
                say_waiting(velero, progress, awaiting->arena);
        return kube_watch(velero->cluster.client, what, 0, on_event, awaiting, velero->stop, err);
}

bool await_end(Cli *cli, const Velero *velero, const AwaitedRun *run, JsonDoc **ret_object, Error *err) {
        Awaiting awaiting = { .run = run, .arena = cli->arena, .phase = STR("New"), .step = "New" };
        AUTO(progress_freep) Progress *progress = session_progress(cli, false);
        const ProgressSource source = { &awaiting.total, &awaiting.done, &awaiting.step, &awaiting.hooks };
        const char *selector = arena_printf(cli->arena, "metadata.name=" STR_FMT, STR_ARG(run->name));
        KubeList what = { .namespace = velero->namespace, .field_selector = str_of(selector) };

        if (!velero_resource(cli, velero, run->kind, &what.resource, err))
                return false;
        progress_start(progress, &source);
        bool has_ended = watch(velero, &what, progress, &awaiting, err);
        progress_stop(progress);
        if (!has_ended)
                return error_prefix(err, "waiting for %s \"" STR_FMT "\"", run->kind, STR_ARG(run->name));
        if (awaiting.is_gone)
                return error_set(err, ERROR_NOT_FOUND, "%s \"" STR_FMT "\" was deleted before it ended",
                                 run->kind, STR_ARG(run->name));
        *ret_object = awaiting.end;
        return true;
}
