#include "net/ws_upgrade.h"

#include <openssl/evp.h>
#include <sys/random.h>

#include "data/base64.h"
#include "data/json.h"

enum { SHOWN_MAX = 4096 }; /* of a refusal, in the message */

bool ws_make_key(char ret_key[WS_KEY_SIZE], Error *err) {
        AUTO(buf_clear) Buf text = { 0 };
        char nonce[16];

        if (getrandom(nonce, sizeof nonce, 0) != sizeof nonce)
                return error_set(err, ERROR_UNAVAILABLE, "no random bytes: %m");
        base64_encode((Str) { nonce, sizeof nonce }, &text);
        snprintf(ret_key, WS_KEY_SIZE, STR_FMT, STR_ARG(buf_str(&text)));
        return true;
}

static bool is_clean(Str value) {
        for (size_t i = 0; i < value.len; i++)
                if (value.ptr[i] == '\r' || value.ptr[i] == '\n' || value.ptr[i] == '\0')
                        return false;
        return true;
}

static bool is_path(Str path) {
        for (size_t i = 0; i < path.len; i++)
                if ((unsigned char) path.ptr[i] <= ' ' || path.ptr[i] == 0x7f)
                        return false;
        return path.len > 0 && path.ptr[0] == '/';
}

bool ws_write_upgrade(const WsUpgrade *upgrade, Buf *into, Error *err) {
        const WsOpen *open = upgrade->open;

        if (!is_path(open->path))
                return error_set(err, ERROR_INVALID,
                                 "the path of the stream is empty or has a space or control character");
        buf_printf(into,
                   "GET " STR_FMT STR_FMT " HTTP/1.1\r\nHost: " STR_FMT "\r\nUser-Agent: " STR_FMT "\r\n",
                   STR_ARG(upgrade->prefix), STR_ARG(open->path), STR_ARG(upgrade->host),
                   STR_ARG(upgrade->user_agent));
        buf_printf(into,
                   "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: %s\r\n",
                   upgrade->key);
        if (open->protocols)
                buf_printf(into, "Sec-WebSocket-Protocol: %s\r\n", open->protocols);
        for (size_t i = 0; i < open->header_count; i++) {
                if (!is_clean(open->headers[i].value))
                        return error_set(err, ERROR_INVALID, "the value of header %s has a line break",
                                         open->headers[i].name);
                buf_printf(into, "%s: " STR_FMT "\r\n", open->headers[i].name,
                           STR_ARG(open->headers[i].value));
        }
        if (open->bearer && !secret_is_empty(open->bearer)) {
                if (!is_clean(secret_reveal(open->bearer)))
                        return error_set(err, ERROR_INVALID, "the bearer token has a line break");
                buf_add(into, STR("Authorization: Bearer "));
                buf_add(into, secret_reveal(open->bearer));
                buf_add(into, STR("\r\n"));
        }
        buf_add(into, STR("\r\n"));
        return buf_check(into, "the request for the stream", err);
}

size_t ws_head_len(Str bytes) {
        const char *end = memmem(bytes.ptr, bytes.len, "\r\n\r\n", 4);

        return end ? (size_t) (end - bytes.ptr) + 4 : 0;
}

static bool equal_ignoring_case(Str text, const char *other) {
        return text.len == strlen(other) && strncasecmp(text.ptr, other, text.len) == 0;
}

/* False when there is none.  The first of that name counts. */
static bool find_header(Str head, const char *name, Str *ret_value) {
        Str line;

        if (!str_cut(&head, '\n', &line)) /* the status line */
                return false;
        while (str_cut(&head, '\n', &line)) {
                const char *colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;

                if (!colon || !equal_ignoring_case((Str) { line.ptr, (size_t) (colon - line.ptr) }, name))
                        continue;
                *ret_value = str_trim(str_skip(line, (size_t) (colon - line.ptr) + 1));
                return true;
        }
        return false;
}

static bool has_token(Str head, const char *name, const char *token) {
        Str value, field;

        if (!find_header(head, name, &value))
                return false;
        while (str_cut(&value, ',', &field))
                if (equal_ignoring_case(str_trim(field), token))
                        return true;
        return false;
}

/* "HTTP/1.1 403 Forbidden": 403 and "Forbidden"; 0 for anything else. */
static int parse_status_line(Str head, Str *ret_phrase) {
        Str line;
        int status = 0;

        *ret_phrase = STR("");
        if (!str_cut(&head, '\n', &line) || !str_starts_with(line, STR("HTTP/1.")) ||
            line.len < strlen("HTTP/1.1 200"))
                return 0;
        if (line.ptr[8] != ' ')
                return 0;
        for (size_t i = 9; i < 12; i++) {
                if (line.ptr[i] < '0' || line.ptr[i] > '9')
                        return 0;
                status = status * 10 + line.ptr[i] - '0';
        }
        *ret_phrase = str_trim(str_skip(line, 12));
        return status >= 100 ? status : 0;
}

static ErrorCode code_of_status(int status) {
        switch (status) {
        case 401:
        case 403:
                return ERROR_FORBIDDEN;
        case 404:
                return ERROR_NOT_FOUND;
        case 408:
        case 429:
                return ERROR_UNAVAILABLE;
        case 409:
                return ERROR_CONFLICT;
        default:
                return status >= 500 ? ERROR_UNAVAILABLE : ERROR_INVALID;
        }
}

