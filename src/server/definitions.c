#include "server/definitions.h"

#include "api/crd.h"
#include "kube/object.h"

/* The phases that this server writes; without Failed of a DownloadRequest, which has a way round (download.c). */
static const struct {
        ServerKind kind;
        const char *phases;
} written[] = {
        { KIND_BACKUP,
          "Queued,ReadyToStart,FailedValidation,InProgress,Completed,PartiallyFailed,Failed,Deleting" },
        { KIND_RESTORE, "FailedValidation,InProgress,Completed,PartiallyFailed,Failed" },
        { KIND_SCHEDULE, "Enabled,FailedValidation" },
        { KIND_LOCATION, "Available,Unavailable" },
        { KIND_DELETE_REQUEST, "InProgress,Processed" },
        { KIND_DOWNLOAD_REQUEST, "Processed" },
        { KIND_STATUS_REQUEST, "Processed" },
};

static bool knows(JsonVal *words, Str phase) {
        JsonVal *word;
        size_t i, count;

        yyjson_arr_foreach(words, i, count, word) {
                if (str_equal(json_str(word), phase))
                        return true;
        }
        return words == NULL; /* any text will do */
}

static Str unknown_phases(JsonVal *schema, const char *phases, Arena *arena) {
        JsonVal *field = json_at(schema, "properties", "status", "properties", "phase");
        Strs all = { 0 }, unknown = { 0 };

        strs_split(str_of(phases), ',', arena, &all);
        for (size_t i = 0; i < all.len; i++)
                if (!knows(json_get(field, "enum"), all.items[i]))
                        strs_add(&unknown, arena, all.items[i]);
        return strs_join(&unknown, STR(", "), arena);
}

/* Ours of that name; the tables are small. */
static JsonDoc *build(Str name) {
        for (size_t i = 0; i < CRD_COUNT; i++) {
                AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
                JsonMutVal *made = crd_build(i, doc);

                yyjson_mut_doc_set_root(doc, made);
                if (str_equal(json_mut_str(json_mut_at(made, "metadata", "name")), name))
                        return yyjson_mut_doc_imut_copy(doc, NULL);
        }
        return NULL;
}

static void tell_lost_fields(const Server *server, Str name, JsonVal *schema, Arena *arena) {
        AUTO_JSON *ours = build(name);
        Strs missing = { 0 };

        crd_missing_fields(crd_schema(yyjson_doc_get_root(ours)), schema, arena, &missing);
        if (missing.len > 0)
                log_warn(server->log,
                         FIELDS(FIELD("definition", name),
                                FIELD("fields", strs_join(&missing, STR(", "), arena))),
                         "The custom resource definition does not know all fields: what is written there is "
                         "lost; \"grapnel install --crds-only\" adds them");
}

static bool check_one(const Server *server, size_t i, const KubeResource *definitions, Arena *arena,
                      Strs *too_old, Error *err) {
        const KubeResource *resource = kinds_resource(server->kinds, written[i].kind);
        Str name = kube_resource_group_resource(resource, arena), unknown;
        AUTO_JSON *doc = NULL;
        JsonVal *schema;

        if (!kube_get(server->client, definitions, STR(""), name, server->stop, &doc, err))
                return false;
        schema = crd_schema(yyjson_doc_get_root(doc));
        unknown = unknown_phases(schema, written[i].phases, arena);
        if (unknown.len > 0)
                strs_add(too_old, arena,
                         str_of(arena_printf(arena, STR_FMT " (status.phase can't be " STR_FMT " there)",
                                             STR_ARG(name), STR_ARG(unknown))));
        tell_lost_fields(server, name, schema, arena);
        return true;
}

bool definitions_check(const Server *server, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        const KubeResource *definitions =
                discovery_find(server->discovery, STR("customresourcedefinitions.apiextensions.k8s.io"));
        Strs too_old = { 0 };

        for (size_t i = 0; definitions && i < sizeof(written) / sizeof(*written); i++) {
                AUTO(error_clear) Error unread = { 0 };

                if (check_one(server, i, definitions, &arena, &too_old, &unread))
                        continue;
                if (unread.code == ERROR_CANCELED)
                        return error_set(err, unread.code, "%s", unread.message);
                log_warn(server->log, FIELDS(FIELD("error", str_of(unread.message))),
                         "Whether a custom resource definition is new enough can't be told");
        }
        if (too_old.len == 0)
                return true;

        Str all = strs_join(&too_old, STR(", "), &arena);
        return error_set(err, ERROR_INVALID,
                         "custom resource definitions of the cluster are too old: " STR_FMT
                         "; \"grapnel install --crds-only\" installs those that this server needs",
                         STR_ARG(all));
}
