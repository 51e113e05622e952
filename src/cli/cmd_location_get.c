#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/velero.h"

typedef struct LocationGetRequest {
        Str selector;
        bool only_default;
        ListingFlags listing;
        VeleroFlags velero;
} LocationGetRequest;

static const Option options[] = {
        { OPT_ROW(OPTION_BOOL, LocationGetRequest, only_default, "default", NULL,
                  "only the location of backups that name none") },
        OPT_SELECTOR(LocationGetRequest, selector, "only locations"),
        OPT_GROUP(LocationGetRequest, listing, listing_flags, "Output"),
        OPT_GROUP(LocationGetRequest, velero, velero_flags, "In the cluster"),
        OPT_END,
};

/* Borrows what it takes. */
static Catalog take_default(const Catalog *all, Arena *arena) {
        Catalog found = { .items = arena_alloc(arena, (all->len + 1) * sizeof(CatalogEntry)) };

        for (size_t i = 0; i < all->len; i++) {
                JsonVal *spec = json_get(yyjson_doc_get_root(all->items[i].doc), "spec");

                if (json_get_bool(spec, "default", false))
                        found.items[found.len++] = all->items[i];
        }
        return found;
}

/* Velero's table has no room for why one can't be used. */
static void tell_problems(Cli *cli, const Catalog *shown) {
        for (size_t i = 0; i < shown->len; i++) {
                JsonVal *status = json_get(yyjson_doc_get_root(shown->items[i].doc), "status");
                Str message = json_get_str(status, "message");

                if (str_equal(json_get_str(status, "phase"), STR("Unavailable")) && message.len)
                        cli_warn(cli,
                                 str_of(arena_printf(cli->arena, "\"" STR_FMT "\" is Unavailable: " STR_FMT,
                                                     STR_ARG(shown->items[i].name), STR_ARG(message))));
        }
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const LocationGetRequest *flags = request;
        AUTO(velero_clear) Velero velero = { 0 };
        AUTO(catalog_clear) Catalog all = { 0 };

        if (!velero_open(cli, &flags->velero, &velero, err) ||
            !velero_select(cli, &velero, "BackupStorageLocation", line->arguments, flags->selector, &all,
                           err))
                return false;

        const Catalog shown = flags->only_default ? take_default(&all, cli->arena) : all;
        listing_print(cli, &columns_location, &flags->listing, &shown);
        if (flags->listing.format == OUTPUT_TABLE)
                tell_problems(cli, &shown);
        return true;
}

const Command cmd_location_get = {
        .name = "backup-location get",
        .arguments = "[NAME...]",
        .summary = "List the places for backups, and whether they can be used",
        .example = "# All of them.\n"
                   "grapnel backup-location get\n\n"
                   "# Whether one can be used; if not, standard error says why.\n"
                   "grapnel backup-location get main",
        .options = options,
        .request_size = sizeof(LocationGetRequest),
        .max_arguments = 1000,
        .run = run,
};
