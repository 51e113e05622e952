#include "kube/exec.h"

#include "base/clock.h"
#include "base/mem.h"
#include "data/duration.h"
#include "kube/client_internal.h"
#include "kube/exec_status.h"
#include "kube/resource.h"
#include "kube/status.h"
#include "net/url.h"
#include "net/ws.h"

enum {
        CHANNEL_STDIN = 0,
        CHANNEL_STDOUT = 1,
        CHANNEL_STDERR = 2,
        CHANNEL_STATUS = 3,
        CHANNEL_CLOSE = 255, /* v5: two bytes, this and the channel that is closed */
        INPUT_PIECE_BYTES = 16 * 1024,
        INPUT_STALLED_MS = 50,
        CLOSE_WAIT_MS = 200, /* between the status and the end of the stream */
};

/* v4 cannot say that the input has ended: a command that reads to its end would hang.  Without input it costs the
 * node less (docs/decisions/0007-exec-protocol.md). */
static const char with_input[] = "v5.channel.k8s.io", without_input[] = "v4.channel.k8s.io";

typedef struct Exec {
        KubeClient *client;
        const ExecRequest *request;
        ExecOutput output;
        void *user;
        const Stop *stop;
        int64_t start_ms, deadline_ms;
        const char *protocol; /* that is offered */
        Str unsent;           /* of the input */
        bool owes_input;      /* its end has not been told */
        bool has_started;     /* it has written something */
        bool has_status;
        ExecResult *result;
} Exec;

static void end(Exec *exec, ExecEnd how, const char *message) {
        exec->result->end = how;
        exec->result->message = xasprintf("%s", message);
}

static Str exec_path(const ExecRequest *request, Arena *arena) {
        static const KubeResource pods = { .version = { "v1", 2 },
                                           .name = { "pods", 4 },
                                           .is_namespaced = true };
        AUTO(buf_clear) Buf path = { 0 };

        buf_add(&path, kube_resource_path(&pods, request->namespace, request->pod, arena));
        buf_add(&path, STR("/exec"));
        for (size_t i = 0; i < request->command.len; i++)
                url_add_query(&path, "command", request->command.items[i]);
        if (request->container.len > 0)
                url_add_query(&path, "container", request->container);
        if (request->input.len > 0)
                url_add_query(&path, "stdin", STR("true"));
        url_add_query(&path, "stdout", STR("true"));
        url_add_query(&path, "stderr", STR("true"));
        return arena_copy(arena, buf_str(&path));
}

/* ws_open says "<the server's words>: HTTP 403 Forbidden". */
static void end_refused(Exec *exec, int http_status, const Error *refusal) {
        AUTO(error_clear) Error err = { 0 };
        char mark[32];
        Str words = str_of(refusal->message);
        const char *at;

        snprintf(mark, sizeof(mark), "HTTP %d", http_status);
        at = strstr(refusal->message, mark);
        if (at == refusal->message)
                words.len = 0;
        else if (at != NULL)
                words.len = (size_t) (at - refusal->message) - strlen(": ");
        exec->result->http_status = http_status;
        (void) status_words_error(http_status, words, &err);
        end(exec, EXEC_REFUSED, err.message);
}

/* What an error means for a command that has not been heard of yet. */
static void end_unopened(Exec *exec, int http_status, const Error *err) {
        /* A gateway gives up waiting without knowing what became of the request. */
        bool is_gateway = http_status == 502 || http_status == 504;

        if (err->code == ERROR_CANCELED) {
                end(exec, EXEC_CANCELED, err->message);
        } else if (http_status > 0 && (!is_gateway || exec_says_not_started(str_of(err->message)))) {
                end_refused(exec, http_status, err);
        } else if (kube_was_not_sent(err) || err->code == ERROR_INVALID || err->code == ERROR_FORBIDDEN) {
                end(exec, EXEC_REFUSED, err->message);
        } else if (err->code == ERROR_TIMEOUT) {
                end(exec, EXEC_TIMED_OUT, err->message);
        } else {
                end(exec, EXEC_BROKEN, err->message);
        }
}

typedef struct Opening {
        Backoff backoff;
        bool has_renewed;
} Opening;

/* A node that does not know v4 any more says a bare 403; who may not exec is told so in words. */
static bool may_offer_another(Exec *exec, int http_status, const Error *err) {
        if (http_status != 403 || exec->protocol != without_input ||
            !str_starts_with(str_of(err->message), STR("HTTP 403")))
                return false;
        exec->protocol = with_input;
        return true;
}

/* Only where the command cannot have run: the connection was not made, or the server had no time for us. */
static bool may_open_again(Exec *exec, Opening *opening, int http_status, const Error *err) {
        int64_t wait_ms;

        if (http_status == 401 && !opening->has_renewed &&
            credentials_expired(exec->client->link->credentials)) {
                opening->has_renewed = true;
                return true;
        }
        if (http_status != 429 && !(http_status == 0 && kube_was_not_sent(err)))
                return false;
        wait_ms = backoff_next_ms(&opening->backoff, 0);
        return clock_ms() + wait_ms < exec->deadline_ms && stop_sleep_ms(exec->stop, wait_ms);
}

static bool open_once(Exec *exec, Str path, WsConnection **ret_connection, int *ret_status, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(secret_clear) Secret bearer = { 0 };
        AUTO(http_client_freep) HttpClient *http = NULL;
        WsOpen open = { .path = path, .protocols = exec->protocol, .deadline_ms = exec->deadline_ms };

        *ret_status = 0;
        open.headers = kube_headers(exec->client, 0, &arena, &open.header_count);
        if (!kube_connect(exec->client->link, exec->stop, &http, &bearer, err))
                return false;
        if (!secret_is_empty(&bearer))
                open.bearer = &bearer;
        return ws_open(http, &open, exec->stop, ret_connection, ret_status, err);
}

