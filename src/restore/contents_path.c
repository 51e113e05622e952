#include "restore/contents_path.h"

enum { PARTS_MAX = 6, NAME_MAX_LEN = 253, NAMESPACE_MAX_LEN = 63 };

static size_t split(Str path, Str parts[PARTS_MAX]) {
        size_t count = 0;

        for (Str part; str_cut(&path, '/', &part); count++)
                if (count < PARTS_MAX)
                        parts[count] = part;
        return count;
}

/* Kubernetes allows more in names than DNS does (RBAC has "system:node"), but nothing that means another path. */
static bool is_name(Str name, size_t longest) {
        if (name.len == 0 || name.len > longest || str_equal(name, STR(".")) || str_equal(name, STR("..")))
                return false;
        for (size_t i = 0; i < name.len; i++)
                if ((unsigned char) name.ptr[i] < ' ' || name.ptr[i] == '%' || name.ptr[i] == 0x7f)
                        return false;
        return true;
}

static bool check_names(Str path, const ContentsPath *item, Error *err) {
        const char *what = NULL;

        if (!is_name(item->resource, NAME_MAX_LEN))
                what = "resource";
        else if (item->namespace.len > 0 && !is_name(item->namespace, NAMESPACE_MAX_LEN))
                what = "namespace";
        else if (!is_name(item->name, NAME_MAX_LEN))
                what = "name";
        if (!what)
                return true;
        return error_set(err, ERROR_CORRUPT,
                         "\"" STR_FMT "\" in the archive: its %s cannot be one of Kubernetes", STR_ARG(path),
                         what);
}

bool contents_path_parse(Str path, ContentsPath *ret_path, Error *err) {
        Str parts[PARTS_MAX] = { 0 };
        size_t count = split(path, parts);
        ContentsPath parsed = { .place = PLACE_OTHER };

        if (count == 2 && str_equal(path, STR("metadata/version")))
                parsed.place = PLACE_FORMAT;
        if (count < 4 || count > PARTS_MAX || !str_equal(parts[0], STR("resources")) ||
            !str_ends_with(path, STR(".json"))) {
                *ret_path = parsed;
                return true;
        }

        Str file = parts[count - 1];
        bool is_cluster = str_equal(parts[count - 2], STR("cluster")) && (count == 4 || count == 5);
        bool is_namespaced = str_equal(parts[count - 3], STR("namespaces")) && count >= 5;
        bool is_versioned = count == 6 || (count == 5 && !is_namespaced);

        if (is_cluster && count == 5 && is_namespaced) /* a namespace called "cluster" */
                is_cluster = false;
        parsed.resource = parts[1];
        parsed.name = (Str) { file.ptr, file.len - strlen(".json") };
        if (is_namespaced)
                parsed.namespace = parts[count - 2];
        if (is_cluster || is_namespaced)
                parsed.place = is_versioned ? PLACE_VERSIONED : PLACE_ITEM;
        if (parsed.place == PLACE_ITEM && is_namespaced && parsed.namespace.len == 0)
                return error_set(err, ERROR_CORRUPT, "\"" STR_FMT "\" in the archive: its namespace is empty",
                                 STR_ARG(path));
        if (parsed.place == PLACE_ITEM && !check_names(path, &parsed, err))
                return false;
        *ret_path = parsed;
        return true;
}
