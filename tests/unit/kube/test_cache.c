#include "kube/fake_api.h"

#include "base/clock.h"
#include "kube/cache.h"
#include "kube/object.h"

#define LIST(version, items) "{\"metadata\":{\"resourceVersion\":\"" version "\"},\"items\":[" items "]}"
#define THING(name, version)                                                                                 \
        "{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version                                \
        "\",\"managedFields\":[{\"manager\":\"x\"}]},\"spec\":{\"n\":" version "}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define GONE                                                                                                 \
        "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"message\":\"too "                             \
        "old\",\"reason\":\"Expired\","                                                                      \
        "\"code\":410}}\n"

static const KubeResource things = {
        .group = { "x.io", 4 }, .version = { "v1", 2 }, .name = { "things", 6 }, .is_namespaced = true
};

typedef struct Heard {
        Mutex lock;
        Cond changed;
        Buf changes GUARDED_BY(&lock);
        Buf problems GUARDED_BY(&lock);
} Heard;

static void heard_init(Heard *heard) {
        mutex_init(&heard->lock);
        cond_init(&heard->changed);
}

static void on_change(void *user, const KubeResource *resource, Str name) {
        Heard *heard = user;

        (void) resource;
        mutex_lock(&heard->lock);
        buf_add(&heard->changes, name);
        buf_add_char(&heard->changes, ' ');
        cond_broadcast(&heard->changed);
        mutex_unlock(&heard->lock);
}

static void on_problem(void *user, const KubeResource *resource, Str problem) {
        Heard *heard = user;

        (void) resource;
        mutex_lock(&heard->lock);
        buf_printf(&heard->problems, STR_FMT "\n", STR_ARG(problem));
        cond_broadcast(&heard->changed);
        mutex_unlock(&heard->lock);
}

/* Waits until exactly that was heard. */
static void check_changes(Heard *heard, const char *expected) {
        int64_t deadline_ms = clock_ms() + 20 * 1000;

        mutex_lock(&heard->lock);
        while (heard->changes.len < strlen(expected) &&
               cond_wait_until(&heard->changed, &heard->lock, deadline_ms))
                continue;
        CHECK_TEXT(buf_str(&heard->changes), expected);
        mutex_unlock(&heard->lock);
}

static void heard_clear(Heard *heard) {
        mutex_lock(&heard->lock);
        buf_clear(&heard->changes);
        buf_clear(&heard->problems);
        mutex_unlock(&heard->lock);
        cond_destroy(&heard->changed);
        mutex_destroy(&heard->lock);
}

static KubeCache *open_cache(Fixture *f, Heard *heard) {
        return kube_cache_new(&(KubeCacheOptions) { .client = f->client,
                                                    .resource = &things,
                                                    .namespace = STR("velero"),
                                                    .on_change = on_change,
                                                    .on_problem = on_problem,
                                                    .user = heard });
}

static void it_holds_what_was_listed_and_follows_what_changes(void **state) {
        AUTO(heard_clear) Heard heard = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        Strs names = { 0 };

        (void) state;
        heard_init(&heard);
        FIXTURE(f, 30000, { .status = 200, .body = LIST("5", THING("b", "3") "," THING("a", "4")) },
                { .status = 200,
                  .fault = FAKE_OPEN,
                  .body = EVENT("MODIFIED", THING("b", "6")) EVENT("DELETED", THING("a", "7"))
                          EVENT("ADDED", THING("c", "8")) EVENT("DELETED", THING("never", "9")) });
        AUTO(kube_cache_freep) KubeCache *cache = open_cache(&f, &heard);
        CHECK(kube_cache_wait(cache, 20000, NULL, &f.err));
        check_changes(&heard, "b a b a c ");
        kube_cache_names(cache, &arena, &names);
        CHECK_TEXT(strs_join(&names, STR(","), &arena), "b,c");
        CHECK_INT(kube_cache_len(cache), 2);

        AUTO_JSON *doc = kube_cache_get(cache, STR("b"));
        CHECK_INT(json_get_int(json_get(yyjson_doc_get_root(doc), "spec"), "n", 0), 6);
        CHECK(json_at(yyjson_doc_get_root(doc), "metadata", "managedFields") == NULL);
        CHECK(kube_cache_get(cache, STR("a")) == NULL);
}

static void what_vanished_while_the_watch_was_broken_is_told_and_what_did_not_change_is_not(void **state) {
        AUTO(heard_clear) Heard heard = { 0 };

        (void) state;
        heard_init(&heard);
        FIXTURE(f, 30000, { .status = 200, .body = LIST("5", THING("a", "3") "," THING("b", "4")) },
                { .status = 200, .body = GONE },
                { .status = 200, .body = LIST("9", THING("b", "4") "," THING("c", "8")) },
                { .status = 200, .fault = FAKE_OPEN, .body = "" });
        AUTO(kube_cache_freep) KubeCache *cache = open_cache(&f, &heard);
        check_changes(&heard, "a b c a ");
        CHECK_INT(kube_cache_len(cache), 2);
}

static void a_kind_that_is_not_served_yet_is_tried_again_and_said_once(void **state) {
        AUTO(heard_clear) Heard heard = { 0 };

        (void) state;
        heard_init(&heard);
        FIXTURE(f, 30000, { .status = 404, .body = "not found" }, { .status = 404, .body = "not found" },
                { .status = 200, .body = LIST("5", THING("a", "3")) },
                { .status = 200, .fault = FAKE_OPEN, .body = "" });
        AUTO(kube_cache_freep) KubeCache *cache = open_cache(&f, &heard);
        CHECK(kube_cache_wait(cache, 20000, NULL, &f.err));
        check_changes(&heard, "a ");
        mutex_lock(&heard.lock);
        CHECK_INT(heard.problems.len, strcspn(heard.problems.ptr, "\n") + 1);
        mutex_unlock(&heard.lock);
}

static void waiting_ends_with_the_reason_or_when_stopped(void **state) {
        AUTO(heard_clear) Heard heard = { 0 };
        AUTO(stop_freep) Stop *stop = stop_new();

        (void) state;
        heard_init(&heard);
        FIXTURE(f, 30000, { .status = 403, .body = "no entry" });
        AUTO(kube_cache_freep) KubeCache *cache = open_cache(&f, &heard);
        CHECK(!kube_cache_wait(cache, 1000, NULL, &f.err));
        CHECK_INT(f.err.code, ERROR_TIMEOUT);
        CHECK(str_starts_with(str_of(f.err.message), STR("not done after 1 s: ")));
        CHECK(strstr(f.err.message, "no entry") != NULL);
        error_clear(&f.err);
        stop_set(stop);
        CHECK(!kube_cache_wait(cache, 60000, stop, &f.err));
        CHECK_INT(f.err.code, ERROR_CANCELED);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(it_holds_what_was_listed_and_follows_what_changes),
                cmocka_unit_test(
                        what_vanished_while_the_watch_was_broken_is_told_and_what_did_not_change_is_not),
                cmocka_unit_test(a_kind_that_is_not_served_yet_is_tried_again_and_said_once),
                cmocka_unit_test(waiting_ends_with_the_reason_or_when_stopped),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
