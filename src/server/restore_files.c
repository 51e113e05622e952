#include "server/restore_files.h"

#include "server/locations.h"
#include "server/objects.h"
#include "server/restore_request.h"
#include "store/layout.h"

bool restore_files_remove(Store *store, Str name, Error *err) {
        if (layout_delete_restore(store, name, err))
                return true;
        if (err->code != ERROR_NOT_FOUND)
                return false;
        error_clear(err);
        return true;
}

static bool remove_files(Server *server, JsonVal *restore, Error *err) {
        AUTO(open_location_clear) OpenLocation open = { 0 };
        Str backup = json_get_str(json_get(restore, "spec"), "backupName");
        AUTO_JSON *doc = backup.len > 0 ? kinds_get(server->kinds, KIND_BACKUP, backup) : NULL;
        Str location = json_get_str(json_get(yyjson_doc_get_root(doc), "spec"), "storageLocation");

        if (!doc)
                return true;
        if (!location_open(server, location, server->stop, &open, err)) {
                if (err->code != ERROR_NOT_FOUND)
                        return false;
                error_clear(err);
                return true;
        }
        return restore_files_remove(open.store, object_name(restore), err);
}

static bool remove_finalizer(Server *server, JsonVal *restore, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *patch = restore_without_finalizer(restore, doc);

        if (!patch || objects_patch(server, KIND_RESTORE, object_name(restore), patch, NULL, err))
                return true;
        if (err->code != ERROR_NOT_FOUND)
                return false;
        error_clear(err);
        return true;
}

bool restore_files_finalize(Server *server, JsonVal *restore, Error *err) {
        return remove_files(server, restore, err) && remove_finalizer(server, restore, err);
}
