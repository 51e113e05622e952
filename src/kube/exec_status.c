#include "kube/exec_status.h"

#include <errno.h>
#include <limits.h>

#include "base/mem.h"

/* The words with which server, kubelet and runtimes say that the command did not start. */
static const char *const not_started[] = {
        "executable file not found",
        "unable to start container proc",
        "OCI runtime exec failed",
        "failed to start exec",
        "failed to create exec",
        "failed to load task",
        "exec format error",
        "no running task found",
        "container not found",
        "not found in pod",
        "is not valid for pod",
        "is not running",
        "is not created",
        "cannot exec in a",
        "unable to upgrade connection",
        "error dialing backend",
};

bool exec_says_not_started(Str message) {
        for (size_t i = 0; i < sizeof(not_started) / sizeof(*not_started); i++) {
                if (message.len > 0 &&
                    memmem(message.ptr, message.len, not_started[i], strlen(not_started[i])) != NULL)
                        return true;
        }
        return false;
}

static void set_result(ExecResult *result, ExecEnd end, Str message) {
        result->end = end;
        result->message = xasprintf(STR_FMT, STR_ARG(message));
}

/* details.causes[]: { "reason": "ExitCode", "message": "7" } */
static bool exit_code_of(JsonVal *status, int *ret_code) {
        JsonVal *cause;
        size_t i, max;

        yyjson_arr_foreach(json_at(status, "details", "causes"), i, max, cause) {
                Str text = json_get_str(cause, "message");
                char digits[16] = "", *end;
                long code;

                if (!str_equal(json_get_str(cause, "reason"), STR("ExitCode")) || text.len == 0 ||
                    text.len >= sizeof(digits))
                        continue;
                memcpy(digits, text.ptr, text.len);
                errno = 0;
                code = strtol(digits, &end, 10);
                /* 0 would be a success that says it failed. */
                if (*end != '\0' || errno != 0 || code == 0 || code < INT_MIN || code > INT_MAX)
                        return false;
                *ret_code = (int) code;
                return true;
        }
        return false;
}

void exec_status_decode(Str status_json, ExecResult *ret_result) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;
        ExecResult result = { .end = EXEC_BROKEN };
        JsonVal *status;
        Str verdict, message;

        *ret_result = result;
        if (!json_parse(status_json, "the command's status", &doc, &err)) {
                set_result(ret_result, EXEC_BROKEN, str_of(err.message));
                return;
        }
        status = yyjson_doc_get_root(doc);
        verdict = json_get_str(status, "status");
        message = json_get_str(status, "message");
        if (str_equal(verdict, STR("Success"))) {
                ret_result->end = EXEC_EXITED;
                return;
        }
        if (!str_equal(verdict, STR("Failure"))) {
                set_result(ret_result, EXEC_BROKEN,
                           STR("the command's status is neither Success nor Failure"));
                return;
        }
        if (message.len == 0)
                message = STR("the server reports a failure without saying why");
        if (str_equal(json_get_str(status, "reason"), STR("NonZeroExitCode"))) {
                if (!exit_code_of(status, &ret_result->exit_code)) {
                        set_result(ret_result, EXEC_BROKEN, message);
                        return;
                }
                ret_result->end = EXEC_EXITED; /* in the words that Velero's users know from client-go */
                ret_result->message =
                        xasprintf("command terminated with exit code %d", ret_result->exit_code);
                return;
        }
        /* Without an exit code: mostly it could not be started.  What is not known to mean that may have come
         * in the middle of the run, and the caller must count on that. */
        set_result(ret_result, exec_says_not_started(message) ? EXEC_REFUSED : EXEC_BROKEN, message);
}

void exec_result_clear(ExecResult *result) {
        free(result->message);
        *result = (ExecResult) { 0 };
}
