#include "cli/session.h"

#include "cli/state.h"
#include "cli/words.h"

typedef struct TerminalSink {
        Progress *progress;
        LogLevel level;
} TerminalSink;

static void terminal_sink(void *user, Str line, const LogRecord *record) {
        const TerminalSink *sink = user;

        if (record->level >= sink->level)
                progress_say(sink->progress, line);
}

static Log *open_log(Session *session) {
        const RunFlags *flags = session->flags;
        bool is_debug = flags->log_level == LOG_DEBUG + 1;
        Log *log = log_new(LOG_TEXT, is_debug ? LOG_DEBUG : LOG_INFO);

        log_add_sink(log, notes_sink, &session->notes);
        if (flags->log_level) {
                TerminalSink *sink = arena_alloc(session->cli->arena, sizeof *sink);

                *sink = (TerminalSink) { session->progress, (LogLevel) (flags->log_level - 1) };
                log_add_sink_in(log, (LogFormat) flags->log_format, terminal_sink, sink);
        }
        return log;
}

static bool can_draw(const Cli *cli) {
        const char *terminal = getenv("TERM");

        return cli->err_is_terminal && terminal && strcmp(terminal, "dumb") != 0;
}

Progress *session_progress(const Cli *cli, bool quiet) {
        const ProgressOptions options = {
                .out = cli->err,
                .style = quiet           ? PROGRESS_NONE
                         : can_draw(cli) ? PROGRESS_BAR
                                         : PROGRESS_LINES,
                .colour = cli->colour,
        };

        return progress_new(&options);
}

static void on_api_warning(void *user, Str text) {
        Session *session = user;

        log_info(session->log, NO_FIELDS, "the API server warns: " STR_FMT, STR_ARG(text));
}

bool session_open(Cli *cli, const SessionInput *input, Session *session, Error *err) {
        session->cli = cli;
        session->flags = input->run;
        session->stop = stop_new();
        session->progress = session_progress(cli, input->run->quiet);
        session->signals = signals_start(session->stop, session->progress, input->gauges);
        session->log = open_log(session);
        if (!state_folder(input->run->state, cli->arena, &session->state, err) ||
            !cluster_open(cli, input->cluster, session->stop, &session->cluster, err))
                return false;
        kube_client_on_warning(session->cluster.client, on_api_warning, session);
        return true;
}

void session_clear(Session *session) {
        cluster_clear(&session->cluster);
        log_free(session->log);
        signals_stop(session->signals);
        progress_free(session->progress);
        stop_free(session->stop);
        notes_clear(&session->notes);
}

enum { PODS_NAMED = 10 };

static void say_debt(const Session *session, const JournalDebt *debt) {
        Arena *arena = session->cli->arena;
        Str pods = words_plural(debt->len, "pod", arena), text;
        Strs names = { 0 };

        for (size_t i = 0; i < debt->len && i < PODS_NAMED; i++)
                strs_add(&names, arena,
                         str_of(arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(debt->pods[i].namespace),
                                             STR_ARG(debt->pods[i].name))));
        if (debt->len > PODS_NAMED)
                strs_add(&names, arena, STR("…"));
        text = strs_join(&names, STR(", "), arena);
        progress_say(session->progress,
                     str_of(arena_printf(arena,
                                         "a run of backup \"" STR_FMT "\" ended without thawing " STR_FMT
                                         " (" STR_FMT "); thawing first\n",
                                         STR_ARG(debt->run.backup), STR_ARG(pods), STR_ARG(text))));
}

/* Tells of the debts of this cluster; returns how many pods they have. */
static size_t report_debts(const Session *session, const JournalDebts *debts) {
        size_t pods = 0;

        for (size_t i = 0; i < debts->problems.len; i++)
                cli_warn(session->cli, debts->problems.items[i]);
        for (size_t i = 0; i < debts->len; i++) {
                if (!str_equal(debts->items[i].run.cluster_uid, session->cluster.uid)) {
                        Str server = debts->items[i].run.server;

                        cli_warn(session->cli,
                                 str_of(arena_printf(session->cli->arena,
                                                     "a run of backup \"" STR_FMT "\" left pods frozen in "
                                                     "another cluster (" STR_FMT ")",
                                                     STR_ARG(debts->items[i].run.backup), STR_ARG(server))));
                        continue;
                }
                if (debts->items[i].len)
                        say_debt(session, &debts->items[i]);
                pods += debts->items[i].len;
        }
        return pods;
}

static void say_undone(const Session *session, const HookUndo *undo) {
        Arena *arena = session->cli->arena;
        Str thawed = words_plural(undo->thawed, "pod", arena);
        Str closed = words_plural(undo->closed, "pod", arena);
        const char *text = arena_printf(arena, "thawed " STR_FMT " it had frozen", STR_ARG(thawed));

        if (undo->closed)
                text = arena_printf(arena, "%s; " STR_FMT " gone or restarted since", text, STR_ARG(closed));
        progress_say(session->progress, str_of(arena_printf(arena, "%s\n", text)));
        if (undo->failed) {
                Str failed = words_plural(undo->failed, "pod", arena);

                cli_warn(session->cli,
                         str_of(arena_printf(
                                 arena, STR_FMT " could not be thawed; \"grapnel hooks undo\" tries again",
                                 STR_ARG(failed))));
        }
}

bool session_pay(Session *session, const JournalDebts *debts, HookUndo *ret_undo, Error *err) {
        AUTO(hook_results_freep) HookResults *results = NULL;
        HookGauges gauges = { 0 };
        HookUndo undo = { 0 };

        if (report_debts(session, debts) > 0) {
                if (!hook_results_new(&results, err))
                        return false;

                HookRun run = {
                        .port = hook_port_kube(session->cluster.client),
                        .results = results,
                        .gauges = &gauges,
                        .log = session->log,
                        .workers = session->flags->hook_workers ? session->flags->hook_workers : 1,
                        .stop = session->stop,
                };
                if (!hook_undo(&run, debts, session->cluster.uid, &undo, err))
                        return false;
                say_undone(session, &undo);
        }
        *ret_undo = undo;
        return true;
}

bool session_undo(Session *session, HookUndo *ret_undo, Error *err) {
        JournalDebts debts;

        if (!journal_debts(session->state, session->cli->arena, &debts, err))
                return error_prefix(err, "journal in \"" STR_FMT "\"", STR_ARG(session->state));
        return session_pay(session, &debts, ret_undo, err);
}
