#include "kube/recorder.h"

#include <stdio.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "kube/object.h"

enum {
        WAITING_MAX = 1000,
        RECENT_MAX = 64, /* events that are counted up when they come again */
        REPEAT_MS = 10 * 60 * 1000,
        MESSAGE_MAX = 1024,
        FAREWELL_MS = 2000,
};

static const KubeResource events = { .version = { "v1", 2 },
                                     .name = { "events", 6 },
                                     .kind = { "Event", 5 },
                                     .singular = { "event", 5 },
                                     .is_namespaced = true };

typedef struct WaitingEvent {
        Arena arena;
        EventAbout about;
        EventType type;
        Str reason, message;
        int64_t wall_ms;
        struct WaitingEvent *next;
} WaitingEvent;

typedef struct RecentEvent { /* of the writer's thread only */
        char *what;          /* owned; about, reason and message */
        char *namespace, *name;
        int64_t first_ms; /* clock_ms */
        unsigned count;
} RecentEvent;

struct KubeRecorder {
        KubeClient *client;
        Arena arena;
        Str component, instance;
        Thread writer;
        Stop *ending;
        RecentEvent recent[RECENT_MAX];
        size_t recent_next;

        Mutex lock;
        Cond changed;
        WaitingEvent *first GUARDED_BY(&lock), *last GUARDED_BY(&lock);
        size_t len GUARDED_BY(&lock); /* with the one that is being written */
        bool is_closing GUARDED_BY(&lock);
};

EventAbout event_about(JsonVal *object) {
        return (EventAbout) { .api_version = json_get_str(object, "apiVersion"),
                              .kind = json_get_str(object, "kind"),
                              .namespace = object_namespace(object),
                              .name = object_name(object),
                              .uid = object_uid(object) };
}

static void waiting_free(WaitingEvent *event) {
        arena_clear(&event->arena);
        free(event);
}

static WaitingEvent *take(KubeRecorder *recorder) {
        WaitingEvent *event;

        mutex_lock(&recorder->lock);
        while (!recorder->first && !recorder->is_closing)
                cond_wait(&recorder->changed, &recorder->lock);
        event = recorder->first;
        if (event) {
                recorder->first = event->next;
                if (!recorder->first)
                        recorder->last = NULL;
        }
        mutex_unlock(&recorder->lock);
        return event;
}

static Str event_namespace(const WaitingEvent *event) {
        return event->about.namespace.len > 0 ? event->about.namespace : STR("default");
}

static Str unique_name(const WaitingEvent *event, Arena *arena) {
        enum { NAME_MAX_LEN = 200 };
        uint64_t number = 0;
        Str object = event->about.name;

        if (object.len > NAME_MAX_LEN)
                object.len = NAME_MAX_LEN;
        while (getrandom(&number, sizeof(number), 0) != (ssize_t) sizeof(number))
                continue;
        return str_of(arena_printf(arena, STR_FMT ".%016llx", STR_ARG(object), (unsigned long long) number));
}

static void put_about(const WaitingEvent *event, JsonMutDoc *doc, JsonMutVal *object) {
        JsonMutVal *about = yyjson_mut_obj_add_obj(doc, object, "involvedObject");

        json_put_str(doc, about, "apiVersion", event->about.api_version);
        json_put_str(doc, about, "kind", event->about.kind);
        if (event->about.namespace.len > 0)
                json_put_str(doc, about, "namespace", event->about.namespace);
        json_put_str(doc, about, "name", event->about.name);
        json_put_str(doc, about, "uid", event->about.uid);
}

static bool create(KubeRecorder *recorder, const WaitingEvent *event, Str name, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf body = { 0 };
        JsonMutVal *object = yyjson_mut_obj(doc), *part;
        Str time = clock_rfc3339(event->wall_ms, &arena);

        json_put_str(doc, object, "apiVersion", STR("v1"));
        json_put_str(doc, object, "kind", STR("Event"));
        part = yyjson_mut_obj_add_obj(doc, object, "metadata");
        json_put_str(doc, part, "name", name);
        json_put_str(doc, part, "namespace", event_namespace(event));
        put_about(event, doc, object);
        json_put_str(doc, object, "type", event->type == EVENT_WARNING ? STR("Warning") : STR("Normal"));
        json_put_str(doc, object, "reason", event->reason);
        json_put_str(doc, object, "message", event->message);
        json_put_str(doc, object, "firstTimestamp", time);
        json_put_str(doc, object, "lastTimestamp", time);
        yyjson_mut_obj_add_int(doc, object, "count", 1);
        part = yyjson_mut_obj_add_obj(doc, object, "source");
        json_put_str(doc, part, "component", recorder->component);
        json_put_str(doc, object, "reportingComponent", recorder->component);
        json_put_str(doc, object, "reportingInstance", recorder->instance);
        json_write_mut(object, &body);
        return kube_create(recorder->client, &events, event_namespace(event), buf_str(&body),
                           recorder->ending, NULL, err);
}

static bool count_up(KubeRecorder *recorder, RecentEvent *recent, const WaitingEvent *event, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str time = clock_rfc3339(event->wall_ms, &arena);
        const KubeObject object = { .resource = &events,
                                    .namespace = str_of(recent->namespace),
                                    .name = str_of(recent->name) };
        const char *body = arena_printf(&arena, "{\"count\":%u,\"lastTimestamp\":\"" STR_FMT "\"}",
                                        recent->count + 1, STR_ARG(time));

        if (!kube_patch(recorder->client, &object, KUBE_PATCH_MERGE, str_of(body), recorder->ending, NULL,
                        err))
                return false;
        recent->count++;
        return true;
}

