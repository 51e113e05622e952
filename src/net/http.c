#include "net/http.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/connection.h"

enum { HEADERS_MAX = 256 * 1024 };

typedef struct Exchange {
        const HttpRequest *request;
        Connection *connection;
        ConnectionRun run;
        Str unsent; /* of the body */
        HttpReply reply;
        size_t header_bytes;
        Error failure; /* of a callback, which can only tell libcurl that it failed */
} Exchange;

/* The body goes out through a callback without a way back: libcurl can then not repeat, on a new connection, a request
 * whose body it has sent on a kept-alive one that broke; what may have happened is not done twice.
 * A request without a body is repeated once in that case. */
static size_t send_body(char *into, size_t size, size_t count, void *user) {
        Exchange *exchange = user;
        size_t len = size * count < exchange->unsent.len ? size * count : exchange->unsent.len;

        memcpy(into, exchange->unsent.ptr, len);
        exchange->unsent = str_skip(exchange->unsent, len);
        exchange->run.heard_ms = clock_ms();
        return len;
}

static size_t receive_header(char *bytes, size_t size, size_t count, void *user) {
        Exchange *exchange = user;

        (void) bytes;
        exchange->run.heard_ms = clock_ms();
        exchange->header_bytes += size * count;
        if (exchange->header_bytes <= HEADERS_MAX)
                return size * count;
        error_set(&exchange->failure, ERROR_INVALID,
                  "the headers of the answer of " STR_FMT " are larger than the limit of %d bytes",
                  STR_ARG(exchange->connection->client->address), HEADERS_MAX);
        return 0;
}

static size_t receive_body(char *bytes, size_t size, size_t count, void *user) {
        Exchange *exchange = user;
        const HttpRequest *request = exchange->request;
        Buf *body = &exchange->reply.body;
        Str piece = { bytes, size * count };
        long status = 0;

        exchange->run.heard_ms = clock_ms();
        curl_easy_getinfo(exchange->connection->easy, CURLINFO_RESPONSE_CODE, &status);
        if (request->on_bytes && status / 100 == 2)
                return request->on_bytes(request->user, piece, &exchange->failure) ? piece.len : 0;
        buf_add(body, piece);
        if (!body->overflowed)
                return piece.len;
        error_set(&exchange->failure, ERROR_INVALID,
                  "the answer of " STR_FMT " is larger than the limit of %zu bytes",
                  STR_ARG(exchange->connection->client->address), body->limit);
        return 0;
}

static void free_headers(struct curl_slist **headers) {
        for (struct curl_slist *line = *headers; line; line = line->next)
                explicit_bzero(line->data, strlen(line->data));
        curl_slist_free_all(*headers);
}

static void add_header(struct curl_slist **headers, const char *name, Str value) {
        /* libcurl reads "Name:" as "leave it out" and "Name;" as one without a value. */
        char *line = value.len ? xasprintf("%s: " STR_FMT, name, STR_ARG(value)) : xasprintf("%s;", name);

        *headers = curl_slist_append(*headers, line);
        explicit_bzero(line, strlen(line));
        free(line);
}

static bool is_clean(Str value) {
        return memchr(value.ptr, '\r', value.len) == NULL && memchr(value.ptr, '\n', value.len) == NULL &&
               memchr(value.ptr, '\0', value.len) == NULL;
}

static bool check_request(const HttpRequest *request, Error *err) {
        for (size_t i = 0; i < request->path.len; i++)
                if ((unsigned char) request->path.ptr[i] <= ' ' || request->path.ptr[i] == 0x7f)
                        return error_set(err, ERROR_INVALID,
                                         "the request's path has a space or a control character");
        if (!str_starts_with(request->path, STR("/")))
                return error_set(err, ERROR_INVALID, "the request's path does not start with '/'");
        for (size_t i = 0; i < request->header_count; i++)
                if (!is_clean(request->headers[i].value))
                        return error_set(err, ERROR_INVALID, "the value of header %s has a line break",
                                         request->headers[i].name);
        if (request->bearer && !is_clean(secret_reveal(request->bearer)))
                return error_set(err, ERROR_INVALID, "the bearer token has a line break");
        return true;
}

static struct curl_slist *make_headers(const HttpRequest *request, const HttpClient *client) {
        struct curl_slist *headers = NULL;
        bool has_type = false;

        for (size_t i = 0; i < request->header_count; i++) {
                add_header(&headers, request->headers[i].name, request->headers[i].value);
                has_type |= strcasecmp(request->headers[i].name, "Content-Type") == 0;
        }
        if (request->bearer && !secret_is_empty(request->bearer)) {
                AUTO(buf_clear) Buf value = { 0 };

                buf_add(&value, STR("Bearer "));
                buf_add(&value, secret_reveal(request->bearer));
                add_header(&headers, "Authorization", buf_str(&value));
                explicit_bzero(value.ptr, value.capacity);
        }
        if (client->connect_to)
                add_header(&headers, "Host", client->host);
        if (!has_type)
                headers = curl_slist_append(headers, "Content-Type:");
        return curl_slist_append(headers, "Expect:");
}

