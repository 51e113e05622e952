/* key_service.h - a server that gives keys as AWS's services do: it answers one request after another as the test says. */
#pragma once
#include "aws_home.h"
#include "base/clock.h"
#include "loopback.h"

typedef struct Answer {
        const char *expected[3]; /* what the request has to contain */
        const char *status;      /* NULL: "200 OK" */
        const char *body;
        unsigned delay_ms;
} Answer;

enum { ANSWERS_MAX = 8 };

/* After the last answer the last one is given again. */
typedef struct KeyService {
        Answer answers[ANSWERS_MAX];
        Server server;
        Arena arena;
        char *url;
} KeyService;

static inline void key_service_answer(Peer *peer) {
        const KeyService *service = peer->server->user;
        char request[16 * 1024];

        if (!peer_read_request(peer, request, sizeof request))
                return;
        size_t which = atomic_load(&peer->server->requests) - 1, last = 0;
        while (last + 1 < ANSWERS_MAX && service->answers[last + 1].body)
                last++;
        const Answer *answer = &service->answers[which < last ? which : last];
        const char *missing = NULL;
        for (size_t i = 0; i < 3 && answer->expected[i]; i++)
                if (!strstr(request, answer->expected[i]))
                        missing = answer->expected[i];
        if (missing)
                print_error("expected \"%s\" in:\n%s\n", missing, request);
        usleep(answer->delay_ms * 1000);
        AUTO_FREE char *text = xasprintf("HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                                         missing          ? "418 Unexpected"
                                         : answer->status ? answer->status
                                                          : "200 OK",
                                         strlen(answer->body), answer->body);
        peer_say(peer, text);
}

static inline void key_service_start(KeyService *service) {
        service->server = (Server) { .serve = key_service_answer, .user = service };
        server_start(&service->server);
        service->url = xasprintf("http://127.0.0.1:%u", service->server.port);
}

static inline void key_service_stop(KeyService *service) {
        server_stop(&service->server);
        arena_clear(&service->arena);
        free(service->url);
}

static inline unsigned key_service_requests(KeyService *service) {
        return atomic_load(&service->server.requests);
}

/* Keys that end `ms` from now. */
static inline const char *keys_xml(Arena *arena, const char *id, int64_t ms) {
        Str end = clock_rfc3339_milli(clock_wall_ms() + ms, arena);

        return arena_printf(
                arena,
                "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>%s</AccessKeyId>"
                "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
                "<Expiration>" STR_FMT "</Expiration></Credentials>"
                "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>",
                id, STR_ARG(end));
}

static inline const char *keys_json(Arena *arena, const char *id, int64_t ms) {
        Str end = clock_rfc3339(clock_wall_ms() + ms, arena);

        return arena_printf(arena,
                            "{\"Code\":\"Success\",\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\","
                            "\"Token\":\"t\",\"Expiration\":\"" STR_FMT "\"}",
                            id, STR_ARG(end));
}
