#include "net/ws.h"

#include <poll.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/connection.h"
#include "net/ws_frames.h"
#include "net/ws_upgrade.h"

enum {
        RECEIVE_BYTES = 16 * 1024, /* one TLS record */
        MESSAGE_LIMIT_DEFAULT = 1024 * 1024,
        WAITING_MAX = 256 * 1024, /* bytes kept while we are busy sending */
        REFUSAL_TIMEOUT_MS = 5000,
        WAIT_MAX_MS = 60 * 1000,
};

struct WsConnection {
        HttpClient *client; /* ours too: it may be replaced while the stream lives */
        Connection *connection;
        curl_socket_t socket;
        WsFrames *frames;
        Arena arena;
        Str protocol;
        bool is_ended; /* the server will send nothing more */
};

typedef struct Wait {
        const WsConnection *ws;
        int64_t deadline_ms;
        const char *task; /* of the server, for the message of a timeout */
        const Stop *stop;
} Wait;

/* False, with err set, once there is no more time or the job was stopped. */
static bool still_time(const Wait *wait, Error *err) {
        if (!stop_check(wait->stop, err))
                return false;
        if (wait->deadline_ms && clock_ms() >= wait->deadline_ms)
                return error_set(err, ERROR_TIMEOUT, STR_FMT " did not %s in time",
                                 STR_ARG(wait->ws->connection->client->address), wait->task);
        return true;
}

/* Returns when the socket is ready for `events`, at the deadline, or when stopped; still_time tells which. */
static void wait_for_socket(const Wait *wait, short events) {
        struct pollfd fds[] = { { .fd = wait->ws->socket, .events = events },
                                { .fd = stop_fd(wait->stop), .events = POLLIN } };
        int64_t left = wait->deadline_ms ? wait->deadline_ms - clock_ms() : WAIT_MAX_MS;

        if (left > 0)
                poll(fds, 2, (int) (left < WAIT_MAX_MS ? left : WAIT_MAX_MS));
}

typedef enum Flow { FLOW_OK, FLOW_WAIT, FLOW_END } Flow;

/* Into `into`; *ret_len is what came with FLOW_OK. */
static bool receive_some(WsConnection *ws, char *into, size_t size, Flow *ret_flow, size_t *ret_len,
                         Error *err) {
        size_t len = 0;
        CURLcode code = curl_easy_recv(ws->connection->easy, into, size, &len);

        if (code != CURLE_OK && code != CURLE_AGAIN) {
                connection_error(ws->connection, code, err);
                return false;
        }
        *ret_flow = code == CURLE_AGAIN ? FLOW_WAIT : len ? FLOW_OK : FLOW_END;
        *ret_len = len;
        return true;
}

static bool send_some(WsConnection *ws, Str bytes, Flow *ret_flow, size_t *ret_len, Error *err) {
        CURLcode code = curl_easy_send(ws->connection->easy, bytes.ptr, bytes.len, ret_len);

        if (code != CURLE_OK && code != CURLE_AGAIN)
                return connection_error(ws->connection, code, err);
        *ret_flow = code == CURLE_AGAIN || *ret_len == 0 ? FLOW_WAIT : FLOW_OK;
        return true;
}

static bool send_request(WsConnection *ws, Str request, const Wait *wait, Error *err) {
        while (request.len) {
                size_t sent = 0;
                Flow flow = FLOW_WAIT;

                if (!still_time(wait, err) || !send_some(ws, request, &flow, &sent, err))
                        return false;
                if (flow == FLOW_WAIT)
                        wait_for_socket(wait, POLLOUT);
                else
                        request = str_skip(request, sent);
        }
        return true;
}

/* More bytes at the end of `into`; FLOW_END when there are no more. */
static bool receive_into(WsConnection *ws, Buf *into, const Wait *wait, Flow *ret_flow, Error *err) {
        for (;;) {
                char bytes[RECEIVE_BYTES];
                size_t len = 0;

                if (!still_time(wait, err) || !receive_some(ws, bytes, sizeof bytes, ret_flow, &len, err))
                        return false;
                if (*ret_flow == FLOW_OK)
                        buf_add(into, (Str) { bytes, len });
                if (*ret_flow != FLOW_WAIT)
                        return true;
                wait_for_socket(wait, POLLIN);
        }
}

