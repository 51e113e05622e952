#include "cli/delete.h"

#include "cli/words.h"
#include "kube/object.h"

const Option delete_flags[] = {
        { OPT_ROW(OPTION_BOOL, DeleteFlags, which.all, "all", NULL, "every one") },
        OPT_SELECTOR(DeleteFlags, which.selector, "those"),
        { OPT_ROW(OPTION_BOOL, DeleteFlags, confirm, "confirm", NULL, "do not ask") },
        OPT_GROUP(DeleteFlags, which.output, output_flags, "Output"),
        OPT_END,
};

bool delete_ask(Cli *cli, const DeleteFlags *flags, const Catalog *catalog, const char *noun,
                const char *more, bool *ret_yes, Error *err) {
        AUTO(buf_clear) Buf question = { 0 };
        Str count = words_plural(catalog->len, noun, cli->arena);

        *ret_yes = true;
        if (flags->confirm)
                return true;
        for (size_t i = 0; i < catalog->len; i++)
                buf_printf(&question, "  " STR_FMT "\n", STR_ARG(catalog->items[i].name));
        buf_printf(&question, "Delete " STR_FMT "%s", STR_ARG(count), more);
        if (!cli_ask(cli, buf_str(&question), "--confirm deletes without asking", ret_yes, err))
                return false;
        if (!*ret_yes)
                fprintf(cli->err, "Nothing was deleted\n");
        return true;
}

bool delete_object(Cli *cli, const Velero *velero, const char *kind, JsonVal *object, Error *err) {
        KubeObject which = { .namespace = velero->namespace, .name = object_name(object) };

        return velero_resource(cli, velero, kind, &which.resource, err) &&
               kube_delete(velero->cluster.client, &which, velero->stop, err);
}

static void delete_each(Cli *cli, const Velero *velero, const DeletedKind *what, Choice *choice) {
        for (size_t i = 0; i < choice->catalog.len; i++) {
                AUTO(error_clear) Error reason = { 0 };
                const CatalogEntry *entry = &choice->catalog.items[i];
                JsonVal *object = yyjson_doc_get_root(entry->doc);
                bool is_done = what->delete_one(cli, velero, object, &reason);

                if (is_done)
                        changes_add(&choice->changes, str_of(what->kind), entry->name, what->outcome,
                                    "%s" STR_FMT "%s", what->before_name, STR_ARG(entry->name),
                                    what->after_name);
                if (is_done && what->delete_more)
                        is_done = what->delete_more(cli, velero, object, &choice->changes, &reason);
                if (!is_done)
                        choice_add_problem(cli, choice, &reason);
        }
}

bool delete_in_cluster(Cli *cli, const Velero *velero, const DeletedKind *what, const CommandLine *line,
                       const DeleteFlags *flags, Error *err) {
        AUTO(choice_clear) Choice choice = { 0 };
        bool is_agreed = true;

        if (!choice_find(cli, velero, what->kind, what->noun, line, &flags->which, &choice, err))
                return false;
        if (choice.catalog.len &&
            !delete_ask(cli, flags, &choice.catalog, what->noun, what->more, &is_agreed, err))
                return false;
        if (is_agreed)
                delete_each(cli, velero, what, &choice);
        return choice_end(cli, &choice, err);
}

static bool delete_stored(Cli *cli, Store *store, const DeletedFiles *files, Str name, Error *err) {
        AUTO(store_unlockp) StoreLock *lock = NULL;
        const char *lock_name = arena_printf(cli->arena, "%s/" STR_FMT, files->folder, STR_ARG(name));

        return store_lock(store, str_of(lock_name), &lock, err) && files->delete_one(store, name, err);
}

/* What has no metadata was never finished; its name is enough to delete it. */
static bool find_stored(Cli *cli, const Origin *origin, CatalogKind kind, const CommandLine *line,
                        Str selector, Catalog *ret_catalog, Error *err) {
        if (line->arguments.len == 0)
                return origin_select(cli, origin, kind, (Strs) { 0 }, selector, ret_catalog, err);
        ret_catalog->items = arena_alloc(cli->arena, line->arguments.len * sizeof *ret_catalog->items);
        for (size_t i = 0; i < line->arguments.len; i++) {
                AUTO(error_clear) Error reason = { 0 };
                AUTO(catalog_clear) Catalog one = { 0 };
                Strs name = { &line->arguments.items[i], 1, 0 };

                if (!catalog_read_names(cli, origin->store, kind, name, &one, &reason) &&
                    reason.code != ERROR_CORRUPT)
                        return error_set(err, reason.code, "%s", reason.message);
                ret_catalog->items[ret_catalog->len++] = (CatalogEntry) { .name = name.items[0] };
        }
        return true;
}

static bool delete_stored_each(Cli *cli, const Origin *origin, const DeletedFiles *files,
                               const DeletedKind *what, const Catalog *catalog, Changes *changes,
                               Error *err) {
        for (size_t i = 0; i < catalog->len; i++) {
                Str name = catalog->items[i].name;

                if (!delete_stored(cli, origin->store, files, name, err))
                        return error_prefix(err, "delete %s \"" STR_FMT "\"", what->noun, STR_ARG(name));
                changes_add(changes, str_of(what->kind), name, "Deleted", "%s " STR_FMT " deleted",
                            what->kind, STR_ARG(name));
        }
        return true;
}

static bool delete_in_folder(Cli *cli, const Origin *origin, const DeletedFiles *files,
                             const DeletedKind *what, const CommandLine *line, const DeleteFlags *flags,
                             Error *err) {
        AUTO(catalog_clear) Catalog catalog = { 0 };
        AUTO(changes_clear) Changes changes = changes_new(cli, flags->which.output.format);
        bool is_agreed = true;

        if (!find_stored(cli, origin, files->kind, line, flags->which.selector, &catalog, err))
                return false;
        if (catalog.len == 0)
                changes_say(&changes, "No %ss found", what->noun);
        else if (!delete_ask(cli, flags, &catalog, what->noun, what->more, &is_agreed, err))
                return false;

        bool is_done = !is_agreed || delete_stored_each(cli, origin, files, what, &catalog, &changes, err);
        changes_end(&changes);
        return is_done;
}

bool delete_run(Cli *cli, const CommandLine *line, const OriginFlags *from, const DeleteFlags *flags,
                const DeletedFiles *files, const DeletedKind *what, Error *err) {
        AUTO(origin_clear) Origin origin = { 0 };

        if (!choice_check(cli, line, &flags->which, err) || !origin_open(cli, from, &origin, err))
                return false;
        if (origin.store)
                return delete_in_folder(cli, &origin, files, what, line, flags, err);
        return delete_in_cluster(cli, &origin.velero, what, line, flags, err);
}
