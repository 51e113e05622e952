#include "cli/describe_parts.h"

#include <inttypes.h>

#include "cli/words.h"
#include "kube/object.h"

Str part_text(JsonVal *value, const char *otherwise) {
        Str text = json_str(value);

        return text.len ? text : str_of(otherwise);
}

Str part_list(const Describer *d, JsonVal *array, const char *otherwise) {
        Strs items = { 0 };

        json_add_strs(array, d->arena, &items);
        return items.len ? strs_join(&items, STR(", "), d->arena) : str_of(otherwise);
}

const char *part_tristate(JsonVal *value, const char *yes, const char *no, const char *absent) {
        if (!yyjson_is_bool(value))
                return absent;
        return yyjson_get_bool(value) ? yes : no;
}

Str part_or_selectors(const Describer *d, JsonVal *selectors) {
        Strs texts = { 0 };
        size_t i, count;
        JsonVal *selector;

        if (!yyjson_is_arr(selectors))
                return STR(EMPTY_WORD);
        yyjson_arr_foreach(selectors, i, count, selector) {
                strs_add(&texts, d->arena, part_selector(d, selector));
        }
        return texts.len ? strs_join(&texts, STR(" or "), d->arena) : STR(EMPTY_WORD);
}

void part_map(const Describer *d, const char *name, JsonVal *map) {
        Strs keys = { 0 };
        size_t i, count;
        JsonVal *key, *value;

        if (yyjson_is_obj(map))
                yyjson_obj_foreach(map, i, count, key, value) {
                        strs_add(&keys, d->arena, json_str(key));
                }
        if (keys.len == 0)
                buf_printf(d->out, "%s:\t" EMPTY_WORD "\n", name);
        strs_sort(&keys);
        for (size_t k = 0; k < keys.len; k++) {
                Str text = words_printable(json_str(json_get_key(map, keys.items[k])), d->arena);

                if (k == 0)
                        buf_printf(d->out, "%s:", name);
                buf_printf(d->out, "\t" STR_FMT "=" STR_FMT "\n", STR_ARG(keys.items[k]), STR_ARG(text));
        }
}

void part_metadata(const Describer *d, JsonVal *object) {
        Str name = object_name(object), namespace = object_namespace(object);

        buf_printf(d->out, "Name:\t" STR_FMT "\nNamespace:\t" STR_FMT "\n", STR_ARG(name),
                   STR_ARG(namespace));
        part_map(d, "Labels", object_labels(object));
        part_map(d, "Annotations", object_annotations(object));
}

void part_phase(const Describer *d, JsonVal *object, const char *kind) {
        Str phase = part_text(json_at(object, "status", "phase"), "New"), name = object_name(object);
        bool is_good = str_equal(phase, STR("Completed"));
        bool is_bad = str_equal(phase, STR("PartiallyFailed")) || str_equal(phase, STR("Failed"));
        bool is_red = is_bad || str_equal(phase, STR("FailedValidation"));
        const char *colour = is_good ? "\033[32m" : "\033[31m";
        char quote = strcmp(kind, "backup") == 0 ? '`' : '\''; /* as in Velero */
        bool coloured = d->colour && (is_good || is_red);

        buf_printf(d->out, "Phase:\t%s" STR_FMT "%s", coloured ? colour : "", STR_ARG(phase),
                   coloured ? "\033[0m" : "");
        if (is_bad)
                buf_printf(d->out, " (run %cgrapnel %s logs " STR_FMT "%c for more information)", quote, kind,
                           STR_ARG(name), quote);
        buf_add_char(d->out, '\n');
}

void part_validation_errors(const Describer *d, JsonVal *status) {
        JsonVal *errors = json_get(status, "validationErrors"), *error;
        Str reason = json_get_str(status, "failureReason");
        size_t i, count;

        if (reason.len)
                buf_printf(d->out, "\nFailure reason:\t" STR_FMT "\n", STR_ARG(reason));
        if (yyjson_arr_size(errors) == 0)
                return;
        buf_add(d->out, STR("\nValidation errors:"));
        yyjson_arr_foreach(errors, i, count, error) {
                Str text = words_printable(json_str(error), d->arena);

                buf_printf(d->out, "\t" STR_FMT "\n", STR_ARG(text));
        }
}

/* A bucket of messages: name and first message on one line, the others below the first. */
static void messages(const Describer *d, const char *indent, Str name, JsonVal *list) {
        size_t i, count;
        JsonVal *message;

        if (yyjson_arr_size(list) == 0) {
                buf_printf(d->out, "%s" STR_FMT ":\t\t" EMPTY_WORD "\n", indent, STR_ARG(name));
                return;
        }
        yyjson_arr_foreach(list, i, count, message) {
                Str text = words_printable(json_str(message), d->arena);

                if (i == 0)
                        buf_printf(d->out, "%s" STR_FMT ":\t" STR_FMT "\n", indent, STR_ARG(name),
                                   STR_ARG(text));
                else
                        buf_printf(d->out, "%s\t" STR_FMT "\n", indent, STR_ARG(text));
        }
}