/* NULL when the stream did not open; the result then says why. */
static WsConnection *open_stream(Exec *exec) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str path = exec_path(exec->request, &arena);
        Opening opening = { 0 };

        for (;;) {
                AUTO(error_clear) Error err = { 0 };
                WsConnection *connection;
                int status = 0;

                if (open_once(exec, path, &connection, &status, &err))
                        return connection;
                if (may_offer_another(exec, status, &err) || may_open_again(exec, &opening, status, &err))
                        continue;
                if (stop_is_set(exec->stop))
                        end(exec, EXEC_CANCELED, "interrupted");
                else
                        end_unopened(exec, status, &err);
                return NULL;
        }
}

/* The next piece of the input, or that it has ended. */
static void queue_input(Exec *exec, WsConnection *connection) {
        static const char closed[] = { (char) CHANNEL_CLOSE, CHANNEL_STDIN };
        char message[1 + INPUT_PIECE_BYTES] = { CHANNEL_STDIN };
        size_t len = exec->unsent.len < INPUT_PIECE_BYTES ? exec->unsent.len : INPUT_PIECE_BYTES;

        if (len == 0) {
                ws_queue(connection, (Str) { closed, sizeof(closed) });
                exec->owes_input = false;
                return;
        }
        memcpy(message + 1, exec->unsent.ptr, len);
        ws_queue(connection, (Str) { message, 1 + len });
        explicit_bzero(message, sizeof(message)); /* input is how a hook is given a password */
        exec->unsent = str_skip(exec->unsent, len);
}

static void take_message(Exec *exec, Str message) {
        Str bytes;

        if (message.len < 2) /* the server opens each channel with an empty message */
                return;
        bytes = str_skip(message, 1);
        switch ((unsigned char) message.ptr[0]) {
        case CHANNEL_STDOUT:
        case CHANNEL_STDERR:
                exec->has_started = true;
                exec->output(exec->user, message.ptr[0] == CHANNEL_STDOUT ? EXEC_STDOUT : EXEC_STDERR, bytes);
                break;
        case CHANNEL_STATUS: {
                int64_t connect_ms = exec->result->connect_ms;

                if (exec->has_status)
                        break;
                exec->has_status = true;
                exec_status_decode(bytes, exec->result);
                exec->result->connect_ms = connect_ms;
                if (exec->result->end == EXEC_REFUSED && exec->has_started)
                        exec->result->end = EXEC_BROKEN;
                break;
        }
        default: /* a channel of a later protocol */
                break;
        }
}

/* When to look after the input again; a command need not read it, and may end before it has. */
static int64_t wait_until(Exec *exec, WsConnection *connection) {
        int64_t until_ms = exec->deadline_ms, wait_ms = 0;

        if (exec->has_status) {
                wait_ms = CLOSE_WAIT_MS;
        } else if (exec->owes_input) {
                wait_ms = ws_has_queued(connection) ? INPUT_STALLED_MS : 1;
                if (!ws_has_queued(connection))
                        queue_input(exec, connection);
        }
        if (wait_ms > 0 && clock_ms() + wait_ms < until_ms)
                until_ms = clock_ms() + wait_ms;
        return until_ms;
}

/* One turn of the stream; false, with err set, when there will be no more. */
static bool step(Exec *exec, WsConnection *connection, bool *ret_is_closed, Error *err) {
        int64_t until_ms = wait_until(exec, connection);
        WsEvent event;
        Str message;

        if (!ws_receive(connection, until_ms, exec->stop, &event, &message, err)) {
                if (exec->has_status || err->code != ERROR_TIMEOUT || clock_ms() >= exec->deadline_ms)
                        return false;
                error_clear(err);
                return true;
        }
        *ret_is_closed = event == WS_CLOSED;
        if (event == WS_MESSAGE)
                take_message(exec, message);
        return true;
}

static void follow(Exec *exec, WsConnection *connection) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        bool is_closed = false;

        if (ws_protocol(connection).len == 0) {
                end(exec, EXEC_BROKEN, "the server chose none of the exec protocols that were offered");
                return;
        }
        while (!is_closed && step(exec, connection, &is_closed, &err))
                ;
        if (exec->has_status) /* what became of the stream after it does not matter */
                return;
        if (is_closed)
                end(exec, EXEC_BROKEN, "the stream ended without the command's exit status");
        else if (err.code == ERROR_TIMEOUT)
                end(exec, EXEC_TIMED_OUT,
                    arena_printf(&arena,
                                 "the command did not end within " STR_FMT "; it may still be running",
                                 STR_ARG(duration_format(exec->request->timeout_ms, &arena))));
        else
                end(exec, err.code == ERROR_CANCELED ? EXEC_CANCELED : EXEC_BROKEN, err.message);
}

void kube_exec(KubeClient *client, const ExecRequest *request, ExecOutput output, void *user,
               const Stop *stop, ExecResult *ret_result) {
        AUTO(ws_freep) WsConnection *connection = NULL;
        Exec exec = { .client = client,
                      .request = request,
                      .output = output,
                      .user = user,
                      .stop = stop,
                      .start_ms = clock_ms(),
                      .protocol = request->input.len > 0 ? with_input : without_input,
                      .unsent = request->input,
                      .owes_input = request->input.len > 0,
                      .result = ret_result };

        *ret_result = (ExecResult) { 0 };
        exec.deadline_ms = exec.start_ms + request->timeout_ms;
        if (request->command.len == 0) {
                end(&exec, EXEC_REFUSED, "the command is empty");
                return;
        }
        connection = open_stream(&exec);
        ret_result->connect_ms = clock_ms() - exec.start_ms;
        if (connection != NULL)
                follow(&exec, connection);
}
