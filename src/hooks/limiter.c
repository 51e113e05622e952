#include "hooks/limiter.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/thread.h"

/* `ratio` is of the durations of a round of calls to the shortest of their commands; `waiting` is how many of those in
 * flight wait for the node instead of being worked on (as TCP Vegas counts it).  Two and a half keep the node
 * busy; every further one is only a longer freeze. */
static const double first_limit = 8, first_call_ms = 200;
static const double ratio_flat = 1.1, ratio_busy = 1.2;
static const double waiting_few = 2, waiting_wanted = 2.5, waiting_many = 3;
static const double pace = 1.3;
/* So that one lucky call is not the measure for ever: half is forgotten in 1400 calls. */
static const double forget = 1.0005;

enum { COMMANDS_MAX = 1024, STOP_LOOK_MS = 50 };

unsigned limiter_places(const LimiterState *state) {
        double limit = state->limit > 0 ? state->limit : first_limit;
        unsigned ceiling = state->ceiling ? state->ceiling : 1;

        return limit >= ceiling ? ceiling : (unsigned) limit;
}

double limiter_pace_ms(const LimiterState *state) {
        double call_ms = state->call_ms > 0 ? state->call_ms : first_call_ms;

        return pace * call_ms / limiter_places(state);
}

static void decide(LimiterState *state, double ratio) {
        double waiting = state->most_in_flight * (1 - 1 / ratio);
        bool is_full = state->most_in_flight >= limiter_places(state);

        if (ratio > ratio_busy && waiting > waiting_many) {
                state->limit -= waiting - waiting_wanted;
                state->is_past_start = true;
        } else if (!is_full) {
                return; /* what was not used cannot be judged */
        } else if (ratio < ratio_flat && !state->is_past_start) {
                state->limit *= 2;
        } else {
                state->is_past_start = true;
                if (ratio < ratio_flat || waiting < waiting_few) {
                        double lacking = waiting_wanted - waiting; /* of many that are flat, less than none */

                        state->limit += lacking > 1 ? lacking : 1;
                }
        }
        if (state->limit > state->ceiling)
                state->limit = state->ceiling;
        if (state->limit < 1)
                state->limit = 1;
}

void limiter_step(LimiterState *state, double duration_ms, double shortest_ms, unsigned in_flight) {
        unsigned places = limiter_places(state);

        if (state->limit <= 0)
                state->limit = places;
        /* The first calls after a change began before it. */
        if (++state->samples > places) {
                state->duration_sum += duration_ms;
                state->shortest_sum += shortest_ms;
                if (in_flight > state->most_in_flight)
                        state->most_in_flight = in_flight;
        }
        if (state->samples < 2 * places)
                return;
        if (state->shortest_sum > 0)
                decide(state, state->duration_sum / state->shortest_sum);
        state->call_ms = state->duration_sum / places;
        state->samples = state->most_in_flight = 0;
        state->duration_sum = state->shortest_sum = 0;
}

typedef struct Node {
        LimiterState state;
        unsigned in_flight, waiting_posts;
        int64_t next_ms; /* not before this may the next pre hook begin */
} Node;

typedef struct Command {
        uint64_t hash;
        double shortest_ms; /* 0: a free slot */
} Command;

struct Limiter {
        unsigned ceiling;
        Mutex lock;
        Cond left;
        Arena names GUARDED_BY(&lock);
        StrMap nodes GUARDED_BY(&lock); /* name to Node */
        Command commands[COMMANDS_MAX] GUARDED_BY(&lock);
};

Limiter *limiter_new(unsigned ceiling) {
        Limiter *limiter = xnew0(Limiter);

        limiter->ceiling = ceiling ? ceiling : 1;
        mutex_init(&limiter->lock);
        cond_init(&limiter->left);
        return limiter;
}

void limiter_free(Limiter *limiter) {
        if (!limiter)
                return;
        mutex_lock(&limiter->lock);
        str_map_clear(&limiter->nodes);
        arena_clear(&limiter->names);
        mutex_unlock(&limiter->lock);
        cond_destroy(&limiter->left);
        mutex_destroy(&limiter->lock);
        free(limiter);
}

