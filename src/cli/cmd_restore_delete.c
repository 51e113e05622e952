#include "cli/commands.h"
#include "cli/delete.h"

typedef struct RestoreDeleteRequest {
        VeleroFlags velero;
        DeleteFlags choice;
} RestoreDeleteRequest;

static const Option options[] = {
        OPT_GROUP(RestoreDeleteRequest, choice, delete_flags, "Which"),
        OPT_GROUP(RestoreDeleteRequest, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool delete_restore(Cli *cli, const Velero *velero, JsonVal *restore, Error *err) {
        return delete_object(cli, velero, "Restore", restore, err);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        static const DeletedKind what = {
                .kind = "Restore",
                .noun = "restore",
                .more = " and their logs",
                .before_name = "Request to delete restore \"",
                .after_name = "\" submitted successfully.\nThe restore will be fully deleted after all "
                              "associated data (restore files in "
                              "object storage) are removed.",
                .delete_one = delete_restore,
        };
        const RestoreDeleteRequest *flags = request;
        AUTO(velero_clear) Velero velero = { 0 };

        return choice_check(cli, line, &flags->choice.which, err) &&
               velero_open(cli, &flags->velero, &velero, err) &&
               delete_in_cluster(cli, &velero, &what, line, &flags->choice, err);
}

const Command cmd_restore_delete = {
        .name = "restore delete",
        .arguments = "[NAME...]",
        .summary = "Delete restores from the cluster, with their logs",
        .details = "What was restored stays. The server removes the files of the restore.",
        .example = "# Delete restore monday-20261122171729; ask first.\n"
                   "grapnel restore delete monday-20261122171729\n\n"
                   "# Delete all restores in a script.\n"
                   "grapnel restore delete --all --confirm",
        .options = options,
        .request_size = sizeof(RestoreDeleteRequest),
        .max_arguments = 1000,
        .run = run,
};
