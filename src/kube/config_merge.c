#include "kube/config.h"

#include "base/clock.h"
#include "base/mem.h"
#include "data/yaml.h"
#include "kube/config_decode.h"

enum { ENTRIES_MAX = 10000 };

typedef struct Entries {
        ConfigEntry *items;
        size_t len, capacity;
} Entries;

/* What all files say together: kubectl takes an entry whole from the first file that has one of its name. */
typedef struct Merged {
        Entries clusters, users, contexts;
        Str current_context;
        const KubeConfigFile *files;
        size_t file_count;
        YamlDocs *docs; /* of each file; entries point into them */
} Merged;

static void merged_clear(Merged *merged) {
        for (size_t i = 0; i < merged->file_count; i++)
                yaml_docs_clear(&merged->docs[i]);
        free(merged->docs);
        free(merged->clusters.items);
        free(merged->users.items);
        free(merged->contexts.items);
}

static const ConfigEntry *find(const Entries *entries, Str name) {
        for (size_t i = 0; i < entries->len; i++)
                if (str_equal(entries->items[i].name, name))
                        return &entries->items[i];
        return NULL;
}

static void append(Entries *entries, ConfigEntry entry) {
        if (entries->len == entries->capacity) {
                entries->capacity = entries->capacity ? 2 * entries->capacity : 16;
                entries->items = xrealloc_array(entries->items, entries->capacity, sizeof *entries->items);
        }
        entries->items[entries->len++] = entry;
}

static bool file_wrong(const KubeConfigFile *file, const char *list, const char *reason, Error *err) {
        return error_set(err, ERROR_INVALID, STR_FMT ": %s: %s", STR_ARG(file->path), list, reason);
}

/* `list` is "clusters", `entry.kind` "cluster": [{name: …, cluster: {…}}]. */
static bool add_entries(Entries *entries, JsonVal *root, const char *list, ConfigEntry entry, Error *err) {
        JsonVal *array = json_get(root, list), *element;
        yyjson_arr_iter elements;
        size_t before = entries->len;

        if (array && !yyjson_is_arr(array) && !yyjson_is_null(array))
                return file_wrong(entry.file, list, "expected a list", err);
        yyjson_arr_iter_init(array, &elements);
        while ((element = yyjson_arr_iter_next(&elements))) {
                entry.value = json_get(element, entry.kind);
                if (!config_scalar(json_get(element, "name"), entry.arena, &entry.name) ||
                    entry.name.len == 0)
                        return file_wrong(entry.file, list, "an entry has no name", err);
                if (entry.value && !yyjson_is_obj(entry.value) && !yyjson_is_null(entry.value))
                        return entry_wrong(&entry, entry.kind, "expected an object", err);

                const ConfigEntry *other = find(entries, entry.name);
                if (other && other >= entries->items + before)
                        return entry_wrong(&entry, "", "the name is used twice", err);
                if (entries->len == ENTRIES_MAX)
                        return file_wrong(entry.file, list, "there are more than 10000", err);
                if (!other)
                        append(entries, entry);
        }
        return true;
}

static bool check_kind(const KubeConfigFile *file, JsonVal *root, Error *err) {
        Str kind = json_get_str(root, "kind");

        if (!yyjson_is_obj(root))
                return error_set(err, ERROR_INVALID,
                                 STR_FMT ": not a kubeconfig: expected an object at the top",
                                 STR_ARG(file->path));
        if (kind.len && !str_equal(kind, STR("Config")))
                return error_set(err, ERROR_INVALID,
                                 STR_FMT ": not a kubeconfig: its kind is \"" STR_FMT "\", not Config",
                                 STR_ARG(file->path), STR_ARG(kind));
        return true;
}

