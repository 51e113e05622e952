#include "store/location.h"

static void check_config(const StoreLocation *location, Faults *faults) {
        Str path = json_get_str(location->config, "path");
        yyjson_obj_iter keys = yyjson_obj_iter_with(location->config);

        for (JsonVal *key; (key = yyjson_obj_iter_next(&keys));) {
                Str name = json_str(key);

                if (!str_equal(name, STR("path")))
                        faults_add(faults, FAULT_ERROR,
                                   str_of(arena_printf(faults->arena, "spec.config." STR_FMT, STR_ARG(name))),
                                   "is not a setting of provider \"filesystem\", which has only \"path\"");
        }
        if (path.len == 0)
                faults_add(faults, FAULT_ERROR, STR("spec.config.path"),
                           "is missing: it names the folder of the server that holds the buckets");
        else if (path.ptr[0] != '/')
                faults_add(faults, FAULT_ERROR, STR("spec.config.path"),
                           "\"" STR_FMT "\" is not an absolute path", STR_ARG(path));
}

/* A bucket is one folder, a prefix may be several; none of them leads elsewhere. */
static void check_folders(Str text, Str path, bool is_one, Faults *faults) {
        Str rest = text, part;

        if (is_one && memchr(text.ptr, '/', text.len))
                faults_add(faults, FAULT_ERROR, path, "\"" STR_FMT "\" contains a slash", STR_ARG(text));
        while (str_cut(&rest, '/', &part))
                if (part.len == 0 || str_equal(part, STR(".")) || str_equal(part, STR("..")))
                        faults_add(faults, FAULT_ERROR, path,
                                   "\"" STR_FMT "\" has a part that is empty, \".\" or \"..\"",
                                   STR_ARG(text));
}

void store_location_check(const StoreLocation *location, Faults *faults) {
        if (!str_equal(location->provider, STR("filesystem"))) {
                faults_add(faults, FAULT_ERROR, STR("spec.provider"),
                           "\"" STR_FMT
                           "\" is not served by this version, which has \"filesystem\" (a folder "
                           "of the server, such as a PVC or an NFS mount)",
                           STR_ARG(location->provider));
                return;
        }
        check_config(location, faults);
        if (location->bucket.len > 0)
                check_folders(location->bucket, STR("spec.objectStorage.bucket"), true, faults);
        if (location->prefix.len > 0)
                check_folders(location->prefix, STR("spec.objectStorage.prefix"), false, faults);
}

bool store_open_location(const StoreLocation *location, const Stop *stop, Store **ret_store, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        Faults faults = { .arena = &arena };
        Str path = json_get_str(location->config, "path");

        store_location_check(location, &faults);
        if (!faults_check(&faults, err))
                return false;
        return store_open_directory(
                str_of(arena_printf(&arena, STR_FMT "/" STR_FMT "%s" STR_FMT, STR_ARG(path),
                                    STR_ARG(location->bucket), location->prefix.len > 0 ? "/" : "",
                                    STR_ARG(location->prefix))),
                true, stop, ret_store, err);
}

bool store_location_validate(Store *store, Error *err) {
        static const char *const known[] = {
                "backups", "restores", "restic", "metadata", "plugins", "kopia"
        };
        AUTO(arena_clear) Arena arena = { 0 };
        Strs folders = { 0 }, foreign = { 0 };

        if (!store_list_folders(store, STR(""), &arena, &folders, err))
                return false;
        for (size_t i = 0; i < folders.len; i++) {
                bool is_known = false;

                for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
                        is_known = is_known || str_equal(folders.items[i], str_of(known[k]));
                if (!is_known)
                        strs_add(&foreign, &arena, folders.items[i]);
        }
        if (foreign.len == 0)
                return true;

        Str names = strs_join(&foreign, STR(", "), &arena);
        return error_set(err, ERROR_INVALID,
                         "\"" STR_FMT "\" holds folders that are not of backups: " STR_FMT
                         "; give the location a prefix or a bucket of its own",
                         STR_ARG(store_name(store)), STR_ARG(names));
}
