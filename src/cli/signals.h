/* signals.h - Ctrl-C, SIGTERM and the end of the terminal as a wish to stop, not as an end.
 *
 * A process that dies at once leaves applications frozen, so these signals are blocked in all threads (start
 * this before any other thread) and one thread waits for them: it sets the Stop, and says what happens next. */
#pragma once
#include "cli/progress.h"

typedef struct Signals Signals;

/* `gauges` tells how many pods are frozen; all three are borrowed.  Without `progress` nothing is said: who waits for
 * the Stop does. */
Signals *signals_start(Stop *stop, Progress *progress, const HookGauges *gauges);
void signals_stop(Signals *signals); /* accepts NULL */
DEFINE_AUTO(Signals, signals_stop)
