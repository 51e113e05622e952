#include "kube/fake_api.h"

#include "base/clock.h"
#include "kube/list.h"
#include "kube/object.h"

#define LIST(version, items) "{\"metadata\":{\"resourceVersion\":\"" version "\"},\"items\":[" items "]}"
#define POD(name, version) "{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define STATUS(code, reason, message)                                                                        \
        "{\"kind\":\"Status\",\"message\":\"" message "\",\"reason\":\"" reason "\",\"code\":" #code "}"

static const KubeResource pods = { .version = { "v1", 2 }, .name = { "pods", 4 }, .is_namespaced = true };
static const KubeList all_pods = { .resource = &pods };

typedef struct Seen {
        Buf text;
        unsigned events, end_at;
} Seen;

static void seen_clear(Seen *seen) {
        buf_clear(&seen->text);
}

static KubeWatchNext see(void *user, KubeEvent event, JsonVal *object) {
        static const char marks[] = {
                [KUBE_ADDED] = '+', [KUBE_MODIFIED] = '~', [KUBE_DELETED] = '-', [KUBE_SYNCED] = '|'
        };
        Seen *seen = user;

        buf_add_char(&seen->text, marks[event]);
        buf_add(&seen->text, object ? object_name(object) : STR(""));
        return ++seen->events == seen->end_at ? KUBE_WATCH_END : KUBE_WATCH_ON;
}

static void check_seen(Seen *seen, const char *expected) {
        buf_add_char(&seen->text, '\0');
        CHECK_STR(seen->text.ptr, expected);
}

/* The versions that the watches were started from; "L" is a list. */
static void check_starts(Fixture *f, const char *expected) {
        AUTO(buf_clear) Buf starts = { 0 };
        Str log, line;

        fake_stop(&f->api);
        log = str_of(f->api.log.ptr);
        while (str_cut(&log, '\n', &line)) {
                const char *at;

                if (line.len == 0)
                        continue;
                at = memmem(line.ptr, line.len, "resourceVersion=", 16);
                if (at != NULL)
                        buf_add(&starts, (Str) { at + 16, strcspn(at + 16, "&\n") });
                else
                        buf_add_char(&starts, 'L');
                buf_add_char(&starts, ' ');
        }
        buf_add_char(&starts, '\0');
        CHECK_STR(starts.ptr, expected);
        fake_clear(&f->api);
        fake_start(&f->api);
}

static void what_is_there_comes_first_and_then_what_changes(void **state) {
        AUTO(seen_clear) Seen seen = { .end_at = 6 };
        KubeList list = { .resource = &pods, .namespace = STR("shop"), .label_selector = STR("app=a") };

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = LIST("5", POD("a", "3") "," POD("b", "4")) },
                { .status = 200,
                  .fault = FAKE_OPEN,
                  .body = EVENT("ADDED", POD("c", "6")) EVENT("BOOKMARK", POD("", "8")) "\n" EVENT(
                          "MODIFIED", POD("a", "9")) EVENT("ODD", POD("z", "10"))
                          EVENT("DELETED", POD("b", "11")) EVENT("ADDED", POD("late", "12")) });
        CHECK(kube_watch(f.client, &list, 0, see, &seen, NULL, &f.err));
        check_seen(&seen, "+a+b|+c~a-b");
        fake_stop(&f.api);
        CHECK(str_starts_with(str_of(f.api.log.ptr),
                              STR("GET /api/v1/namespaces/shop/pods?labelSelector=app%3Da&limit=500\n"
                                  "GET /api/v1/namespaces/shop/pods?labelSelector=app%3Da&watch=true&"
                                  "allowWatchBookmarks=true&timeoutSeconds=")));
        fake_start(&f.api);
}

static void it_may_end_while_it_lists_and_when_it_is_synced(void **state) {
        (void) state;
        for (unsigned end_at = 1; end_at <= 3; end_at++) {
                AUTO(seen_clear) Seen seen = { .end_at = end_at };

                FIXTURE(f, 30000, { .status = 200, .body = LIST("5", POD("a", "3") "," POD("b", "4")) });
                CHECK(kube_watch(f.client, &all_pods, 0, see, &seen, NULL, &f.err));
                CHECK_INT(seen.events, end_at);
                CHECK_INT(f.api.requests, 1);
        }
}

static void a_stream_that_ends_is_resumed_where_it_was(void **state) {
        AUTO(seen_clear) Seen seen = { .end_at = 5 };

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = LIST("5", POD("a", "3")) },
                { .status = 200, .body = EVENT("MODIFIED", POD("a", "6")) EVENT("BOOKMARK", POD("", "7")) },
                { .status = 0, .fault = FAKE_DROP }, { .status = 503, .body = "" },
                { .status = 200,
                  .fault = FAKE_CUT,
                  .body = EVENT("MODIFIED", POD("b", "8")) EVENT("ADDED", POD("c", "900000")) },
                { .status = 200, .body = EVENT("ADDED", POD("d", "10")) });
        CHECK(kube_watch(f.client, &all_pods, 0, see, &seen, NULL, &f.err));
        check_seen(&seen, "+a|~a~b+d");
}

static void half_an_event_is_not_an_event(void **state) {
        AUTO(seen_clear) Seen seen = { .end_at = 3 };

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = LIST("5", POD("a", "3")) },
                { .status = 200, .body = "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"half\"" },
                { .status = 200, .body = EVENT("ADDED", POD("whole", "6")) });
        CHECK(kube_watch(f.client, &all_pods, 0, see, &seen, NULL, &f.err));
        check_seen(&seen, "+a|+whole");
        check_starts(&f, "L 5 5 ");
}

