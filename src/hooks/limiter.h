/* limiter.h - how many execs are in flight on a node.
 *
 * More in flight do not finish sooner once the node is busy, they only freeze longer
 * (spec/velero-measured.md), so the number follows latency: it grows while calls of the same command take about
 * what the fastest took, and shrinks when they do not; 1 to `ceiling`, per node.  A due post hook goes before
 * any waiting pre hook.  The deciding part is pure.  Why so: docs/decisions/0003-hook-limiter.md. */
#pragma once
#include <stdint.h>

#include "base/cleanup.h"
#include "base/stop.h"
#include "base/str.h"

typedef struct LimiterState { /* one node; pure; { .ceiling = N } is a new one */
        double limit;         /* 0: not begun */
        unsigned ceiling;
        bool is_past_start; /* no more doubling */
        /* of the calls since the last decision */
        unsigned samples, most_in_flight;
        double duration_sum, shortest_sum;
        double call_ms; /* a call's usual duration; 0: not known yet */
} LimiterState;
/* How many may be in flight now; at least 1. */
unsigned limiter_places(const LimiterState *state);
/* How far apart pods begin, so that those let in at once do not run in step, each slowed by all others at the same
 * moment: about two thirds of the distance at which pods with one pre and one post hook would come by themselves. */
double limiter_pace_ms(const LimiterState *state);
/* One finished call: how long it took against the shortest of its command so far, and how many were in flight. */
void limiter_step(LimiterState *state, double duration_ms, double shortest_ms, unsigned in_flight);

typedef struct Limiter Limiter;
Limiter *limiter_new(unsigned ceiling);
void limiter_free(Limiter *limiter);
DEFINE_AUTO(Limiter, limiter_free)
/* Waits for a place on `node`.  False when stopped first (a NULL stop waits for ever).  A place may be kept for
 * several calls, such as a pod's pre and post hooks. */
bool limiter_enter(Limiter *limiter, Str node, bool is_post, const Stop *stop);
/* A call that succeeded while its place is kept. `command_hash` tells commands apart, so that a slow command is not
 * taken for a busy node. */
void limiter_sample(Limiter *limiter, Str node, uint64_t command_hash, double duration_ms);
/* Gives the place back, with a sample; duration -1: not a sample. */
void limiter_leave(Limiter *limiter, Str node, uint64_t command_hash, double duration_ms);

uint64_t limiter_command_hash(const Str *words, size_t count);
