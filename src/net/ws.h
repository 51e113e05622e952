/* ws.h - WebSocket (RFC 6455) over the same TLS, proxy and credentials as HTTP.
 *
 * One connection, one thread; it keeps its HttpClient alive.  A reply other than 101 is an error that carries
 * the server's status and words.  Messages are given whole, up to a limit.
 * Library: wslay for frames, libcurl for the connection. */
#pragma once
#include "net/http.h"

typedef struct WsConnection WsConnection;

typedef struct WsOpen {
        Str path; /* with query */
        const HttpHeader *headers;
        size_t header_count;
        const Secret *bearer;
        const char *protocols; /* "v5.channel.k8s.io, v4.channel.k8s.io" */
        int64_t deadline_ms;   /* clock_ms; for connecting and the upgrade */
        size_t message_limit;  /* bytes of one message; 0: 1 MiB */
} WsOpen;

/* ret_status: the HTTP status when the server answered and refused, else 0 (set on failure too). */
bool ws_open(HttpClient *client, const WsOpen *open, const Stop *stop, WsConnection **ret_connection,
             int *ret_status, Error *err) MUST_CHECK;
void ws_free(WsConnection *connection); /* closes at once */
DEFINE_AUTO(WsConnection, ws_free)

Str ws_protocol(const WsConnection *connection); /* the one the server chose */

bool ws_send(WsConnection *connection, Str message, int64_t deadline_ms, const Stop *stop, Error *err)
        MUST_CHECK;
/* For input that the server need not read: goes out while ws_receive waits, so that what the server says
 * meanwhile is not missed.  Queue one when nothing is queued. */
void ws_queue(WsConnection *connection, Str message);
bool ws_has_queued(WsConnection *connection);

typedef enum WsEvent { WS_MESSAGE, WS_CLOSED } WsEvent;
/* The next message (borrowed until the next call), or WS_CLOSED after a clean close.
 * ERROR_TIMEOUT at the deadline, ERROR_CANCELED, ERROR_UNAVAILABLE when the stream breaks. */
bool ws_receive(WsConnection *connection, int64_t deadline_ms, const Stop *stop, WsEvent *ret_event,
                Str *ret_message, Error *err) MUST_CHECK;

/* Pure, for tests and the fuzzer: checks an upgrade reply's head ("HTTP/1.1 101 …\r\n\r\n"). */
bool ws_check_upgrade(Str head, Str key, Str *ret_protocol, int *ret_status, Error *err) MUST_CHECK;