static void recent_clear(RecentEvent *recent) {
        free(recent->what);
        free(recent->namespace);
        free(recent->name);
        *recent = (RecentEvent) { 0 };
}

static void remember(KubeRecorder *recorder, const WaitingEvent *event, const char *what, Str name) {
        Str namespace = event_namespace(event);
        RecentEvent *recent = &recorder->recent[recorder->recent_next++ % RECENT_MAX];

        recent_clear(recent);
        *recent = (RecentEvent) { .what = xasprintf("%s", what),
                                  .namespace = xasprintf(STR_FMT, STR_ARG(namespace)),
                                  .name = xasprintf(STR_FMT, STR_ARG(name)),
                                  .first_ms = clock_ms(),
                                  .count = 1 };
}

static RecentEvent *find_recent(KubeRecorder *recorder, const char *what) {
        for (size_t i = 0; i < RECENT_MAX; i++) {
                RecentEvent *recent = &recorder->recent[i];

                if (recent->what && strcmp(recent->what, what) == 0 &&
                    clock_ms() - recent->first_ms < REPEAT_MS)
                        return recent;
        }
        return NULL;
}

/* What cannot be written is dropped: an event is no record of anything. */
static void write_event(KubeRecorder *recorder, const WaitingEvent *event) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        const char *what = arena_printf(&arena, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT,
                                        STR_ARG(event->about.uid), STR_ARG(event->about.name),
                                        STR_ARG(event->reason), STR_ARG(event->message));
        RecentEvent *recent = find_recent(recorder, what);
        Str name = unique_name(event, &arena);

        if (recent && count_up(recorder, recent, event, &err))
                return;
        error_clear(&err);
        if (create(recorder, event, name, &err))
                remember(recorder, event, what, name);
}

static void write_events(void *user) {
        KubeRecorder *recorder = user;

        for (WaitingEvent *event; (event = take(recorder)) != NULL; waiting_free(event)) {
                if (!stop_is_set(recorder->ending))
                        write_event(recorder, event);
                mutex_lock(&recorder->lock);
                recorder->len--;
                mutex_unlock(&recorder->lock);
        }
}

KubeRecorder *kube_recorder_new(KubeClient *client, Str component, Str instance) {
        KubeRecorder *recorder = xnew0(KubeRecorder);

        recorder->client = client;
        recorder->component = arena_copy(&recorder->arena, component);
        recorder->instance = arena_copy(&recorder->arena, instance);
        recorder->ending = stop_new();
        mutex_init(&recorder->lock);
        cond_init(&recorder->changed);
        recorder->writer = thread_start(write_events, recorder);
        return recorder;
}

void kube_record(KubeRecorder *recorder, const EventAbout *about, EventType type, const char *reason,
                 const char *format, ...) {
        WaitingEvent *event;
        va_list args;

        if (!recorder)
                return;
        event = xnew0(WaitingEvent);
        va_start(args, format);
        AUTO_FREE char *text = xvasprintf(format, args);
        va_end(args);
        event->about = (EventAbout) { .api_version = arena_copy(&event->arena, about->api_version),
                                      .kind = arena_copy(&event->arena, about->kind),
                                      .namespace = arena_copy(&event->arena, about->namespace),
                                      .name = arena_copy(&event->arena, about->name),
                                      .uid = arena_copy(&event->arena, about->uid) };
        event->type = type;
        event->reason = arena_copy(&event->arena, str_of(reason));
        event->message = arena_copy(&event->arena, str_of(text));
        if (event->message.len > MESSAGE_MAX)
                event->message.len = MESSAGE_MAX;
        event->wall_ms = clock_wall_ms();
        mutex_lock(&recorder->lock);
        if (recorder->len < WAITING_MAX) {
                *(recorder->last ? &recorder->last->next : &recorder->first) = event;
                recorder->last = event;
                recorder->len++;
                cond_broadcast(&recorder->changed);
                event = NULL;
        }
        mutex_unlock(&recorder->lock);
        if (event)
                waiting_free(event);
}

static void wait_until_empty(KubeRecorder *recorder) {
        int64_t deadline_ms = clock_ms() + FAREWELL_MS;
        bool is_empty;

        do {
                mutex_lock(&recorder->lock);
                is_empty = recorder->len == 0;
                recorder->is_closing = true;
                cond_broadcast(&recorder->changed);
                mutex_unlock(&recorder->lock);
        } while (!is_empty && clock_ms() < deadline_ms && stop_sleep_ms(NULL, 10));
}

void kube_recorder_free(KubeRecorder *recorder) {
        if (!recorder)
                return;
        wait_until_empty(recorder);
        stop_set(recorder->ending);
        thread_join(recorder->writer);
        for (size_t i = 0; i < RECENT_MAX; i++)
                recent_clear(&recorder->recent[i]);
        stop_free(recorder->ending);
        cond_destroy(&recorder->changed);
        mutex_destroy(&recorder->lock);
        arena_clear(&recorder->arena);
        free(recorder);
}
