/* ServerStatusRequests: `velero version` and `velero plugin get` ask with them (spec/backup-behaviour.md 7.8). */
#include "server/change.h"
#include "server/controllers.h"
#include "server/objects.h"

static const int64_t kept_ms = INT64_C(60) * 1000;

/* `velero version` warns when major and minor are not its own, so Velero's, whose resources these are, come first. */
static const char version[] = "v1.18.0-grapnel." GRAPNEL_VERSION;

/* What is built in, under the names that Velero has for it. */
static const struct {
        const char *name, *kind;
} plugins[] = {
        { "velero.io/crd-remap-version", "BackupItemAction" },
        { "velero.io/pod", "BackupItemAction" },
        { "velero.io/pv", "BackupItemAction" },
        { "velero.io/service-account", "BackupItemAction" },
        { "velero.io/aws", "ObjectStore" },
        { "velero.io/filesystem", "ObjectStore" },
        { "velero.io/add-pvc-from-pod", "RestoreItemAction" },
        { "velero.io/admission-webhook-configuration", "RestoreItemAction" },
        { "velero.io/apiservice", "RestoreItemAction" },
        { "velero.io/change-image-name", "RestoreItemAction" },
        { "velero.io/change-storage-class", "RestoreItemAction" },
        { "velero.io/cluster-role-bindings", "RestoreItemAction" },
        { "velero.io/crd-preserve-fields", "RestoreItemAction" },
        { "velero.io/init-restore-hook", "RestoreItemAction" },
        { "velero.io/job", "RestoreItemAction" },
        { "velero.io/pod", "RestoreItemAction" },
        { "velero.io/role-bindings", "RestoreItemAction" },
        { "velero.io/secret", "RestoreItemAction" },
        { "velero.io/service", "RestoreItemAction" },
        { "velero.io/service-account", "RestoreItemAction" },
};

static bool answer(const Server *server, Str name, Error *err) {
        AUTO(change_clear) Change change = { 0 };
        JsonMutVal *list;

        change_str(&change, "status", "phase", STR("Processed"));
        change_time(&change, "status", "processedTimestamp", server_now_ms(server));
        change_str(&change, "status", "serverVersion", str_of(version));
        list = yyjson_mut_obj_add_arr(change.doc, yyjson_mut_obj_get(change.root, "status"), "plugins");
        for (size_t i = 0; i < sizeof(plugins) / sizeof(*plugins); i++) {
                JsonMutVal *plugin = yyjson_mut_arr_add_obj(change.doc, list);

                json_put_str(change.doc, plugin, "name", str_of(plugins[i].name));
                json_put_str(change.doc, plugin, "kind", str_of(plugins[i].kind));
        }
        return objects_patch(server, KIND_STATUS_REQUEST, name, change.root, NULL, err);
}

static bool reconcile(Server *server, Str name, int64_t *ret_again_ms, Error *err) {
        AUTO_JSON *doc = kinds_get(server->kinds, KIND_STATUS_REQUEST, name);
        JsonVal *request = yyjson_doc_get_root(doc);
        int64_t passed_ms = server_now_ms(server) - object_time_ms(request, "status", "processedTimestamp");

        if (!doc || object_is_deleting(request))
                return true;
        if (str_equal(object_phase(request), STR("New")))
                return answer(server, name, err);
        if (passed_ms >= kept_ms)
                return objects_delete(server, KIND_STATUS_REQUEST, name, err);
        *ret_again_ms = kept_ms - passed_ms;
        return true;
}

const Controller controller_status_request = {
        .name = "server-status-request",
        .kind = KIND_STATUS_REQUEST,
        .reconcile = reconcile,
};
