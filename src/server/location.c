#include "server/location.h"

#include "data/base64.h"
#include "server/controllers.h"
#include "server/download.h"
#include "server/download_tls.h"
#include "server/locations.h"
#include "server/objects.h"
#include "store/sigv4.h"

#define CA_ANNOTATION "hooks.grapnel.dev/ca-cert-sha256" /* of the caCert that was written here by us */

static const int64_t unavailable_ms = INT64_C(10) * 1000;
static const int64_t abandoned_ms = INT64_C(24) * 60 * 60 * 1000;

int64_t location_due_ms(const Location *location, int64_t server_ms, int64_t now_ms) {
        int64_t every_ms =
                location->validation_frequency_ms >= 0 ? location->validation_frequency_ms : server_ms;
        int64_t passed_ms = now_ms - location->last_validation_ms;

        if (location->phase.len == 0 || location->last_validation_ms == 0 || passed_ms < 0)
                return 0;
        if (every_ms <= 0)
                return -1;
        if (!str_equal(location->phase, STR("Available")) && every_ms > unavailable_ms)
                every_ms = unavailable_ms;
        return passed_ms >= every_ms ? 0 : every_ms - passed_ms;
}

static bool is_default(JsonVal *object) {
        return json_get_bool(json_get(object, "spec"), "default", false);
}

void location_count_other(LocationOthers *others, JsonVal *own, JsonVal *other) {
        int64_t own_ms = object_time_ms(own, "metadata", "creationTimestamp");
        int64_t other_ms = object_time_ms(other, "metadata", "creationTimestamp");
        int by_name = str_compare(object_name(own), object_name(other));

        if (by_name == 0 || !is_default(other))
                return;
        others->has_default = true;
        others->has_newer_default |= other_ms > own_ms || (other_ms == own_ms && by_name < 0);
}

bool location_record(Location *location, Str problem, int64_t now_ms, Change *change) {
        Str phase = problem.len > 0 ? STR("Unavailable") : STR("Available");
        bool has_changed = !str_equal(location->phase, phase);

        change_time(change, "status", "lastValidationTime", now_ms);
        change_str(change, "status", "phase", phase);
        if (problem.len > 0)
                change_str(change, "status", "message", problem);
        else
                change_remove(change, "status", "message");
        location->phase = phase;
        location->last_validation_ms = now_ms;
        return has_changed;
}

void location_settle_default(JsonVal *object, const LocationOthers *others, bool is_wanted, Change *change) {
        if (is_default(object) && others->has_newer_default)
                change_bool(change, "spec", "default", false);
        /* What somebody has set to false on purpose stays so. */
        else if (is_wanted && !others->has_default && !json_get(json_get(object, "spec"), "default"))
                change_bool(change, "spec", "default", true);
}

typedef struct Counting {
        LocationOthers others;
        JsonVal *own;
} Counting;

static bool count_other(void *user, JsonVal *object) {
        Counting *counting = user;

        location_count_other(&counting->others, counting->own, object);
        return true;
}

/* What somebody has put there stays: only what the annotation knows as ours is replaced. */
static bool is_our_certificate(JsonVal *object, Arena *arena) {
        Str given = json_str(json_at(object, "spec", "objectStorage", "caCert"));
        Str known = json_get_str(object_annotations(object), CA_ANNOTATION);

        return given.len > 0 && str_equal(known, sigv4_hash(given, arena));
}

/* The real velero CLI trusts a download URL when the location's caCert does. */
static void offer_certificate(const Server *server, const Location *location, JsonVal *object,
                              Change *change) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf pem = { 0 }, text = { 0 };
        AUTO(error_clear) Error err = { 0 };

        if (!str_equal(location->provider, STR("filesystem")) || location->ca_secret_name.len > 0 ||
            download_base(server->options, &arena).len == 0 ||
            (location->ca_pem.len > 0 && !is_our_certificate(object, &arena)))
                return;
        if (!download_tls(server, &pem, NULL, &err)) {
                if (server_is_news(server, "download-tls", location->name, str_of(err.message)))
                        log_warn(server->log, FIELDS(FIELD("error", str_of(err.message))),
                                 "Clients will not trust the URLs of downloads");
                return;
        }
        base64_encode(buf_str(&pem), &text);
        if (str_equal(buf_str(&text), json_str(json_at(object, "spec", "objectStorage", "caCert"))))
                return;
        JsonMutVal *storage = change_object(change, "spec", "objectStorage");
        json_put_str(change->doc, storage, "caCert", buf_str(&text));
        change_annotation(change, CA_ANNOTATION, sigv4_hash(buf_str(&text), &arena));
}

