#include "hooks/limiter.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/thread.h"

/* The thresholds are of a call's duration against the shortest of its command, over a round of calls; `waiting` is
 * how many of those in flight wait for the node instead of being worked on (as TCP Vegas counts it). */
static const double first_limit = 4, double_below = 1.1;
static const double grow_below = 1.2, grow_waiting = 1.0;
static const double shrink_above = 1.3, shrink_waiting = 1.5, shrink_to = 1.25;
/* So that one lucky call is not the measure for ever: half is forgotten in 1400 calls. */
static const double forget = 1.0005;

enum { COMMANDS_MAX = 1024, STOP_LOOK_MS = 50 };

unsigned limiter_places(const LimiterState *state) {
        double limit = state->limit > 0 ? state->limit : first_limit;
        unsigned ceiling = state->ceiling ? state->ceiling : 1;

        return limit >= ceiling ? ceiling : (unsigned) limit;
}

static void decide(LimiterState *state, double ratio, double in_flight) {
        double waiting = in_flight * (1 - 1 / ratio);
        bool is_full = in_flight > 0.9 * limiter_places(state);

        if (ratio > shrink_above && waiting > shrink_waiting) {
                /* When the node is busy, duration is in proportion to the number in flight. */
                state->limit = state->limit * shrink_to / ratio;
                state->is_past_start = true;
        } else if (!is_full) {
                return; /* what was not used cannot be judged */
        } else if (ratio < double_below && !state->is_past_start) {
                state->limit *= 2;
        } else {
                state->is_past_start = true;
                if (ratio < grow_below || waiting < grow_waiting)
                        state->limit += 1;
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
                state->in_flight_sum += in_flight;
        }
        if (state->samples < 2 * places)
                return;
        if (state->shortest_sum > 0)
                decide(state, state->duration_sum / state->shortest_sum, state->in_flight_sum / places);
        state->samples = 0;
        state->duration_sum = state->shortest_sum = state->in_flight_sum = 0;
}

typedef struct Node {
        LimiterState state;
        unsigned in_flight, waiting_posts;
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

static bool has_place(const Node *node, bool is_post) {
        return node->in_flight < limiter_places(&node->state) && (is_post || node->waiting_posts == 0);
}

bool limiter_enter(Limiter *limiter, Str name, bool is_post, const Stop *stop) {
        bool entered = true;

        mutex_lock(&limiter->lock);
        Node *node = node_named(limiter, name);
        node->waiting_posts += is_post;
        while (!has_place(node, is_post)) {
                if (stop_is_set(stop)) {
                        entered = false;
                        break;
                }
                (void) !cond_wait_until(&limiter->left, &limiter->lock, stop ? clock_ms() + STOP_LOOK_MS : 0);
        }
        node->waiting_posts -= is_post;
        node->in_flight += entered;
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
