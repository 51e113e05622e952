#include "cli/commands.h"
#include "cli/delete.h"

typedef struct RestoreDeleteRequest {
        OriginFlags origin;
        DeleteFlags choice;
} RestoreDeleteRequest;

static const Option options[] = {
        OPT_GROUP(RestoreDeleteRequest, choice, delete_flags, "Which"),
        OPT_GROUP(RestoreDeleteRequest, origin, origin_flags, "Source"),
        OPT_END,
};

static bool delete_restore(Cli *cli, const Velero *velero, JsonVal *restore, Error *err) {
        return delete_object(cli, velero, "Restore", restore, err);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        static const DeletedFiles files = { CATALOG_RESTORES, "restores", layout_delete_restore };
        static const DeletedKind what = {
                .kind = "Restore",
                .noun = "restore",
                .more = " and their logs",
                .outcome = "DeletionRequested",
                .before_name = "Request to delete restore \"",
                .after_name = "\" submitted successfully.\nThe restore will be fully deleted after all "
                              "associated data (restore files in "
                              "object storage) are removed.",
                .delete_one = delete_restore,
        };
        const RestoreDeleteRequest *flags = request;

        return delete_run(cli, line, &flags->origin, &flags->choice, &files, &what, err);
}

const Command cmd_restore_delete = {
        .name = "restore delete",
        .arguments = "[NAME...]",
        .summary = "Delete restores and their logs",
        .details = "What was restored stays. In the cluster the server removes the files of the restore; in "
                   "a folder they are deleted at once.",
        .example = "# Delete restore monday-20261122171729; ask first.\n"
                   "grapnel restore delete monday-20261122171729\n\n"
                   "# Delete all restores in a folder, in a script.\n"
                   "grapnel restore delete --all --confirm --from /srv/backups",
        .options = options,
        .request_size = sizeof(RestoreDeleteRequest),
        .max_arguments = 1000,
        .run = run,
};
