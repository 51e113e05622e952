/* fake_api.h - an API server of one thread on a loopback port that answers by a script.
 *
 * The n-th request gets the n-th answer; the last answer repeats.  Every answer closes its
 * connection.  What was asked is kept, one "METHOD target" line a request. */
#pragma once
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/thread.h"
#include "check.h"
#include "data/base64.h"
#include "kube/client.h"

typedef enum FakeFault {
        FAKE_WHOLE,
        FAKE_CUT,  /* half of the body, then the connection is closed */
        FAKE_DROP, /* closed without an answer */
        FAKE_HANG, /* silent until the client goes */
        FAKE_OPEN, /* the body is sent, and the connection stays open until the client goes */
} FakeFault;

typedef struct FakeAnswer {
        int status;
        const char *body;
        FakeFault fault;
        const char *headers; /* lines with their ends */
} FakeAnswer;

typedef struct FakeApi FakeApi;
struct FakeApi {
        const FakeAnswer *answers;
        size_t count;
        void (*exec)(int fd, void *user); /* what to do on a WebSocket once it is open */
        void *user;
        const char *protocol; /* that the WebSocket is given; NULL: the first that is offered */
        int listener;
        unsigned port;
        size_t requests;
        Buf log;    /* the lines; read it after fake_stop */
        Buf bodies; /* of the requests, one a line */
        char last_head[16384];
        Thread thread;
};

static inline void fake_write(int fd, Str bytes) {
        while (bytes.len > 0) {
                ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

                if (sent <= 0)
                        return;
                bytes = str_skip(bytes, (size_t) sent);
        }
}

static inline void fake_wait_for_hangup(int fd) {
        char byte;

        while (recv(fd, &byte, 1, 0) > 0)
                ;
}

static inline bool fake_read_head(int fd, char *head, size_t size) {
        size_t len = 0;

        while (len + 1 < size && recv(fd, head + len, 1, 0) == 1) {
                head[++len] = '\0';
                if (len >= 4 && strcmp(head + len - 4, "\r\n\r\n") == 0)
                        return true;
        }
        return false;
}

static inline Str fake_header(const char *head, const char *name) {
        const char *at = strcasestr(head, name);

        return at ? (Str) { at + strlen(name), strcspn(at + strlen(name), "\r") } : (Str) { "", 0 };
}

static inline void fake_read_body(FakeApi *api, int fd) {
        Str length = fake_header(api->last_head, "\r\nContent-Length: ");
        char byte;

        for (long left = length.len ? atol(length.ptr) : 0; left > 0 && recv(fd, &byte, 1, 0) == 1; left--)
                buf_add_char(&api->bodies, byte);
        buf_add_char(&api->bodies, '\n');
}

/* Server to client: not masked.  Long enough for what tests send. */
static inline void fake_ws_send(int fd, unsigned opcode, Str payload) {
        unsigned char head[4] = { (unsigned char) (0x80 | opcode), (unsigned char) payload.len };
        size_t len = 2;

        if (payload.len > 125) {
                head[1] = 126;
                head[2] = (unsigned char) (payload.len >> 8);
                head[3] = (unsigned char) payload.len;
                len = 4;
        }
        fake_write(fd, (Str) { (char *) head, len });
        fake_write(fd, payload);
}

static inline void fake_ws_channel(int fd, char channel, const char *text) {
        AUTO(buf_clear) Buf payload = { 0 };

        buf_add_char(&payload, channel);
        buf_add(&payload, str_of(text));
        fake_ws_send(fd, 2, buf_str(&payload));
}

static inline void fake_ws_close(int fd) {
        fake_ws_send(fd, 8, (Str) { "\x03\xe8", 2 });
}

static inline bool fake_read(int fd, void *into, size_t len) {
        return len == 0 || recv(fd, into, len, MSG_WAITALL) == (ssize_t) len;
}

/* One frame of the client, unmasked, at the end of `payload`; -1 when there is no more. */
static inline int fake_ws_receive(int fd, Buf *payload) {
        unsigned char head[2], extended[8], mask[4];
        size_t len;

        if (!fake_read(fd, head, 2))
                return -1;
        len = head[1] & 0x7f;
        if (len >= 126) {
                size_t bytes = len == 126 ? 2 : 8;

                if (!fake_read(fd, extended, bytes))
                        return -1;
                len = 0;
                for (size_t i = 0; i < bytes; i++)
                        len = len << 8 | extended[i];
        }
        if (!fake_read(fd, mask, 4))
                return -1;
        for (size_t i = 0; i < len; i++) {
                char byte;

                if (!fake_read(fd, &byte, 1))
                        return -1;
                buf_add_char(payload, (char) (byte ^ mask[i % 4]));
        }
        return head[0] & 0xf;
}

