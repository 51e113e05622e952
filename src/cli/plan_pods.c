#include "cli/plan_pods.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "backup/filter.h"
#include "data/yaml.h"
#include "kube/list.h"
#include "kube/object.h"
#include "restore/contents.h"
#include "restore/select.h"
#include "store/layout.h"

enum { FILE_LIMIT = 256 * 1024 * 1024, CHUNK_SIZE = 64 * 1024 };

static void closep(const int *fd) {
        if (*fd > STDIN_FILENO)
                close(*fd);
}

static bool read_failed(Str path, Error *err) {
        return error_set(err, ERROR_INVALID, "\"" STR_FMT "\": %s", STR_ARG(path), strerror(errno));
}

static bool read_all(Str path, Buf *into, Error *err) {
        bool is_stdin = str_equal(path, STR("-"));
        AUTO(closep) int fd = is_stdin ? STDIN_FILENO : open(path.ptr, O_RDONLY | O_CLOEXEC);
        char chunk[CHUNK_SIZE];

        if (fd < 0)
                return read_failed(path, err);
        for (;;) {
                ssize_t len = read(fd, chunk, sizeof chunk);

                if (len < 0 && errno != EINTR)
                        return read_failed(path, err);
                if (len == 0 || into->overflowed)
                        return buf_check(into, path.ptr, err);
                buf_add(into, (Str) { chunk, len < 0 ? 0 : (size_t) len });
        }
}

/* A Pod goes to the sink, a List one by one; anything else is an error that names its kind. */
static bool give_object(JsonVal *object, Str path, PodSink sink, void *user, Error *err) {
        Str kind = json_get_str(object, "kind");
        JsonVal *items = json_get(object, "items"), *item;
        size_t i, count;

        if (str_equal(kind, STR("Pod")))
                return sink(user, object, err);
        if (!yyjson_is_arr(items))
                return error_set(err, ERROR_INVALID,
                                 "\"" STR_FMT "\" holds a \"" STR_FMT
                                 "\", not pods (kubectl get pods -A -o json)",
                                 STR_ARG(path), STR_ARG(kind));
        yyjson_arr_foreach(items, i, count, item) {
                Str item_kind = json_get_str(item, "kind");
                bool is_pod = str_equal(item_kind, STR("Pod")) ||
                              (item_kind.len == 0 && str_equal(kind, STR("PodList")));

                if (is_pod && !sink(user, item, err))
                        return false;
        }
        return true;
}

bool plan_pods_of_file(Str path, PodSink sink, void *user, Error *err) {
        AUTO(buf_clear) Buf text = { .limit = FILE_LIMIT };
        AUTO_JSON *json = NULL;
        AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
        AUTO(error_clear) Error not_json = { 0 };

        if (!read_all(path, &text, err))
                return false;
        /* what is JSON is read as such: YAML readers have a smaller limit */
        if (json_parse(buf_str(&text), path.ptr, &json, &not_json))
                return give_object(yyjson_doc_get_root(json), path, sink, user, err);
        if (!yaml_parse(buf_str(&text), path.ptr, &docs, err))
                return false;
        for (size_t i = 0; i < docs.len; i++)
                if (!give_object(yyjson_doc_get_root(docs.items[i].json), path, sink, user, err))
                        return false;
        return true;
}

typedef struct PageUser {
        PodSink sink;
        void *user;
} PageUser;

static bool give_page(void *user, const KubePage *page, Error *err) {
        const PageUser *to = user;
        size_t i, count;
        JsonVal *pod;

        if (page->is_restart)
                return error_set(err, ERROR_GONE, "the list of pods expired while it was read; try again");
        yyjson_arr_foreach(page->items, i, count, pod) {
                if (!to->sink(to->user, pod, err))
                        return false;
        }
        return true;
}

bool plan_pods_of_cluster(const Cluster *cluster, unsigned page_size, PodSink sink, void *user, Error *err) {
        const KubeResource *pods = discovery_find(cluster->discovery, STR("pods"));
        const KubeList list = { .resource = pods, .page_size = page_size };
        PageUser to = { sink, user };

        if (!pods)
                return error_set(err, ERROR_UNAVAILABLE, "the API server does not serve pods");
        return kube_list(cluster->client, &list, give_page, &to, NULL, err);
}

static bool give_item(const Contents *contents, const ContentsItem *item, PodSink sink, void *user,
                      Error *err) {
        AUTO(buf_clear) Buf text = { 0 };
        AUTO_JSON *pod = NULL;

        return contents_read_item(contents, item, &text, err) &&
               json_parse(buf_str(&text), "a pod of the backup", &pod, err) &&
               sink(user, yyjson_doc_get_root(pod), err);
}

bool plan_pods_of_backup(Store *store, Str backup, Arena *arena, PodSink sink, void *user, Error *err) {
        AUTO(store_reader_freep) StoreReader *reader = NULL;
        AUTO(contents_freep) Contents *contents = NULL;
        const ContentsLimits limits = { 0 };
        size_t len;

        if (!store_read_begin(store, backup_key(backup, BACKUP_CONTENTS, arena), &reader, err) ||
            !contents_read(store_read, reader, &limits, &contents, err))
                return error_prefix(err, "backup \"" STR_FMT "\"", STR_ARG(backup));

        const ContentsGroup *groups = contents_groups(contents, &len);
        for (size_t i = 0; i < len; i++) {
                if (!str_equal(groups[i].resource, STR("pods")))
                        continue;
                for (size_t k = 0; k < groups[i].len; k++)
                        if (!give_item(contents, &groups[i].items[k], sink, user, err))
                                return false;
        }
        return true;
}

bool plan_pods_discovery(Discovery **ret_discovery, Error *err) {
        static const char text[] =
                "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":[{\"name\":\"pods\","
                "\"singularName\":\"pod\",\"namespaced\":true,\"kind\":\"Pod\",\"verbs\":[\"get\",\"list\"],"
                "\"shortNames\":[\"po\"]}]}";
        AUTO_JSON *core = NULL;

        return json_parse(str_of(text), "the list of resources", &core, err) &&
               discovery_from_json(yyjson_doc_get_root(core), NULL, ret_discovery, err);
}

bool plan_selects_backup(const BackupSpec *spec, const Discovery *discovery, JsonVal *pod) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str namespace = object_namespace(pod);
        const Strs namespaces = { &namespace, 1, 1 };
        const FilterSource source = { .spec = spec, .discovery = discovery, .namespaces = &namespaces };
        Filter filter = filter_resolve(&source, &arena);
        const FilterKind pods = { STR("pods"), true };

        return filter_has_namespace(&filter, namespace) && filter_lists(&filter, pods) &&
               filter_selects(&filter, pods, pod);
}

static Str same_word(void *user, Str word) {
        (void) user;
        return str_equal(word, STR("pod")) || str_equal(word, STR("po")) ? STR("pods") : word;
}

bool plan_selects_restore(const RestoreSpec *spec, JsonVal *pod) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs unknown = { 0 };
        Selection selection = selection_make(spec, same_word, NULL, &arena, &unknown);

        return selection_has_resource(&selection, STR("pods")) &&
               selection_has_namespace(&selection, object_namespace(pod)) &&
               selection_has_labels(&selection, object_labels(pod));
}