static void set_request(Exchange *exchange, struct curl_slist *headers) {
        const HttpRequest *request = exchange->request;
        CURL *easy = exchange->connection->easy;
        bool is_head = strcmp(request->method, "HEAD") == 0;
        bool has_body = request->body.len > 0 || strcmp(request->method, "POST") == 0 ||
                        strcmp(request->method, "PUT") == 0 || strcmp(request->method, "PATCH") == 0;

        curl_easy_setopt(easy, CURLOPT_NOBODY, is_head ? 1L : 0L);
        curl_easy_setopt(easy, has_body ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
        if (is_head)
                curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) request->body.len);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, send_body);
        curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive_header);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
}

/* `299 - "text"` or `299 agent "text" "date"`: the text, its escapes undone. */
static void add_warning(Buf *into, const char *value) {
        const char *c = strchr(value, '"');

        if (!c)
                return;
        if (into->len)
                buf_add(into, STR("; "));
        for (c++; *c && *c != '"'; c++) {
                if (*c == '\\' && c[1])
                        c++;
                buf_add_char(into, *c);
        }
}

static void read_reply(CURL *easy, const HttpRequest *request, HttpReply *reply) {
        AUTO(buf_clear) Buf warnings = { 0 };
        struct curl_header *header;
        curl_off_t retry_after = 0;
        char *type = NULL;
        long status = 0;

        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
        curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
        reply->status = (int) status;
        reply->retry_after_ms = retry_after < INT64_MAX / 1000 ? (int64_t) retry_after * 1000 : 0;
        reply->content_type = type ? xasprintf("%s", type) : NULL;
        for (size_t i = 0; curl_easy_header(easy, "Warning", i, CURLH_HEADER, -1, &header) == CURLHE_OK; i++)
                add_warning(&warnings, header->value);
        for (size_t i = 0; i < HTTP_KEPT_MAX; i++)
                if (request->keep[i] &&
                    curl_easy_header(easy, request->keep[i], 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
                        reply->kept[i] = xasprintf("%s", header->value);
        reply->warning = warnings.len ? xasprintf(STR_FMT, STR_ARG(buf_str(&warnings))) : NULL;
}

static bool exchange_run(Exchange *exchange, const Stop *stop, Error *err) {
        CURLcode code = CURLE_OK;

        if (!connection_run(exchange->connection, &exchange->run, stop, &code, err)) {
                error_clear(&exchange->failure);
                return false;
        }
        if (exchange->failure.code != ERROR_NONE) {
                *err = exchange->failure;
                return false;
        }
        if (code != CURLE_OK)
                return connection_error(exchange->connection, code, err);
        read_reply(exchange->connection->easy, exchange->request, &exchange->reply);
        return true;
}

bool http_perform(HttpClient *client, const HttpRequest *request, const Stop *stop, HttpReply *ret_reply,
                  Error *err) {
        int64_t now = clock_ms();

        if (!check_request(request, err) || !stop_check(stop, err))
                return false;

        AUTO(free_headers) struct curl_slist *headers = make_headers(request, client);
        Exchange exchange = {
                .request = request,
                .connection = connection_borrow(client),
                .run = { .path = request->path,
                         .task = "finish its answer",
                         .timeout_ms = request->timeout_ms,
                         .deadline_ms = request->timeout_ms > 0 ? now + request->timeout_ms : 0,
                         .idle_timeout_ms = request->idle_timeout_ms,
                         .heard_ms = now },
                .unsent = request->body,
                .reply.body.limit = request->body_limit ? request->body_limit : BUF_LIMIT_DEFAULT,
        };

        set_request(&exchange, headers);
        bool ok = exchange_run(&exchange, stop, err);
        connection_stop(exchange.connection);
        curl_easy_setopt(exchange.connection->easy, CURLOPT_HTTPHEADER, NULL);
        if (!ok) {
                /* Not used again: libcurl 8.14 fails everything after a request that it would have had to repeat. */
                connection_free(exchange.connection);
                http_reply_clear(&exchange.reply);
                return false;
        }
        connection_give_back(client, exchange.connection);
        *ret_reply = exchange.reply;
        return true;
}

void http_reply_clear(HttpReply *reply) {
        buf_clear(&reply->body);
        free(reply->content_type);
        free(reply->warning);
        for (size_t i = 0; i < HTTP_KEPT_MAX; i++)
                free(reply->kept[i]);
        *reply = (HttpReply) { 0 };
}
