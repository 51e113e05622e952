#include "api/schedule.h"

#include "api/backup_spec.h"
#include "api/fields.h"
#include "api/time_name.h"
#include "base/clock.h"

#define TEMPLATE STR("spec.template")
#define TEMPLATE_SPEC STR("spec.template.spec")

/* The reference page writes the template's fields under spec.template.spec, Velero right under spec.template. */
static const char *const *template_fields(Arena *arena) {
        size_t count = 0;
        const char **known;

        while (backup_spec_fields[count])
                count++;
        known = arena_alloc(arena, (count + 2) * sizeof(*known));
        memcpy(known, backup_spec_fields, count * sizeof(*known));
        known[count] = "spec";
        known[count + 1] = NULL;
        return known;
}

static void check_fields(JsonVal *schedule, Arena *arena, Faults *faults) {
        static const char *const top[] = { "apiVersion", "kind", "metadata", "spec", "status", NULL };
        static const char *const spec_known[] = { "template", "schedule",        "useOwnerReferencesInBackup",
                                                  "paused",   "skipImmediately", NULL };
        JsonVal *spec = field_get(schedule, "spec"), *template = field_get(spec, "template");
        JsonVal *nested = field_get(template, "spec");

        if (!fields_check(schedule, STR(""), top, faults) ||
            !fields_check(spec, STR("spec"), spec_known, faults))
                return;
        if (!template) {
                faults_add(faults, FAULT_ERROR, TEMPLATE, "is missing: expected the spec of a Backup");
                return;
        }
        (void) fields_check(template, TEMPLATE, template_fields(arena), faults);
        if (nested)
                (void) fields_check(nested, TEMPLATE_SPEC, backup_spec_fields, faults);
}

/* One field of the Backup, from either place; from both at once is a fault. */
static void take_field(JsonVal *template, const char *key, JsonMutDoc *doc, JsonMutVal *spec,
                       Faults *faults) {
        JsonVal *plain = field_get(template, key), *nested = field_get(field_get(template, "spec"), key);

        if (plain && nested)
                faults_add(faults, FAULT_ERROR, field_path(TEMPLATE_SPEC, key, faults->arena),
                           "stands at spec.template.%s as well: expected it in one of the two places", key);
        if (plain || nested)
                json_mut_set(doc, spec, str_of(key), yyjson_val_mut_copy(doc, plain ? plain : nested));
}

static void put_labels(JsonMutDoc *doc, JsonMutVal *metadata, JsonVal *schedule, Str name) {
        JsonVal *template = field_get(field_get(schedule, "spec"), "template");
        JsonVal *labels = field_get(field_get(template, "metadata"), "labels");
        JsonMutVal *copy;

        if (!labels)
                labels = field_get(field_get(schedule, "metadata"), "labels");
        copy = labels && yyjson_is_obj(labels) ? yyjson_val_mut_copy(doc, labels) : yyjson_mut_obj(doc);
        json_mut_set(doc, copy, STR("velero.io/schedule-name"), json_new_str(doc, name));
        json_mut_set(doc, metadata, STR("labels"), copy);
}

static void put_annotations(JsonMutDoc *doc, JsonMutVal *metadata, JsonVal *schedule) {
        JsonVal *template = field_get(field_get(schedule, "spec"), "template");
        JsonVal *annotations = field_get(field_get(template, "metadata"), "annotations");
        JsonMutVal *copy;

        if (!annotations)
                annotations = field_get(field_get(schedule, "metadata"), "annotations");
        if (!yyjson_is_obj(annotations))
                return;
        copy = yyjson_val_mut_copy(doc, annotations);
        json_mut_remove(copy,
                        "kubectl.kubernetes.io/last-applied-configuration"); /* it is about the Schedule */
        if (yyjson_mut_obj_size(copy) > 0)
                json_mut_set(doc, metadata, STR("annotations"), copy);
}

static void check_cron(Schedule *schedule, Str text, Arena *arena, Faults *faults) {
        AUTO(error_clear) Error err = { 0 };
        Str path = STR("spec.schedule");

        if (text.len == 0)
                faults_add(faults, FAULT_ERROR, path,
                           "is missing: expected a cron line such as \"0 3 * * *\"");
        else if (!cron_parse(text, arena, &schedule->cron, &err))
                faults_add(faults, FAULT_ERROR, path, "\"" STR_FMT "\" is no schedule: %s", STR_ARG(text),
                           err.message);
        else if (cron_next(schedule->cron, clock_wall_ms()) == 0)
                faults_add(faults, FAULT_ERROR, path, "\"" STR_FMT "\" is a time that never comes",
                           STR_ARG(text));
}