static bool receive_head(WsConnection *ws, Buf *reply, const Wait *wait, size_t *ret_len, Error *err) {
        while ((*ret_len = ws_head_len(buf_str(reply))) == 0) {
                Str address = ws->connection->client->address;
                Flow flow;

                if (reply->len > WS_HEAD_MAX)
                        return error_set(err, ERROR_UNAVAILABLE,
                                         "the head of the answer of " STR_FMT
                                         " is larger than the limit of %d bytes",
                                         STR_ARG(address), WS_HEAD_MAX);
                if (!receive_into(ws, reply, wait, &flow, err))
                        return false;
                if (flow == FLOW_END)
                        return error_set(err, ERROR_UNAVAILABLE,
                                         STR_FMT " closed the connection without an answer",
                                         STR_ARG(address));
        }
        return true;
}

/* A refusal's body says why.  What of it does not come soon is left out: the status alone is an answer too. */
static bool explain_refusal(WsConnection *ws, Buf *reply, size_t head_len, const Stop *stop, Error *err) {
        AUTO(error_clear) Error no_body = { 0 };
        Wait wait = { ws, clock_ms() + REFUSAL_TIMEOUT_MS, "finish its answer", stop };
        Flow flow = FLOW_OK;

        for (;;) {
                Str head = { reply->ptr, head_len }, body = str_skip(buf_str(reply), head_len);

                if (flow == FLOW_END || ws_refusal_is_whole(head, body) ||
                    !receive_into(ws, reply, &wait, &flow, &no_body))
                        return ws_refusal_explain(head, body, err);
        }
}

static bool is_offered(const char *protocols, Str protocol, Arena *arena) {
        Strs offered = { 0 };

        strs_split(str_of(protocols ? protocols : ""), ',', arena, &offered);
        return strs_has(&offered, protocol);
}

static bool upgrade(WsConnection *ws, const WsOpen *open, const Wait *wait, int *ret_status, Error *err) {
        const HttpClient *client = ws->connection->client;
        AUTO(buf_clear) Buf request = { 0 };
        AUTO(buf_clear) Buf reply = { .limit = WS_HEAD_MAX + WS_REFUSAL_MAX + 2 * RECEIVE_BYTES };
        char key[WS_KEY_SIZE];
        size_t head_len = 0;
        Str protocol;

        if (!ws_make_key(key, err))
                return false;
        const WsUpgrade parts = { client->host, client->prefix, client->user_agent, open, key };
        bool sent = ws_write_upgrade(&parts, &request, err) && send_request(ws, buf_str(&request), wait, err);
        explicit_bzero(request.ptr, request.capacity);
        if (!sent || !receive_head(ws, &reply, wait, &head_len, err))
                return false;
        if (!ws_check_upgrade((Str) { reply.ptr, head_len }, str_of(key), &protocol, ret_status, err))
                return *ret_status ? explain_refusal(ws, &reply, head_len, wait->stop, err) : false;
        if (protocol.len && !is_offered(open->protocols, protocol, &ws->arena))
                return error_set(err, ERROR_UNAVAILABLE,
                                 "the server chose the WebSocket protocol \"" STR_FMT
                                 "\", which was not offered",
                                 STR_ARG(protocol));
        ws->protocol = arena_copy(&ws->arena, protocol);
        ws_frames_add(ws->frames, str_skip(buf_str(&reply), head_len)); /* may be frames already */
        return true;
}

static bool connect_to_server(WsConnection *ws, const Wait *wait, Error *err) {
        CURL *easy = ws->connection->easy;
        const ConnectionRun run = { .path = STR("/"), .task = wait->task, .deadline_ms = wait->deadline_ms };
        CURLcode code = CURLE_OK;

        curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
        curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
        if (!connection_run(ws->connection, &run, wait->stop, &code, err))
                return false;
        if (code != CURLE_OK)
                return connection_error(ws->connection, code, err);
        code = curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &ws->socket);
        return code == CURLE_OK || connection_error(ws->connection, code, err);
}

bool ws_open(HttpClient *client, const WsOpen *open, const Stop *stop, WsConnection **ret_connection,
             int *ret_status, Error *err) {
        AUTO(ws_freep) WsConnection *ws = xnew0(WsConnection);
        const Wait wait = { ws, open->deadline_ms, "open the stream", stop };

        *ret_status = 0;
        ws->client = http_client_ref(client);
        ws->connection = connection_new(client);
        ws->frames = ws_frames_new(open->message_limit ? open->message_limit : MESSAGE_LIMIT_DEFAULT);
        if (!connect_to_server(ws, &wait, err) || !upgrade(ws, open, &wait, ret_status, err))
                return false;
        *ret_connection = TAKE(ws);
        return true;
}

