/* loopback.h - a server on 127.0.0.1 that does with each connection what the test says, with or without TLS. */
#pragma once
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certificates.h"
#include "check.h"

enum { PEERS_MAX = 256 };

/* One that nobody listens on now. */
static inline unsigned free_port(void) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t len = sizeof address;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_int_equal(bind(fd, (struct sockaddr *) &address, sizeof address), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *) &address, &len), 0);
        close(fd);
        return ntohs(address.sin_port);
}

typedef struct Server Server;

typedef struct Peer { /* the server's end of one connection */
        Server *server;
        int fd;
        SSL *ssl;
        unsigned number; /* of the connection, from 0 */
        pthread_t thread;
} Peer;

struct Server {
        void (*serve)(Peer *peer);               /* the connection is closed when it returns */
        const TestCertificate *certificate;      /* NULL: no TLS */
        const TestCertificate *client_authority; /* NULL: clients need no certificate */
        void *user;
        unsigned port;
        atomic_uint connections, requests, resumed, closes;
        int fd;
        SSL_CTX *tls;
        pthread_t thread;
        Peer peers[PEERS_MAX];
        pthread_mutex_t lock; /* of the peers' fds */
};

/* 0 at the end. */
static inline size_t peer_read(Peer *peer, void *into, size_t size) {
        ssize_t len = peer->ssl ? SSL_read(peer->ssl, into, (int) size) : read(peer->fd, into, size);

        return len > 0 ? (size_t) len : 0;
}

static inline bool peer_write(Peer *peer, const void *bytes, size_t len) {
        while (len > 0) {
                ssize_t sent = peer->ssl ? SSL_write(peer->ssl, bytes, (int) len)
                                         : send(peer->fd, bytes, len, MSG_NOSIGNAL);
                if (sent <= 0)
                        return false;
                bytes = (const char *) bytes + sent;
                len -= (size_t) sent;
        }
        return true;
}

static inline bool peer_say(Peer *peer, const char *text) {
        return peer_write(peer, text, strlen(text));
}

/* One request, head and body, NUL-terminated; false when there is none. */
static inline bool peer_read_request(Peer *peer, char *into, size_t size) {
        size_t len = 0, wanted = 0;

        while (wanted == 0 || len < wanted) {
                size_t got = peer_read(peer, into + len, size - 1 - len);

                if (got == 0)
                        return false;
                len += got;
                into[len] = '\0';
                const char *end = strstr(into, "\r\n\r\n");
                const char *length = strcasestr(into, "\r\nContent-Length: ");
                if (end)
                        wanted = (size_t) (end + 4 - into) +
                                 (length && length < end ? strtoul(length + 18, NULL, 10) : 0);
        }
        atomic_fetch_add(&peer->server->requests, 1);
        return true;
}

/* The connection ends with a reset. */
static inline void peer_reset(Peer *peer) {
        const struct linger at_once = { .l_onoff = 1 };

        setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/* Until the client goes away, or the server is stopped. */
static inline void peer_wait_for_end(Peer *peer) {
        char bytes[4096];

        while (peer_read(peer, bytes, sizeof bytes))
                continue;
}

static inline void *server_serve_peer(void *user) {
        Peer *peer = user;
        bool is_ready = true;
        sigset_t pipe;

        sigemptyset(&pipe); /* OpenSSL may raise it on the server's side */
        sigaddset(&pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe, NULL);
        if (peer->server->tls) {
                peer->ssl = SSL_new(peer->server->tls);
                SSL_set_fd(peer->ssl, peer->fd);
                is_ready = SSL_accept(peer->ssl) == 1;
                if (is_ready && SSL_session_reused(peer->ssl))
                        atomic_fetch_add(&peer->server->resumed, 1);
        }
        if (is_ready)
                peer->server->serve(peer);
        if (!is_ready) { /* closing with bytes unread would reset the connection, and the client lose the alert */
                char unread[4096];

                shutdown(peer->fd, SHUT_WR);
                while (read(peer->fd, unread, sizeof unread) > 0)
                        continue;
        }
        SSL_free(peer->ssl);
        pthread_mutex_lock(&peer->server->lock);
        close(peer->fd);
        peer->fd = -1;
        pthread_mutex_unlock(&peer->server->lock);
        return NULL;
}

static inline void *server_accept(void *user) {
        Server *server = user;
        int fd;

        while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
                Peer *peer = &server->peers[server->connections];
                const int on = 1;

                assert_true(server->connections < PEERS_MAX);
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                *peer = (Peer) { .server = server, .fd = fd, .number = server->connections };
                pthread_create(&peer->thread, NULL, server_serve_peer, peer);
                atomic_fetch_add(&server->connections, 1);
        }
        return NULL;
}

static inline void server_start(Server *server) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t len = sizeof address;

        signal(SIGPIPE, SIG_DFL); /* the client's side must never raise it */
        pthread_mutex_init(&server->lock, NULL);
        if (server->certificate) {
                server->tls = SSL_CTX_new(TLS_server_method());
                SSL_CTX_use_certificate(server->tls, server->certificate->x509);
                SSL_CTX_use_PrivateKey(server->tls, server->certificate->key);
                SSL_CTX_set_session_id_context(server->tls, (const unsigned char *) "test", 4);
        }
        if (server->client_authority) {
                X509_STORE_add_cert(SSL_CTX_get_cert_store(server->tls), server->client_authority->x509);
                SSL_CTX_set_verify(server->tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        }
        server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(server->fd, (struct sockaddr *) &address, sizeof address), 0);
        assert_int_equal(listen(server->fd, 64), 0);
        assert_int_equal(getsockname(server->fd, (struct sockaddr *) &address, &len), 0);
        server->port = ntohs(address.sin_port);
        pthread_create(&server->thread, NULL, server_accept, server);
}

static inline void server_stop(Server *server) {
        shutdown(server->fd, SHUT_RDWR);
        pthread_join(server->thread, NULL);
        close(server->fd);
        for (unsigned i = 0; i < server->connections; i++) {
                pthread_mutex_lock(&server->lock);
                if (server->peers[i].fd >= 0)
                        shutdown(server->peers[i].fd, SHUT_RDWR);
                pthread_mutex_unlock(&server->lock);
                pthread_join(server->peers[i].thread, NULL);
        }
        SSL_CTX_free(server->tls);
        pthread_mutex_destroy(&server->lock);
}
