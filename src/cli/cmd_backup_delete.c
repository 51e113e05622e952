#include "cli/commands.h"
#include "cli/stored.h"
#include "cli/words.h"

typedef struct DeleteRequest {
        FromFlags from;
        Str selector;
        bool all, confirm;
} DeleteRequest;

static const Option options[] = {
        OPT_GROUP(DeleteRequest, from, from_flags, "Store"),
        { OPT_ROW(OPTION_BOOL, DeleteRequest, all, "all", NULL, "every backup") },
        { OPT_ROW(OPTION_TEXT, DeleteRequest, selector, "selector", "SELECTOR", "backups with these labels"),
          .letter = 'l' },
        { OPT_ROW(OPTION_BOOL, DeleteRequest, confirm, "confirm", NULL, "do not ask") },
        OPT_END,
};

static bool check_choice(Cli *cli, const CommandLine *line, const DeleteRequest *flags, Error *err) {
        int choices = (line->arguments.len > 0) + flags->all + (flags->selector.len > 0);

        return choices == 1 || cli_usage(cli, err, "give names, --all or --selector: exactly one of them");
}

/* Asks on a terminal; elsewhere nobody could answer, and a script that means it says --confirm. */
static bool confirm(Cli *cli, const Catalog *catalog, bool *ret_yes, Error *err) {
        char answer[16] = "";
        Str count = words_plural(catalog->len, "backup", cli->arena);

        if (!cli->in_is_terminal) {
                cli_set_hint(cli, "--confirm deletes without asking");
                return cli_usage(cli, err, "nobody to ask: standard input is not a terminal");
        }
        for (size_t i = 0; i < catalog->len; i++)
                fprintf(cli->err, "  " STR_FMT "\n", STR_ARG(catalog->items[i].name));
        fprintf(cli->err, "Delete " STR_FMT " and all that is stored of them (Y/N)? ", STR_ARG(count));
        fflush(cli->err);
        *ret_yes = fgets(answer, sizeof answer, cli->in) && (answer[0] == 'y' || answer[0] == 'Y');
        return true;
}

static bool delete_one(Store *store, Str name, Arena *arena, Error *err) {
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

static bool find(Cli *cli, const Origin *origin, const CommandLine *line, const DeleteRequest *flags,
                 Catalog *ret_catalog, Error *err) {
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
        return origin_select(cli, origin, CATALOG_BACKUPS, (Strs) { 0 }, flags->selector, ret_catalog, err);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const DeleteRequest *flags = request;
        AUTO(origin_clear) Origin origin = { 0 };
        AUTO(catalog_clear) Catalog catalog = { 0 };
        bool yes = flags->confirm;

        if (!check_choice(cli, line, flags, err) ||
            !catalog_open_store(cli, flags->from.from, &origin.store, err) ||
            !find(cli, &origin, line, flags, &catalog, err))
                return false;
        if (catalog.len == 0) {
                fprintf(cli->out, "No backups found\n");
                return true;
        }
        if (!yes && !confirm(cli, &catalog, &yes, err))
                return false;
        if (!yes) {
                fprintf(cli->err, "Nothing was deleted\n");
                return true;
        }
        for (size_t i = 0; i < catalog.len; i++) {
                if (!delete_one(origin.store, catalog.items[i].name, cli->arena, err))
                        return false;
                fprintf(cli->out, "Backup " STR_FMT " deleted\n", STR_ARG(catalog.items[i].name));
        }
        return true;
}

const Command cmd_backup_delete = {
        .name = "backup delete",
        .arguments = "[NAME...]",
        .summary = "Delete backups from their folder",
        .details = "The metadata goes first, so that a deletion that is cut off never leaves a backup that "
                   "looks whole. Restores of the backup are not touched.",
        .example = "# Delete backup monday; ask first.\n"
                   "grapnel backup delete monday --from ./backups\n\n"
                   "# Delete all backups of schedule nightly in a script.\n"
                   "grapnel backup delete -l velero.io/schedule-name=nightly --confirm --from ./backups",
        .options = options,
        .request_size = sizeof(DeleteRequest),
        .max_arguments = 1000,
        .run = run,
};
