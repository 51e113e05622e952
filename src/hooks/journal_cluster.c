#include "hooks/journal_cluster.h"

#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hooks/call.h"
#include "hooks/journal_cluster_private.h"
#include "hooks/journal_place.h"
#include "hooks/journal_record.h"
#include "kube/object.h"

enum { OPEN_LIMIT = 900 * 1024, CONFLICTS_MAX = 5, KEY_MAX = 200 };

const KubeResource journal_config_maps = { .group = { "", 0 },
                                           .version = { "v1", 2 },
                                           .name = { "configmaps", 10 },
                                           .kind = { "ConfigMap", 9 },
                                           .singular = { "configmap", 9 },
                                           .is_namespaced = true };

typedef enum PodWrite { WRITE_NONE, WRITE_BEGIN, WRITE_END } PodWrite;

typedef struct OpenPod {
        char *key;
        Buf record;
        bool is_sent, is_ended;
        PodWrite in_flight;
} OpenPod;

struct ClusterPlace {
        JournalCluster *cluster;
        char *name;
        Buf run;
        const Stop *stop;
        bool may_exist, is_kept; /* kept: a person has to look at it */
        Buf version;             /* that the next write counts on */
        Mutex lock;
        OpenPod *pods GUARDED_BY(&lock);
        size_t len GUARDED_BY(&lock), capacity GUARDED_BY(&lock);
        size_t open_bytes GUARDED_BY(&lock);
        ClusterPlace *next; /* guarded by cluster->lock */
};

JournalCluster *journal_cluster_new(const JournalClusterOptions *options) {
        JournalCluster *cluster = xnew0(JournalCluster);

        cluster->options = *options;
        mutex_init(&cluster->lock);
        return cluster;
}

void journal_cluster_free(JournalCluster *cluster) {
        if (!cluster)
                return;
        mutex_destroy(&cluster->lock);
        free(cluster);
}

static ClusterPlace *new_place(JournalCluster *cluster, char *name, const JournalRun *run, const Stop *stop) {
        ClusterPlace *place = xnew0(ClusterPlace);

        place->cluster = cluster;
        place->name = name;
        place->stop = stop;
        journal_record_run(run, &place->run);
        mutex_init(&place->lock);
        mutex_lock(&cluster->lock);
        place->next = cluster->first;
        cluster->first = place;
        mutex_unlock(&cluster->lock);
        return place;
}

static void pod_clear(OpenPod *pod) {
        free(pod->key);
        buf_clear(&pod->record);
}

static void place_free(ClusterPlace *place) {
        JournalCluster *cluster = place->cluster;

        mutex_lock(&cluster->lock);
        for (ClusterPlace **at = &cluster->first; *at; at = &(*at)->next) {
                if (*at == place) {
                        *at = place->next;
                        break;
                }
        }
        mutex_unlock(&cluster->lock);
        mutex_lock(&place->lock);
        for (size_t i = 0; i < place->len; i++)
                pod_clear(&place->pods[i]);
        free(place->pods);
        mutex_unlock(&place->lock);
        mutex_destroy(&place->lock);
        buf_clear(&place->run);
        buf_clear(&place->version);
        free(place->name);
        free(place);
}

bool journal_cluster_has(JournalCluster *cluster, Str name) {
        bool is_open = false;

        mutex_lock(&cluster->lock);
        for (const ClusterPlace *place = cluster->first; place && !is_open; place = place->next)
                is_open = str_equal(str_of(place->name), name);
        mutex_unlock(&cluster->lock);
        return is_open;
}

/* A UID is unique in the cluster; what cannot be in a ConfigMap's key is no UID of Kubernetes'. */
static char *key_of(const PodPlan *pod) {
        char *key = xasprintf(JOURNAL_POD_KEY "%.*s", pod->uid.len < KEY_MAX ? (int) pod->uid.len : KEY_MAX,
                              pod->uid.ptr ? pod->uid.ptr : "");

        for (char *c = key; *c; c++) {
                bool is_letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');

                if (!is_letter && !(*c >= '0' && *c <= '9') && *c != '-' && *c != '.')
                        *c = '_';
        }
        return key;
}

