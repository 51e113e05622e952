#include "kube/cache.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/thread.h"
#include "kube/object.h"

enum { GOOD_WATCH_MS = 60 * 1000 }; /* one that lasted so long was no failure */

typedef struct CacheEntry {
        char *name, *version; /* owned */
        char *json;           /* owned; compact, without managedFields */
        size_t json_len;
        unsigned round; /* in which list or watch it was seen last */
} CacheEntry;

struct KubeCache {
        KubeCacheOptions options;
        Stop *ending;
        Thread watcher;
        unsigned round; /* of the watcher only */

        Mutex lock;
        Cond changed;
        CacheEntry **entries GUARDED_BY(&lock);
        size_t len GUARDED_BY(&lock), capacity GUARDED_BY(&lock);
        bool is_synced GUARDED_BY(&lock);
        char *problem GUARDED_BY(&lock); /* owned; why the watch broke last */
};

#define NEEDS_LOCK(cache) THREAD_ANNOTATION(requires_capability((cache)->lock))

static void entry_free(CacheEntry *entry) {
        free(entry->name);
        free(entry->version);
        free(entry->json);
        free(entry);
}

static CacheEntry **find(KubeCache *cache, Str name) NEEDS_LOCK(cache) {
        for (size_t i = 0; i < cache->len; i++)
                if (str_equal(str_of(cache->entries[i]->name), name))
                        return &cache->entries[i];
        return NULL;
}

static void drop(KubeCache *cache, CacheEntry **place) NEEDS_LOCK(cache) {
        entry_free(*place);
        *place = cache->entries[--cache->len];
}

static CacheEntry *add(KubeCache *cache, Str name) NEEDS_LOCK(cache) {
        CacheEntry *entry = xnew0(CacheEntry);

        entry->name = xasprintf(STR_FMT, STR_ARG(name));
        if (cache->len == cache->capacity) {
                cache->capacity = cache->capacity ? cache->capacity * 2 : 16;
                cache->entries = xrealloc_array(cache->entries, cache->capacity, sizeof(*cache->entries));
        }
        return cache->entries[cache->len++] = entry;
}

/* Lists of custom resources carry apiVersion and kind in each item. */
static char *compact(JsonVal *object, size_t *ret_len) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO(buf_clear) Buf text = { 0 };
        JsonMutVal *copy = yyjson_val_mut_copy(doc, object);

        json_mut_remove(json_mut_at(copy, "metadata"), "managedFields");
        json_write_mut(copy, &text);
        *ret_len = text.len;
        return xasprintf(STR_FMT, STR_ARG(buf_str(&text)));
}

/* True when something of the object is new. */
static bool keep(KubeCache *cache, JsonVal *object) NEEDS_LOCK(cache) {
        Str version = json_get_str(json_get(object, "metadata"), "resourceVersion");
        CacheEntry **place = find(cache, object_name(object));
        CacheEntry *entry = place ? *place : add(cache, object_name(object));

        entry->round = cache->round;
        if (entry->version && str_equal(str_of(entry->version), version))
                return false;
        free(entry->version);
        free(entry->json);
        entry->version = xasprintf(STR_FMT, STR_ARG(version));
        entry->json = compact(object, &entry->json_len);
        return true;
}

static void tell(const KubeCache *cache, Str name) {
        if (cache->options.on_change)
                cache->options.on_change(cache->options.user, cache->options.resource, name);
}

/* A list has ended: what it did not hold is gone. */
static void drop_unseen(KubeCache *cache) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs gone = { 0 };

        mutex_lock(&cache->lock);
        for (size_t i = cache->len; i-- > 0;) {
                if (cache->entries[i]->round == cache->round)
                        continue;
                strs_add(&gone, &arena, arena_copy(&arena, str_of(cache->entries[i]->name)));
                drop(cache, &cache->entries[i]);
        }
        cache->is_synced = true;
        cond_broadcast(&cache->changed);
        mutex_unlock(&cache->lock);
        for (size_t i = 0; i < gone.len; i++)
                tell(cache, gone.items[i]);
}

static KubeWatchNext take_event(void *user, KubeEvent event, JsonVal *object) {
        KubeCache *cache = user;
        bool has_changed;

        if (event == KUBE_SYNCED) {
                drop_unseen(cache);
                cache->round++;
                return KUBE_WATCH_ON;
        }
        mutex_lock(&cache->lock);
        if (event == KUBE_DELETED) {
                CacheEntry **place = find(cache, object_name(object));

                has_changed = place != NULL;
                if (place)
                        drop(cache, place);
        } else
                has_changed = keep(cache, object);
        mutex_unlock(&cache->lock);
        if (has_changed)
                tell(cache, object_name(object));
        return KUBE_WATCH_ON;
}

