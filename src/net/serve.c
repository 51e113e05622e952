#include "net/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

enum { CONNECTIONS_MAX = 64, SILENCE_SECONDS = 10, CHUNK_BYTES = 64 * 1024, ADDRESS_MAX = 256 };

struct Serve {
        ServeOptions options;
        struct MHD_Daemon *daemon;
        unsigned port;
};

static const char *query(void *request, const char *name) {
        return MHD_lookup_connection_value(request, MHD_GET_ARGUMENT_KIND, name);
}

static ssize_t read_piece(void *user, uint64_t position, char *into, size_t size) {
        ServeReply *reply = user;
        AUTO(error_clear) Error err = { 0 };
        size_t len;

        (void) position;
        if (!reply->read(reply->user, into, size, &len, &err))
                return MHD_CONTENT_READER_END_WITH_ERROR;
        return len > 0 ? (ssize_t) len : MHD_CONTENT_READER_END_OF_STREAM;
}

static void close_stream(void *user) {
        ServeReply *reply = user;

        if (reply->close)
                reply->close(reply->user);
        free(reply);
}

static struct MHD_Response *response_of(ServeReply *reply) {
        if (reply->read) {
                ServeReply *copy = xnew0(ServeReply);

                *copy = *reply;
                return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, CHUNK_BYTES, read_piece, copy,
                                                         close_stream);
        }
        return MHD_create_response_from_buffer(reply->body.len, reply->body.ptr, MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result answer(struct MHD_Connection *connection, ServeReply *reply) {
        struct MHD_Response *response = response_of(reply);
        enum MHD_Result result;

        if (!response)
                return MHD_NO;
        if (reply->content_type)
                (void) MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
        result = MHD_queue_response(connection, (unsigned) reply->status, response);
        MHD_destroy_response(response);
        return result;
}

static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **seen) {
        const Serve *serve = user;
        ServeReply reply = { .status = 404 };
        const ServeRequest request = { .path = str_of(url), .query = query, .request = connection };
        enum MHD_Result result;

        (void) version;
        (void) upload;
        if (!*seen) { /* MHD's protocol: the first call only announces the request */
                *seen = user;
                return MHD_YES;
        }
        if (*upload_size > 0) {
                *upload_size = 0;
                return MHD_YES;
        }
        if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
                reply.status = 405;
        else
                serve->options.handle(serve->options.user, &request, &reply);
        result = answer(connection, &reply);
        buf_clear(&reply.body);
        return result;
}

static bool bad_address(Str address, const char *why, Error *err) {
        return error_set(err, ERROR_INVALID, "address \"" STR_FMT "\": %s; expected HOST:PORT or :PORT",
                         STR_ARG(address), why);
}

/* "host:port" in two; the host of "[::1]:80" is without its brackets. */
static bool split_address(Str address, char *host, const char **ret_port, Error *err) {
        size_t colon = address.len;

        if (address.len >= ADDRESS_MAX)
                return bad_address(address, "it is too long", err);
        while (colon > 0 && address.ptr[colon - 1] != ':')
                colon--;
        if (colon == 0)
                return bad_address(address, "a port is missing", err);
        memcpy(host, address.ptr, address.len);
        host[address.len] = '\0';
        host[colon - 1] = '\0';
        *ret_port = host + colon;
        return true;
}

static int open_listener(const struct addrinfo *info) {
        int yes = 1, fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -1;
        (void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
        if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, CONNECTIONS_MAX) == 0)
                return fd;
        int cause = errno;
        close(fd);
        errno = cause;
        return -1;
}

static bool listen_on(Str address, int *ret_fd, unsigned *ret_port, Error *err) {
        const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
        struct addrinfo *found = NULL;
        struct sockaddr_storage bound = { 0 };
        socklen_t len = sizeof(bound);
        char buffer[ADDRESS_MAX + 1] = "", *host = buffer;
        const char *port = NULL;

        if (!split_address(address, buffer, &port, err))
                return false;
        if (host[0] == '[' && strchr(host, ']')) {
                *strchr(host, ']') = '\0';
                host++;
        }
        int status = getaddrinfo(host[0] ? host : NULL, port, &hints, &found);
        if (status != 0)
                return bad_address(address, gai_strerror(status), err);
        int fd = open_listener(found);
        int cause = errno;
        freeaddrinfo(found);
        if (fd < 0)
                return error_set(err, ERROR_UNAVAILABLE, "listen on \"" STR_FMT "\": %s", STR_ARG(address),
                                 strerror(cause));
        (void) getsockname(fd, (struct sockaddr *) &bound, &len);
        *ret_port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *) &bound)->sin6_port
                                                      : ((struct sockaddr_in *) &bound)->sin_port);
        *ret_fd = fd;
        return true;
}

bool serve_start(const ServeOptions *options, Serve **ret_serve, Error *err) {
        AUTO_FREE char *cert = xasprintf(STR_FMT, STR_ARG(options->cert_pem));
        AUTO(serve_freep) Serve *serve = xnew0(Serve);
        bool is_tls = options->cert_pem.len > 0;
        struct MHD_OptionItem tls[] = {
                { MHD_OPTION_HTTPS_MEM_CERT, 0, cert },
                { MHD_OPTION_HTTPS_MEM_KEY, 0,
                  is_tls ? (void *) (uintptr_t) secret_reveal(options->key_pem).ptr : NULL },
                { MHD_OPTION_END, 0, NULL },
        };
        int fd = -1;

        serve->options = *options;
        if (!listen_on(options->address, &fd, &serve->port, err))
                return false;
        serve->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
                                                 MHD_USE_POLL | MHD_USE_ITC | (is_tls ? MHD_USE_TLS : 0),
                                         0, NULL, NULL, handle, serve, MHD_OPTION_LISTEN_SOCKET, fd,
                                         MHD_OPTION_CONNECTION_LIMIT, (unsigned) CONNECTIONS_MAX,
                                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned) SILENCE_SECONDS,
                                         MHD_OPTION_THREAD_STACK_SIZE, (size_t) 256 * 1024, MHD_OPTION_ARRAY,
                                         is_tls ? tls : tls + 2, MHD_OPTION_END);
        if (!serve->daemon) {
                close(fd);
                return error_set(err, ERROR_INVALID,
                                 "serve on \"" STR_FMT "\": the HTTP server refuses its certificate or "
                                 "settings",
                                 STR_ARG(options->address));
        }
        *ret_serve = TAKE(serve);
        return true;
}

void serve_free(Serve *serve) {
        if (!serve)
                return;
        if (serve->daemon)
                MHD_stop_daemon(serve->daemon);
        free(serve);
}

unsigned serve_port(const Serve *serve) {
        return serve->port;
}
