#include "api/location.h"

#include "api/fields.h"
#include "api/identity.h"
#include "base/clock.h"
#include "data/base64.h"

static Str without_slashes(Str text) {
        while (text.len > 0 && text.ptr[0] == '/')
                text = str_skip(text, 1);
        while (text.len > 0 && text.ptr[text.len - 1] == '/')
                text.len--;
        return text;
}

/* Name and key of a Secret; both or none. */
static void read_reference(JsonVal *object, const char *field, Str path, Str *name, Str *key,
                           Faults *faults) {
        static const char *const known[] = { "name", "key", "optional", NULL };
        JsonVal *reference = field_get(object, field);
        Str at = field_path(path, field, faults->arena);

        *name = *key = STR("");
        if (!reference || !fields_check(reference, at, known, faults))
                return;
        *name = field_str(reference, "name", at, faults);
        *key = field_str(reference, "key", at, faults);
        if (name->len == 0 || key->len == 0)
                faults_add(faults, FAULT_ERROR, at, "needs both name and key of a Secret");
}

static Str read_ca(JsonVal *storage, Str path, Arena *arena, Faults *faults) {
        AUTO(buf_clear) Buf plain = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Str text = field_str(storage, "caCert", path, faults);

        if (text.len == 0)
                return text;
        if (base64_decode(text, &plain, &err))
                return arena_copy(arena, buf_str(&plain));
        faults_add(faults, FAULT_ERROR, field_path(path, "caCert", faults->arena), "%s", err.message);
        return STR("");
}

static void read_storage(Location *location, JsonVal *spec, Arena *arena, Faults *faults) {
        static const char *const known[] = { "bucket", "prefix", "caCert", "caCertRef", NULL };
        JsonVal *storage = field_get(spec, "objectStorage");
        Str path = STR("spec.objectStorage");

        if (!storage) {
                faults_add(faults, FAULT_ERROR, path, "is missing: it names the bucket");
                return;
        }
        if (!fields_check(storage, path, known, faults))
                return;
        location->bucket = field_str(storage, "bucket", path, faults);
        location->prefix = without_slashes(field_str(storage, "prefix", path, faults));
        location->ca_pem = read_ca(storage, path, arena, faults);
        read_reference(storage, "caCertRef", path, &location->ca_secret_name, &location->ca_secret_key,
                       faults);
        if (location->bucket.len == 0)
                faults_add(faults, FAULT_ERROR, STR("spec.objectStorage.bucket"), "is missing");
        if (location->ca_pem.len > 0 && location->ca_secret_name.len > 0)
                faults_add(faults, FAULT_ERROR, path, "caCert and caCertRef are both set; keep one");
}

static void read_access(Location *location, JsonVal *spec, Faults *faults) {
        Str mode = field_str(spec, "accessMode", STR("spec"), faults);

        location->is_read_only = str_equal(mode, STR("ReadOnly"));
        if (mode.len > 0 && !location->is_read_only && !str_equal(mode, STR("ReadWrite")))
                faults_add(faults, FAULT_ERROR, STR("spec.accessMode"),
                           "\"" STR_FMT "\" is neither ReadWrite nor ReadOnly", STR_ARG(mode));
}

static void read_spec(Location *location, JsonVal *spec, Arena *arena, Faults *faults) {
        static const char *const known[] = {
                "provider", "config",     "credential",       "objectStorage",
                "default",  "accessMode", "backupSyncPeriod", "validationFrequency",
                NULL
        };
        Str path = STR("spec");

        if (!fields_check(spec, path, known, faults))
                return;
        location->provider = field_str(spec, "provider", path, faults);
        if (location->provider.len == 0)
                faults_add(faults, FAULT_ERROR, STR("spec.provider"), "is missing");
        location->config = field_str_map(spec, "config", path, faults);
        read_reference(spec, "credential", path, &location->credential_name, &location->credential_key,
                       faults);
        read_storage(location, spec, arena, faults);
        read_access(location, spec, faults);
        location->is_default = field_bool(spec, "default", path, faults) == 1;
        location->sync_period_ms = field_duration(spec, "backupSyncPeriod", path, -1, faults);
        location->validation_frequency_ms = field_duration(spec, "validationFrequency", path, -1, faults);
}

static int64_t read_time(JsonVal *status, const char *key) {
        AUTO(error_clear) Error err = { 0 };
        int64_t wall_ms;

        return clock_parse_rfc3339(json_get_str(status, key), &wall_ms, &err) ? wall_ms : 0;
}

Location location_decode(JsonVal *object, Arena *arena, Faults *faults) {
        Identity identity = identity_decode(object, "BackupStorageLocation", faults);
        JsonVal *status = field_get(object, "status");
        Location location = { .name = identity.name,
                              .namespace = identity.namespace,
                              .sync_period_ms = -1,
                              .validation_frequency_ms = -1,
                              .phase = json_get_str(status, "phase"),
                              .message = json_get_str(status, "message"),
                              .last_synced_ms = read_time(status, "lastSyncedTime"),
                              .last_validation_ms = read_time(status, "lastValidationTime") };

        if (field_get(object, "spec"))
                read_spec(&location, field_get(object, "spec"), arena, faults);
        else
                faults_add(faults, FAULT_ERROR, STR("spec"), "is missing");
        return location;
}
