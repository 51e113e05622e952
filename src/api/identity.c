#include "api/identity.h"

#include "api/fields.h"
#include "data/glob.h"
#include "store/layout.h"

enum { NAMESPACE_NAME_MAX = 63 };

static void check_type(JsonVal *object, const char *wanted, Faults *faults) {
        Str api_version = json_get_str(object, "apiVersion"), kind = json_get_str(object, "kind");

        if (!str_equal(api_version, STR("velero.io/v1")))
                faults_add(faults, FAULT_ERROR, STR("apiVersion"),
                           "must be \"velero.io/v1\", not \"" STR_FMT "\"", STR_ARG(api_version));
        if (!str_equal(kind, str_of(wanted)))
                faults_add(faults, FAULT_ERROR, STR("kind"), "must be \"%s\", not \"" STR_FMT "\"", wanted,
                           STR_ARG(kind));
}

/* As people call it. */
static const char *words_of(const char *kind) {
        static const char *const words[][2] = { { "Backup", "backup" },
                                                { "Restore", "restore" },
                                                { "Schedule", "schedule" },
                                                { "BackupStorageLocation", "backup storage location" },
                                                { "VolumeSnapshotLocation", "volume snapshot location" } };

        for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
                if (strcmp(kind, words[i][0]) == 0)
                        return words[i][1];
        return kind;
}

Identity identity_decode(JsonVal *object, const char *kind, Faults *faults) {
        static const char *const known[] = { "apiVersion", "kind", "metadata", "spec", "status", NULL };
        Identity identity = { .name = STR(""), .namespace = STR("velero") };
        AUTO(error_clear) Error err = { 0 };
        Str path = STR("metadata");
        JsonVal *metadata = field_get(object, "metadata");

        (void) fields_check(object, STR(""), known, faults);
        if (!yyjson_is_obj(object))
                return identity;
        check_type(object, kind, faults);
        if (metadata && !yyjson_is_obj(metadata))
                faults_add(faults, FAULT_ERROR, path, "must be an object");
        identity.name = field_str(metadata, "name", path, faults);
        identity.namespace = field_str(metadata, "namespace", path, faults);
        identity.labels = field_str_map(metadata, "labels", path, faults);
        identity.annotations = field_str_map(metadata, "annotations", path, faults);
        if (identity.namespace.len == 0)
                identity.namespace = STR("velero");
        if (identity.name.len == 0)
                faults_add(faults, FAULT_ERROR, STR("metadata.name"), "the %s has no name", words_of(kind));
        else if (!layout_check_name(identity.name, &err))
                faults_add(faults, FAULT_ERROR, STR("metadata.name"), "%s", err.message);
        return identity;
}

static bool is_pattern_char(char c) {
        return c == '*' || c == '?' || c == '[' || c == ']';
}

/* With patterns taken for letters, what is left has to be a name that a namespace can have (2.4 rule 7). */
static bool could_be_namespace(Str pattern) {
        if (pattern.len > NAMESPACE_NAME_MAX)
                return false;
        for (size_t i = 0; i < pattern.len; i++) {
                char c = pattern.ptr[i];
                bool is_edge = i == 0 || i == pattern.len - 1;

                if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || is_pattern_char(c))
                        continue;
                if (c != '-' || is_edge)
                        return false;
        }
        return true;
}

void identity_check_namespaces(const Strs *list, Str path, Faults *faults) {
        for (size_t i = 0; i < list->len; i++) {
                AUTO(error_clear) Error err = { 0 };
                Str name = list->items[i];

                if (!glob_check(name, &err))
                        faults_add(faults, FAULT_ERROR, field_path_item(path, i, faults->arena), "%s",
                                   err.message);
                else if (!could_be_namespace(name))
                        faults_add(faults, FAULT_ERROR, field_path_item(path, i, faults->arena),
                                   "\"" STR_FMT "\" can't be the name of a namespace: expected at most %d "
                                   "lower-case letters, digits and '-'",
                                   STR_ARG(name), NAMESPACE_NAME_MAX);
        }
}
