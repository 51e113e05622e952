/* exec.h - a command in a container, over WebSocket: v4.channel.k8s.io, with input v5.
 *
 * Output goes to the caller piece by piece and is not kept.  Connecting is retried while
 * time is left; nothing is once the request was sent, since the command may have run.
 * A stream that ends without the server's status is EXEC_BROKEN, never exit 0.  Source: engineering/libraries.md section 4. */
#pragma once
#include "kube/client.h"

typedef struct ExecRequest {
        Str namespace, pod, container;
        Strs command;
        Str input;          /* standard input, then half-close; only under v5 */
        int64_t timeout_ms; /* from the opening of the stream; required */
} ExecRequest;

typedef enum ExecEnd {
        EXEC_EXITED,    /* the command ended; see exit_code */
        EXEC_REFUSED,   /* it did not start: the server, kubelet or runtime said no (message) */
        EXEC_TIMED_OUT, /* the deadline passed; it may still be running */
        EXEC_CANCELED,  /* stopped; it may still be running */
        EXEC_BROKEN,    /* the stream ended without a status; it may have run, wholly or in part */
} ExecEnd;

typedef struct ExecResult {
        ExecEnd end;
        int exit_code;      /* with EXEC_EXITED */
        int http_status;    /* with EXEC_REFUSED by the API server: 403, 404, …; else 0 */
        char *message;      /* owned; why, for every end but exit 0 */
        int64_t connect_ms; /* until the stream was open */
} ExecResult;

typedef enum ExecStream { EXEC_STDOUT, EXEC_STDERR } ExecStream;
typedef void (*ExecOutput)(void *user, ExecStream stream, Str bytes);

void kube_exec(KubeClient *client, const ExecRequest *request, ExecOutput output, void *user,
               const Stop *stop, ExecResult *ret_result);
void exec_result_clear(ExecResult *result);

/* Pure, for tests: what a v4/v5 status message means. */
void exec_status_decode(Str status_json, ExecResult *ret_result);