static int64_t time_of(JsonVal *object, const char *key) {
        AUTO(error_clear) Error err = { 0 };
        int64_t wall_ms;

        return clock_parse_rfc3339(json_get_str(object, key), &wall_ms, &err) ? wall_ms : 0;
}

Schedule schedule_decode(JsonVal *object, Arena *arena, Faults *faults) {
        JsonVal *spec = field_get(object, "spec"), *status = field_get(object, "status");
        Str path = STR("spec");
        Schedule schedule = { .created_ms = time_of(field_get(object, "metadata"), "creationTimestamp"),
                              .last_backup_ms = time_of(status, "lastBackup"),
                              .last_skipped_ms = time_of(status, "lastSkipped") };

        check_fields(object, arena, faults);
        check_cron(&schedule, field_str(spec, "schedule", path, faults), arena, faults);
        (void) field_bool(spec, "useOwnerReferencesInBackup", path, faults);
        schedule.is_paused = field_bool(spec, "paused", path, faults) == 1;
        schedule.skip_immediately = field_bool(spec, "skipImmediately", path, faults);
        return schedule;
}

int64_t schedule_due_ms(const Schedule *schedule) {
        int64_t base_ms = schedule->last_backup_ms ? schedule->last_backup_ms : schedule->created_ms;

        if (schedule->last_skipped_ms > base_ms)
                base_ms = schedule->last_skipped_ms;
        return schedule->cron ? cron_next(schedule->cron, base_ms) : 0;
}

/* Only for a Schedule of a cluster: one in a file owns nothing. */
static void put_owner(JsonMutDoc *doc, JsonMutVal *metadata, JsonVal *schedule) {
        JsonVal *given = field_get(schedule, "metadata");
        Str uid = json_get_str(given, "uid");
        JsonMutVal *owner;

        if (uid.len == 0 || !json_get_bool(field_get(schedule, "spec"), "useOwnerReferencesInBackup", false))
                return;
        owner = yyjson_mut_arr_add_obj(doc, yyjson_mut_obj_add_arr(doc, metadata, "ownerReferences"));
        json_put_str(doc, owner, "apiVersion", STR("velero.io/v1"));
        json_put_str(doc, owner, "kind", STR("Schedule"));
        json_put_str(doc, owner, "name", json_get_str(given, "name"));
        json_put_str(doc, owner, "uid", uid);
        yyjson_mut_obj_add_bool(doc, owner, "controller", true);
}

JsonDoc *schedule_make_backup(JsonVal *schedule, int64_t now_ms, Arena *arena, Faults *faults) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonVal *given = field_get(schedule, "metadata");
        JsonVal *template = field_get(field_get(schedule, "spec"), "template");
        Str name = field_str(given, "name", STR("metadata"), faults);
        Str namespace = field_str(given, "namespace", STR("metadata"), faults);
        JsonMutVal *root = yyjson_mut_obj(doc), *metadata, *spec;

        if (name.len == 0)
                faults_add(faults, FAULT_ERROR, STR("metadata.name"), "the schedule has no name");
        json_put_str(doc, root, "apiVersion", STR("velero.io/v1"));
        json_put_str(doc, root, "kind", STR("Backup"));
        metadata = json_mut_object(doc, root, "metadata");
        /* By the time it was due, so that a server that takes over makes the same name. */
        json_put_str(doc, metadata, "name", time_name(name, now_ms, arena));
        if (namespace.len > 0)
                json_put_str(doc, metadata, "namespace", namespace);
        put_labels(doc, metadata, schedule, label_value(name, arena));
        put_annotations(doc, metadata, schedule);
        put_owner(doc, metadata, schedule);
        spec = json_mut_object(doc, root, "spec");
        for (size_t i = 0; backup_spec_fields[i]; i++)
                take_field(template, backup_spec_fields[i], doc, spec, faults);
        return yyjson_mut_val_imut_copy(root, NULL);
}