static inline void fake_ws_accept(FakeApi *api, int fd) {
        Str key = fake_header(api->last_head, "\r\nSec-WebSocket-Key: ");
        Str offered = fake_header(api->last_head, "\r\nSec-WebSocket-Protocol: "), first = offered;
        AUTO(buf_clear) Buf text = { 0 };
        AUTO(buf_clear) Buf accept = { 0 };
        AUTO(buf_clear) Buf reply = { 0 };
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned len = 0;

        (void) str_cut(&offered, ',', &first);
        if (api->protocol != NULL)
                first = str_of(api->protocol);
        buf_add(&text, key);
        buf_add(&text, STR("258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
        EVP_Digest(text.ptr, text.len, digest, &len, EVP_sha1(), NULL);
        base64_encode((Str) { (char *) digest, len }, &accept);
        buf_printf(&reply,
                   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Accept: " STR_FMT "\r\n",
                   STR_ARG(buf_str(&accept)));
        if (first.len > 0)
                buf_printf(&reply, "Sec-WebSocket-Protocol: " STR_FMT "\r\n", STR_ARG(first));
        buf_add(&reply, STR("\r\n"));
        fake_write(fd, buf_str(&reply));
        api->exec(fd, api->user);
}

static inline void fake_answer(FakeApi *api, int fd, const FakeAnswer *answer) {
        AUTO(buf_clear) Buf head = { 0 };
        Str body = str_of(answer->body ? answer->body : "");

        if (answer->status == 101) {
                fake_ws_accept(api, fd);
                return;
        }
        if (answer->fault == FAKE_HANG)
                fake_wait_for_hangup(fd);
        if (answer->fault == FAKE_HANG || answer->fault == FAKE_DROP)
                return;
        buf_printf(&head, "HTTP/1.1 %d Answer\r\nContent-Type: application/json\r\nConnection: close\r\n%s",
                   answer->status, answer->headers ? answer->headers : "");
        if (answer->fault != FAKE_OPEN)
                buf_printf(&head, "Content-Length: %zu\r\n", body.len);
        buf_add(&head, STR("\r\n"));
        if (answer->fault == FAKE_CUT)
                body.len /= 2;
        buf_add(&head, body);
        fake_write(fd, buf_str(&head));
        if (answer->fault == FAKE_OPEN)
                fake_wait_for_hangup(fd);
}

static inline void fake_serve(void *user) {
        FakeApi *api = user;

        for (int fd; (fd = accept(api->listener, NULL, NULL)) >= 0; close(fd)) {
                size_t n = api->requests < api->count ? api->requests : api->count - 1;

                if (!fake_read_head(fd, api->last_head, sizeof(api->last_head)))
                        continue;
                api->requests++;
                buf_add(&api->log,
                        (Str) { api->last_head, strcspn(api->last_head, "\r") - strlen(" HTTP/1.1") });
                buf_add_char(&api->log, '\n');
                fake_read_body(api, fd);
                fake_answer(api, fd, &api->answers[n]);
                shutdown(fd, SHUT_WR);
        }
}

static inline void fake_start(FakeApi *api) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t len = sizeof(address);

        api->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        CHECK_INT(bind(api->listener, (struct sockaddr *) &address, len), 0);
        CHECK_INT(listen(api->listener, 16), 0);
        CHECK_INT(getsockname(api->listener, (struct sockaddr *) &address, &len), 0);
        api->port = ntohs(address.sin_port);
        api->thread = thread_start(fake_serve, api);
}

/* After it, log and bodies may be read; they end with NUL. */
static inline void fake_stop(FakeApi *api) {
        shutdown(api->listener, SHUT_RDWR);
        thread_join(api->thread);
        close(api->listener);
        buf_add_char(&api->log, '\0');
        buf_add_char(&api->bodies, '\0');
}

static inline void fake_clear(FakeApi *api) {
        buf_clear(&api->log);
        buf_clear(&api->bodies);
}

/* A client of the fake; the config has to live as long. */
static inline KubeClient *fake_client(const FakeApi *api, KubeConfig *config, int64_t timeout_ms) {
        KubeOptions options = { .timeout_ms = timeout_ms };
        AUTO(error_clear) Error err = { 0 };
        KubeClient *client = NULL;

        *config = (KubeConfig) { 0 };
        config->server = str_of(arena_printf(&config->arena, "http://127.0.0.1:%u/", api->port));
        if (!kube_client_new(config, &options, NULL, &client, &err))
                fail_msg("%s", err.message);
        return client;
}

/* What most tests need; FIXTURE(f, timeout_ms, answers…) starts it for the scope. */
typedef struct Fixture {
        FakeApi api;
        KubeConfig config;
        KubeClient *client;
        Error err;
} Fixture;

static inline void fixture_clear(Fixture *f) {
        fake_stop(&f->api);
        fake_clear(&f->api);
        kube_client_free(f->client);
        kube_config_clear(&f->config);
        error_clear(&f->err);
}

#define FIXTURE(f, timeout, ...)                                                                             \
        static const FakeAnswer f##_answers[] = { __VA_ARGS__ };                                             \
        AUTO(fixture_clear)                                                                                  \
        Fixture f = { .api = { .answers = f##_answers,                                                       \
                               .count = sizeof(f##_answers) / sizeof(FakeAnswer) } };                        \
        fake_start(&f.api);                                                                                  \
        f.client = fake_client(&f.api, &f.config, timeout)
