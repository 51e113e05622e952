/* ws_upgrade.h - the HTTP exchange that a WebSocket begins with.  No socket here.  Private to net/.
 *
 * ws_check_upgrade, in ws.h, is part of it.  Source: RFC 6455 section 4. */
#pragma once
#include "net/ws.h"

enum {
        WS_KEY_SIZE = 25,           /* base64 of 16 bytes, and its NUL */
        WS_HEAD_MAX = 64 * 1024,    /* of the reply's head */
        WS_REFUSAL_MAX = 64 * 1024, /* of the body of a reply that is not 101 */
};

bool ws_make_key(char ret_key[WS_KEY_SIZE], Error *err) MUST_CHECK;

typedef struct WsUpgrade {
        Str host, prefix, user_agent; /* of the client */
        const WsOpen *open;
        const char *key;
} WsUpgrade;

/* The request's text.  It may hold a token: wipe the buffer. */
bool ws_write_upgrade(const WsUpgrade *upgrade, Buf *into, Error *err) MUST_CHECK;

/* Length of the head with its empty line; 0 while that has not come. */
size_t ws_head_len(Str bytes);

/* Of a reply that is not 101: whether `body` is all of it, and what it says, for people: `message` of a JSON
 * object, else the text.  The error of ws_check_upgrade is made to carry it. */
bool ws_refusal_is_whole(Str head, Str body);
bool ws_refusal_explain(Str head, Str body, Error *err);
