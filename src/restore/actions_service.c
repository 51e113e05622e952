#include "restore/actions.h"

#include <stdlib.h>

enum { LAST_APPLIED_MAX = 1024 * 1024 };

static bool is_number_above_zero(JsonVal *value) {
        Str text = json_str(value);

        if (yyjson_is_num(value))
                return yyjson_get_num(value) > 0;
        return text.len > 0 && text.ptr[0] >= '1' && text.ptr[0] <= '9';
}

static long long port_number(JsonVal *value) {
        if (yyjson_is_str(value))
                return strtoll(yyjson_get_str(value), NULL, 10);
        return yyjson_is_num(value) ? (long long) yyjson_get_num(value) : 0;
}

/* The manifest that the user applied says a number for the port of that name, or for an unnamed one this very number. */
static bool was_applied(JsonVal *applied, JsonVal *port) {
        JsonVal *ports = json_at(applied, "spec", "ports"), *other;
        Str name = json_get_str(port, "name");
        size_t i, max;

        yyjson_arr_foreach(ports, i, max, other) {
                JsonVal *number = json_get(other, "nodePort");

                if (!is_number_above_zero(number) || !str_equal(json_get_str(other, "name"), name))
                        continue;
                if (name.len > 0 || port_number(number) == port_number(json_get(port, "nodePort")))
                        return true;
        }
        return false;
}

static JsonVal *managed_spec(JsonVal *entry) {
        return json_at(entry, "fieldsV1", "f:spec");
}

/* Somebody set the number, as the record of managed fields has it. */
static bool was_managed(JsonVal *service, JsonVal *port, Arena *arena) {
        JsonVal *entries = json_at(service, "metadata", "managedFields"), *entry;
        Str protocol = json_get_str(port, "protocol");
        const char *key = arena_printf(arena, "k:{\"port\":%lld,\"protocol\":\"" STR_FMT "\"}",
                                       port_number(json_get(port, "port")),
                                       STR_ARG(protocol.len > 0 ? protocol : STR("TCP")));
        size_t i, max;

        yyjson_arr_foreach(entries, i, max, entry) {
                if (json_get(json_get(json_get(managed_spec(entry), "f:ports"), key), "f:nodePort"))
                        return true;
        }
        return false;
}

static void clear_node_ports(RestoreItem *item, JsonVal *applied) {
        JsonMutVal *ports = json_mut_at(item->object, "spec", "ports");
        JsonVal *backed_up = json_at(item->backup, "spec", "ports"), *port;
        size_t i, max;

        yyjson_arr_foreach(backed_up, i, max, port) {
                bool keep =
                        applied ? was_applied(applied, port) : was_managed(item->backup, port, item->arena);

                if (!keep)
                        json_mut_remove(yyjson_mut_arr_get(ports, i), "nodePort");
        }
}

static bool health_port_was_set(const RestoreItem *item, JsonVal *applied) {
        JsonVal *entries = json_at(item->backup, "metadata", "managedFields"), *entry;
        size_t i, max;

        if (is_number_above_zero(json_at(applied, "spec", "healthCheckNodePort")))
                return true;
        yyjson_arr_foreach(entries, i, max, entry) {
                if (json_get(managed_spec(entry), "f:healthCheckNodePort"))
                        return true;
        }
        return false;
}

/* NULL when the annotation is absent. */
static bool read_applied(const RestoreItem *item, JsonDoc **ret_doc, Error *err) {
        Str text = json_get_str(json_at(item->backup, "metadata", "annotations"),
                                "kubectl.kubernetes.io/last-applied-configuration");

        *ret_doc = NULL;
        if (text.len == 0)
                return true;
        if (text.len > LAST_APPLIED_MAX)
                return error_set(
                        err, ERROR_INVALID,
                        "annotation kubectl.kubernetes.io/last-applied-configuration is larger than %d bytes",
                        LAST_APPLIED_MAX);
        return json_parse(text, "annotation kubectl.kubernetes.io/last-applied-configuration", ret_doc, err);
}

bool action_service(const ActionSetup *setup, RestoreItem *item, ActionOutcome *outcome, Error *err) {
        JsonVal *backed_up = json_get(item->backup, "spec");
        JsonMutVal *spec = yyjson_mut_obj_get(item->object, "spec");
        Str type = json_get_str(backed_up, "type");
        AUTO_JSON *applied = NULL;

        (void) outcome;
        if (!str_equal(json_get_str(backed_up, "clusterIP"), STR("None"))) {
                json_mut_remove(spec, "clusterIP");
                json_mut_remove(spec, "clusterIPs");
        }
        if (setup->spec->preserve_node_ports)
                return true;
        if (!read_applied(item, &applied, err))
                return false;
        if (!str_equal(type, STR("ExternalName")))
                clear_node_ports(item, yyjson_doc_get_root(applied));
        if (str_equal(type, STR("LoadBalancer")) &&
            str_equal(json_get_str(backed_up, "externalTrafficPolicy"), STR("Local")) &&
            !health_port_was_set(item, yyjson_doc_get_root(applied)))
                json_mut_remove(spec, "healthCheckNodePort");
        return true;
}
