#include "restore/settings.h"

#include "kube/object.h"

static const KubeResource config_maps = { .version = { "v1", 2 },
                                          .name = { "configmaps", 10 },
                                          .kind = { "ConfigMap", 9 },
                                          .is_namespaced = true };

void settings_clear(Settings *settings) {
        yyjson_doc_free(settings->storage_classes);
        yyjson_doc_free(settings->image_names);
        modifiers_free(settings->modifiers);
        *settings = (Settings) { 0 };
}

static bool keep(JsonVal *config_map, const char *label, JsonDoc **data, Error *err) {
        if (!str_equal(json_get_str(object_labels(config_map), label), STR("RestoreItemAction")))
                return true;
        if (*data)
                return error_set(
                        err, ERROR_INVALID,
                        "more than one ConfigMap is labelled %s: RestoreItemAction, the second is \"" STR_FMT
                        "\"",
                        label, STR_ARG(object_name(config_map)));
        AUTO_JSON_MUT *copy = yyjson_mut_doc_new(NULL);
        JsonVal *values = json_get(config_map, "data");
        yyjson_mut_doc_set_root(copy, values ? yyjson_val_mut_copy(copy, values) : yyjson_mut_obj(copy));
        *data = yyjson_mut_doc_imut_copy(copy, NULL);
        return true;
}

static bool take_page(void *user, const KubePage *page, Error *err) {
        Settings *settings = user;
        JsonVal *config_map;
        size_t i, max;

        if (page->is_restart) {
                yyjson_doc_free(settings->storage_classes);
                yyjson_doc_free(settings->image_names);
                settings->storage_classes = settings->image_names = NULL;
        }
        yyjson_arr_foreach(page->items, i, max, config_map) {
                if (!keep(config_map, "velero.io/change-storage-class", &settings->storage_classes, err) ||
                    !keep(config_map, "velero.io/change-image-name", &settings->image_names, err))
                        return false;
        }
        return true;
}

static bool read_modifier(KubeClient *client, const Restore *restore, const Stop *stop, Settings *settings,
                          Error *err) {
        AUTO_JSON *doc = NULL;

        if (restore->spec.resource_modifier.len == 0)
                return true;
        if (!kube_get(client, &config_maps, restore->namespace, restore->spec.resource_modifier, stop, &doc,
                      err) ||
            !modifiers_decode(yyjson_doc_get_root(doc), &settings->modifiers, err))
                return error_prefix(err, "resource modifier \"" STR_FMT "\" in namespace \"" STR_FMT "\"",
                                    STR_ARG(restore->spec.resource_modifier), STR_ARG(restore->namespace));
        return true;
}

bool settings_read(KubeClient *client, const Restore *restore, const Stop *stop, Settings *ret_settings,
                   Error *err) {
        AUTO(settings_clear) Settings settings = { 0 };
        AUTO(error_clear) Error failed = { 0 };
        KubeList list = { .resource = &config_maps,
                          .namespace = restore->namespace,
                          .label_selector = STR("velero.io/plugin-config") };

        /* Who may not read that namespace has configured nothing in it. */
        if (!kube_list(client, &list, take_page, &settings, stop, &failed) && failed.code != ERROR_FORBIDDEN)
                return error_set(err, failed.code, "%s", failed.message);
        if (!read_modifier(client, restore, stop, &settings, err))
                return false;
        *ret_settings = settings;
        settings = (Settings) { 0 };
        return true;
}
