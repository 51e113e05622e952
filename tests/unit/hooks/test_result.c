#include "hooks/result.h"

#include "base/mem.h"
#include "check.h"

static void feed(HookOutput *output, const char *pattern, size_t total, size_t piece) {
        AUTO_FREE char *bytes = xmalloc(total + 1);

        for (size_t i = 0; i < total; i++)
                bytes[i] = pattern[i % strlen(pattern)];
        for (size_t at = 0; at < total; at += piece)
                hook_output_add(output, (Str) { bytes + at, total - at < piece ? total - at : piece });
}

static void output_is_kept_whole_or_by_its_ends(void **state) {
        static const size_t totals[] = { 0, 1, 8191, 8192, 8193, 16383, 16384, 16385, 100000, 300001 };
        static const size_t pieces[] = { 1, 7, 4096, 8192, 8193, 20000, 400000 };
        const char *pattern = "0123456789abcdefghijklmnopqrstuvwxyz!";

        (void) state;
        FOR_EACH_CASE(totals, total) {
                FOR_EACH_CASE(pieces, piece) {
                        AUTO(arena_clear) Arena arena = { 0 };
                        AUTO_FREE HookOutput *output = xnew0(HookOutput);
                        size_t left_out = *total > 16384 ? *total - 16384 : 0;

                        feed(output, pattern, *total, *piece);
                        CHECK_INT(output->total, *total);
                        Str text = hook_output_text(output, &arena);
                        Str mark = str_of(
                                left_out ? arena_printf(&arena, "\n[… %zu bytes left out …]\n", left_out)
                                         : "");
                        CHECK_INT(text.len, *total - left_out + mark.len);
                        for (size_t i = 0; i < text.len; i++) {
                                bool in_mark = left_out && i >= 8192 && i < 8192 + mark.len;
                                size_t from = i < 8192 || !left_out ? i : i - mark.len + left_out;

                                if (in_mark)
                                        CHECK_INT(text.ptr[i], mark.ptr[i - 8192]);
                                else
                                        CHECK_INT(text.ptr[i], pattern[from % strlen(pattern)]);
                        }
                }
        }
}

