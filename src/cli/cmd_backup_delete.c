#include "api/backup.h"
#include "cli/commands.h"
#include "cli/delete.h"
#include "cli/origin.h"
#include "kube/object.h"

#define MORE " and all that is stored of them"

typedef struct BackupDeleteRequest {
        OriginFlags origin;
        DeleteFlags choice;
} BackupDeleteRequest;

static const Option options[] = {
        OPT_GROUP(BackupDeleteRequest, choice, delete_flags, "Which"),
        OPT_GROUP(BackupDeleteRequest, origin, origin_flags, "Source"),
        OPT_END,
};

static bool delete_stored(Store *store, Str name, Arena *arena, Error *err) {
        AUTO(store_unlockp) StoreLock *lock = NULL;
        const char *lock_name = arena_printf(arena, "backups/" STR_FMT, STR_ARG(name));

        return (store_lock(store, str_of(lock_name), &lock, err) && layout_delete_backup(store, name, err)) ||
               error_prefix(err, "delete backup \"" STR_FMT "\"", STR_ARG(name));
}

/* A backup without metadata was never finished; its name is enough to delete it. */
static void add_unfinished(const CommandLine *line, Catalog *catalog, Arena *arena) {
        catalog->items = arena_alloc(arena, (line->arguments.len + 1) * sizeof *catalog->items);
        for (size_t i = 0; i < line->arguments.len; i++)
                catalog->items[catalog->len++] = (CatalogEntry) { .name = line->arguments.items[i] };
}

static bool find(Cli *cli, const Origin *origin, const CommandLine *line, Str selector, Catalog *ret_catalog,
                 Error *err) {
        for (size_t i = 0; i < line->arguments.len; i++) {
                AUTO(error_clear) Error reason = { 0 };
                AUTO(catalog_clear) Catalog one = { 0 };
                Strs name = { &line->arguments.items[i], 1, 0 };

                if (!catalog_read_names(cli, origin->store, CATALOG_BACKUPS, name, &one, &reason) &&
                    reason.code != ERROR_CORRUPT)
                        return error_set(err, reason.code, "%s", reason.message);
        }
        if (line->arguments.len) {
                add_unfinished(line, ret_catalog, cli->arena);
                return true;
        }
        return origin_select(cli, origin, CATALOG_BACKUPS, (Strs) { 0 }, selector, ret_catalog, err);
}

static bool delete_in_folder(Cli *cli, const Origin *origin, const CommandLine *line,
                             const DeleteFlags *flags, Error *err) {
        AUTO(catalog_clear) Catalog catalog = { 0 };
        bool yes;

        if (!find(cli, origin, line, flags->which.selector, &catalog, err))
                return false;
        if (catalog.len == 0) {
                fprintf(cli->out, "No backups found\n");
                return true;
        }
        if (!delete_ask(cli, flags, &catalog, "backup", MORE, &yes, err))
                return false;
        for (size_t i = 0; i < catalog.len && yes; i++) {
                if (!delete_stored(origin->store, catalog.items[i].name, cli->arena, err))
                        return false;
                fprintf(cli->out, "Backup " STR_FMT " deleted\n", STR_ARG(catalog.items[i].name));
        }
        return true;
}

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
        static const DeletedKind what = {
                .kind = "Backup",
                .noun = "backup",
                .more = MORE,
                .before_name = "Request to delete backup \"",
                .after_name = "\" submitted successfully.\nThe backup will be fully deleted after all "
                              "associated data (disk snapshots, "
                              "backup files, restores) are removed.",
                .delete_one = request_deletion,
        };
        const BackupDeleteRequest *flags = request;
        AUTO(origin_clear) Origin origin = { 0 };

        if (!choice_check(cli, line, &flags->choice.which, err) ||
            !origin_open(cli, &flags->origin, &origin, err))
                return false;
        if (origin.store)
                return delete_in_folder(cli, &origin, line, &flags->choice, err);
        return delete_in_cluster(cli, &origin.velero, &what, line, &flags->choice, err);
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