static Node *node_named(Limiter *limiter, Str name) THREAD_ANNOTATION(requires_capability(limiter->lock)) {
        Node *node = str_map_get(&limiter->nodes, name);

        if (node)
                return node;
        node = memset(arena_alloc(&limiter->names, sizeof *node), 0, sizeof *node);
        node->state.ceiling = limiter->ceiling;
        str_map_put(&limiter->nodes, arena_copy(&limiter->names, name), node);
        return node;
}

/* How long to wait before it is worth looking again: 0 to enter, -1 for a place to become free. */
static int64_t wait_ms(const Node *node, bool is_post) {
        if (node->in_flight >= limiter_places(&node->state) || (!is_post && node->waiting_posts))
                return -1;
        int64_t left_ms = is_post ? 0 : node->next_ms - clock_ms();

        return left_ms > 0 ? left_ms : 0;
}

static bool wait_for_place(Limiter *limiter, Node *node, bool is_post, const Stop *stop)
        THREAD_ANNOTATION(requires_capability(limiter->lock)) {
        int64_t ms;

        while ((ms = wait_ms(node, is_post)) != 0) {
                if (stop_is_set(stop))
                        return false;
                if (stop && (ms < 0 || ms > STOP_LOOK_MS))
                        ms = STOP_LOOK_MS;
                (void) !cond_wait_until(&limiter->left, &limiter->lock, ms < 0 ? 0 : clock_ms() + ms);
        }
        return true;
}

bool limiter_enter(Limiter *limiter, Str name, bool is_post, const Stop *stop) {
        mutex_lock(&limiter->lock);
        Node *node = node_named(limiter, name);
        node->waiting_posts += is_post;
        bool entered = wait_for_place(limiter, node, is_post, stop);
        node->waiting_posts -= is_post;
        node->in_flight += entered;
        if (entered && !is_post)
                node->next_ms = clock_ms() + (int64_t) limiter_pace_ms(&node->state);
        mutex_unlock(&limiter->lock);
        return entered;
}

/* The shortest of this command before this call; 0 when it is the first. */
static double note_command(Limiter *limiter, uint64_t hash, double duration_ms)
        THREAD_ANNOTATION(requires_capability(limiter->lock)) {
        Command *command = &limiter->commands[hash % COMMANDS_MAX];

        if (command->hash != hash ||
            command->shortest_ms <= 0) { /* a rare other command in its slot gives way */
                *command = (Command) { hash, duration_ms };
                return 0;
        }
        command->shortest_ms *= forget;
        if (duration_ms < command->shortest_ms)
                command->shortest_ms = duration_ms;
        return command->shortest_ms;
}

static void take_sample(Limiter *limiter, Node *node, uint64_t command_hash, double duration_ms)
        THREAD_ANNOTATION(requires_capability(limiter->lock)) {
        if (duration_ms <= 0)
                return;
        double shortest_ms = note_command(limiter, command_hash, duration_ms);
        if (shortest_ms > 0)
                limiter_step(&node->state, duration_ms, shortest_ms, node->in_flight);
}

void limiter_sample(Limiter *limiter, Str name, uint64_t command_hash, double duration_ms) {
        mutex_lock(&limiter->lock);
        take_sample(limiter, node_named(limiter, name), command_hash, duration_ms);
        cond_broadcast(&limiter->left);
        mutex_unlock(&limiter->lock);
}

void limiter_leave(Limiter *limiter, Str name, uint64_t command_hash, double duration_ms) {
        mutex_lock(&limiter->lock);
        Node *node = node_named(limiter, name);
        take_sample(limiter, node, command_hash, duration_ms);
        node->in_flight--;
        cond_broadcast(&limiter->left);
        mutex_unlock(&limiter->lock);
}

uint64_t limiter_command_hash(const Str *words, size_t count) {
        uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a; a collision only blurs a measurement */

        for (size_t i = 0; i < count; i++) {
                for (size_t k = 0; k < words[i].len; k++)
                        hash = (hash ^ (unsigned char) words[i].ptr[k]) * 0x100000001b3u;
                hash = (hash ^ 0xff) * 0x100000001b3u;
        }
        return hash;
}
