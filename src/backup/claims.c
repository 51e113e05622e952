#include "backup/claims.h"

#include "kube/object.h"

/* Pods that share volumes form short chains; one that is longer is followed this far. */
enum { ROUNDS_MAX = 8 };

static void add_claim(HashSet *claims, Str namespace, Str claim) {
        const Str parts[] = { namespace, claim };

        hash_set_add(claims, parts, sizeof(parts) / sizeof(*parts));
}

static void add_claims_of(HashSet *claims, JsonVal *pod) {
        JsonVal *volumes = json_at(pod, "spec", "volumes"), *volume;
        size_t i, count;

        yyjson_arr_foreach(volumes, i, count, volume) {
                Str claim = json_str(json_at(volume, "persistentVolumeClaim", "claimName"));

                if (claim.len > 0)
                        add_claim(claims, object_namespace(pod), claim);
        }
}

bool claims_pull(HashSet *claims, JsonVal *pod) {
        JsonVal *volumes = json_at(pod, "spec", "volumes"), *volume;
        size_t i, count;

        if (!str_equal(json_str(json_at(pod, "status", "phase")), STR("Running")))
                return false;
        yyjson_arr_foreach(volumes, i, count, volume) {
                const Str parts[] = { object_namespace(pod),
                                      json_str(json_at(volume, "persistentVolumeClaim", "claimName")) };

                if (parts[1].len > 0 && hash_set_has(claims, parts, sizeof(parts) / sizeof(*parts)))
                        return true;
        }
        return false;
}

/* Chosen by the selectors: claims that are bound, and pods with their claims. */
static bool visit_chosen(void *user, Worker *worker, const EngineKind *kind, JsonVal *object, Error *err) {
        HashSet *claims = user;

        (void) worker, (void) err;
        if (item_is_deleted(object) || item_is_opted_out(object))
                return true;
        if (str_equal(kind->filter.group_resource, STR("pods")))
                add_claims_of(claims, object);
        else if (claim_is_bound(object))
                add_claim(claims, object_namespace(object), object_name(object));
        return true;
}

static bool visit_any_pod(void *user, Worker *worker, const EngineKind *kind, JsonVal *object, Error *err) {
        HashSet *claims = user;

        (void) worker, (void) kind, (void) err;
        if (!item_is_deleted(object) && !item_is_opted_out(object) && claims_pull(claims, object))
                add_claims_of(claims, object);
        return true;
}

void claims_find(Engine *engine, HashSet **ret_claims) {
        AUTO(arena_clear) Arena arena = { 0 };
        const EngineKind *pods = engine_kind(engine, STR("pods"));
        const EngineKind *kind = engine_kind(engine, STR("persistentvolumeclaims"));
        HashSet *claims;
        CollectJobs jobs = { 0 };
        size_t before = 0;

        *ret_claims = NULL;
        if (filter_selects_all(&engine->filter) || !pods || !pods->is_listed || !kind || !kind->is_listed)
                return;
        claims = hash_set_new();
        collect_add_kind(engine, pods, &arena, &jobs);
        collect_add_kind(engine, kind, &arena, &jobs);
        collect_run(engine, &jobs, visit_chosen, claims);
        for (unsigned round = 0; round < ROUNDS_MAX && hash_set_len(claims) > before; round++) {
                jobs = (CollectJobs) { 0 };
                before = hash_set_len(claims);
                collect_add_all(engine, pods, &arena, &jobs);
                collect_run(engine, &jobs, visit_any_pod, claims);
        }
        if (before > 0)
                *ret_claims = claims;
        else
                hash_set_free(claims);
}