static bool add_file(Merged *merged, const KubeConfigFile *file, YamlDocs *docs, Arena *arena, Error *err) {
        AUTO_FREE char *what = xasprintf(STR_FMT, STR_ARG(file->path));
        ConfigEntry cluster = { .file = file, .kind = "cluster", .arena = arena };
        ConfigEntry user = { .file = file, .kind = "user", .arena = arena };
        ConfigEntry context = { .file = file, .kind = "context", .arena = arena };

        if (!yaml_parse(file->text, what, docs, err))
                return false;
        if (docs->len == 0)
                return true;
        if (docs->len > 1)
                return error_set(err, ERROR_INVALID, "%s: holds %zu documents, expected one", what,
                                 docs->len);
        JsonVal *root = yyjson_doc_get_root(docs->items[0].json);
        if (!check_kind(file, root, err))
                return false;
        if (merged->current_context.len == 0 &&
            !config_scalar(json_get(root, "current-context"), arena, &merged->current_context))
                return file_wrong(file, "current-context", "expected a string", err);
        return add_entries(&merged->clusters, root, "clusters", cluster, err) &&
               add_entries(&merged->users, root, "users", user, err) &&
               add_entries(&merged->contexts, root, "contexts", context, err);
}

static Str source_of(const Merged *merged, Arena *arena) {
        Strs paths = { 0 };

        for (size_t i = 0; i < merged->file_count; i++)
                strs_add(&paths, arena, merged->files[i].path);
        return strs_join(&paths, STR(":"), arena);
}

static Str names_of(const Entries *entries, Arena *arena) {
        Strs names = { 0 };

        for (size_t i = 0; i < entries->len && i < 20; i++)
                strs_add(&names, arena, entries->items[i].name);
        if (entries->len > names.len)
                strs_add(&names, arena, STR("…"));
        return entries->len ? strs_join(&names, STR(", "), arena) : STR("none");
}

static bool choose_context(const Merged *merged, Str wanted, const ConfigEntry **ret_context,
                           KubeConfig *config, Error *err) {
        Str name = wanted.len ? wanted : merged->current_context;
        Str names = names_of(&merged->contexts, &config->arena);

        if (name.len == 0)
                return error_set(err, ERROR_INVALID,
                                 STR_FMT ": no current-context: choose one (there are: " STR_FMT ")",
                                 STR_ARG(config->source), STR_ARG(names));
        *ret_context = find(&merged->contexts, name);
        if (!*ret_context)
                return error_set(err, ERROR_NOT_FOUND,
                                 STR_FMT ": no context \"" STR_FMT "\" (there are: " STR_FMT ")",
                                 STR_ARG(config->source), STR_ARG(name), STR_ARG(names));
        config->context = arena_copy(&config->arena, name);
        return true;
}

static bool names_missing(const ConfigEntry *context, const char *key, Str name, Error *err) {
        AUTO_FREE char *reason = name.len ? xasprintf("no %s is called \"" STR_FMT "\"", key, STR_ARG(name))
                                          : xasprintf("the field is missing");

        return entry_wrong(context, key, reason, err);
}

static bool decode_chosen(const Merged *merged, Str wanted, KubeConfig *config, Error *err) {
        static const char *const known[] = { "cluster", "user", "namespace", "extensions", NULL };
        const ConfigEntry *context = NULL, *cluster, *user;

        config->source = source_of(merged, &config->arena);
        config->namespace = STR("default");
        if (!choose_context(merged, wanted, &context, config, err) ||
            !entry_str(context, "cluster", &config->cluster, err) ||
            !entry_str(context, "user", &config->user, err) ||
            !entry_str(context, "namespace", &config->namespace, err))
                return false;
        entry_warn_unknown(context, known, &config->warnings);

        cluster = config->cluster.len ? find(&merged->clusters, config->cluster) : NULL;
        if (!cluster)
                return names_missing(context, "cluster", config->cluster, err);
        user = config->user.len ? find(&merged->users, config->user) : NULL;
        if (!user && config->user.len)
                return names_missing(context, "user", config->user, err);
        return config_decode_cluster(cluster, config, err) &&
               (!user || config_decode_user(user, config, err));
}

bool kube_config_merge(const KubeConfigFile *files, size_t count, Str context, KubeConfig *ret_config,
                       Error *err) {
        AUTO(merged_clear)
        Merged merged = { .files = files, .file_count = count, .docs = xcalloc(count, sizeof(YamlDocs)) };
        AUTO(kube_config_clear) KubeConfig config = { 0 };

        for (size_t i = 0; i < count; i++)
                if (!add_file(&merged, &files[i], &merged.docs[i], &config.arena, err))
                        return false;
        if (!decode_chosen(&merged, context, &config, err))
                return false;
        *ret_config = config;
        config = (KubeConfig) { 0 };
        return true;
}
