#include "cli/commands.h"
#include "cli/session.h"

typedef struct UndoRequest {
        RunFlags run;
        ClusterFlags cluster;
} UndoRequest;

static const Option options[] = {
        OPT_GROUP(UndoRequest, run, run_flags, "Run"),
        OPT_GROUP(UndoRequest, cluster, cluster_flags, "Cluster"),
        OPT_END,
};

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const UndoRequest *flags = request;
        AUTO(session_clear) Session session = { 0 };
        HookGauges none = { 0 };
        const SessionInput around = { &flags->run, &flags->cluster, &none };
        HookUndo undo;

        (void) line;
        if (!session_open(cli, &around, &session, err) || !session_undo(&session, &undo, err))
                return false;
        if (undo.thawed + undo.closed + undo.failed == 0)
                fprintf(cli->out, "nothing to undo\n");
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
                "Exit codes: 0 nothing is left, 2 some pods could not be thawed.",
        .example = "# After the machine that ran a backup came back.\n"
                   "grapnel hooks undo",
        .options = options,
        .request_size = sizeof(UndoRequest),
        .run = run,
};