static void a_forgotten_place_lists_again(void **state) {
        static const FakeAnswer gone[] = {
                { .status = 410, .body = STATUS(410, "Expired", "too old resource version") },
                { .status = 200, .body = EVENT("ERROR", STATUS(410, "Expired", "too old resource version")) },
        };

        (void) state;
        FOR_EACH_CASE(gone, g) {
                AUTO(seen_clear) Seen seen = { .end_at = 6 };
                FakeAnswer answers[] = { { .status = 200, .body = LIST("5", POD("a", "3")) },
                                         *g,
                                         { .status = 200,
                                           .body = LIST("9", POD("a", "3") "," POD("b", "8")) },
                                         { .status = 200, .body = EVENT("DELETED", POD("a", "10")) } };

                FIXTURE(f, 30000, { .status = 0 });
                f.api.answers = answers;
                f.api.count = 4;
                CHECK(kube_watch(f.client, &all_pods, 0, see, &seen, NULL, &f.err));
                check_seen(&seen, "+a|+a+b|-a"); /* synced is told once */
                check_starts(&f, "L 5 L 9 ");
        }
}

static void an_error_event_that_may_pass_is_survived(void **state) {
        AUTO(seen_clear) Seen seen = { .end_at = 3 };

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = LIST("5", POD("a", "3")) },
                { .status = 200, .body = EVENT("ERROR", STATUS(500, "InternalError", "etcd is away")) },
                { .status = 200, .body = EVENT("ADDED", POD("b", "6")) });
        CHECK(kube_watch(f.client, &all_pods, 0, see, &seen, NULL, &f.err));
        check_seen(&seen, "+a|+b");
}

static void trouble_that_stays_is_an_error(void **state) {
        static const struct {
                FakeAnswer answer;
                ErrorCode code;
                const char *message;
        } cases[] = {
                { { .status = 403, .body = STATUS(403, "Forbidden", "no") },
                  ERROR_FORBIDDEN,
                  "watch pods: no" },
                { { .status = 401, .body = "" },
                  ERROR_FORBIDDEN,
                  "watch pods: the server does not accept our credentials (401)" },
                { { .status = 503, .body = STATUS(503, "ServiceUnavailable", "away") },
                  ERROR_UNAVAILABLE,
                  "watch pods: away" },
                { { .status = 200, .body = "{]\n" }, ERROR_CORRUPT, NULL },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(seen_clear) Seen seen = { 0 };
                FakeAnswer answers[] = { { .status = 200, .body = LIST("5", "") }, c->answer };
                int64_t start = clock_ms();

                FIXTURE(f, 1500, { .status = 0 });
                f.api.answers = answers;
                f.api.count = 2;
                CHECK(!kube_watch(f.client, &all_pods, 0, see, &seen, NULL, &f.err));
                CHECK_INT(f.err.code, c->code);
                if (c->message != NULL)
                        CHECK_STR(f.err.message, c->message);
                check_seen(&seen, "|");
                CHECK(clock_ms() - start < 6000);
        }
}

static void a_deadline_ends_it_whatever_it_does(void **state) {
        static const FakeAnswer cases[][2] = {
                { { .status = 200, .body = LIST("5", "") },
                  { .status = 200, .body = "", .fault = FAKE_OPEN } },
                { { .status = 200, .body = LIST("5", "") }, { .status = 200, .body = "" } },
                { { .status = 200, .body = LIST("5", "") }, { .status = 503, .body = "" } },
                { { .status = 0, .fault = FAKE_HANG }, { .status = 0, .fault = FAKE_HANG } },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(seen_clear) Seen seen = { 0 };
                int64_t start = clock_ms();

                FIXTURE(f, 30000, { .status = 0 });
                f.api.answers = *c;
                f.api.count = 2;
                CHECK(!kube_watch(f.client, &all_pods, start + 700, see, &seen, NULL, &f.err));
                CHECK_INT(f.err.code, ERROR_TIMEOUT);
                CHECK(clock_ms() - start >= 650);
                CHECK(clock_ms() - start < 2500);
        }
}

static void stop_later(void *user) {
        (void) stop_sleep_ms(NULL, 300);
        stop_set(user);
}

static void a_stop_ends_it_at_once(void **state) {
        static const FakeAnswer streams[] = { { .status = 200, .body = "", .fault = FAKE_OPEN },
                                              { .status = 429, .headers = "Retry-After: 20\r\n" } };

        (void) state;
        FOR_EACH_CASE(streams, stream) {
                AUTO(seen_clear) Seen seen = { 0 };
                AUTO(stop_freep) Stop *stop = stop_new();
                FakeAnswer answers[] = { { .status = 200, .body = LIST("5", "") }, *stream };
                int64_t start = clock_ms();
                Thread thread = thread_start(stop_later, stop);

                FIXTURE(f, 60000, { .status = 0 });
                f.api.answers = answers;
                f.api.count = 2;
                CHECK(!kube_watch(f.client, &all_pods, 0, see, &seen, stop, &f.err));
                thread_join(thread);
                CHECK_INT(f.err.code, ERROR_CANCELED);
                CHECK(clock_ms() - start < 2000);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_there_comes_first_and_then_what_changes),
                cmocka_unit_test(it_may_end_while_it_lists_and_when_it_is_synced),
                cmocka_unit_test(a_stream_that_ends_is_resumed_where_it_was),
                cmocka_unit_test(half_an_event_is_not_an_event),
                cmocka_unit_test(a_forgotten_place_lists_again),
                cmocka_unit_test(an_error_event_that_may_pass_is_survived),
                cmocka_unit_test(trouble_that_stays_is_an_error),
                cmocka_unit_test(a_deadline_ends_it_whatever_it_does),
                cmocka_unit_test(a_stop_ends_it_at_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
