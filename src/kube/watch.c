#include <sys/random.h>

#include "base/clock.h"
#include "kube/list_internal.h"
#include "kube/object.h"
#include "kube/status.h"
#include "net/url.h"

enum {
        EVENT_BYTES_MAX = 16 * 1024 * 1024, /* etcd keeps no object over a few MiB */
        STREAM_SECONDS = 60, /* after which the server is asked to close, and up to half of it more */
        STREAM_SILENCE_MS =
                120 * 1000,     /* longer than that, so that only a dead connection is silent so long */
        SHORT_STREAM_MS = 1000, /* one that ended sooner is resumed only after a pause */
};

typedef struct Watch {
        KubeClient *client;
        const KubeList *what;
        int64_t deadline_ms;
        KubeWatchSink sink;
        void *user;
        const Stop *stop;
        Str about;
        Buf version; /* the resourceVersion up to which everything was seen */
        Buf line;    /* the beginning of an event whose end has not come yet */
        Buf path;
        bool has_ended;           /* the sink has seen enough */
        bool has_renewed;         /* credentials, since the last good stream */
        int64_t failing_since_ms; /* 0: the last stream was good */
        Backoff backoff;
} Watch;

static void watch_clear(Watch *watch) {
        buf_clear(&watch->version);
        buf_clear(&watch->line);
        buf_clear(&watch->path);
}

/* False, with err set, when the sink wants no more; the exchange in progress is ended by that. */
static bool give(Watch *watch, KubeEvent event, JsonVal *object, Error *err) {
        if (watch->sink(watch->user, event, object) == KUBE_WATCH_ON)
                return true;
        watch->has_ended = true;
        return error_set(err, ERROR_CANCELED, "the watch has ended");
}

static void remember_version(Watch *watch, Str version) {
        if (version.len == 0)
                return;
        buf_reset(&watch->version);
        buf_add(&watch->version, version);
}

static bool give_listed(void *user, const KubePage *page, Error *err) {
        Watch *watch = user;
        size_t i, max;
        JsonVal *object;

        yyjson_arr_foreach(page->items, i, max, object) {
                if (!give(watch, KUBE_ADDED, object, err))
                        return false;
        }
        remember_version(watch, page->resource_version);
        return true;
}

static bool take_event(Watch *watch, Str line, Error *err) {
        static const char *const types[] = {
                [KUBE_ADDED] = "ADDED", [KUBE_MODIFIED] = "MODIFIED", [KUBE_DELETED] = "DELETED"
        };
        AUTO_JSON *doc = NULL;
        JsonVal *object;
        Str type;

        if (line.len == 0)
                return true;
        if (!json_parse(line, "a watch event", &doc, err))
                return false;
        object = json_get(yyjson_doc_get_root(doc), "object");
        type = json_get_str(yyjson_doc_get_root(doc), "type");
        if (str_equal(type, STR("ERROR")))
                return status_object_error(object, err);
        for (KubeEvent event = KUBE_ADDED; event <= KUBE_DELETED; event++) {
                if (str_equal(type, str_of(types[event])) && !give(watch, event, object, err))
                        return false;
        }
        remember_version(watch, json_get_str(json_get(object, "metadata"), "resourceVersion"));
        return true;
}

/* Events are lines; pieces of the stream end anywhere. */
static bool take_stream(void *user, Str bytes, Error *err) {
        Watch *watch = user;
        const char *end;

        while (bytes.len > 0 && (end = memchr(bytes.ptr, '\n', bytes.len)) != NULL) {
                Str line = { bytes.ptr, (size_t) (end - bytes.ptr) };

                bytes = str_skip(bytes, line.len + 1);
                if (watch->line.len > 0) {
                        buf_add(&watch->line, line);
                        if (!buf_check(&watch->line, "a watch event", err))
                                return false;
                        line = buf_str(&watch->line);
                }
                if (!take_event(watch, line, err))
                        return false;
                buf_reset(&watch->line);
        }
        buf_add(&watch->line, bytes);
        return buf_check(&watch->line, "a watch event", err);
}

static bool is_over(const Watch *watch) {
        return watch->deadline_ms != 0 && clock_ms() >= watch->deadline_ms;
}

