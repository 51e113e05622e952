#include <unistd.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/velero_config.h"
#include "hooks/journal_cluster.h"
#include "kube/lease.h"

typedef struct UndoRequest {
        bool of_server;
        Str namespace;
        RunFlags run;
        OutputFlags output;
        ClusterFlags cluster;
} UndoRequest;

static const Option options[] = {
        { OPT_ROW(OPTION_BOOL, UndoRequest, of_server, "server", NULL,
                  "also what a server that is gone has left in the cluster") },
        { OPT_ROW(OPTION_TEXT, UndoRequest, namespace, "namespace", "NAME",
                  "of that server (default: of ~/.config/velero/config.json, $VELERO_NAMESPACE, \"velero\")"),
          .letter = 'n' },
        OPT_GROUP(UndoRequest, run, run_flags, "Run"),
        OPT_GROUP(UndoRequest, output, output_flags, "Output"),
        OPT_GROUP(UndoRequest, cluster, cluster_flags, "Cluster"),
        OPT_END,
};

enum { SERVER_WAIT_MS = 30 * 1000 }; /* a lease ends 15 s after the last word of who holds it */

#define UNDO_IDENTITY "hooks-undo-"

static bool is_undo(Str identity) {
        return str_starts_with(identity, STR(UNDO_IDENTITY));
}

typedef struct Waiting {
        const Session *session;
        Str leader;
} Waiting;

/* Called until we lead ourselves. */
static void tell_leader(void *user, Str identity) {
        Waiting *waiting = user;
        Arena *arena = waiting->session->cli->arena;

        if (identity.len == 0)
                return;
        waiting->leader = arena_copy(arena, identity);
        if (is_undo(identity))
                return;
        progress_say(waiting->session->progress,
                     str_of(arena_printf(arena,
                                         "server \"" STR_FMT "\" leads: it thaws by itself; waiting in "
                                         "case that it is gone\n",
                                         STR_ARG(identity))));
}

static bool take_lease(Session *session, const LeaseOptions *of_server, Stop *lost, Lease **ret_lease,
                       Error *err) {
        const Waiting *waiting = of_server->user;

        stop_set_at(session->stop, clock_ms() + SERVER_WAIT_MS);
        bool is_ours = lease_acquire(of_server, lost, session->stop, ret_lease, err);
        stop_set_at(session->stop, 0);
        if (is_ours || err->code != ERROR_CANCELED || stop_is_set(session->stop))
                return is_ours;
        error_clear(err);
        if (is_undo(waiting->leader))
                return error_set(err, ERROR_UNAVAILABLE,
                                 "another \"grapnel hooks undo --server\" is at work in namespace \"" STR_FMT
                                 "\", as \"" STR_FMT "\"",
                                 STR_ARG(of_server->namespace), STR_ARG(waiting->leader));
        cli_set_hint(session->cli,
                     "what it could not thaw yet it tries again every 30 seconds; end it first to do "
                     "it by hand");
        return error_set(err, ERROR_UNAVAILABLE,
                         "server \"" STR_FMT "\" lives and leads in namespace \"" STR_FMT
                         "\": it thaws by itself",
                         STR_ARG(waiting->leader), STR_ARG(of_server->namespace));
}

/* What may be frozen is written by whoever leads: so this takes the lease of a server that is gone, and gives it back. */
static bool undo_of_server(Session *session, Str given, HookUndo *ret_undo, Error *err) {
        Arena *arena = session->cli->arena;
        AUTO(stop_freep) Stop *lost = stop_new();
        AUTO(lease_freep) Lease *lease = NULL;
        AUTO(journal_cluster_freep) JournalCluster *journals = NULL;
        JournalDebts debts;
        Waiting waiting = { .session = session };
        Str namespace;

        if (!velero_config_namespace(given, arena, &namespace, err))
                return false;
        const LeaseOptions of_server = { .client = session->cluster.client,
                                         .namespace = namespace,
                                         .name = STR("grapnel"),
                                         .identity =
                                                 str_of(arena_printf(arena, UNDO_IDENTITY "%d", getpid())),
                                         .on_leader = tell_leader,
                                         .user = &waiting };
        if (!take_lease(session, &of_server, lost, &lease, err))
                return false;
        journals = journal_cluster_new(&(JournalClusterOptions) { .client = session->cluster.client,
                                                                  .namespace = namespace,
                                                                  .fence = lease_fence(lease),
                                                                  .lost = lost });
        return journal_debts_in_cluster(journals, session->stop, arena, &debts, err) &&
               session_pay(session, &debts, ret_undo, err);
}

/* People were told of each pod as it was thawed. */
static void print(Cli *cli, int format, const HookUndo *undo) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc);

        if (format == OUTPUT_TABLE) {
                if (undo->thawed + undo->closed + undo->failed == 0)
                        fprintf(cli->out, "nothing to undo\n");
                return;
        }
        yyjson_mut_obj_add_uint(doc, root, "thawed", undo->thawed);
        yyjson_mut_obj_add_uint(doc, root, "closed", undo->closed);
        yyjson_mut_obj_add_uint(doc, root, "failed", undo->failed);
        output_value(cli, format, doc, root);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const UndoRequest *flags = request;
        AUTO(session_clear) Session session = { 0 };
        HookGauges none = { 0 };
        const SessionInput around = { &flags->run, &flags->cluster, &none };
        HookUndo undo, of_server = { 0 };

        (void) line;
        if (flags->namespace.len > 0 && !flags->of_server)
                return cli_usage(cli, err, "--namespace is the server's: it needs --server");
        if (!session_open(cli, &around, &session, err) || !session_undo(&session, &undo, err) ||
            (flags->of_server && !undo_of_server(&session, flags->namespace, &of_server, err)))
                return false;
        undo.thawed += of_server.thawed;
        undo.closed += of_server.closed;
        undo.failed += of_server.failed;
        print(cli, flags->output.format, &undo);
        cli->exit = undo.failed ? EXIT_PARTIAL : EXIT_OK;
        return true;
}

const Command cmd_hooks_undo = {
        .name = "hooks undo",
        .arguments = "",
        .summary = "Thaw what a killed run has left frozen",
        .details =
                "Every run writes down which pods it is about to freeze, and what thaws them, before it "
                "does. "
                "This command reads what runs that are dead have left in the state folder and runs the post "
                "hooks that are due; the next backup or restore does the same by itself.\n\n"
                "A server keeps its journal in the cluster, and the next server thaws. --server is for when "
                "there "
                "is no next one: it takes the server's lease for that time. A server that lives keeps it: "
                "then this ends with an error after 30 seconds.\n\n"
                "Exit codes: 0 nothing is left, 2 some pods could not be thawed.",
        .example = "# After the machine that ran a backup came back.\n"
                   "grapnel hooks undo\n\n"
                   "# After a server went away for good.\n"
                   "grapnel hooks undo --server --namespace velero",
        .options = options,
        .request_size = sizeof(UndoRequest),
        .run = run,
};
