#include "server/not_served.h"

#include "kube/list.h"
#include "server/controllers.h"
#include "server/objects.h"

static const struct {
        const char *api_version, *kind, *words;
} kinds[] = {
        { "velero.io/v1", "BackupRepository", "repositories of volume data are not kept" },
        { "velero.io/v1", "PodVolumeBackup", "files of volumes are not backed up" },
        { "velero.io/v1", "PodVolumeRestore", "files of volumes are not restored" },
        { "velero.io/v1", "VolumeSnapshotLocation", "no volume snapshots are taken" },
        { "velero.io/v2alpha1", "DataUpload", "volume data is not moved to the bucket" },
        { "velero.io/v2alpha1", "DataDownload", "volume data is not moved from the bucket" },
};

enum { KIND_ROWS = sizeof(kinds) / sizeof(*kinds) };

Str not_served_words(Str kind, JsonVal *object) {
        Str phase = object_phase(object);

        /* One with another phase is a record of what a Velero did, or somebody else works on it. */
        if (!str_equal(phase, STR("New")) || object_is_deleting(object))
                return STR("");
        for (size_t i = 0; i < KIND_ROWS; i++)
                if (str_equal(kind, str_of(kinds[i].kind)))
                        return str_of(kinds[i].words);
        return STR("");
}

typedef struct Look {
        const Server *server;
        size_t row;
} Look;

static bool look_at_page(void *user, const KubePage *page, Error *err) {
        const Look *look = user;
        const Server *server = look->server;
        Str kind = str_of(kinds[look->row].kind);
        JsonVal *object;
        size_t i, count;

        (void) err;
        yyjson_arr_foreach(page->items, i, count, object) {
                EventAbout about = event_about(object);
                Str words = not_served_words(kind, object);

                if (words.len == 0 || !server_is_news(server, "not-served", object_uid(object), kind))
                        continue;
                about.api_version = str_of(kinds[look->row].api_version);
                about.kind = kind;
                log_warn(server->log, FIELDS(FIELD("kind", kind), FIELD("name", object_name(object))),
                         "Nothing is done for this object: " STR_FMT, STR_ARG(words));
                kube_record(server->recorder, &about, EVENT_WARNING, "NotServed",
                            "grapnel leaves this " STR_FMT " untouched: " STR_FMT, STR_ARG(kind),
                            STR_ARG(words));
        }
        return true;
}

static bool reconcile(Server *server, Str name, int64_t *ret_again_ms, Error *err) {
        (void) name;
        (void) ret_again_ms;
        for (size_t i = 0; i < KIND_ROWS; i++) {
                const KubeResource *resource = discovery_find_kind(
                        server->discovery, str_of(kinds[i].api_version), str_of(kinds[i].kind));
                const KubeList list = { .resource = resource, .namespace = server->options->namespace };
                Look look = { server, i };

                if (resource && !kube_list(server->client, &list, look_at_page, &look, server->stop, err))
                        return false;
        }
        return true;
}

const Controller controller_not_served = {
        .name = "not-served",
        .kind = KIND_LOCATION, /* of none: the kinds have no cache */
        .is_whole = true,
        .is_periodic = true,
        .resync_ms = 60 * 1000,
        .reconcile = reconcile,
};