/* One stream, until it ends; false, with err set, however it ends other than by the server's closing it. */
static bool stream(Watch *watch, HttpReply *reply, Error *err) {
        KubeCall call = { .method = "GET" };
        KubeExchange exchange = {
                .call = &call, .silence_ms = STREAM_SILENCE_MS, .on_bytes = take_stream, .user = watch
        };
        AUTO(arena_clear) Arena arena = { 0 };
        uint16_t spread = 0;

        (void) !getrandom(&spread, sizeof(spread), GRND_NONBLOCK);
        buf_reset(&watch->line);
        buf_reset(&watch->path);
        list_add_path(watch->what, &watch->path);
        url_add_query(&watch->path, "watch", STR("true"));
        url_add_query(&watch->path, "allowWatchBookmarks", STR("true"));
        url_add_query(&watch->path, "timeoutSeconds",
                      str_of(arena_printf(&arena, "%d", STREAM_SECONDS + spread % (STREAM_SECONDS / 2))));
        if (watch->version.len > 0)
                url_add_query(&watch->path, "resourceVersion", buf_str(&watch->version));
        call.path = buf_str(&watch->path);
        if (watch->deadline_ms != 0) {
                exchange.timeout_ms = watch->deadline_ms - clock_ms();
                if (exchange.timeout_ms < 1)
                        exchange.timeout_ms = 1;
        }
        if (!kube_exchange(watch->client, &exchange, watch->stop, reply, err))
                return false;
        if (reply->status < 200 || reply->status > 299)
                return status_error(reply->status, buf_str(&reply->body), err);
        return true;
}

/* May a stream that failed be tried again?  Trouble may last as long as the trouble of any other call. */
static bool can_resume(Watch *watch, const HttpReply *reply, const Error *err) {
        if (reply->status == 401 && !watch->has_renewed &&
            credentials_expired(watch->client->link->credentials)) {
                watch->has_renewed = true;
                return true;
        }
        if (err->code != ERROR_UNAVAILABLE && err->code != ERROR_TIMEOUT)
                return false;
        if (watch->failing_since_ms == 0)
                watch->failing_since_ms = clock_ms();
        return is_over(watch) || clock_ms() < watch->failing_since_ms + watch->client->timeout_ms;
}

static void rest(Watch *watch, int64_t wait_ms) {
        if (watch->deadline_ms != 0 && clock_ms() + wait_ms > watch->deadline_ms)
                wait_ms = watch->deadline_ms - clock_ms();
        if (wait_ms > 0)
                (void) stop_sleep_ms(watch->stop, wait_ms); /* stopped: seen by the next check */
}

/* Streams one after the other, each from where the last one ended.  True when the server has forgotten that
 * place, so that only a new list helps. */
static bool follow(Watch *watch, Error *err) {
        while (!is_over(watch)) {
                AUTO(http_reply_clear) HttpReply reply = { 0 };
                int64_t start_ms = clock_ms();

                if (!stop_check(watch->stop, err))
                        return false;
                if (stream(watch, &reply, err)) {
                        watch->failing_since_ms = 0;
                        watch->has_renewed = false;
                        if (clock_ms() - start_ms >= SHORT_STREAM_MS) {
                                watch->backoff = (Backoff) { 0 };
                                continue;
                        }
                } else {
                        if (!watch->has_ended && err->code == ERROR_GONE) {
                                error_clear(err);
                                return true;
                        }
                        if (watch->has_ended || !can_resume(watch, &reply, err))
                                return false;
                        error_clear(err);
                }
                rest(watch, backoff_next_ms(&watch->backoff, reply.retry_after_ms));
        }
        return error_set(err, ERROR_TIMEOUT, "the time for it is over");
}

/* Comes back with err set; when that is because the sink has seen enough, has_ended says so. */
static void run(Watch *watch, Error *err) {
        ListRun list = { .client = watch->client,
                         .list = watch->what,
                         .deadline_ms = watch->deadline_ms,
                         .sink = give_listed,
                         .user = watch };

        while (list_run(&list, watch->stop, err)) {
                if (!give(watch, KUBE_SYNCED, NULL, err))
                        return;
                if (!follow(watch, err)) {
                        error_prefix(err, STR_FMT, STR_ARG(watch->about));
                        return;
                }
                /* A server that forgets at once what it has just listed must not be asked in a tight loop. */
                rest(watch, backoff_next_ms(&watch->backoff, 0));
        }
}

bool kube_watch(KubeClient *client, const KubeList *what, int64_t deadline_ms, KubeWatchSink sink, void *user,
                const Stop *stop, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(watch_clear)
        Watch watch = { .client = client,
                        .what = what,
                        .deadline_ms = deadline_ms,
                        .sink = sink,
                        .user = user,
                        .stop = stop,
                        .line = { .limit = EVENT_BYTES_MAX },
                        .about = list_describe(what, "watch", &arena) };

        run(&watch, err);
        if (watch.has_ended) {
                error_clear(err);
                return true;
        }
        if (is_over(&watch) && err->code != ERROR_CANCELED)
                err->code = ERROR_TIMEOUT;
        return false;
}
