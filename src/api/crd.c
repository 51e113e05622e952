#include "api/crd.h"

#include <assert.h>
#include <stdlib.h>

#include "api/crd_kinds.h"

enum { DEPTH_MAX = 12, INCLUDES_MAX = 4 };

static const CrdKind *const kinds[CRD_COUNT] = {
        &crd_backup_repository,
        &crd_backup,
        &crd_backup_storage_location,
        &crd_delete_backup_request,
        &crd_download_request,
        &crd_pod_volume_backup,
        &crd_pod_volume_restore,
        &crd_restore,
        &crd_schedule,
        &crd_server_status_request,
        &crd_volume_snapshot_location,
        &crd_data_download,
        &crd_data_upload,
};

static const char selector_rows[] = "matchExpressions atomic-list object\n"
                                    " key! string\n"
                                    " operator! string\n"
                                    " values atomic-list string\n"
                                    "matchLabels map\n";

typedef struct TypeRow {
        const char *word, *type, *format;
        const char *extension, *extension_value; /* NULL value: true */
        bool is_nullable;
} TypeRow;

#define PRESERVE "x-kubernetes-preserve-unknown-fields"

static const TypeRow types[] = {
        { .word = "string", .type = "string" },
        { .word = "string-or-empty", .type = "string", .extension = "default", .extension_value = "" },
        { .word = "integer", .type = "integer" },
        { .word = "int64", .type = "integer", .format = "int64" },
        { .word = "boolean", .type = "boolean" },
        { .word = "byte", .type = "string", .format = "byte" },
        { .word = "date", .type = "string", .format = "date-time", .is_nullable = true },
        { .word = "enum", .type = "string" },
        { .word = "map", .type = "object" },
        { .word = "object", .type = "object" },
        { .word = "any", .type = "object", .extension = PRESERVE },
        { .word = "atomic",
          .type = "object",
          .extension = "x-kubernetes-map-type",
          .extension_value = "atomic" },
        { .word = "selector",
          .type = "object",
          .extension = "x-kubernetes-map-type",
          .extension_value = "atomic" },
        { .word = "list", .type = "array" },
        { .word = "list+", .type = "array" },
        { .word = "atomic-list",
          .type = "array",
          .extension = "x-kubernetes-list-type",
          .extension_value = "atomic" },
        { .word = "any-list", .type = "array", .extension = PRESERVE },
};

typedef struct Builder {
        JsonMutDoc *doc;
        JsonMutVal *open[DEPTH_MAX]; /* the schema whose properties stand at that depth */
        struct {
                Str rest;
                size_t depth;
        } tables[INCLUDES_MAX]; /* the innermost last */
        size_t tables_len;
} Builder;

static void put(JsonMutDoc *doc, JsonMutVal *object, const char *key, const char *value) {
        yyjson_mut_obj_add_str(doc, object, key, value);
}

static void include(Builder *builder, const char *rows, size_t depth) {
        assert(builder->tables_len < INCLUDES_MAX);
        builder->tables[builder->tables_len].rest = str_of(rows);
        builder->tables[builder->tables_len++].depth = depth;
}

static const TypeRow *find_type(Str word) {
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
                if (str_equal(word, str_of(types[i].word)))
                        return &types[i];
        abort(); /* a mistake in a table; the tests read them all */
}

static void put_enum(Builder *builder, JsonMutVal *schema, Str words) {
        JsonMutVal *values = yyjson_mut_obj_add_arr(builder->doc, schema, "enum");
        Str word;

        while (str_cut(&words, '|', &word))
                yyjson_mut_arr_append(values, json_new_str(builder->doc, word));
}

/* Fills one schema in; the words that are left describe its items. */
static const TypeRow *fill(Builder *builder, JsonMutVal *schema, Str *words, size_t depth) {
        Str word = STR("");
        (void) str_cut(words, ' ', &word);
        const TypeRow *row = find_type(word);

        put(builder->doc, schema, "type", row->type);
        if (row->format)
                put(builder->doc, schema, "format", row->format);
        if (row->extension && row->extension_value)
                put(builder->doc, schema, row->extension, row->extension_value);
        else if (row->extension)
                yyjson_mut_obj_add_true(builder->doc, schema, row->extension);
        if (row->is_nullable)
                yyjson_mut_obj_add_true(builder->doc, schema, "nullable");
        if (str_equal(word, STR("list+")))
                yyjson_mut_obj_add_int(builder->doc, schema, "minItems", 1);
        if (str_equal(word, STR("map")))
                put(builder->doc, yyjson_mut_obj_add_obj(builder->doc, schema, "additionalProperties"),
                    "type", "string");
        if (str_equal(word, STR("enum")))
                put_enum(builder, schema, *words);
        if (str_equal(word, STR("selector")))
                include(builder, selector_rows, depth + 1);
        return row;
}

static void add_field(Builder *builder, Str line, size_t depth) {
        JsonMutVal *parent = builder->open[depth], *schema = yyjson_mut_obj(builder->doc);
        Str name = STR(""), words = STR("");
        bool required = false, nullable = false;

        (void) str_cut(&line, ' ', &name);
        (void) str_cut(&line, '#', &words);
        for (; str_ends_with(name, STR("?")); name.len--)
                nullable = true;
        for (; str_ends_with(name, STR("!")); name.len--)
                required = true;
        if (line.len)
                json_put_str(builder->doc, schema, "description", str_trim(line));
        words = str_trim(words);

        JsonMutVal *at = schema;
        while (str_equal(str_of(fill(builder, at, &words, depth)->type), STR("array")))
                at = yyjson_mut_obj_add_obj(builder->doc, at, "items");
        builder->open[depth + 1] = at;
        if (nullable)
                yyjson_mut_obj_add_true(builder->doc, schema, "nullable");
        json_mut_set(builder->doc, json_mut_object(builder->doc, parent, "properties"), name, schema);
        if (!required)
                return;
        JsonMutVal *list = yyjson_mut_obj_get(parent, "required");
        if (!list)
                list = yyjson_mut_obj_add_arr(builder->doc, parent, "required");
        yyjson_mut_arr_append(list, json_new_str(builder->doc, name));
}

