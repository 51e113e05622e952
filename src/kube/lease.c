#include "kube/lease.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "kube/object.h"

enum { DURATION_MS = 15 * 1000, RENEW_DEADLINE_MS = 10 * 1000, RETRY_MS = 2 * 1000, CALL_MS = 5 * 1000 };

static const KubeResource leases = { .group = { "coordination.k8s.io", 19 },
                                     .version = { "v1", 2 },
                                     .name = { "leases", 6 },
                                     .kind = { "Lease", 5 },
                                     .singular = { "lease", 5 },
                                     .is_namespaced = true };

struct Lease {
        LeaseOptions options;
        KubeClient *client; /* with a short deadline for each call */
        Arena arena;
        Stop *lost, *ending;
        Thread keeper;
        bool has_keeper;
        _Atomic int64_t fence;
        int64_t renewed_ms; /* clock_ms of the last renewal that went through, taken before it was sent */

        /* What was seen last, and when by our own clock: whose clock is right does not matter. */
        Buf seen;
        int64_t seen_ms;
        Buf leader;
};

static void lease_clear(Lease *lease) {
        kube_client_free(lease->client);
        stop_free(lease->ending);
        arena_clear(&lease->arena);
        buf_clear(&lease->seen);
        buf_clear(&lease->leader);
        free(lease);
}

/* Kubernetes' MicroTime. */
static Str micro_time(Arena *arena) {
        Str milli = clock_rfc3339_milli(clock_wall_ms(), arena);

        return str_of(arena_printf(arena, STR_FMT "000Z", (int) (milli.len - 1), milli.ptr));
}

static void tell_leader(Lease *lease, Str identity) {
        if (lease->leader.ptr && str_equal(buf_str(&lease->leader), identity))
                return;
        buf_reset(&lease->leader);
        buf_add(&lease->leader, identity.len > 0 ? identity : STR(" "));
        if (lease->options.on_leader)
                lease->options.on_leader(lease->options.user, identity);
}

/* True when the lease that was read may be taken: ours, given up, or not renewed for its whole duration. */
static bool is_free(Lease *lease, JsonVal *spec) {
        Str holder = json_get_str(spec, "holderIdentity");
        AUTO(buf_clear) Buf now = { 0 };
        int64_t duration_ms = json_get_int(spec, "leaseDurationSeconds", 0) * 1000;

        json_write(spec, &now);
        if (!str_equal(buf_str(&now), buf_str(&lease->seen))) {
                buf_reset(&lease->seen);
                buf_add(&lease->seen, buf_str(&now));
                lease->seen_ms = clock_ms();
        }
        return holder.len == 0 || str_equal(holder, lease->options.identity) ||
               clock_ms() >= lease->seen_ms + duration_ms;
}

static void build_spec(const Lease *lease, JsonVal *before, JsonMutDoc *doc, JsonMutVal *spec, bool holds) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str now = micro_time(&arena), acquired = json_get_str(before, "acquireTime");
        bool is_ours = str_equal(json_get_str(before, "holderIdentity"), lease->options.identity);
        int64_t transitions = json_get_int(before, "leaseTransitions", -1) + !is_ours;

        json_put_str(doc, spec, "holderIdentity", holds ? lease->options.identity : STR(""));
        yyjson_mut_obj_add_int(doc, spec, "leaseDurationSeconds",
                               holds ? lease->options.duration_ms / 1000 : 1);
        json_put_str(doc, spec, "acquireTime", is_ours && acquired.len > 0 ? acquired : now);
        json_put_str(doc, spec, "renewTime", now);
        yyjson_mut_obj_add_int(doc, spec, "leaseTransitions", transitions < 0 ? 0 : transitions);
}

/* Writes the lease as ours (or, `holds` false, as nobody's) on what was read; NULL: there is none yet. */
static bool write_lease(Lease *lease, JsonVal *before, bool holds, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO(buf_clear) Buf body = { 0 };
        AUTO_JSON *reply = NULL;
        JsonMutVal *object = yyjson_mut_obj(doc), *metadata = yyjson_mut_obj_add_obj(doc, object, "metadata");
        const KubeObject which = { .resource = &leases,
                                   .namespace = lease->options.namespace,
                                   .name = lease->options.name };

        json_put_str(doc, object, "apiVersion", STR("coordination.k8s.io/v1"));
        json_put_str(doc, object, "kind", STR("Lease"));
        json_put_str(doc, metadata, "name", lease->options.name);
        json_put_str(doc, metadata, "namespace", lease->options.namespace);
        if (before)
                json_put_str(doc, metadata, "resourceVersion",
                             json_get_str(json_get(before, "metadata"), "resourceVersion"));
        build_spec(lease, json_get(before, "spec"), doc, yyjson_mut_obj_add_obj(doc, object, "spec"), holds);
        json_write_mut(object, &body);

        int64_t start_ms = clock_ms();
        if (before ? !kube_update(lease->client, &which, buf_str(&body), NULL, &reply, err)
                   : !kube_create(lease->client, &leases, lease->options.namespace, buf_str(&body), NULL,
                                  &reply, err))
                return false;
        lease->renewed_ms = start_ms;
        if (holds)
                stop_set_at(lease->lost, start_ms + lease->options.duration_ms);
        lease->fence = json_get_int(json_get(yyjson_doc_get_root(reply), "spec"), "leaseTransitions", 0);
        return true;
}

