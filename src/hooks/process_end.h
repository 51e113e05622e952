/* process_end.h - ends a command in a container that nobody waits for any more.
 *
 * Kubernetes closes the stream and lets the process run.  So a script looks for it from
 * inside: it was started from outside the container (its parent is 0), since the hook began, with the hook's words. */
#pragma once
#include "hooks/run.h"

typedef struct LateProcess {
        const HookPort *port;
        Str namespace, pod, container;
        Strs command;
        int64_t age_ms; /* since it was started */
} LateProcess;

/* "ended (TERM)", "ended (KILL)", "was gone already", or "may still run: …".  Takes 10 s at most. */
Str process_end(const LateProcess *process, Arena *arena);

/* sh -c SCRIPT NAME AGE_MS PARENT WORD…; for tests, where the parent is not 0. */
extern const char process_end_script[];
