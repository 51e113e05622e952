#include "cli/signals.h"

#include <signal.h>

#include "base/mem.h"
#include "base/thread.h"
#include "cli/words.h"

struct Signals {
        Stop *stop;
        Progress *progress;
        const HookGauges *gauges;
        sigset_t set, before;
        _Atomic bool is_ending;
        Thread thread;
};

static void say(const Signals *signals, unsigned times) {
        AUTO(arena_clear) Arena arena = { 0 };
        unsigned frozen = signals->gauges->pods_frozen;
        Str pods = words_plural(frozen, "pod", &arena);
        const char *text = "interrupted: ending\n";

        if (frozen && times == 1)
                text = arena_printf(&arena,
                                    "interrupted: thawing " STR_FMT ", then ending (a second Ctrl-C does not "
                                    "hurry it; it takes as long as their post hooks take)\n",
                                    STR_ARG(pods));
        else if (frozen)
                text = arena_printf(&arena, "interrupted: " STR_FMT " still to thaw\n", STR_ARG(pods));
        else if (times > 1)
                return;
        progress_say(signals->progress, str_of(text));
}

static void wait_for_signals(void *user) {
        Signals *signals = user;

        for (unsigned times = 1;; times++) {
                int number;

                (void) sigwait(&signals->set, &number);
                if (signals->is_ending)
                        return;
                say(signals, times);
                stop_set(signals->stop);
        }
}

Signals *signals_start(Stop *stop, Progress *progress, const HookGauges *gauges) {
        Signals *signals = xnew0(Signals);

        signals->stop = stop;
        signals->progress = progress;
        signals->gauges = gauges;
        sigemptyset(&signals->set);
        sigaddset(&signals->set, SIGINT);
        sigaddset(&signals->set, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals->set, &signals->before);
        signals->thread = thread_start(wait_for_signals, signals);
        return signals;
}

void signals_stop(Signals *signals) {
        if (!signals)
                return;
        signals->is_ending = true;
        pthread_kill(signals->thread.raw, SIGTERM);
        thread_join(signals->thread);
        pthread_sigmask(SIG_SETMASK, &signals->before, NULL);
        free(signals);
}