static void result_block(const Describer *d, const char *heading, JsonVal *result) {
        JsonVal *namespaces = json_get(result, "namespaces"), *name, *list;
        size_t i, count;

        buf_printf(d->out, "\n%s:\n", heading);
        messages(d, "\t", STR("Velero"), json_get(result, "velero"));
        messages(d, "\t", STR("Cluster"), json_get(result, "cluster"));
        if (yyjson_obj_size(namespaces) == 0) {
                buf_add(d->out, STR("\tNamespaces: " EMPTY_WORD "\n"));
                return;
        }
        buf_add(d->out, STR("\tNamespaces:\n"));
        yyjson_obj_foreach(namespaces, i, count, name, list) {
                messages(d, "\t\t", json_str(name), list);
        }
}

void part_results(const Describer *d, JsonVal *status, JsonVal *results) {
        int64_t warnings = json_get_int(status, "warnings", 0), errors = json_get_int(status, "errors", 0);
        JsonVal *warning_lists = json_get(results, "warnings"), *error_lists = json_get(results, "errors");

        if (!results) { /* Velero's old backups have counts only */
                if (warnings || errors)
                        buf_printf(d->out, "\nErrors:\t%lld\nWarnings:\t%lld\n", (long long) errors,
                                   (long long) warnings);
                return;
        }
        if (warnings > 0 || yyjson_obj_size(warning_lists))
                result_block(d, "Warnings", warning_lists);
        if (errors > 0 || yyjson_obj_size(error_lists))
                result_block(d, "Errors", error_lists);
}

void part_times(const Describer *d, JsonVal *status) {
        Str started = words_time_of(json_get_str(status, "startTimestamp"), "<n/a>", d->arena);
        Str completed = words_time_of(json_get_str(status, "completionTimestamp"), "<n/a>", d->arena);

        buf_printf(d->out, "Started:\t" STR_FMT "\nCompleted:\t" STR_FMT "\n", STR_ARG(started),
                   STR_ARG(completed));
}

void part_included(const Describer *d, const char *indent, Str included, Str excluded) {
        buf_printf(d->out, "%s\tIncluded:\t" STR_FMT "\n", indent, STR_ARG(included));
        buf_printf(d->out, "%s\tExcluded:\t" STR_FMT "\n", indent, STR_ARG(excluded));
}

void part_resource_list(const Describer *d, JsonVal *list) {
        size_t i, j, count, item_count;
        JsonVal *kind, *items, *item;

        if (!list) {
                buf_add(d->out, STR("Resource List:\t<not stored>\n"));
                return;
        }
        buf_add(d->out, STR("Resource List:\n"));
        yyjson_obj_foreach(list, i, count, kind, items) {
                buf_printf(d->out, "\t%s:\n", yyjson_get_str(kind));
                yyjson_arr_foreach(items, j, item_count, item) {
                        Str name = words_printable(json_str(item), d->arena);

                        buf_printf(d->out, "\t\t- " STR_FMT "\n", STR_ARG(name));
                }
        }
}

int64_t part_failed_deletions(JsonVal *deletions) {
        int64_t failed = 0;
        size_t i, count;
        JsonVal *request;

        yyjson_arr_foreach(deletions, i, count, request) {
                JsonVal *status = json_get(request, "status");

                if (str_equal(json_get_str(status, "phase"), STR("Processed")) &&
                    yyjson_arr_size(json_get(status, "errors")) > 0)
                        failed++;
        }
        return failed;
}

static void deletion_errors(const Describer *d, JsonVal *errors) {
        size_t i, count;
        JsonVal *error;

        if (yyjson_arr_size(errors) == 0)
                return;
        buf_add(d->out, STR("\tErrors:\n"));
        yyjson_arr_foreach(errors, i, count, error) {
                Str text = words_printable(json_str(error), d->arena);

                buf_printf(d->out, "\t\t" STR_FMT "\n", STR_ARG(text));
        }
}

void part_deletions(const Describer *d, JsonVal *deletions) {
        int64_t failed = part_failed_deletions(deletions);
        size_t i, count;
        JsonVal *request;

        if (yyjson_arr_size(deletions) == 0)
                return;
        buf_add(d->out, STR("\nDeletion Attempts"));
        if (failed)
                buf_printf(d->out, " (%" PRId64 " failed)", failed);
        buf_add(d->out, STR(":\n"));
        yyjson_arr_foreach(deletions, i, count, request) {
                JsonVal *status = json_get(request, "status");
                Str created = words_time_of(json_str(json_at(request, "metadata", "creationTimestamp")), "",
                                            d->arena);
                Str phase = json_get_str(status, "phase");

                buf_printf(d->out, "%s\t" STR_FMT ": " STR_FMT "\n", i ? "\n" : "", STR_ARG(created),
                           STR_ARG(phase));
                deletion_errors(d, json_get(status, "errors"));
        }
}
