#include "check.h"

#include "kube/exec.h"

#define FAILURE(reason, message, details)                                                                    \
        "{\"metadata\":{},\"status\":\"Failure\",\"reason\":\"" reason "\",\"message\":\"" message           \
        "\"" details "}"
#define EXIT_CODE(text) ",\"details\":{\"causes\":[{\"reason\":\"ExitCode\",\"message\":\"" text "\"}]}"

static void a_status_says_how_the_command_ended(void **state) {
        static const struct {
                const char *json;
                ExecEnd end;
                int exit_code;
                const char *message; /* NULL: none */
        } cases[] = {
                { "{\"metadata\":{},\"status\":\"Success\"}", EXEC_EXITED, 0, NULL },
                { FAILURE("NonZeroExitCode", "command terminated with exit code 7", EXIT_CODE("7")),
                  EXEC_EXITED, 7, "command terminated with exit code 7" },
                { FAILURE("NonZeroExitCode", "killed", EXIT_CODE("137")), EXEC_EXITED, 137,
                  "command terminated with exit code 137" },
                { FAILURE("NonZeroExitCode", "windows", EXIT_CODE("-1073741510")), EXEC_EXITED, -1073741510,
                  "command terminated with exit code -1073741510" },
                { FAILURE("NonZeroExitCode", "x",
                          ",\"details\":{\"causes\":[{\"reason\":\"Other\",\"message\":\"1\"},{\"reason\":"
                          "\"ExitCode\","
                          "\"message\":\"2\"}]}"),
                  EXEC_EXITED, 2, "command terminated with exit code 2" },
                /* A failure never becomes exit 0, whatever the server writes. */
                { FAILURE("NonZeroExitCode", "x", EXIT_CODE("0")), EXEC_BROKEN, 0, "x" },
                { FAILURE("NonZeroExitCode", "x", EXIT_CODE("seven")), EXEC_BROKEN, 0, "x" },
                { FAILURE("NonZeroExitCode", "x", EXIT_CODE("99999999999")), EXEC_BROKEN, 0, "x" },
                { FAILURE("NonZeroExitCode", "x", EXIT_CODE("")), EXEC_BROKEN, 0, "x" },
                { FAILURE("NonZeroExitCode", "x", EXIT_CODE("11111111111111111111")), EXEC_BROKEN, 0, "x" },
                { FAILURE("NonZeroExitCode", "x", ""), EXEC_BROKEN, 0, "x" },
                { FAILURE("NonZeroExitCode", "", ""), EXEC_BROKEN, 0,
                  "the server reports a failure without saying why" },
                { FAILURE("InternalError",
                          "Internal error occurred: error executing command in container: failed to exec in "
                          "container: "
                          "failed to start exec: OCI runtime exec failed: exec: \\\"nope\\\": executable "
                          "file not found "
                          "in $PATH: unknown",
                          ""),
                  EXEC_REFUSED, 0,
                  "Internal error occurred: error executing command in container: failed to exec in "
                  "container: failed "
                  "to start exec: OCI runtime exec failed: exec: \"nope\": executable file not found in "
                  "$PATH: unknown" },
                { FAILURE("InternalError", "unable to upgrade connection: container not found (\\\"c\\\")",
                          ""),
                  EXEC_REFUSED, 0, "unable to upgrade connection: container not found (\"c\")" },
                /* Not known to mean that nothing ran: it may have. */
                { FAILURE("InternalError", "error executing command in container: context deadline exceeded",
                          ""),
                  EXEC_BROKEN, 0, "error executing command in container: context deadline exceeded" },
                { "{}", EXEC_BROKEN, 0, "the command's status is neither Success nor Failure" },
                { "[]", EXEC_BROKEN, 0, "the command's status is neither Success nor Failure" },
                { "{\"status\":1}", EXEC_BROKEN, 0, "the command's status is neither Success nor Failure" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(exec_result_clear) ExecResult result = { 0 };

                exec_status_decode(str_of(c->json), &result);
                CHECK_INT(result.end, c->end);
                CHECK_INT(result.exit_code, c->exit_code);
                CHECK_INT(result.http_status, 0);
                if (c->message == NULL)
                        CHECK(result.message == NULL);
                else
                        CHECK_STR(result.message, c->message);
        }
}

static void a_status_that_is_not_json_is_a_broken_stream(void **state) {
        static const char *const cases[] = { "", "{", "Success", "\xff" };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(exec_result_clear) ExecResult result = { 0 };

                exec_status_decode(str_of(*c), &result);
                CHECK_INT(result.end, EXEC_BROKEN);
                CHECK(str_starts_with(str_of(result.message), STR("the command's status is not JSON")));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_status_says_how_the_command_ended),
                cmocka_unit_test(a_status_that_is_not_json_is_a_broken_stream),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