/* Each different problem once in a row: an API server that is away for an hour is one line. */
static void report(KubeCache *cache, const Error *err) {
        bool is_news;

        mutex_lock(&cache->lock);
        is_news = !cache->problem || strcmp(cache->problem, err->message) != 0;
        if (is_news) {
                free(cache->problem);
                cache->problem = xasprintf("%s", err->message);
        }
        mutex_unlock(&cache->lock);
        if (is_news && cache->options.on_problem)
                cache->options.on_problem(cache->options.user, cache->options.resource, str_of(err->message));
}

static void run_watch(void *user) {
        KubeCache *cache = user;
        const KubeList what = { .resource = cache->options.resource,
                                .namespace = cache->options.namespace,
                                .label_selector = STR(""),
                                .field_selector = STR("") };
        Backoff backoff = { 0 };

        while (!stop_is_set(cache->ending)) {
                AUTO(error_clear) Error err = { 0 };
                int64_t start_ms = clock_ms();

                if (kube_watch(cache->options.client, &what, 0, take_event, cache, cache->ending, &err))
                        continue;
                if (err.code == ERROR_CANCELED)
                        return;
                report(cache, &err);
                cache->round++;
                if (clock_ms() - start_ms > GOOD_WATCH_MS)
                        backoff = (Backoff) { 0 };
                (void) stop_sleep_ms(cache->ending, backoff_next_ms(&backoff, 0)); /* stopped: seen above */
        }
}

KubeCache *kube_cache_new(const KubeCacheOptions *options) {
        KubeCache *cache = xnew0(KubeCache);

        cache->options = *options;
        cache->round = 1;
        cache->ending = stop_new();
        mutex_init(&cache->lock);
        cond_init(&cache->changed);
        cache->watcher = thread_start(run_watch, cache);
        return cache;
}

void kube_cache_free(KubeCache *cache) {
        if (!cache)
                return;
        stop_set(cache->ending);
        thread_join(cache->watcher);
        mutex_lock(&cache->lock);
        while (cache->len > 0)
                drop(cache, &cache->entries[cache->len - 1]);
        free(cache->entries);
        free(cache->problem);
        mutex_unlock(&cache->lock);
        cond_destroy(&cache->changed);
        mutex_destroy(&cache->lock);
        stop_free(cache->ending);
        free(cache);
}

bool kube_cache_wait(KubeCache *cache, int64_t timeout_ms, const Stop *stop, Error *err) {
        enum { LOOK_MS = 200 }; /* a Stop cannot wake a Cond */
        int64_t deadline_ms = clock_ms() + timeout_ms;
        bool is_synced;

        mutex_lock(&cache->lock);
        while (!cache->is_synced && !stop_is_set(stop) && clock_ms() < deadline_ms)
                (void) cond_wait_until(&cache->changed, &cache->lock, clock_ms() + LOOK_MS);
        is_synced = cache->is_synced;
        if (!is_synced && !stop_is_set(stop))
                error_set(err, ERROR_TIMEOUT, "not done after %lld s: %s", (long long) (timeout_ms / 1000),
                          cache->problem ? cache->problem : "no answer yet");
        mutex_unlock(&cache->lock);
        return is_synced || (err->code == ERROR_NONE ? stop_check(stop, err) : false);
}

JsonDoc *kube_cache_get(KubeCache *cache, Str name) {
        AUTO(error_clear) Error err = { 0 };
        JsonDoc *doc = NULL;

        mutex_lock(&cache->lock);
        CacheEntry **place = find(cache, name);
        if (place && !json_parse((Str) { (*place)->json, (*place)->json_len }, "a cached object", &doc, &err))
                doc = NULL; /* it was written by ourselves: cannot happen */
        mutex_unlock(&cache->lock);
        return doc;
}

void kube_cache_names(KubeCache *cache, Arena *arena, Strs *names) {
        mutex_lock(&cache->lock);
        for (size_t i = 0; i < cache->len; i++)
                strs_add(names, arena, arena_copy(arena, str_of(cache->entries[i]->name)));
        mutex_unlock(&cache->lock);
        strs_sort(names);
}

size_t kube_cache_len(KubeCache *cache) {
        mutex_lock(&cache->lock);
        size_t len = cache->len;
        mutex_unlock(&cache->lock);
        return len;
}