void ws_free(WsConnection *ws) {
        if (!ws)
                return;
        connection_free(ws->connection);
        http_client_free(ws->client);
        ws_frames_free(ws->frames);
        arena_clear(&ws->arena);
        free(ws);
}

Str ws_protocol(const WsConnection *ws) {
        return ws->protocol;
}

/* As much of the output as the socket takes now. */
static bool send_output(WsConnection *ws, Flow *ret_flow, Error *err) {
        Str output = ws_frames_output(ws->frames);

        *ret_flow = FLOW_END;
        while (output.len) {
                size_t sent = 0;

                if (!send_some(ws, output, ret_flow, &sent, err))
                        return false;
                if (*ret_flow == FLOW_WAIT)
                        return true;
                ws_frames_sent(ws->frames, sent);
                output = ws_frames_output(ws->frames);
                *ret_flow = FLOW_END;
        }
        return true;
}

static bool receive_frames(WsConnection *ws, Flow *ret_flow, Error *err) {
        char bytes[RECEIVE_BYTES];
        size_t len = 0;

        if (!receive_some(ws, bytes, sizeof bytes, ret_flow, &len, err))
                return false;
        if (*ret_flow == FLOW_OK)
                ws_frames_add(ws->frames, (Str) { bytes, len });
        ws->is_ended |= *ret_flow == FLOW_END;
        return true;
}

/* Sends all output.  Meanwhile it receives, lest both sides wait for the other to read. */
static bool flush(WsConnection *ws, const Wait *wait, Error *err) {
        for (;;) {
                Flow sending, receiving = FLOW_WAIT;

                if (!still_time(wait, err) || !send_output(ws, &sending, err))
                        return false;
                if (sending == FLOW_END)
                        return true;
                bool can_receive = !ws->is_ended && ws_frames_waiting(ws->frames) < WAITING_MAX;
                if (can_receive && !receive_frames(ws, &receiving, err))
                        return false;
                if (receiving == FLOW_WAIT)
                        wait_for_socket(wait, can_receive ? POLLIN | POLLOUT : POLLOUT);
        }
}

bool ws_send(WsConnection *ws, Str message, int64_t deadline_ms, const Stop *stop, Error *err) {
        const Wait wait = { ws, deadline_ms, "take the message", stop };

        if (!flush(ws, &wait, err))
                return false;
        ws_frames_send(ws->frames, message);
        return flush(ws, &wait, err);
}

void ws_queue(WsConnection *ws, Str message) {
        ws_frames_send(ws->frames, message);
}

bool ws_has_queued(WsConnection *ws) {
        return ws_frames_output(ws->frames).len > 0;
}

/* Our close, as far as the socket takes it; the server may be gone by now. */
static void echo_close(WsConnection *ws) {
        AUTO(error_clear) Error ignored = { 0 };
        Flow flow;

        (void) !send_output(ws, &flow, &ignored);
}

/* More bytes, or the wait for them; pings are answered on the way. */
static bool go_on(WsConnection *ws, const Wait *wait, Error *err) {
        AUTO(error_clear) Error not_sent = { 0 };
        Flow sending = FLOW_END, receiving;

        if (ws->is_ended)
                return error_set(err, ERROR_UNAVAILABLE, STR_FMT " broke the stream off",
                                 STR_ARG(ws->connection->client->address));
        if (!still_time(wait, err))
                return false;
        /* A server that has closed its end cannot be sent to; what it said before can still be read. */
        if (!send_output(ws, &sending, &not_sent))
                sending = FLOW_END;
        if (!receive_frames(ws, &receiving, err))
                return false;
        if (receiving == FLOW_WAIT)
                wait_for_socket(wait, sending == FLOW_WAIT ? POLLIN | POLLOUT : POLLIN);
        return true;
}

bool ws_receive(WsConnection *ws, int64_t deadline_ms, const Stop *stop, WsEvent *ret_event, Str *ret_message,
                Error *err) {
        const Wait wait = { ws, deadline_ms, "send anything", stop };
        WsFramesNext next = WS_FRAMES_MORE;
        Str message = STR("");

        for (;;) {
                if (!ws_frames_next(ws->frames, &next, &message, err))
                        return false;
                if (next != WS_FRAMES_MORE)
                        break;
                if (!go_on(ws, &wait, err))
                        return false;
        }
        if (next == WS_FRAMES_CLOSED)
                echo_close(ws);
        *ret_event = next == WS_FRAMES_CLOSED ? WS_CLOSED : WS_MESSAGE;
        *ret_message = message;
        return true;
}
