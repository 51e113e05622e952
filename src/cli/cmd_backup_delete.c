#include "api/backup.h"
#include "cli/commands.h"
#include "cli/delete.h"
#include "kube/object.h"

typedef struct BackupDeleteRequest {
        OriginFlags origin;
        DeleteFlags choice;
} BackupDeleteRequest;

static const Option options[] = {
        OPT_GROUP(BackupDeleteRequest, choice, delete_flags, "Which"),
        OPT_GROUP(BackupDeleteRequest, origin, origin_flags, "Source"),
        OPT_END,
};

/* The server deletes the files, the restores and then the Backup. */
static bool request_deletion(Cli *cli, const Velero *velero, JsonVal *backup, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO(buf_clear) Buf body = { 0 };
        JsonMutVal *root = yyjson_mut_obj(doc), *metadata = json_mut_object(doc, root, "metadata");
        JsonMutVal *labels = json_mut_object(doc, metadata, "labels");
        Str name = object_name(backup);
        const KubeResource *resource;

        json_put_str(doc, root, "apiVersion", STR("velero.io/v1"));
        json_put_str(doc, root, "kind", STR("DeleteBackupRequest"));
        json_put_str(doc, metadata, "generateName",
                     str_of(arena_printf(cli->arena, STR_FMT "-", STR_ARG(name))));
        json_put_str(doc, metadata, "namespace", velero->namespace);
        json_put_str(doc, labels, "velero.io/backup-name", label_value(name, cli->arena));
        json_put_str(doc, labels, "velero.io/backup-uid", object_uid(backup));
        json_put_str(doc, json_mut_object(doc, root, "spec"), "backupName", name);
        json_write_mut(root, &body);
        return velero_resource(cli, velero, "DeleteBackupRequest", &resource, err) &&
               kube_create(velero->cluster.client, resource, velero->namespace, buf_str(&body), velero->stop,
                           NULL, err);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        static const DeletedFiles files = { CATALOG_BACKUPS, "backups", layout_delete_backup };
        static const DeletedKind what = {
                .kind = "Backup",
                .noun = "backup",
                .more = " and all that is stored of them",
                .outcome = "DeletionRequested",
                .before_name = "Request to delete backup \"",
                .after_name = "\" submitted successfully.\nThe backup will be fully deleted after all "
                              "associated data (disk snapshots, "
                              "backup files, restores) are removed.",
                .delete_one = request_deletion,
        };
        const BackupDeleteRequest *flags = request;

        return delete_run(cli, line, &flags->origin, &flags->choice, &files, &what, err);
}

const Command cmd_backup_delete = {
        .name = "backup delete",
        .arguments = "[NAME...]",
        .summary = "Delete backups and all that is stored of them",
        .details = "In the cluster it asks the server to do so, which deletes the backup's restores too, and "
                   "does not wait. In a folder it deletes at once: the metadata goes first, so that a "
                   "deletion that is cut off never leaves a backup that looks whole; restores of the backup "
                   "are not touched.",
        .example = "# Delete backup monday; ask first.\n"
                   "grapnel backup delete monday\n\n"
                   "# Delete all backups of schedule nightly in a script.\n"
                   "grapnel backup delete -l velero.io/schedule-name=nightly --confirm",
        .options = options,
        .request_size = sizeof(BackupDeleteRequest),
        .max_arguments = 1000,
        .run = run,
};
