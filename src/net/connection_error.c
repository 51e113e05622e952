#include "net/connection.h"

#include <errno.h>

/* With a proxy, its name is the only one that we look up. */
static bool no_such_name(const HttpClient *client, Error *err) {
        bool has_proxy = !secret_is_empty(&client->proxy_url);

        return error_set(err, ERROR_UNAVAILABLE, "cannot find %s" STR_FMT ": the name does not resolve",
                         has_proxy ? "the proxy " : "",
                         STR_ARG(has_proxy ? client->proxy_address : client->address));
}

static bool connect_failed(const Connection *connection, Error *err) {
        const HttpClient *client = connection->client;
        long number = 0;

        curl_easy_getinfo(connection->easy, CURLINFO_OS_ERRNO, &number);
        const char *reason = number ? strerror((int) number) : connection->reason;
        if (!secret_is_empty(&client->proxy_url))
                return error_set(err, ERROR_UNAVAILABLE,
                                 "cannot connect to " STR_FMT " through the proxy " STR_FMT ": %s",
                                 STR_ARG(client->address), STR_ARG(client->proxy_address), reason);
        if (number == ECONNREFUSED)
                return error_set(err, ERROR_UNAVAILABLE,
                                 "cannot connect to " STR_FMT
                                 ": connection refused (is the server running there?)",
                                 STR_ARG(client->address));
        return error_set(err, ERROR_UNAVAILABLE, "cannot connect to " STR_FMT ": %s",
                         STR_ARG(client->address), reason);
}

static bool not_trusted(const Connection *connection, Error *err) {
        const HttpClient *client = connection->client;

        tls_explain(&connection->tls.verdict, client->verified_name, err);
        return error_prefix(err, "the certificate of " STR_FMT " cannot be trusted",
                            STR_ARG(client->address));
}

/* TLS 1.3 servers refuse a client certificate after the handshake: the alert then arrives where the reply should. */
static bool tls_failed(const Connection *connection, Error *err) {
        Str address = connection->client->address;

        if (strstr(connection->reason, "wrong version number") ||
            strstr(connection->reason, "packet length too long"))
                return error_set(err, ERROR_INVALID,
                                 STR_FMT " does not speak TLS (is its address http:// and not https://?)",
                                 STR_ARG(address));
        if (strstr(connection->reason, "alert"))
                return error_set(err, ERROR_INVALID,
                                 STR_FMT " refused the TLS connection (is the client certificate right?): %s",
                                 STR_ARG(address), connection->reason);
        return error_set(err, ERROR_UNAVAILABLE, "the TLS connection to " STR_FMT " failed: %s",
                         STR_ARG(address), connection->reason[0] ? connection->reason : "no reason given");
}

static bool connection_broke(const Connection *connection, Error *err) {
        long number = 0, proxy_status = 0;

        curl_easy_getinfo(connection->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
        if (proxy_status != 0 && proxy_status / 100 != 2)
                return error_set(err, ERROR_UNAVAILABLE,
                                 "the proxy " STR_FMT " does not lead to " STR_FMT ": it answered HTTP %ld",
                                 STR_ARG(connection->client->proxy_address),
                                 STR_ARG(connection->client->address), proxy_status);
        if (strstr(connection->reason, "alert"))
                return tls_failed(connection, err);
        curl_easy_getinfo(connection->easy, CURLINFO_OS_ERRNO, &number);
        if (number == ECONNRESET || number == EPIPE)
                return error_set(err, ERROR_UNAVAILABLE, STR_FMT " reset the connection",
                                 STR_ARG(connection->client->address));
        return error_set(err, ERROR_UNAVAILABLE, "the connection to " STR_FMT " broke: %s",
                         STR_ARG(connection->client->address),
                         connection->reason[0] ? connection->reason : "it was closed");
}

static bool cut_off(const Connection *connection, Error *err) {
        curl_off_t bytes = 0;

        curl_easy_getinfo(connection->easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
        return error_set(err, ERROR_UNAVAILABLE,
                         STR_FMT " closed the connection in the middle of its answer (after %lld bytes)",
                         STR_ARG(connection->client->address), (long long) bytes);
}

bool connection_error(const Connection *connection, CURLcode code, Error *err) {
        const HttpClient *client = connection->client;
        Str address = client->address;

        switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
                return no_such_name(client, err);
        case CURLE_COULDNT_CONNECT:
                return connect_failed(connection, err);
        case CURLE_OPERATION_TIMEDOUT: /* only connecting has a limit inside libcurl */
                return error_set(err, ERROR_UNAVAILABLE, "cannot connect to " STR_FMT ": no answer",
                                 STR_ARG(address));
        case CURLE_PEER_FAILED_VERIFICATION:
                return not_trusted(connection, err);
        case CURLE_SSL_CONNECT_ERROR:
                return tls_failed(connection, err);
        case CURLE_GOT_NOTHING:
                return error_set(err, ERROR_UNAVAILABLE, STR_FMT " closed the connection without an answer",
                                 STR_ARG(address));
        case CURLE_PARTIAL_FILE:
                return cut_off(connection, err);
        case CURLE_SEND_FAIL_REWIND: /* see send_body in http.c */
                return error_set(err, ERROR_UNAVAILABLE,
                                 STR_FMT
                                 " closed the connection after the request was sent, without an answer",
                                 STR_ARG(address));
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
                return connection_broke(connection, err);
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_WEIRD_SERVER_REPLY:
                return error_set(err, ERROR_UNAVAILABLE,
                                 STR_FMT " does not answer in HTTP/1.1 (is the address right?)",
                                 STR_ARG(address));
        default:
                return error_set(err, ERROR_UNAVAILABLE, "the exchange with " STR_FMT " failed: %s",
                                 STR_ARG(address),
                                 connection->reason[0] ? connection->reason : curl_easy_strerror(code));
        }
}
