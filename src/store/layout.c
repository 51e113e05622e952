#include "store/layout.h"

#include "data/gzip.h"

enum { NAME_MAX_LEN = 253 };

Str layout_backup_folder(Str name, Arena *arena) {
        return str_of(arena_printf(arena, "backups/" STR_FMT "/", STR_ARG(name)));
}

Str layout_restore_folder(Str name, Arena *arena) {
        return str_of(arena_printf(arena, "restores/" STR_FMT "/", STR_ARG(name)));
}

Str backup_key(Str name, BackupFile file, Arena *arena) {
        static const char *const suffixes[] = {
                [BACKUP_CONTENTS] = ".tar.gz",
                [BACKUP_LOG] = "-logs.gz",
                [BACKUP_RESOURCE_LIST] = "-resource-list.json.gz",
                [BACKUP_RESULTS] = "-results.gz",
                [BACKUP_VOLUME_INFO] = "-volumeinfo.json.gz",
                [BACKUP_POD_VOLUMES] = "-podvolumebackups.json.gz",
                [BACKUP_VOLUME_SNAPSHOTS] = "-volumesnapshots.json.gz",
                [BACKUP_ITEM_OPERATIONS] = "-itemoperations.json.gz",
                [BACKUP_HOOKS] = "-hooks.json.gz",
        };

        if (file == BACKUP_METADATA)
                return str_of(arena_printf(arena, "backups/" STR_FMT "/velero-backup.json", STR_ARG(name)));
        return str_of(arena_printf(arena, "backups/" STR_FMT "/" STR_FMT "%s", STR_ARG(name), STR_ARG(name),
                                   suffixes[file]));
}

Str restore_key(Str name, RestoreFile file, Arena *arena) {
        static const struct {
                const char *before, *after;
        } parts[] = {
                [RESTORE_METADATA] = { "", "-restore.json" },
                [RESTORE_LOG] = { "restore-", "-logs.gz" },
                [RESTORE_RESULTS] = { "restore-", "-results.gz" },
                [RESTORE_RESOURCE_LIST] = { "restore-", "-resource-list.json.gz" },
                [RESTORE_ITEM_OPERATIONS] = { "restore-", "-itemoperations.json.gz" },
                [RESTORE_VOLUME_INFO] = { "", "-volumeinfo.json.gz" },
                [RESTORE_HOOKS] = { "", "-hooks.json.gz" },
        };

        return str_of(arena_printf(arena, "restores/" STR_FMT "/%s" STR_FMT "%s", STR_ARG(name),
                                   parts[file].before, STR_ARG(name), parts[file].after));
}

static bool is_subdomain(Str name) {
        char before = '.';

        for (size_t i = 0; i < name.len; i++) {
                char c = name.ptr[i];
                bool is_alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

                if (!is_alphanumeric && c != '-' && c != '.')
                        return false;
                if (!is_alphanumeric && (before == '.' || (c == '.' && before == '-')))
                        return false;
                before = c;
        }
        return before != '.' && before != '-';
}

bool layout_check_name(Str name, Error *err) {
        if (name.len == 0)
                return error_set(err, ERROR_INVALID, "the name is empty");
        if (name.len > NAME_MAX_LEN)
                return error_set(err, ERROR_INVALID, "the name has %zu bytes, more than %d", name.len,
                                 NAME_MAX_LEN);
        return is_subdomain(name) ||
               error_set(err, ERROR_INVALID,
                         "\"" STR_FMT
                         "\" is not a name: expected lower-case letters, digits, '-' and '.', with a "
                         "letter or digit at both ends and around each '.'",
                         STR_ARG(name));
}

bool layout_put_gzip(Store *store, Str key, Str plain, Error *err) {
        AUTO(gzip_workspace_freep) GzipWorkspace *workspace = gzip_workspace_new();
        AUTO(buf_clear) Buf packed = { 0 };

        gzip_member(workspace, plain, &packed);
        return (buf_check(&packed, "the packed file", err) ||
                error_prefix(err, "write \"" STR_FMT "\"", STR_ARG(key))) &&
               store_put(store, key, buf_str(&packed), err);
}

bool layout_get_gzip(Store *store, Str key, size_t limit, Buf *into, Error *err) {
        AUTO(store_reader_freep) StoreReader *file = NULL;
        AUTO(gzip_reader_freep) GzipReader *gzip = NULL;
        char plain[16 * 1024];
        size_t size;

        if (!store_read_begin(store, key, &file, err))
                return false;
        gzip = gzip_reader_new(store_read, file, limit);
        do {
                if (!gzip_read(gzip, plain, sizeof plain, &size, err))
                        return error_prefix(err, "\"" STR_FMT "\"", STR_ARG(key));
                buf_add(into, (Str) { plain, size });
        } while (size == sizeof plain && !into->overflowed);
        return buf_check(into, "the unpacked file", err) ||
               error_prefix(err, "\"" STR_FMT "\"", STR_ARG(key));
}

static bool delete_folder(Store *store, const char *noun, Str name, Str folder, Str metadata, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs keys;

        if (!store_list(store, folder, &arena, &keys, err))
                return false;
        if (keys.len == 0)
                return error_set(err, ERROR_NOT_FOUND, "there is no %s \"" STR_FMT "\" in \"" STR_FMT "\"",
                                 noun, STR_ARG(name), STR_ARG(store_name(store)));
        if (!store_delete(store, metadata, err))
                return false;
        for (size_t i = 0; i < keys.len; i++)
                if (!store_delete(store, keys.items[i], err))
                        return false;
        return true;
}

bool layout_delete_backup(Store *store, Str name, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };

        return layout_check_name(name, err) &&
               delete_folder(store, "backup", name, layout_backup_folder(name, &arena),
                             backup_key(name, BACKUP_METADATA, &arena), err);
}

bool layout_delete_restore(Store *store, Str name, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };

        return layout_check_name(name, err) &&
               delete_folder(store, "restore", name, layout_restore_folder(name, &arena),
                             restore_key(name, RESTORE_METADATA, &arena), err);
}
