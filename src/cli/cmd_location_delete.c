#include "api/backup.h"
#include "cli/commands.h"
#include "cli/delete.h"
#include "kube/object.h"

typedef struct LocationDeleteRequest {
        VeleroFlags velero;
        DeleteFlags choice;
} LocationDeleteRequest;

static const Option options[] = {
        OPT_GROUP(LocationDeleteRequest, choice, delete_flags, "Which"),
        OPT_GROUP(LocationDeleteRequest, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool delete_location(Cli *cli, const Velero *velero, JsonVal *location, Error *err) {
        return delete_object(cli, velero, "BackupStorageLocation", location, err);
}

/* What the cluster knows of that is in the location, which is there no more. */
static bool delete_kind(Cli *cli, const Velero *velero, const char *kind, const char *word, Str location,
                        Changes *changes, Error *err) {
        AUTO(catalog_clear) Catalog found = { 0 };
        Str label = label_value(location, cli->arena);
        const char *selector =
                arena_printf(cli->arena, "velero.io/storage-location=" STR_FMT, STR_ARG(label));

        if (!discovery_find_kind(velero->cluster.discovery, STR("velero.io/v1"), str_of(kind)))
                return true;
        if (!velero_list(cli, velero, kind, str_of(selector), &found, err))
                return false;
        for (size_t i = 0; i < found.len; i++) {
                if (!delete_object(cli, velero, kind, yyjson_doc_get_root(found.items[i].doc), err) &&
                    err->code != ERROR_NOT_FOUND)
                        return false;
                error_clear(err);
                changes_add(changes, str_of(kind), found.items[i].name, "Deleted",
                            "%s associated with deleted BSL(s) \"" STR_FMT "\" deleted successfully.", word,
                            STR_ARG(found.items[i].name));
        }
        return true;
}

static bool delete_contents(Cli *cli, const Velero *velero, JsonVal *location, Changes *changes, Error *err) {
        Str name = object_name(location);

        return delete_kind(cli, velero, "Backup", "Backup", name, changes, err) &&
               delete_kind(cli, velero, "BackupRepository", "Backup repository", name, changes, err);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        static const DeletedKind what = {
                .kind = "BackupStorageLocation",
                .noun = "backup-location",
                .more = " (their backups leave the cluster, and stay in the bucket)",
                .outcome = "Deleted",
                .before_name = "Backup storage location \"",
                .after_name = "\" deleted successfully.",
                .delete_one = delete_location,
                .delete_more = delete_contents,
        };
        const LocationDeleteRequest *flags = request;
        AUTO(velero_clear) Velero velero = { 0 };

        return choice_check(cli, line, &flags->choice.which, err) &&
               velero_open(cli, &flags->velero, &velero, err) &&
               delete_in_cluster(cli, &velero, &what, line, &flags->choice, err);
}

const Command cmd_location_delete = {
        .name = "backup-location delete",
        .arguments = "[NAME...]",
        .summary = "Make the cluster forget places for backups",
        .details = "The Backups of the location leave the cluster too. What is in the bucket stays: a new "
                   "location of that bucket brings them back.",
        .example = "# Forget location old; ask first.\n"
                   "grapnel backup-location delete old\n\n"
                   "# In a script.\n"
                   "grapnel backup-location delete old --confirm",
        .options = options,
        .request_size = sizeof(LocationDeleteRequest),
        .max_arguments = 1000,
        .run = run,
};