/* Once in the life of a server.  What an upload leaves that began so long ago, nobody finishes any more. */
static void sweep(const Server *server, Store *store, Str name) {
        AUTO(error_clear) Error err = { 0 };

        if (!store_sweep(store, STR(""), abandoned_ms, &err))
                log_warn(server->log, FIELDS(FIELD("location", name), FIELD("error", str_of(err.message))),
                         "Uploads that nobody finished could not be removed");
}

static bool validate(const Server *server, Str name, Error *err) {
        AUTO(open_location_clear) OpenLocation open = { 0 };

        if (!location_try(server, name, &open, err))
                return false;
        if (!open.location.is_read_only && server_is_news(server, "sweep", name, STR("once")))
                sweep(server, open.store, name);
        return true;
}

static void tell(const Server *server, JsonVal *object, Str problem) {
        const EventAbout about = event_about(object);
        Str name = object_name(object);

        if (problem.len > 0) {
                log_warn(server->log, FIELDS(FIELD("location", name), FIELD("error", problem)),
                         "The backup storage location is not available");
                kube_record(server->recorder, &about, EVENT_WARNING, "Unavailable", STR_FMT,
                            STR_ARG(problem));
        } else {
                log_info(server->log, FIELDS(FIELD("location", name)),
                         "The backup storage location is available");
                kube_record(server->recorder, &about, EVENT_NORMAL, "Available", "it can be used");
        }
}

static bool look(const Server *server, JsonVal *object, Location *location, Change *change, Error *err) {
        AUTO(error_clear) Error problem = { 0 };
        bool has_changed;

        if (!validate(server, location->name, &problem) && stop_is_set(server->stop))
                return error_set(err, ERROR_CANCELED, "interrupted");
        has_changed = location_record(location, problem.message ? str_of(problem.message) : STR(""),
                                      server_now_ms(server), change);
        metrics_set(server->metrics, METRIC_BACKUP_LOCATION_STATUS_GAUGE, &location->name,
                    problem.message ? 0 : 1);
        if (!objects_patch(server, KIND_LOCATION, location->name, change->root, NULL, err))
                return false;
        if (has_changed)
                tell(server, object, problem.message ? str_of(problem.message) : STR(""));
        return true;
}

/* Whether its spec is another than at the last look; at the first it is. */
static bool is_new_spec(const Server *server, JsonVal *object) {
        AUTO(buf_clear) Buf spec = { 0 };

        json_write(json_get(object, "spec"), &spec);
        return seen_is_change(server->location_specs, object_uid(object), buf_str(&spec));
}

static bool bring_on(const Server *server, JsonVal *object, int64_t *ret_again_ms, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(change_clear) Change change = { 0 };
        Faults faults = { .arena = &arena }; /* validation says what is wrong */
        Location location = location_decode(object, &arena, &faults);
        Counting counting = { .own = object };
        int64_t frequency_ms = server->options->validation_frequency_ms;

        bool is_changed = is_new_spec(server, object);
        *ret_again_ms = location_due_ms(&location, frequency_ms, server_now_ms(server));
        if (is_changed || *ret_again_ms == 0) {
                kinds_each(server->kinds, KIND_LOCATION, count_other, &counting);
                /* The certificate that is served is that of the start: it is compared once, and where none is. */
                if (faults.errors == 0 && (is_changed || location.ca_pem.len == 0))
                        offer_certificate(server, &location, object, &change);
                location_settle_default(object, &counting.others,
                                        str_equal(location.name, server->options->default_location), &change);
                if (!look(server, object, &location, &change, err))
                        return false;
                /* Not left to the event of this change: a look in the same second as the last changes nothing. */
                *ret_again_ms = location_due_ms(&location, frequency_ms, server_now_ms(server));
        }
        return true;
}

static bool reconcile(Server *server, Str name, int64_t *ret_again_ms, Error *err) {
        AUTO_JSON *doc = kinds_get(server->kinds, KIND_LOCATION, name);

        if (!doc) {
                metrics_drop(server->metrics, METRIC_BACKUP_LOCATION_STATUS_GAUGE, name);
                return true;
        }
        if (object_is_deleting(yyjson_doc_get_root(doc)))
                return true;
        return bring_on(server, yyjson_doc_get_root(doc), ret_again_ms, err);
}

const Controller controller_location = {
        .name = "backup-storage-location",
        .kind = KIND_LOCATION,
        .reconcile = reconcile,
};
