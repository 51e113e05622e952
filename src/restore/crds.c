#include "base/clock.h"
#include "kube/object.h"
#include "restore/engine.h"

enum {
        FIRST_PAUSE_MS = 50,
        LONGEST_PAUSE_MS = 1000,
        LIMIT_MS = 10 * 60 * 1000,
        DISCOVERY_LIMIT_MS = 10 * 1000,
};

static bool has_condition(JsonVal *crd, Str type) {
        JsonVal *conditions = json_at(crd, "status", "conditions"), *condition;
        size_t i, max;

        yyjson_arr_foreach(conditions, i, max, condition) {
                if (str_equal(json_get_str(condition, "type"), type))
                        return str_equal(json_get_str(condition, "status"), STR("True"));
        }
        return false;
}

bool crd_is_served(JsonVal *crd) {
        return has_condition(crd, STR("Established")) && has_condition(crd, STR("NamesAccepted"));
}

bool crd_wait(Engine *engine, Str name, Error *err) {
        const KubeResource *crds =
                discovery_find(engine->discovery, STR("customresourcedefinitions.apiextensions.k8s.io"));
        int64_t deadline_ms = clock_ms() + LIMIT_MS;

        for (int64_t pause_ms = FIRST_PAUSE_MS; crds;) {
                AUTO_JSON *doc = NULL;

                if (!kube_get(engine->run->client, crds, STR(""), name, engine->run->stop, &doc, err))
                        return false;
                if (crd_is_served(yyjson_doc_get_root(doc)))
                        return true;
                if (clock_ms() >= deadline_ms)
                        return error_set(err, ERROR_TIMEOUT,
                                         "CustomResourceDefinition \"" STR_FMT
                                         "\" was not established within 10m0s",
                                         STR_ARG(name));
                if (!stop_sleep_ms(engine->run->stop, pause_ms))
                        return stop_check(engine->run->stop, err);
                pause_ms = pause_ms * 2 < LONGEST_PAUSE_MS ? pause_ms * 2 : LONGEST_PAUSE_MS;
        }
        return true;
}

static bool shows_new_kinds(const Engine *engine, const Discovery *discovery) {
        size_t len;
        const ContentsGroup *groups = contents_groups(engine->contents, &len);

        for (size_t g = 0; g < len; g++) {
                if (!str_equal(groups[g].resource, STR("customresourcedefinitions.apiextensions.k8s.io")))
                        continue;
                for (size_t i = 0; i < groups[g].len; i++)
                        if (groups[g].items[i].action == ITEM_CREATED &&
                            !discovery_find(discovery, contents_item_name(&groups[g].items[i])))
                                return false;
        }
        return true;
}

/* The API server serves a new kind a moment before its discovery tells of it.  Past the limit the objects of the kind say what
 * is wrong: a definition without a served version, for example. */
bool crds_discover(Engine *engine, Error *err) {
        int64_t deadline_ms = clock_ms() + DISCOVERY_LIMIT_MS;

        for (;;) {
                engine->discovery = engine->run->discovery; /* while the other is read anew */
                discovery_free(TAKE(engine->refreshed));
                if (!discovery_read(engine->run->client, engine->run->stop, &engine->refreshed, err))
                        return error_prefix(err, "after new CustomResourceDefinitions");
                engine->discovery = engine->refreshed;
                if (shows_new_kinds(engine, engine->refreshed) || clock_ms() >= deadline_ms)
                        return true;
                if (!stop_sleep_ms(engine->run->stop, FIRST_PAUSE_MS))
                        return stop_check(engine->run->stop, err);
        }
}
