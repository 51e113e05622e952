#include "kube/fake_api.h"

#include "base/clock.h"
#include "kube/exec.h"

#define SUCCESS "{\"metadata\":{},\"status\":\"Success\"}"
#define EXIT_7                                                                                               \
        "{\"status\":\"Failure\",\"reason\":\"NonZeroExitCode\",\"message\":\"command terminated with exit " \
        "code "                                                                                              \
        "7\",\"details\":{\"causes\":[{\"reason\":\"ExitCode\",\"message\":\"7\"}]}}"
#define NOT_FOUND                                                                                            \
        "{\"status\":\"Failure\",\"reason\":\"InternalError\",\"message\":\"exec: executable file not "      \
        "found in "                                                                                          \
        "$PATH\"}"

typedef struct Server { /* what the fake's end of the stream does, and what it got */
        const char *out, *err, *status;
        bool reads_input, hangs;
        unsigned floods; /* messages of output before the input is read */
        Buf input;
} Server;

static void serve(int fd, void *user) {
        Server *server = user;
        AUTO(buf_clear) Buf frame = { 0 };

        for (char channel = 0; channel < 4;
             channel++) /* as the real one: each channel is opened by an empty message */
                fake_ws_channel(fd, channel, "");
        for (unsigned i = 0; i < server->floods; i++)
                fake_ws_channel(fd, 1, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
        while (server->reads_input && fake_ws_receive(fd, &frame) >= 0) {
                if (frame.len == 2 && (unsigned char) frame.ptr[0] == 255)
                        break;
                CHECK_INT(frame.ptr[0], 0);
                buf_add(&server->input, str_skip(buf_str(&frame), 1));
                buf_reset(&frame);
        }
        if (server->out != NULL)
                fake_ws_channel(fd, 1, server->out);
        if (server->err != NULL)
                fake_ws_channel(fd, 2, server->err);
        if (server->hangs)
                fake_wait_for_hangup(fd);
        if (server->status != NULL)
                fake_ws_channel(fd, 3, server->status);
        fake_ws_close(fd);
}

typedef struct Output {
        Buf out, err;
} Output;

static void output_clear(Output *output) {
        buf_clear(&output->out);
        buf_clear(&output->err);
}

static void take(void *user, ExecStream stream, Str bytes) {
        Output *output = user;

        buf_add(stream == EXEC_STDOUT ? &output->out : &output->err, bytes);
}

typedef struct Run {
        Fixture f;
        Server server;
        Output output;
        ExecResult result;
        Arena arena;
        ExecRequest request;
} Run;

static void run_clear(Run *run) {
        fixture_clear(&run->f);
        buf_clear(&run->server.input);
        output_clear(&run->output);
        exec_result_clear(&run->result);
        arena_clear(&run->arena);
}

static void run_start(Run *run, const FakeAnswer *answers, size_t count) {
        run->f.api.answers = answers;
        run->f.api.count = count;
        run->f.api.exec = serve;
        run->f.api.user = &run->server;
        fake_start(&run->f.api);
        run->f.client = fake_client(&run->f.api, &run->f.config, 30000);
        run->request.namespace = STR("shop");
        run->request.pod = STR("web");
        run->request.container = STR("c");
        if (run->request.timeout_ms == 0)
                run->request.timeout_ms = 20000;
        strs_add(&run->request.command, &run->arena, STR("/bin/sh"));
        strs_add(&run->request.command, &run->arena, STR("-c"));
        strs_add(&run->request.command, &run->arena, STR("echo a & b"));
}

static void run_exec(Run *run, const Stop *stop) {
        kube_exec(run->f.client, &run->request, take, &run->output, stop, &run->result);
        buf_add_char(&run->output.out, '\0');
        buf_add_char(&run->output.err, '\0');
}

static const FakeAnswer upgraded[] = { { .status = 101 } };

static void output_and_exit_code_arrive(void **state) {
        static const struct {
                Server server;
                ExecEnd end;
                int exit_code;
                const char *message;
        } cases[] = {
                { { .out = "hello", .err = "oops", .status = SUCCESS }, EXEC_EXITED, 0, NULL },
                { { .out = "hello", .err = "oops", .status = EXIT_7 },
                  EXEC_EXITED,
                  7,
                  "command terminated with exit code 7" },
                { { .status = NOT_FOUND }, EXEC_REFUSED, 0, "exec: executable file not found in $PATH" },
                /* It has written: whatever the words say, it ran. */
                { { .out = "hello", .status = NOT_FOUND },
                  EXEC_BROKEN,
                  0,
                  "exec: executable file not found in $PATH" },
                { { .out = "hello" }, EXEC_BROKEN, 0, "the stream ended without the command's exit status" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(run_clear) Run run = { .server = c->server };

                run_start(&run, upgraded, 1);
                run_exec(&run, NULL);
                CHECK_INT(run.result.end, c->end);
                CHECK_INT(run.result.exit_code, c->exit_code);
                CHECK_STR(run.result.message ? run.result.message : "none", c->message ? c->message : "none");
                CHECK_STR(run.output.out.ptr, c->server.out ? c->server.out : "");
                CHECK_STR(run.output.err.ptr, c->server.err ? c->server.err : "");
        }
}

static void the_request_names_container_command_and_streams(void **state) {
        AUTO(run_clear) Run run = { .server.status = SUCCESS };

        (void) state;
        run_start(&run, upgraded, 1);
        run_exec(&run, NULL);
        fake_stop(&run.f.api);
        CHECK_STR(run.f.api.log.ptr,
                  "GET /api/v1/namespaces/shop/pods/web/exec?command=%2Fbin%2Fsh&command=-c&command="
                  "echo%20a%20%26%20b&container=c&stdout=true&stderr=true\n");
        CHECK(str_equal(fake_header(run.f.api.last_head, "\r\nSec-WebSocket-Protocol: "),
                        STR("v4.channel.k8s.io")));
        fake_start(&run.f.api);
}

static void input_is_sent_and_ended(void **state) {
        AUTO(run_clear) Run run = { .server = { .reads_input = true, .status = SUCCESS, .floods = 5000 } };
        AUTO(buf_clear) Buf input = { 0 };

        (void) state;
        for (int i = 0; i < 100000; i++)
                buf_printf(&input, "%d\n", i);
        run.request.input = buf_str(&input);
        run_start(&run, upgraded, 1);
        run_exec(&run, NULL);
        CHECK_INT(run.result.end, EXEC_EXITED);
        CHECK(str_equal(buf_str(&run.server.input), buf_str(&input)));
        CHECK_INT(run.output.out.len, 5000 * 64 + 1);
        /* Only v5 can say that the input has ended. */
        CHECK(str_equal(fake_header(run.f.api.last_head, "\r\nSec-WebSocket-Protocol: "),
                        STR("v5.channel.k8s.io")));
        CHECK(strstr(run.f.api.last_head, "&stdin=true&") != NULL);
}

static void a_command_that_ends_before_its_input_is_read_keeps_its_status(void **state) {
        AUTO(run_clear) Run run = { .server = { .status = EXIT_7 } };
        AUTO(buf_clear) Buf input = { 0 };

        (void) state;
        for (int i = 0; i < 1000; i++)
                buf_printf(&input, "%d\n", i);
        run.request.input = buf_str(&input);
        run_start(&run, upgraded, 1);
        run_exec(&run, NULL);
        CHECK_INT(run.result.end, EXEC_EXITED);
        CHECK_INT(run.result.exit_code, 7);
}

static void a_command_that_does_not_end_is_timed_out_and_may_still_run(void **state) {
        AUTO(run_clear) Run run = { .server = { .out = "so far", .hangs = true }, .request.timeout_ms = 400 };
        int64_t start = clock_ms();

        (void) state;
        run_start(&run, upgraded, 1);
        run_exec(&run, NULL);
        CHECK_INT(run.result.end, EXEC_TIMED_OUT);
        CHECK_STR(run.result.message, "the command did not end within 400ms; it may still be running");
        CHECK_STR(run.output.out.ptr, "so far");
        CHECK(clock_ms() - start < 2000);
}

static void connecting_counts_against_the_timeout(void **state) {
        static const FakeAnswer hang[] = { { .status = 0, .fault = FAKE_HANG } };
        AUTO(run_clear) Run run = { .request.timeout_ms = 400 };
        int64_t start = clock_ms();

        (void) state;
        run_start(&run, hang, 1);
        run_exec(&run, NULL);
        CHECK_INT(run.result.end, EXEC_TIMED_OUT);
        CHECK(run.result.connect_ms >= 390);
        CHECK(clock_ms() - start < 2000);
}

static void stop_later(void *user) {
        (void) stop_sleep_ms(NULL, 300);
        stop_set(user);
}

static void a_stop_ends_it_at_once(void **state) {
        static const FakeAnswer cases[][1] = { { { .status = 101 } },
                                               { { .status = 0, .fault = FAKE_HANG } },
                                               { { .status = 429 } } };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(run_clear) Run run = { .server.hangs = true };
                AUTO(stop_freep) Stop *stop = stop_new();
                int64_t start = clock_ms();
                Thread thread = thread_start(stop_later, stop);

                run_start(&run, *c, 1);
                run_exec(&run, stop);
                thread_join(thread);
                CHECK_INT(run.result.end, EXEC_CANCELED);
                CHECK(clock_ms() - start < 2000);
        }
}

static void a_refusal_carries_the_servers_words(void **state) {
        static const struct {
                FakeAnswer answer;
                ExecEnd end;
                int http_status;
                const char *message;
        } cases[] = {
                { { .status = 404,
                    .body = "{\"kind\":\"Status\",\"message\":\"pods \\\"web\\\" not found\",\"code\":404}" },
                  EXEC_REFUSED,
                  404,
                  "pods \"web\" not found" },
                { { .status = 400,
                    .body = "{\"kind\":\"Status\",\"message\":\"container c is not valid for pod web\"}" },
                  EXEC_REFUSED,
                  400,
                  "container c is not valid for pod web" },
                { { .status = 403,
                    .body = "{\"kind\":\"Status\",\"message\":\"pods \\\"web\\\" is forbidden: User "
                            "\\\"x\\\" cannot get "
                            "resource \\\"pods/exec\\\" in API group \\\"\\\" in the namespace "
                            "\\\"shop\\\"\"}" },
                  EXEC_REFUSED,
                  403,
                  "the user \"x\" may not get pods/exec in namespace \"shop\": add a rule {apiGroups: "
                  "[\"\"], resources: "
                  "[pods/exec], verbs: [get]} to its Role or ClusterRole (pods \"web\" is forbidden: User "
                  "\"x\" cannot "
                  "get resource \"pods/exec\" in API group \"\" in the namespace \"shop\")" },
                { { .status = 500,
                    .body = "{\"kind\":\"Status\",\"message\":\"error dialing backend: refused\"}" },
                  EXEC_REFUSED,
                  500,
                  "error dialing backend: refused" },
                { { .status = 502,
                    .body = "{\"kind\":\"Status\",\"message\":\"error dialing backend: refused\"}" },
                  EXEC_REFUSED,
                  502,
                  "error dialing backend: refused" },
                { { .status = 401 }, EXEC_REFUSED, 401, "the server does not accept our credentials (401)" },
                { { .status = 404 }, EXEC_REFUSED, 404, "the server answered 404 without a word" },
                /* A gateway that gave up waiting: what it had passed on may have run. */
                { { .status = 504, .body = "gateway timeout" },
                  EXEC_BROKEN,
                  0,
                  "gateway timeout: HTTP 504 Answer" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(run_clear) Run run = { 0 };

                run_start(&run, &c->answer, 1);
                run_exec(&run, NULL);
                CHECK_INT(run.result.end, c->end);
                CHECK_INT(run.result.http_status, c->http_status);
                CHECK_STR(run.result.message, c->message);
                CHECK_INT(run.f.api.requests, 1);
        }
}

static void a_request_that_may_have_been_read_is_not_repeated(void **state) {
        static const FakeAnswer drop[] = { { .status = 0, .fault = FAKE_DROP }, { .status = 101 } };
        AUTO(run_clear) Run run = { .server.status = SUCCESS };

        (void) state;
        run_start(&run, drop, 2);
        run_exec(&run, NULL);
        CHECK_INT(run.result.end, EXEC_BROKEN);
        CHECK_INT(run.f.api.requests, 1);
}

static void a_server_without_time_for_us_is_asked_again(void **state) {
        static const FakeAnswer busy[] = { { .status = 429 }, { .status = 101 } };
        AUTO(run_clear) Run run = { .server.status = SUCCESS };

        (void) state;
        run_start(&run, busy, 2);
        run_exec(&run, NULL);
        CHECK_INT(run.result.end, EXEC_EXITED);
        CHECK_INT(run.f.api.requests, 2);
}

static void a_connection_that_is_refused_is_tried_until_the_timeout(void **state) {
        AUTO(run_clear) Run run = { .request.timeout_ms = 1000 };

        (void) state;
        run_start(&run, upgraded, 1);
        fake_stop(&run.f.api);
        run_exec(&run, NULL);
        CHECK_INT(run.result.end, EXEC_REFUSED);
        CHECK_INT(run.result.http_status, 0);
        CHECK(strstr(run.result.message, "connection refused") != NULL);
        CHECK(run.result.connect_ms >= 100);
        fake_start(&run.f.api);
}

static void a_protocol_that_was_not_chosen_is_a_broken_stream(void **state) {
        static const struct {
                const char *protocol;
                const char *message;
        } cases[] = {
                { "", "the server chose none of the exec protocols that were offered" },
                { "channel.k8s.io",
                  "the server chose the WebSocket protocol \"channel.k8s.io\", which was not offered" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(run_clear) Run run = { .server.status = SUCCESS };

                run.f.api.protocol = c->protocol;
                run_start(&run, upgraded, 1);
                run_exec(&run, NULL);
                CHECK_INT(run.result.end, EXEC_BROKEN);
                CHECK_STR(run.result.message, c->message);
        }
}

/* As the kubelet refuses a protocol: 403 without a word. */
static void a_node_that_does_not_know_v4_is_offered_v5(void **state) {
        static const FakeAnswer answers[] = { { .status = 403 }, { .status = 101 } };
        AUTO(run_clear) Run run = { .server = { .out = "x", .status = SUCCESS } };

        (void) state;
        run_start(&run, answers, 2);
        run.f.api.protocol = "v5.channel.k8s.io";
        run_exec(&run, NULL);
        CHECK_INT(run.result.end, EXEC_EXITED);
        CHECK_INT(run.f.api.requests, 2);
        CHECK(str_equal(fake_header(run.f.api.last_head, "\r\nSec-WebSocket-Protocol: "),
                        STR("v5.channel.k8s.io")));
}

static void who_may_not_exec_is_not_asked_twice(void **state) {
        static const FakeAnswer answers[] = {
                { .status = 403, .body = "{\"kind\":\"Status\",\"message\":\"pods is forbidden\"}" },
        };
        AUTO(run_clear) Run run = { 0 };

        (void) state;
        run_start(&run, answers, 1);
        run_exec(&run, NULL);
        CHECK_INT(run.result.end, EXEC_REFUSED);
        CHECK_INT(run.f.api.requests, 1);
}

static void an_empty_command_is_refused_before_it_is_sent(void **state) {
        AUTO(run_clear) Run run = { 0 };

        (void) state;
        run_start(&run, upgraded, 1);
        run.request.command.len = 0;
        run_exec(&run, NULL);
        CHECK_INT(run.result.end, EXEC_REFUSED);
        CHECK_STR(run.result.message, "the command is empty");
        CHECK_INT(run.f.api.requests, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(output_and_exit_code_arrive),
                cmocka_unit_test(the_request_names_container_command_and_streams),
                cmocka_unit_test(input_is_sent_and_ended),
                cmocka_unit_test(a_command_that_ends_before_its_input_is_read_keeps_its_status),
                cmocka_unit_test(a_command_that_does_not_end_is_timed_out_and_may_still_run),
                cmocka_unit_test(connecting_counts_against_the_timeout),
                cmocka_unit_test(a_stop_ends_it_at_once),
                cmocka_unit_test(a_refusal_carries_the_servers_words),
                cmocka_unit_test(a_request_that_may_have_been_read_is_not_repeated),
                cmocka_unit_test(a_server_without_time_for_us_is_asked_again),
                cmocka_unit_test(a_connection_that_is_refused_is_tried_until_the_timeout),
                cmocka_unit_test(a_protocol_that_was_not_chosen_is_a_broken_stream),
                cmocka_unit_test(a_node_that_does_not_know_v4_is_offered_v5),
                cmocka_unit_test(who_may_not_exec_is_not_asked_twice),
                cmocka_unit_test(an_empty_command_is_refused_before_it_is_sent),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
