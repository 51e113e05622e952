#include "net/http.h"

#include <assert.h>

#include "base/mem.h"
#include "net/connection.h"
#include "net/proxy.h"

static bool has_colon(Str host) {
        return memchr(host.ptr, ':', host.len) != NULL;
}

static Str bracketed(Str host, Arena *arena) {
        return has_colon(host) ? str_of(arena_printf(arena, "[" STR_FMT "]", STR_ARG(host))) : host;
}

static Str host_and_port(Str host, unsigned port, Arena *arena) {
        return str_of(arena_printf(arena, STR_FMT ":%u", STR_ARG(bracketed(host, arena)), port));
}

static void set_address(HttpClient *client, const Url *url, Str tls_server_name) {
        Arena *arena = &client->arena;
        const char *scheme = url->is_tls ? "https" : "http";
        unsigned usual_port = url->is_tls ? 443 : 80;
        Str prefix = url->path;

        while (str_ends_with(prefix, STR("/")))
                prefix.len--;
        client->is_tls = url->is_tls;
        client->prefix = arena_copy(arena, prefix);
        client->address = host_and_port(url->host, url->port, arena);
        client->host =
                url->port == usual_port ? arena_copy(arena, bracketed(url->host, arena)) : client->address;
        client->verified_name = arena_copy(arena, tls_server_name.len ? tls_server_name : url->host);
        client->origin = str_of(arena_printf(arena, "%s://" STR_FMT, scheme, STR_ARG(client->address)));
        if (!url->is_tls || tls_server_name.len == 0 || str_equal(tls_server_name, url->host))
                return;

        /* libcurl verifies the URL's host: give it that name there, and send the connection to the real address. */
        Str named = host_and_port(client->verified_name, url->port, arena);
        client->origin = str_of(arena_printf(arena, "https://" STR_FMT, STR_ARG(named)));
        client->connect_to = curl_slist_append(
                NULL, arena_printf(arena, STR_FMT ":" STR_FMT, STR_ARG(named), STR_ARG(client->address)));
}

static bool set_proxy(HttpClient *client, const Url *server, Str given, Error *err) {
        ProxyEnvironment environment = proxy_environment();
        Str proxy = given.len ? given : proxy_for(server, &environment);
        AUTO(buf_clear) Buf text = { 0 };
        Url url;

        if (proxy.len == 0)
                return true;
        if (!memmem(proxy.ptr, proxy.len, "://", 3))
                buf_add(&text, STR("http://"));
        else if (str_starts_with(proxy, STR("socks5://"))) { /* names are looked up by the proxy, as in Go */
                buf_add(&text, STR("socks5h"));
                proxy = str_skip(proxy, strlen("socks5"));
        }
        buf_add(&text, proxy);
        bool ok = url_parse(buf_str(&text), &url, err);
        if (ok) {
                client->proxy_address = host_and_port(url.host, url.port, &client->arena);
                client->proxy_url = secret_copy(buf_str(&text));
        }
        explicit_bzero(text.ptr, text.capacity);
        return ok ||
               error_prefix(err, "%s", given.len ? "the proxy" : "the proxy that the environment names");
}

/* Reading the system's roots costs 15 ms and a megabyte; without TLS they are left alone. */
static bool needs_tls(const HttpClient *client) {
        return client->is_tls || str_starts_with(secret_reveal(&client->proxy_url), STR("https://"));
}

THREAD_ANNOTATION(no_thread_safety_analysis)
static void lock_share(CURL *easy, curl_lock_data kind, curl_lock_access access, void *user) {
        HttpClient *client = user;

        (void) easy, (void) access;
        mutex_lock(&client->share_locks[kind]);
}

THREAD_ANNOTATION(no_thread_safety_analysis)
static void unlock_share(CURL *easy, curl_lock_data kind, void *user) {
        HttpClient *client = user;

        (void) easy;
        mutex_unlock(&client->share_locks[kind]);
}

static void open_share(HttpClient *client) {
        client->share = curl_share_init();
        if (!client->share)
                abort(); /* out of memory, which ends the process (mem.h) */
        for (size_t i = 0; i < sizeof client->share_locks / sizeof *client->share_locks; i++)
                mutex_init(&client->share_locks[i]);
        curl_share_setopt(client->share, CURLSHOPT_LOCKFUNC, lock_share);
        curl_share_setopt(client->share, CURLSHOPT_UNLOCKFUNC, unlock_share);
        curl_share_setopt(client->share, CURLSHOPT_USERDATA, client);
        curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
        curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

bool http_client_new(const HttpOptions *options, HttpClient **ret_client, Error *err) {
        Url url;

        if (!url_parse(options->base_url, &url, err))
                return false;
        if (str_starts_with(url.scheme, STR("socks")))
                return error_set(err, ERROR_INVALID,
                                 "\"" STR_FMT "\" is not the address of a server: expected https://…",
                                 STR_ARG(options->base_url));
        if (url.user_info.len)
                return error_set(err, ERROR_INVALID,
                                 "the address of " STR_FMT
                                 " has a user name in it: give it as credentials instead",
                                 STR_ARG(url.host));

        /* Counted by libcurl, and safe from many threads since 7.84. */
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                return error_set(err, ERROR_UNAVAILABLE, "libcurl does not start");
        AUTO(http_client_freep) HttpClient *client = xnew0(HttpClient);
        atomic_init(&client->owners, 1);
        mutex_init(&client->lock);
        open_share(client);
        client->user_agent =
                arena_copy(&client->arena, options->user_agent.len ? options->user_agent : STR("grapnel"));
        client->insecure_skip_verify = options->insecure_skip_verify;
        set_address(client, &url, options->tls_server_name);
        if (!options->is_direct && !set_proxy(client, &url, options->proxy_url, err))
                return false;
        if (needs_tls(client) && !tls_new(options, &client->tls, err))
                return false;
        *ret_client = TAKE(client);
        return true;
}

static void close_idle(HttpClient *client) {
        mutex_lock(&client->lock);
        Connection *connection = TAKE(client->idle);
        client->idle_count = 0;
        mutex_unlock(&client->lock);

        while (connection) {
                Connection *next = connection->next;
                connection_free(connection);
                connection = next;
        }
}

HttpClient *http_client_ref(HttpClient *client) {
        atomic_fetch_add(&client->owners, 1);
        return client;
}

void http_client_free(HttpClient *client) {
        if (!client || atomic_fetch_sub(&client->owners, 1) > 1)
                return;
        close_idle(client);
        curl_share_cleanup(client->share);
        curl_slist_free_all(client->connect_to);
        tls_free(client->tls);
        for (size_t i = 0; i < sizeof client->share_locks / sizeof *client->share_locks; i++)
                mutex_destroy(&client->share_locks[i]);
        mutex_destroy(&client->lock);
        secret_clear(&client->proxy_url);
        arena_clear(&client->arena);
        free(client);
        curl_global_cleanup();
}