/* Commands may hold what not everybody is to see who may read ConfigMaps: only those that thaw are needed. */
static void add_record(const PodPlan *pod, Buf *into) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str word = STR("fsfreeze");
        PodPlan brief = *pod;

        brief.pre = pod->pre_len ? arena_alloc(&arena, pod->pre_len * sizeof *brief.pre) : NULL;
        for (size_t i = 0; i < pod->pre_len; i++) {
                bool outlives = hook_call_outlives_restart(&pod->pre[i]);

                brief.pre[i] = pod->pre[i];
                brief.pre[i].command = outlives ? (Strs) { &word, 1, 1 } : (Strs) { 0 };
        }
        journal_record_begin(&brief, into);
}

static void add_pod(ClusterPlace *place, OpenPod pod) THREAD_ANNOTATION(requires_capability(place->lock)) {
        if (place->len == place->capacity) {
                place->capacity = place->capacity ? 2 * place->capacity : 16;
                place->pods = xrealloc_array(place->pods, place->capacity, sizeof *place->pods);
        }
        place->pods[place->len++] = pod;
        place->open_bytes += pod.record.len;
}

static bool begin_pod(ClusterPlace *place, const PodPlan *plan, Error *err)
        THREAD_ANNOTATION(requires_capability(place->lock)) {
        AUTO(buf_clear) Buf record = { 0 };

        add_record(plan, &record);
        if (place->open_bytes + record.len > OPEN_LIMIT)
                return error_set(err, ERROR_INVALID,
                                 "the journal of what is frozen at one time would be larger than %d bytes",
                                 OPEN_LIMIT);
        add_pod(place, (OpenPod) { .key = key_of(plan), .record = record });
        record = (Buf) { 0 };
        return true;
}

static void end_pod(ClusterPlace *place, const PodPlan *plan)
        THREAD_ANNOTATION(requires_capability(place->lock)) {
        AUTO_FREE char *key = key_of(plan);

        for (size_t i = 0; i < place->len; i++)
                place->pods[i].is_ended = place->pods[i].is_ended || strcmp(place->pods[i].key, key) == 0;
}

static bool append_pods(void *user, const PodPlan *const *pods, size_t count, JournalMark mark, Error *err) {
        ClusterPlace *place = user;
        bool is_good = true;

        mutex_lock(&place->lock);
        for (size_t i = 0; is_good && i < count; i++) {
                if (mark == JOURNAL_BEGUN)
                        is_good = begin_pod(place, pods[i], err);
                else
                        end_pod(place, pods[i]);
        }
        mutex_unlock(&place->lock);
        return is_good;
}

typedef struct Change { /* one write */
        JsonMutDoc *doc;
        JsonMutVal *data;   /* keys to texts, and to null what goes */
        size_t begun, open; /* pods that begin with it; pods that are open after it */
        bool is_empty;
} Change;

static void take_change(ClusterPlace *place, Change *change) {
        mutex_lock(&place->lock);
        change->is_empty = true;
        for (size_t i = 0; i < place->len; i++) {
                OpenPod *pod = &place->pods[i];

                change->open += !pod->is_ended;
                if (pod->is_sent && !pod->is_ended)
                        continue;
                change->begun += !pod->is_ended;
                change->is_empty = false;
                pod->in_flight = pod->is_ended ? WRITE_END : WRITE_BEGIN;
                json_mut_set(change->doc, change->data, str_of(pod->key),
                             pod->is_ended ? yyjson_mut_null(change->doc)
                                           : json_new_str(change->doc, buf_str(&pod->record)));
                pod->is_sent = true;
        }
        mutex_unlock(&place->lock);
}

