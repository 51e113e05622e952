#include "cli/create.h"

#include <ctype.h>

#include "cli/await.h"
#include "cli/fields.h"
#include "cli/output.h"
#include "cli/summary.h"
#include "cli/velero_config.h"
#include "kube/object.h"

const Option create_output_flags[] = {
        { OPT_ROW(OPTION_CHOICE, ListingFlags, format, "output", "table|json|yaml",
                  "print the object in this format and create nothing"),
          .letter = 'o' },
        { OPT_ROW(OPTION_LIST, ListingFlags, label_columns, "label-columns", "LABELS",
                  "with -o table: show these labels as columns"),
          .letter = 'L' },
        { OPT_ROW(OPTION_BOOL, ListingFlags, show_labels, "show-labels", NULL,
                  "with -o table: show all labels in the last column") },
        OPT_END,
};

const Option create_flags[] = {
        { OPT_ROW(OPTION_TEXT, CreateFlags, file, "file", "FILE",
                  "manifest, YAML or JSON, with the hooks for one; - for standard input"),
          .letter = 'f' },
        { OPT_ROW(OPTION_BOOL, CreateFlags, wait, "wait", NULL,
                  "wait for its end, and end with 0 Completed, 2 PartiallyFailed, 1 Failed"),
          .letter = 'w' },
        OPT_GROUP(CreateFlags, listing, create_output_flags, "Output"),
        OPT_END,
};

void creating_clear(Creating *creating) {
        velero_clear(&creating->velero);
}

bool create_namespace(Cli *cli, Str *ret_namespace, Error *err) {
        return velero_config_namespace(STR(""), cli->arena, ret_namespace, err);
}

bool create_open(Cli *cli, Creating *creating, Str namespace, Error *err) {
        const VeleroFlags flags = { namespace, creating->flags->cluster };

        return creating->velero.cluster.client || velero_open(cli, &flags, &creating->velero, err);
}

bool create_is_dry(const Creating *creating) {
        return options_given(creating->line, "output");
}

void create_print_one(Cli *cli, const ListingTable *table, const ListingFlags *flags, JsonDoc *object) {
        CatalogEntry entry = { .doc = object };
        const Catalog one = { .items = &entry, .len = 1 };

        listing_print(cli, table, flags, &one);
}

void create_print(Cli *cli, const Creating *creating, JsonDoc *object) {
        create_print_one(cli, creating->table, &creating->flags->listing, object);
}

bool create_check_locations(Cli *cli, const Velero *velero, JsonVal *spec, Error *err) {
        Str storage = json_get_str(spec, "storageLocation");
        size_t i, count;
        JsonVal *name;

        if (storage.len) {
                AUTO_JSON *location = NULL;

                if (!velero_get(cli, velero, "BackupStorageLocation", storage, &location, err))
                        return false;
        }
        yyjson_arr_foreach(json_get(spec, "volumeSnapshotLocations"), i, count, name) {
                AUTO_JSON *location = NULL;

                if (!velero_get(cli, velero, "VolumeSnapshotLocation", json_str(name), &location, err))
                        return false;
        }
        return true;
}

/* How the user goes on: "grapnel backup logs b1 -n NS". */
static const char *command(const Creating *creating, const char *verb, Str name, Arena *arena) {
        const char *noun = strcmp(creating->kind, "Backup") == 0 ? "backup" : "restore";
        Str namespace = fields_given(creating->line, "metadata.namespace");

        return arena_printf(arena, "grapnel %s %s " STR_FMT "%s" STR_FMT, noun, verb, STR_ARG(name),
                            namespace.len ? " -n " : "", STR_ARG(namespace));
}

static Str reason_of(JsonVal *object, Arena *arena) {
        JsonVal *status = json_get(object, "status");
        Strs reasons = { 0 };
        Str failure = json_get_str(status, "failureReason");

        json_add_strs(json_get(status, "validationErrors"), arena, &reasons);
        if (failure.len)
                strs_add(&reasons, arena, failure);
        return strs_join(&reasons, STR("\n"), arena);
}

static void tell_end(Cli *cli, const Creating *creating, JsonVal *object) {
        Str phase = json_str(json_at(object, "status", "phase")), name = object_name(object);
        const char *describe = command(creating, "describe", name, cli->arena);
        const char *logs = command(creating, "logs", name, cli->arena);

        fprintf(cli->out,
                "%s completed with status: " STR_FMT
                ". You may check for more information using the commands `%s` and `%s`.\n",
                creating->kind, STR_ARG(phase), describe, logs);
        cli_end(cli, summary_exit(arena_copy(cli->arena, phase).ptr), reason_of(object, cli->arena));
}

static bool follow(Cli *cli, const Creating *creating, JsonVal *created, Error *err) {
        const AwaitedRun run = { creating->kind, object_name(created), object_uid(created) };
        const char *noun = strcmp(creating->kind, "Backup") == 0 ? "backup" : "restore";
        AUTO_JSON *end = NULL;

        fprintf(cli->out,
                "Waiting for %s to complete. You may safely press ctrl-c to stop waiting - your %s will "
                "continue in the background.\n",
                noun, noun);
        (void) fflush(cli->out);
        if (!await_end(cli, &creating->velero, &run, &end, err))
                return false;
        tell_end(cli, creating, yyjson_doc_get_root(end));
        return true;
}

bool create_submit(Cli *cli, const Creating *creating, Request *manifest, Error *err) {
        const Velero *velero = &creating->velero;
        AUTO_JSON *created = NULL;
        Str name = arena_copy(cli->arena, object_name(yyjson_doc_get_root(manifest->object)));

        while (!velero_create(cli, velero, creating->kind, yyjson_doc_get_root(manifest->object), &created,
                              err)) {
                if (!request_next_name(cli, manifest, &name, err))
                        return false;
                request_rename(manifest, name);
        }
        fprintf(cli->out, "%s request \"" STR_FMT "\" submitted successfully.\n", creating->kind,
                STR_ARG(name));
        if (creating->flags->wait)
                return follow(cli, creating, yyjson_doc_get_root(created), err);
        fprintf(cli->out, "Run `%s` or `%s` for more details.\n",
                command(creating, "describe", name, cli->arena), command(creating, "logs", name, cli->arena));
        return true;
}
