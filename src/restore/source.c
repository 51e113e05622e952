#include "restore/source.h"

#include "base/clock.h"
#include "data/json.h"

enum { METADATA_BYTES_MAX = 16 * 1024 * 1024, NAMES_SHOWN = 20 };

void source_clear(BackupSource *source) {
        yyjson_doc_free(source->metadata);
        source->metadata = NULL;
}

static bool read_metadata(Store *store, Str name, JsonDoc **ret_doc, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf text = { 0 };

        return store_get(store, backup_key(name, BACKUP_METADATA, &arena), METADATA_BYTES_MAX, &text, err) &&
               json_parse(buf_str(&text), "velero-backup.json", ret_doc, err);
}

static Str list_names(const Strs *names, Arena *arena) {
        Strs shown = { .items = names->items, .len = names->len < NAMES_SHOWN ? names->len : NAMES_SHOWN };

        if (names->len == 0)
                return STR("no backup");
        return str_of(arena_printf(arena, STR_FMT "%s", STR_ARG(strs_join(&shown, STR(", "), arena)),
                                   names->len > NAMES_SHOWN ? ", …" : ""));
}

static bool is_missing(Store *store, Str name, Arena *arena, Error *err) {
        Strs names = { 0 };

        if (!store_list_folders(store, STR("backups/"), arena, &names, err))
                return false;
        if (strs_has(&names, name))
                return error_set(err, ERROR_CORRUPT,
                                 "backup \"" STR_FMT "\" in \"" STR_FMT
                                 "\" is unfinished: its velero-backup.json is missing",
                                 STR_ARG(name), STR_ARG(store_name(store)));
        return error_set(err, ERROR_NOT_FOUND,
                         "backup \"" STR_FMT "\" is not in \"" STR_FMT "\", which holds " STR_FMT,
                         STR_ARG(name), STR_ARG(store_name(store)), STR_ARG(list_names(&names, arena)));
}

static Str phase_of(JsonVal *backup) {
        return json_get_str(json_get(backup, "status"), "phase");
}

static bool check_phase(Str name, JsonVal *backup, Error *err) {
        Str phase = phase_of(backup), reason = json_get_str(json_get(backup, "status"), "failureReason");

        if (str_equal(phase, STR("Completed")) || str_equal(phase, STR("PartiallyFailed")))
                return true;
        if (str_equal(phase, STR("Failed")) || str_equal(phase, STR("FailedValidation")))
                return error_set(err, ERROR_INVALID,
                                 "backup \"" STR_FMT "\" has failed (phase " STR_FMT "%s" STR_FMT
                                 ") and cannot be restored",
                                 STR_ARG(name), STR_ARG(phase), reason.len > 0 ? ": " : "", STR_ARG(reason));
        return error_set(err, ERROR_INVALID,
                         "backup \"" STR_FMT "\" is not finished: its phase is \"" STR_FMT
                         "\", expected Completed or PartiallyFailed",
                         STR_ARG(name), STR_ARG(phase));
}

static int64_t start_of(JsonVal *backup) {
        AUTO(error_clear) Error err = { 0 };
        int64_t wall_ms = 0;

        if (!clock_parse_rfc3339(json_get_str(json_get(backup, "status"), "startTimestamp"), &wall_ms, &err))
                return 0;
        return wall_ms;
}

static Str schedule_of(JsonVal *backup) {
        return json_get_str(json_at(backup, "metadata", "labels"), "velero.io/schedule-name");
}

/* Backups that cannot be read are not of the schedule. */
static bool find_newest(Store *store, Str schedule, Arena *arena, Str *ret_name, Error *err) {
        Strs names = { 0 };
        int64_t newest_ms = -1;
        size_t of_schedule = 0;

        if (!store_list_folders(store, STR("backups/"), arena, &names, err))
                return false;
        for (size_t i = 0; i < names.len; i++) {
                AUTO(error_clear) Error unreadable = { 0 };
                AUTO_JSON *doc = NULL;

                if (!read_metadata(store, names.items[i], &doc, &unreadable))
                        continue;
                JsonVal *backup = yyjson_doc_get_root(doc);
                if (!str_equal(schedule_of(backup), schedule))
                        continue;
                of_schedule++;
                if (str_equal(phase_of(backup), STR("Completed")) && start_of(backup) > newest_ms) {
                        newest_ms = start_of(backup);
                        *ret_name = names.items[i];
                }
        }
        if (newest_ms >= 0)
                return true;
        return error_set(err, ERROR_NOT_FOUND,
                         "schedule \"" STR_FMT "\" has no completed backup in \"" STR_FMT
                         "\" (%zu of its backups are there)",
                         STR_ARG(schedule), STR_ARG(store_name(store)), of_schedule);
}

bool source_find(Store *store, const RestoreSpec *spec, Arena *arena, BackupSource *ret_source, Error *err) {
        AUTO(error_clear) Error unreadable = { 0 };
        AUTO(source_clear) BackupSource source = { .name = spec->backup_name };

        if (source.name.len == 0 && !find_newest(store, spec->schedule_name, arena, &source.name, err))
                return false;
        if (!layout_check_name(source.name, err))
                return error_prefix(err, "backup name");
        if (!read_metadata(store, source.name, &source.metadata, &unreadable)) {
                if (unreadable.code == ERROR_NOT_FOUND)
                        return is_missing(store, source.name, arena, err);
                return error_set(err, unreadable.code, "read backup \"" STR_FMT "\": %s",
                                 STR_ARG(source.name), unreadable.message);
        }
        JsonVal *backup = yyjson_doc_get_root(source.metadata);
        if (!check_phase(source.name, backup, err))
                return false;
        source.schedule = schedule_of(backup);
        *ret_source = source;
        source.metadata = NULL;
        return true;
}