/* What a failed write was to begin has not begun, whether or not it is there. */
static void settle_change(ClusterPlace *place, bool is_written) {
        size_t kept = 0;

        mutex_lock(&place->lock);
        place->open_bytes = 0;
        for (size_t i = 0; i < place->len; i++) {
                OpenPod *pod = &place->pods[i];
                PodWrite write = pod->in_flight;

                pod->is_ended = pod->is_ended || (write == WRITE_BEGIN && !is_written);
                pod->in_flight = WRITE_NONE;
                if (write == WRITE_END && is_written) {
                        pod_clear(pod);
                        continue;
                }
                place->open_bytes += pod->record.len;
                place->pods[kept++] = *pod;
        }
        place->len = kept;
        mutex_unlock(&place->lock);
}

static void put_fence(const ClusterPlace *place, JsonMutDoc *doc, JsonMutVal *data) {
        AUTO(arena_clear) Arena arena = { 0 };

        json_put_str(doc, data, "fence",
                     str_of(arena_printf(&arena, "%lld", (long long) place->cluster->options.fence)));
}

static KubeObject object_of(const ClusterPlace *place) {
        return (KubeObject) { .resource = &journal_config_maps,
                              .namespace = place->cluster->options.namespace,
                              .name = str_of(place->name) };
}

static void keep_version(ClusterPlace *place, JsonVal *object) {
        buf_reset(&place->version);
        buf_add(&place->version, json_str(json_at(object, "metadata", "resourceVersion")));
}

/* Is it there, and still ours?  Its version then. */
static bool read_version(ClusterPlace *place, const Stop *stop, Error *err) {
        const JournalClusterOptions *options = &place->cluster->options;
        AUTO_JSON *doc = NULL;
        Str fence;

        if (!kube_get(options->client, &journal_config_maps, options->namespace, str_of(place->name), stop,
                      &doc, err))
                return false;
        fence = json_str(json_at(yyjson_doc_get_root(doc), "data", "fence"));
        if (fence.len == 0 || strtoll(fence.ptr, NULL, 10) != options->fence)
                return error_set(err, ERROR_CONFLICT, "another server leads by now, and has taken over");
        keep_version(place, yyjson_doc_get_root(doc));
        return true;
}

static bool create(ClusterPlace *place, const Change *change, const Stop *stop, Error *err) {
        const JournalClusterOptions *options = &place->cluster->options;
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO_JSON *reply = NULL;
        AUTO(buf_clear) Buf body = { 0 };
        JsonMutVal *object = yyjson_mut_obj(doc), *metadata = yyjson_mut_obj_add_obj(doc, object, "metadata"),
                   *labels = yyjson_mut_obj_add_obj(doc, metadata, "labels"), *data;

        json_put_str(doc, object, "apiVersion", STR("v1"));
        json_put_str(doc, object, "kind", STR("ConfigMap"));
        json_put_str(doc, metadata, "name", str_of(place->name));
        json_put_str(doc, metadata, "namespace", options->namespace);
        json_put_str(doc, labels, "component", STR("velero"));
        json_put_str(doc, labels, JOURNAL_LABEL, STR("true"));
        json_put_str(doc, labels, "velero.io/exclude-from-backup", STR("true"));
        data = yyjson_mut_val_mut_copy(doc, change->data);
        yyjson_mut_obj_add_val(doc, object, "data", data);
        json_put_str(doc, data, "run", buf_str(&place->run));
        put_fence(place, doc, data);
        json_write_mut(object, &body);

        place->may_exist = true;
        if (kube_create(options->client, &journal_config_maps, options->namespace, buf_str(&body), stop,
                        &reply, err)) {
                keep_version(place, yyjson_doc_get_root(reply));
                return true;
        }
        if (err->code != ERROR_EXISTS)
                return false;
        error_clear(err); /* the reply of a first try was lost: nobody else has the name */
        return read_version(place, stop, err);
}

