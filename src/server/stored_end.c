#include "server/stored_end.h"

#include "server/locations.h"
#include "store/layout.h"

enum { RECORD_LIMIT = 16 * 1024 * 1024 };

static bool is_its_end(JsonVal *record, JsonVal *backup) {
        static const char *const ends[] = { "Completed", "PartiallyFailed", "Failed" };
        Str phase = json_get_str(json_get(record, "status"), "phase");

        for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
                if (str_equal(phase, str_of(ends[i])))
                        return str_equal(object_uid(record), object_uid(backup));
        return false;
}

JsonDoc *stored_end_read(const Server *server, JsonVal *backup) {
        AUTO(open_location_clear) OpenLocation open = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf text = { .limit = RECORD_LIMIT };
        AUTO_JSON *record = NULL;
        Str key = backup_key(object_name(backup), BACKUP_METADATA, &arena);

        if (!location_open(server, json_get_str(json_get(backup, "spec"), "storageLocation"), server->stop,
                           &open, &err) ||
            !store_get(open.store, key, RECORD_LIMIT, &text, &err) ||
            !json_parse(buf_str(&text), "velero-backup.json", &record, &err) ||
            !is_its_end(yyjson_doc_get_root(record), backup))
                return NULL;
        return TAKE(record);
}
