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

        for (unsigned times = 0; !signals->is_ending;) {
                int number;

                (void) sigwait(&signals->set, &number);
                if (number == SIGUSR1) /* from signals_stop; from anybody else it means nothing */
                        continue;
                if (signals->progress)
                        say(signals, ++times);
                stop_set(signals->stop);
        }
}

/* Under nohup the end of the terminal is to mean nothing; sigwait would take an ignored signal all the same. */
static bool is_ignored(int number) {
        struct sigaction action;

        return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

Signals *signals_start(Stop *stop, Progress *progress, const HookGauges *gauges) {
        Signals *signals = xnew0(Signals);

        signals->stop = stop;
        signals->progress = progress;
        signals->gauges = gauges;
        sigemptyset(&signals->set);
        sigaddset(&signals->set, SIGINT);
        sigaddset(&signals->set, SIGTERM);
        sigaddset(&signals->set, SIGUSR1);
        if (!is_ignored(SIGHUP))
                sigaddset(&signals->set, SIGHUP);
        pthread_sigmask(SIG_BLOCK, &signals->set, &signals->before);
        signals->thread = thread_start(wait_for_signals, signals);
        return signals;
}

void signals_stop(Signals *signals) {
        if (!signals)
                return;
        signals->is_ending = true;
        pthread_kill(signals->thread.raw, SIGUSR1);
        thread_join(signals->thread);
        pthread_sigmask(SIG_SETMASK, &signals->before, NULL);
        free(signals);
}