/* A conflict may be the answer to a second try of what has been written: then it is written once more. */
static bool patch(ClusterPlace *place, const Change *change, const Stop *stop, Error *err) {
        const KubeObject object = object_of(place);

        for (int tries = 0;; tries++) {
                AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
                AUTO_JSON *reply = NULL;
                AUTO(buf_clear) Buf body = { 0 };
                JsonMutVal *root = yyjson_mut_obj(doc);

                json_put_str(doc, yyjson_mut_obj_add_obj(doc, root, "metadata"), "resourceVersion",
                             buf_str(&place->version));
                yyjson_mut_obj_add_val(doc, root, "data", yyjson_mut_val_mut_copy(doc, change->data));
                json_write_mut(root, &body);
                if (kube_patch(place->cluster->options.client, &object, KUBE_PATCH_MERGE, buf_str(&body),
                               stop, &reply, err)) {
                        keep_version(place, yyjson_doc_get_root(reply));
                        return true;
                }
                if (err->code != ERROR_CONFLICT || tries == CONFLICTS_MAX)
                        return false;
                error_clear(err);
                if (!read_version(place, stop, err))
                        return false;
        }
}

static bool remove_object(ClusterPlace *place, Error *err) {
        const KubeObject object = object_of(place);

        if (!kube_delete(place->cluster->options.client, &object, place->cluster->options.lost, err)) {
                if (err->code != ERROR_NOT_FOUND)
                        return false;
                error_clear(err);
        }
        place->may_exist = false;
        return true;
}

static bool write_change(ClusterPlace *place, const Change *change, Error *err) {
        const Stop *stop = change->begun > 0 ? place->stop : place->cluster->options.lost;

        if (change->open == 0 && !place->is_kept)
                return !place->may_exist || remove_object(place, err);
        if (change->is_empty)
                return true;
        return place->may_exist ? patch(place, change, stop, err) : create(place, change, stop, err);
}

static bool sync_place(void *user, Error *err) {
        ClusterPlace *place = user;
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        Change change = { .doc = doc, .data = yyjson_mut_obj(doc) };

        take_change(place, &change);
        bool is_written = write_change(place, &change, err);
        settle_change(place, is_written);
        return is_written || error_prefix(err, "write the journal, ConfigMap \"%s\"", place->name);
}

/* What could not be written is left for recovery, which thaws once more. */
static void close_place(void *user, size_t open_pods) {
        AUTO(error_clear) Error err = { 0 };

        (void) open_pods;
        (void) !sync_place(user, &err);
        place_free(user);
}

static const JournalPlaceKind cluster_kind = { append_pods, sync_place, close_place };

Journal *journal_open_in_cluster(JournalCluster *cluster, const JournalRun *run, const Stop *stop) {
        uint64_t random = 0;

        if (getrandom(&random, sizeof random, 0) != sizeof random)
                random = (uint64_t) clock_us();
        return journal_new(&cluster_kind,
                           new_place(cluster,
                                     xasprintf("grapnel-journal-%016llx", (unsigned long long) random), run,
                                     stop),
                           0);
}

bool journal_adopt_in_cluster(const JournalDebt *debt, Journal **ret_journal, Error *err) {
        JournalCluster *cluster = debt->cluster;
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        Change fence = { .doc = doc, .data = yyjson_mut_obj(doc) };
        ClusterPlace *place = new_place(cluster, xasprintf(STR_FMT, STR_ARG(debt->file)), &debt->run,
                                        cluster->options.lost);

        place->may_exist = true;
        place->is_kept = debt->bad_lines > 0;
        buf_add(&place->version, debt->version);
        mutex_lock(&place->lock);
        for (size_t i = 0; i < debt->len; i++)
                add_pod(place, (OpenPod) { .key = key_of(&debt->pods[i]), .is_sent = true });
        mutex_unlock(&place->lock);
        put_fence(place, doc, fence.data);
        if (patch(place, &fence, cluster->options.lost, err)) {
                *ret_journal = journal_new(&cluster_kind, place, debt->len + place->is_kept);
                return true;
        }
        bool is_taken = err->code == ERROR_CONFLICT || err->code == ERROR_NOT_FOUND;
        if (is_taken)
                error_clear(err);
        place_free(place);
        return is_taken ? error_set(err, ERROR_EXISTS,
                                    "journal, ConfigMap \"" STR_FMT "\": another server undoes it",
                                    STR_ARG(debt->file))
                        : error_prefix(err, "take over the journal, ConfigMap \"" STR_FMT "\"",
                                       STR_ARG(debt->file));
}
