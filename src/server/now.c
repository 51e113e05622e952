/* What every controller asks the server: the time, and whether something was said already. */
#include "base/clock.h"
#include "server/server.h"

int64_t server_now_ms(const Server *server) {
        const ServerOptions *options = server->options;

        return options->wall_ms ? options->wall_ms(options->clock) : clock_wall_ms();
}

bool server_is_news(const Server *server, const char *topic, Str about, Str what) {
        const Str parts[] = { str_of(topic), about, what };

        return hash_set_add(server->told, parts, sizeof(parts) / sizeof(*parts));
}