static void bytes_that_are_not_utf8_are_replaced(void **state) {
        static const struct {
                const char *bytes, *text;
        } cases[] = {
                { "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
                { "\xe2\x82\xac\xf0\x9f\x98\x80", "\xe2\x82\xac\xf0\x9f\x98\x80" },
                { "a\xff"
                  "b",
                  "a\xef\xbf\xbd"
                  "b" },
                { "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
                { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
                { "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" },
                { "\xe2\x82x", "\xef\xbf\xbd\xef\xbf\xbdx" },
                { "\xf5\x80\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO_FREE HookOutput *output = xnew0(HookOutput);

                hook_output_add(output, str_of(c->bytes));
                CHECK_STR(hook_output_text(output, &arena).ptr, c->text);
        }
}

typedef struct Pod {
        HookCall pre[1], post[2];
        PodPlan plan;
        Str words[2];
} Pod;

static void pod_init(Pod *pod) {
        *pod = (Pod) { .words = { STR("/bin/sh"), STR("a<b") } };
        pod->pre[0] = (HookCall) {
                .name = STR("my-hook"),
                .phase = HOOK_PRE,
                .index = 2,
                .container = STR("db"),
                .command = { .items = pod->words, .len = 2 },
                .timeout_ms = 1000,
        };
        for (int i = 0; i < 2; i++)
                pod->post[i] = (HookCall) {
                        .name = STR("<from-annotation>"),
                        .source = HOOK_FROM_ANNOTATION,
                        .phase = HOOK_POST,
                        .container = STR("db"),
                        .on_error = ON_ERROR_CONTINUE,
                };
        pod->plan = (PodPlan) {
                .namespace = STR("shop"),
                .name = STR("db-0"),
                .uid = STR("u1"),
                .node = STR("n1"),
                .pre = pod->pre,
                .pre_len = 1,
                .post = pod->post,
                .post_len = 2,
        };
}

static bool keep(void *user, Str bytes, Error *err) {
        (void) err;
        buf_add(user, bytes);
        return true;
}

static bool refuse(void *user, Str bytes, Error *err) {
        size_t *left = user;

        (void) bytes;
        if (*left == 0)
                return error_set(err, ERROR_UNAVAILABLE, "disk full");
        --*left;
        return true;
}

static void every_field_is_in_the_file(void **state) {
        AUTO(hook_results_freep) HookResults *results = NULL;
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        AUTO_FREE HookOutput *out = xnew0(HookOutput);
        Pod pod;
        HookSkip skip = { .name = STR("s"),
                          .phase = HOOK_PRE,
                          .container = STR("x"),
                          .reason = STR("no such container: \"x\""),
                          .is_fault = true };
        HookSkip other = {
                .name = STR("o"), .phase = HOOK_PRE, .reason = STR("overridden"), .is_overridden = true
        };
        uint64_t attempted, failed;

        (void) state;
        pod_init(&pod);
        CHECK(hook_results_new(&results, &err));
        hook_output_add(out, STR("line\n"));
        HookResult result = {
                .pod = &pod.plan,
                .call = &pod.pre[0],
                .outcome = HOOK_TIMED_OUT,
                .exit_code = -1,
                .attempts = 1,
                .start_wall_ms = 1700000000123,
                .duration_ms = 1002,
                .freeze_ms = -1,
                .message = STR("timed out after 1s"),
                .process = STR("ended (TERM)"),
                .out = out,
        };
        CHECK(hook_results_add(results, &result, &err));
        result = (HookResult) {
                .pod = &pod.plan,
                .call = &pod.post[1],
                .outcome = HOOK_SUCCEEDED,
                .exit_code = 0,
                .attempts = 2,
                .start_wall_ms = 1700000001000,
                .duration_ms = 5,
                .freeze_ms = 1234,
                .is_undo = true,
                .err = out,
        };
        CHECK(hook_results_add(results, &result, &err));
        CHECK(hook_results_add_skip(results, &pod.plan, &skip, &err));
        CHECK(hook_results_add_skip(results, &pod.plan, &other, &err));
        CHECK(hook_results_write(results, keep, &text, &err));
        buf_add_char(&text, '\0');
        CHECK_STR(
                text.ptr,
                "{\"hooks\":[\n"
                "{\"namespace\":\"shop\",\"pod\":\"db-0\",\"uid\":\"u1\",\"node\":\"n1\",\"container\":"
                "\"db\","
                "\"name\":\"my-hook\",\"source\":\"spec\",\"phase\":\"pre\",\"index\":2,"
                "\"command\":[\"/bin/"
                "sh\",\"a\\u003cb\"],\"onError\":\"Fail\",\"outcome\":\"TimedOut\",\"attempts\":1,"
                "\"startTimestamp\":\"2023-11-14T22:13:20.123Z\",\"durationMs\":1002,\"message\":\"timed out "
                "after 1s\","
                "\"process\":\"ended (TERM)\",\"stdout\":\"line\\n\"},\n"
                "{\"namespace\":\"shop\",\"pod\":\"db-0\",\"uid\":\"u1\",\"node\":\"n1\",\"container\":"
                "\"db\","
                "\"name\":\"\\u003cfrom-annotation\\u003e\",\"source\":\"annotation\",\"phase\":\"post\","
                "\"index\":0,"
                "\"command\":[],\"onError\":\"Continue\",\"outcome\":\"Succeeded\",\"exitCode\":0,"
                "\"attempts\":2,"
                "\"startTimestamp\":\"2023-11-14T22:13:21.000Z\",\"durationMs\":5,\"freezeMs\":1234,\"undo\":"
                "true,"
                "\"stderr\":\"line\\n\"},\n"
                "{\"namespace\":\"shop\",\"pod\":\"db-0\",\"uid\":\"u1\",\"node\":\"n1\",\"container\":\"x\","
                "\"name\":\"s\",\"source\":\"spec\",\"phase\":\"pre\",\"index\":0,\"command\":[],\"onError\":"
                "\"Fail\","
                "\"outcome\":\"Failed\",\"message\":\"no such container: \\\"x\\\"\"},\n"
                "{\"namespace\":\"shop\",\"pod\":\"db-0\",\"uid\":\"u1\",\"node\":\"n1\",\"container\":\"\","
                "\"name\":\"o\",\"source\":\"spec\",\"phase\":\"pre\",\"index\":0,\"command\":[],\"onError\":"
                "\"Fail\","
                "\"outcome\":\"Skipped\",\"message\":\"overridden\"}\n"
                "],\"freeze\":{\"pods\":1,\"p50Ms\":1234,\"p99Ms\":1234,\"maxMs\":1234}}\n");
        hook_results_count(results, &attempted, &failed);
        CHECK_INT(attempted, 3);
        CHECK_INT(failed, 2);
}

static void no_hooks_make_an_empty_list(void **state) {
        AUTO(hook_results_freep) HookResults *results = NULL;
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        HookFreeze freeze;

        (void) state;
        CHECK(hook_results_new(&results, &err));
        CHECK(hook_results_write(results, keep, &text, &err));
        CHECK(str_equal(buf_str(&text), STR("{\"hooks\":[\n]}\n")));
        hook_results_freeze(results, &freeze);
        CHECK_INT(freeze.pods, 0);
        CHECK_INT(freeze.p50_ms, -1);
}

static void a_writer_that_fails_is_heard(void **state) {
        AUTO(hook_results_freep) HookResults *results = NULL;
        AUTO(error_clear) Error err = { 0 };
        Pod pod;

        (void) state;
        pod_init(&pod);
        CHECK(hook_results_new(&results, &err));
        CHECK(hook_results_add(
                results, &(HookResult) { .pod = &pod.plan, .call = &pod.pre[0], .freeze_ms = -1 }, &err));
        for (size_t n = 0; n < 3; n++) {
                size_t left = n;

                CHECK(!hook_results_write(results, refuse, &left, &err));
                CHECK_STR(err.message, "write the hook results: disk full");
                error_clear(&err);
        }
        size_t enough = 3;
        CHECK(hook_results_write(results, refuse, &enough, &err));
}

static void the_freeze_is_told_in_percentiles(void **state) {
        AUTO(hook_results_freep) HookResults *results = NULL;
        AUTO(error_clear) Error err = { 0 };
        HookFreeze freeze;
        Pod pod;

        (void) state;
        pod_init(&pod);
        CHECK(hook_results_new(&results, &err));
        for (int i = 200; i >= 1; i--) {
                HookResult result = { .pod = &pod.plan, .call = &pod.post[1], .freeze_ms = i };

                CHECK(hook_results_add(results, &result, &err));
                result.call = &pod.post[0]; /* not the last: no sample */
                CHECK(hook_results_add(results, &result, &err));
        }
        hook_results_freeze(results, &freeze);
        CHECK_INT(freeze.pods, 200);
        CHECK_INT(freeze.p50_ms, 100);
        CHECK_INT(freeze.p99_ms, 198);
        CHECK_INT(freeze.max_ms, 200);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(output_is_kept_whole_or_by_its_ends),
                cmocka_unit_test(bytes_that_are_not_utf8_are_replaced),
                cmocka_unit_test(every_field_is_in_the_file),
                cmocka_unit_test(no_hooks_make_an_empty_list),
                cmocka_unit_test(a_writer_that_fails_is_heard),
                cmocka_unit_test(the_freeze_is_told_in_percentiles),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