/* One try.  True and *ret_leads false: somebody else leads. */
static bool try_lead(Lease *lease, bool *ret_leads, Error *err) {
        AUTO_JSON *doc = NULL;
        JsonVal *spec = NULL;

        if (!kube_get(lease->client, &leases, lease->options.namespace, lease->options.name, NULL, &doc,
                      err)) {
                if (err->code != ERROR_NOT_FOUND)
                        return false;
                error_clear(err);
        }
        spec = json_get(yyjson_doc_get_root(doc), "spec");
        *ret_leads = !doc || is_free(lease, spec);
        if (!*ret_leads) {
                tell_leader(lease, json_get_str(spec, "holderIdentity"));
                return true;
        }
        if (write_lease(lease, yyjson_doc_get_root(doc), true, err)) {
                tell_leader(lease, lease->options.identity);
                return true;
        }
        *ret_leads = false;
        if (err->code != ERROR_CONFLICT && err->code != ERROR_EXISTS)
                return false;
        error_clear(err); /* somebody was faster */
        return true;
}

/* The deadline counts from the last renewal, whatever a call that hangs does: a call's own deadline ends it.  Who did
 * not run for the whole duration (the machine stood still) has lost it, even if nobody took it. */
static void keep(void *user) {
        Lease *lease = user;
        const LeaseOptions *options = &lease->options;

        const int64_t fence = lease->fence;

        while (stop_sleep_ms(lease->ending, options->retry_ms)) {
                AUTO(error_clear) Error err = { 0 };
                bool leads = false, is_over = stop_is_set(lease->lost);
                bool is_known = !is_over && try_lead(lease, &leads, &err);

                if (leads && lease->fence == fence) /* else somebody else has led meanwhile */
                        continue;
                if (is_over || is_known ||
                    clock_ms() + options->retry_ms >= lease->renewed_ms + options->renew_deadline_ms) {
                        stop_set(lease->lost);
                        return;
                }
        }
}

static bool wait_for_turn(Lease *lease, const Stop *stop, Error *err) {
        for (;;) {
                bool leads = false;

                if (!try_lead(lease, &leads, err)) {
                        if (!error_is_retryable(err))
                                return error_prefix(err, "take the lease \"" STR_FMT "\"",
                                                    STR_ARG(lease->options.name));
                        error_clear(err);
                }
                if (leads)
                        return true;
                if (!stop_sleep_ms(stop, lease->options.retry_ms))
                        return stop_check(stop, err);
        }
}

bool lease_acquire(const LeaseOptions *options, Stop *lost, const Stop *stop, Lease **ret_lease, Error *err) {
        Lease *lease = xnew0(Lease);

        lease->options = *options;
        lease->options.duration_ms = options->duration_ms ? options->duration_ms : DURATION_MS;
        lease->options.renew_deadline_ms =
                options->renew_deadline_ms ? options->renew_deadline_ms : RENEW_DEADLINE_MS;
        lease->options.retry_ms = options->retry_ms ? options->retry_ms : RETRY_MS;
        lease->options.namespace = arena_copy(&lease->arena, options->namespace);
        lease->options.name = arena_copy(&lease->arena, options->name);
        lease->options.identity = arena_copy(&lease->arena, options->identity);
        lease->lost = lost;
        lease->ending = stop_new();
        lease->client =
                kube_client_with_timeout(options->client, CALL_MS < lease->options.renew_deadline_ms / 2
                                                                  ? CALL_MS
                                                                  : lease->options.renew_deadline_ms / 2);
        if (!wait_for_turn(lease, stop, err)) {
                lease_clear(lease);
                return false;
        }
        lease->keeper = thread_start(keep, lease);
        lease->has_keeper = true;
        *ret_lease = lease;
        return true;
}

int64_t lease_fence(const Lease *lease) {
        return lease->fence;
}

void lease_free(Lease *lease) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;

        if (!lease)
                return;
        stop_set(lease->ending);
        if (lease->has_keeper)
                thread_join(lease->keeper);
        if (!stop_is_set(lease->lost) &&
            kube_get(lease->client, &leases, lease->options.namespace, lease->options.name, NULL, &doc,
                     &err) &&
            str_equal(json_get_str(json_get(yyjson_doc_get_root(doc), "spec"), "holderIdentity"),
                      lease->options.identity))
                (void) !write_lease(lease, yyjson_doc_get_root(doc), false, &err); /* else it runs out */
        lease_clear(lease);
}