/* Foreign words for a message: printable, and not without end. */
static void add_shown(Buf *into, Str text) {
        text = str_trim(text);
        for (size_t i = 0; i < text.len && i < SHOWN_MAX; i++)
                buf_add_char(into,
                             (unsigned char) text.ptr[i] < ' ' || text.ptr[i] == 0x7f ? ' ' : text.ptr[i]);
        if (text.len > SHOWN_MAX)
                buf_add(into, STR("…"));
}

static bool refused(int status, Str phrase, Error *err) {
        AUTO(buf_clear) Buf shown = { 0 };

        add_shown(&shown, phrase);
        return error_set(err, code_of_status(status), "HTTP %d%s" STR_FMT, status, shown.len ? " " : "",
                         STR_ARG(buf_str(&shown)));
}

static bool check_accept(Str head, Str key, Error *err) {
        AUTO(buf_clear) Buf text = { 0 };
        AUTO(buf_clear) Buf expected = { 0 };
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned digest_len = 0;
        Str accept = STR("");

        buf_add(&text, key);
        buf_add(&text, STR("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")); /* RFC 6455 1.3 */
        if (EVP_Digest(text.ptr, text.len, digest, &digest_len, EVP_sha1(), NULL) != 1)
                return error_set(err, ERROR_UNAVAILABLE, "SHA-1 is not available");
        base64_encode((Str) { (const char *) digest, digest_len }, &expected);
        if (!find_header(head, "Sec-WebSocket-Accept", &accept) || !str_equal(accept, buf_str(&expected)))
                return error_set(
                        err, ERROR_UNAVAILABLE,
                        "the server's answer is not that of a WebSocket: Sec-WebSocket-Accept is wrong");
        return true;
}

bool ws_check_upgrade(Str head, Str key, Str *ret_protocol, int *ret_status, Error *err) {
        Str phrase, extensions, protocol = STR("");
        int status = parse_status_line(head, &phrase);

        *ret_status = 0;
        if (status == 0)
                return error_set(err, ERROR_UNAVAILABLE, "the server's answer is not HTTP");
        if (status != 101) {
                *ret_status = status;
                return refused(status, phrase, err);
        }
        if (!has_token(head, "Upgrade", "websocket") || !has_token(head, "Connection", "upgrade"))
                return error_set(
                        err, ERROR_UNAVAILABLE,
                        "the server's answer is not that of a WebSocket: Upgrade or Connection is missing");
        if (!check_accept(head, key, err))
                return false;
        if (find_header(head, "Sec-WebSocket-Extensions", &extensions) && extensions.len)
                return error_set(err, ERROR_UNAVAILABLE,
                                 "the server wants a WebSocket extension that was not offered");
        find_header(head, "Sec-WebSocket-Protocol", &protocol);
        *ret_protocol = protocol;
        return true;
}

/* -1 when absent or no number that we would read. */
static long content_length(Str head) {
        long length = 0;
        Str value;

        if (!find_header(head, "Content-Length", &value) || value.len == 0 || value.len > 9)
                return -1;
        for (size_t i = 0; i < value.len; i++) {
                if (value.ptr[i] < '0' || value.ptr[i] > '9')
                        return -1;
                length = length * 10 + value.ptr[i] - '0';
        }
        return length;
}

/* Adds what there is of a chunked body; true when its end is there as well. */
static bool unchunk(Str body, Buf *into) {
        Str line;

        while (str_cut(&body, '\n', &line)) {
                size_t size = 0, i = 0;

                for (line = str_trim(line); i < line.len && i < 6; i++) {
                        char c = line.ptr[i] | 0x20;
                        if (c >= '0' && c <= '9')
                                size = size * 16 + (size_t) (c - '0');
                        else if (c >= 'a' && c <= 'f')
                                size = size * 16 + (size_t) (c - 'a') + 10;
                        else
                                break;
                }
                if (body.ptr == NULL)
                        return false; /* the size is not all there */
                if (size == 0)
                        return true; /* the last chunk; or what is no chunk, and nothing to wait for */
                buf_add(into, (Str) { body.ptr, size < body.len ? size : body.len });
                if (body.len < size + 2)
                        return false;
                body = str_skip(body, size + 2);
        }
        return false;
}

bool ws_refusal_is_whole(Str head, Str body) {
        AUTO(buf_clear) Buf plain = { 0 };

        if (body.len >= WS_REFUSAL_MAX)
                return true;
        if (has_token(head, "Transfer-Encoding", "chunked"))
                return unchunk(body, &plain);
        long length = content_length(head);
        return length >= 0 && body.len >= (size_t) length;
}

bool ws_refusal_explain(Str head, Str body, Error *err) {
        AUTO(buf_clear) Buf plain = { 0 };
        AUTO(buf_clear) Buf shown = { 0 };
        AUTO(error_clear) Error no_json = { 0 };
        AUTO_JSON *doc = NULL;

        if (has_token(head, "Transfer-Encoding", "chunked"))
                unchunk(body, &plain);
        else
                buf_add(&plain, body);
        Str text = buf_str(&plain);
        if (json_parse(text, "the answer", &doc, &no_json))
                add_shown(&shown, json_get_str(yyjson_doc_get_root(doc), "message"));
        else
                add_shown(&shown, text);
        return shown.len == 0 ? false : error_prefix(err, STR_FMT, STR_ARG(buf_str(&shown)));
}
