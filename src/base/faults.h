/* faults.h - everything that is wrong with an input, each with its place.
 *
 * Checking code adds to a list and goes on, so that a user is told all faults at
 * once.  Text is kept in the arena given at the start. */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/strs.h"

typedef enum FaultLevel { FAULT_WARNING, FAULT_ERROR } FaultLevel;

typedef struct Fault {
        FaultLevel level;
        Str path;    /* spec.hooks.resources[0].pre[1].exec.timeout; may be empty */
        int line;    /* in the file, from 1; 0 when not known */
        Str message; /* what is wrong, and what was expected */
} Fault;

typedef struct Faults {
        Arena *arena;
        Fault *items;
        size_t len, capacity;
        size_t errors; /* how many of them are errors */
} Faults;

void faults_add(Faults *faults, FaultLevel level, Str path, const char *format, ...) PRINTF_LIKE(4, 5);

/* One line each, without a line end after the last: "line 12: spec.ttl: \"3 days\" is not a duration". */
Str faults_text(const Faults *faults, FaultLevel level, Arena *arena);

/* One text for each fault of that level, as status.validationErrors has them: "spec.ttl: \"3 days\" is …". */
void faults_add_texts(const Faults *faults, FaultLevel level, Arena *arena, Strs *texts);

/* ERROR_INVALID with every error, joined by "; ", when there is one. */
bool faults_check(const Faults *faults, Error *err) MUST_CHECK;