static JsonMutVal *build_schema(const char *rows, JsonMutDoc *doc) {
        Builder builder = { .doc = doc, .open = { yyjson_mut_obj(doc) } };

        put(doc, builder.open[0], "type", "object");
        include(&builder, rows, 0);
        while (builder.tables_len) {
                size_t top = builder.tables_len - 1, depth = builder.tables[top].depth;
                Str line;

                if (!str_cut(&builder.tables[top].rest, '\n', &line)) {
                        builder.tables_len--;
                        continue;
                }
                for (; str_starts_with(line, STR(" ")); line = str_skip(line, 1))
                        depth++;
                assert(depth + 1 < DEPTH_MAX);
                if (str_equal(line, STR("@backup-spec")))
                        include(&builder, crd_backup_spec, depth);
                else if (str_equal(line, STR("@backup-hooks")))
                        include(&builder, crd_backup_hooks, depth);
                else if (line.len)
                        add_field(&builder, line, depth);
        }
        return builder.open[0];
}

static void add_columns(JsonMutDoc *doc, JsonMutVal *version, const char *rows) {
        JsonMutVal *list = yyjson_mut_obj_add_arr(doc, version, "additionalPrinterColumns");
        Str rest = str_of(rows), line;

        while (str_cut(&rest, '\n', &line)) {
                Str title, type, path, priority;
                JsonMutVal *column;

                if (!str_cut(&line, '|', &title) || !str_cut(&line, '|', &type) ||
                    !str_cut(&line, '|', &path))
                        continue;
                column = yyjson_mut_arr_add_obj(doc, list);
                json_put_str(doc, column, "name", title);
                json_put_str(doc, column, "type", str_equal(type, STR("int64")) ? STR("integer") : type);
                if (str_equal(type, STR("int64")))
                        put(doc, column, "format", "int64");
                json_put_str(doc, column, "jsonPath", path);
                if (str_cut(&line, '|', &priority))
                        yyjson_mut_obj_add_int(doc, column, "priority", strtol(priority.ptr, NULL, 10));
        }
}

static JsonMutVal *build_version(const CrdKind *kind, JsonMutDoc *doc) {
        JsonMutVal *version = yyjson_mut_obj(doc), *schema, *properties;

        put(doc, version, "name", kind->version);
        yyjson_mut_obj_add_true(doc, version, "served");
        yyjson_mut_obj_add_true(doc, version, "storage");
        if (kind->columns)
                add_columns(doc, version, kind->columns);
        schema = yyjson_mut_obj_add_obj(doc, yyjson_mut_obj_add_obj(doc, version, "schema"),
                                        "openAPIV3Schema");
        put(doc, schema, "description", kind->description);
        put(doc, schema, "type", "object");
        properties = yyjson_mut_obj_add_obj(doc, schema, "properties");
        put(doc, yyjson_mut_obj_add_obj(doc, properties, "apiVersion"), "type", "string");
        put(doc, yyjson_mut_obj_add_obj(doc, properties, "kind"), "type", "string");
        put(doc, yyjson_mut_obj_add_obj(doc, properties, "metadata"), "type", "object");
        yyjson_mut_obj_add_val(doc, properties, "spec", build_schema(kind->spec, doc));
        yyjson_mut_obj_add_val(doc, properties, "status", build_schema(kind->status, doc));
        return version;
}

static void put_lower(JsonMutDoc *doc, JsonMutVal *object, const char *key, const char *text) {
        char lower[64];
        size_t len = strlen(text);

        assert(len < sizeof lower);
        for (size_t i = 0; i < len; i++)
                lower[i] = (char) (text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
        json_put_str(doc, object, key, (Str) { lower, len });
}

static void put_joined(JsonMutDoc *doc, JsonMutVal *object, const char *key, const char *a, const char *b) {
        AUTO(buf_clear) Buf text = { 0 };

        buf_printf(&text, "%s%s", a, b);
        json_put_str(doc, object, key, buf_str(&text));
}

JsonMutVal *crd_build(size_t number, JsonMutDoc *doc) {
        const CrdKind *kind = kinds[number];
        JsonMutVal *crd = yyjson_mut_obj(doc), *metadata, *spec, *names;

        put(doc, crd, "apiVersion", "apiextensions.k8s.io/v1");
        put(doc, crd, "kind", "CustomResourceDefinition");
        metadata = yyjson_mut_obj_add_obj(doc, crd, "metadata");
        put_joined(doc, metadata, "name", kind->plural, ".velero.io");
        put(doc, yyjson_mut_obj_add_obj(doc, metadata, "labels"), "component", "velero");
        spec = yyjson_mut_obj_add_obj(doc, crd, "spec");
        put(doc, spec, "group", "velero.io");
        names = yyjson_mut_obj_add_obj(doc, spec, "names");
        put(doc, names, "kind", kind->kind);
        put_joined(doc, names, "listKind", kind->kind, "List");
        put(doc, names, "plural", kind->plural);
        put_lower(doc, names, "singular", kind->kind);
        if (kind->short_name)
                yyjson_mut_arr_add_str(doc, yyjson_mut_obj_add_arr(doc, names, "shortNames"),
                                       kind->short_name);
        put(doc, spec, "scope", "Namespaced");
        yyjson_mut_arr_append(yyjson_mut_obj_add_arr(doc, spec, "versions"), build_version(kind, doc));
        return crd;
}
