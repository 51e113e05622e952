#include "api/install.h"

#include "api/crd.h"
#include "api/install_texts.h"
#include "data/base64.h"
#include "data/yaml.h"

typedef enum InstallWhen { ALWAYS, WITH_LOCATION, WITH_SECRET } InstallWhen;

typedef struct InstallPart {
        const char *name, *text;
        InstallWhen when;
        bool cluster_only; /* helm makes it itself */
} InstallPart;

static const InstallPart before_crds = { "namespace", install_namespace, ALWAYS, true };

static const InstallPart parts[] = {
        { "rbac", install_rbac, ALWAYS, false },
        { "secret", install_secret, WITH_SECRET, false },
        { "location", install_location, WITH_LOCATION, false },
        { "policy", install_policy, ALWAYS, false },
        { "service", install_service, ALWAYS, false },
        { "deployment", install_deployment, ALWAYS, false },
};

enum { PART_COUNT = sizeof parts / sizeof *parts };

typedef struct TokenRow {
        const char *mark, *chart; /* in the text; what stands for it in the chart */
} TokenRow;

static const TokenRow tokens[INSTALL_TOKEN_COUNT] = {
        [INSTALL_NAMESPACE] = { "$NAMESPACE", "{{ .Release.Namespace | quote }}" },
        [INSTALL_CLUSTER_NAME] = { "$CLUSTER_NAME", "{{ .Values.clusterName | quote }}" },
        [INSTALL_IMAGE] = { "$IMAGE", "{{ .Values.image | quote }}" },
        [INSTALL_CPU_REQUEST] = { "$CPU_REQUEST", "{{ .Values.cpuRequest | quote }}" },
        [INSTALL_MEM_REQUEST] = { "$MEM_REQUEST", "{{ .Values.memoryRequest | quote }}" },
        [INSTALL_MEM_LIMIT] = { "$MEM_LIMIT", "{{ .Values.memoryLimit | quote }}" },
        [INSTALL_PROVIDER] = { "$PROVIDER", "{{ .Values.provider | quote }}" },
        [INSTALL_BUCKET] = { "$BUCKET", "{{ .Values.bucket | quote }}" },
        [INSTALL_PREFIX] = { "$PREFIX", "{{ .Values.prefix | quote }}" },
        [INSTALL_CONFIG] = { "$CONFIG", "{{ .Values.config | toJson }}" },
        [INSTALL_SECRET] = { "$SECRET", "{{ .Values.credentials | b64enc | quote }}" },
        [INSTALL_VOLUME] = { "$VOLUME", "{{ merge (dict \"name\" \"backups\") "
                                        "(.Values.volume | default (dict \"emptyDir\" (dict))) | toJson }}" },
};

/* What a user sets; the defaults are those of the flags. */
static const char values_yaml[] =
        "# The same objects as `grapnel install` makes. Generated; see docs/install.md.\n"
        "clusterName: grapnel\n"
        "image: grapnel:" GRAPNEL_VERSION "\n"
        "cpuRequest: 10m\n"
        "memoryRequest: 16Mi\n"
        "memoryLimit: 64Mi\n"
        "# No provider: no BackupStorageLocation is made.\n"
        "provider: \"\"\n"
        "bucket: \"\"\n"
        "prefix: \"\"\n"
        "config: {}\n"
        "# The content of the credentials file; empty: no Secret is made.\n"
        "credentials: \"\"\n"
        "# Where backups of provider filesystem are kept (config.path: /backups), as a volume of a pod has "
        "it; empty: a\n"
        "# folder that is gone with the pod.  Example: {persistentVolumeClaim: {claimName: backups}}\n"
        "volume: {}\n";

static const char chart_yaml[] = "apiVersion: v2\n"
                                 "name: grapnel\n"
                                 "description: Backup, restore and hooks for Kubernetes\n"
                                 "type: application\n"
                                 "version: " GRAPNEL_VERSION "\n"
                                 "appVersion: \"" GRAPNEL_VERSION "\"\n";

static size_t token_at(Str text) {
        size_t best = INSTALL_TOKEN_COUNT;

        for (size_t i = 0; i < INSTALL_TOKEN_COUNT; i++)
                if (str_starts_with(text, str_of(tokens[i].mark)))
                        best = i;
        return best;
}

static void replace(const char *text, const Str values[INSTALL_TOKEN_COUNT], Buf *into) {
        for (Str rest = str_of(text); rest.len;) {
                size_t token = token_at(rest);

                if (token == INSTALL_TOKEN_COUNT) {
                        buf_add_char(into, rest.ptr[0]);
                        rest = str_skip(rest, 1);
                        continue;
                }
                buf_add(into, values[token]);
                rest = str_skip(rest, strlen(tokens[token].mark));
        }
}

static Str literal(Str text, Arena *arena) {
        AUTO(buf_clear) Buf quoted = { 0 };

        json_write_string(text, &quoted);
        return arena_copy(arena, buf_str(&quoted));
}

static bool write_config(const Strs *config, Arena *arena, Str *ret_text, Error *err) {
        AUTO(buf_clear) Buf text = { 0 };

        for (size_t i = 0; i < config->len; i++) {
                Str value = config->items[i], key;

                if (!str_cut(&value, '=', &key) || key.len == 0 || value.ptr == NULL)
                        return error_set(err, ERROR_INVALID,
                                         "\"" STR_FMT "\" is not a setting: expected key=value",
                                         STR_ARG(config->items[i]));
                buf_add(&text, i ? STR(", ") : STR("{"));
                json_write_string(key, &text);
                buf_add(&text, STR(": "));
                json_write_string(value, &text);
        }
        buf_add(&text, config->len ? STR("}") : STR("{}"));
        *ret_text = arena_copy(arena, buf_str(&text));
        return true;
}

static Str volume_of(Str claim, Arena *arena) {
        if (claim.len == 0)
                return STR("{name: backups, emptyDir: {}}");
        return str_of(arena_printf(arena, "{name: backups, persistentVolumeClaim: {claimName: " STR_FMT "}}",
                                   STR_ARG(literal(claim, arena))));
}

static bool read_values(const InstallOptions *options, Arena *arena, Str values[INSTALL_TOKEN_COUNT],
                        Error *err) {
        AUTO(buf_clear) Buf secret = { 0 };
        bool is_usual = str_equal(options->namespace, STR("velero"));
        Str name = is_usual ? STR("grapnel")
                            : str_of(arena_printf(arena, "grapnel-" STR_FMT, STR_ARG(options->namespace)));
        const Str given[INSTALL_TOKEN_COUNT] = {
                [INSTALL_NAMESPACE] = options->namespace,
                [INSTALL_CLUSTER_NAME] = name,
                [INSTALL_IMAGE] = options->image,
                [INSTALL_CPU_REQUEST] = options->cpu_request,
                [INSTALL_MEM_REQUEST] = options->mem_request,
                [INSTALL_MEM_LIMIT] = options->mem_limit,
                [INSTALL_PROVIDER] = options->provider,
                [INSTALL_BUCKET] = options->bucket,
                [INSTALL_PREFIX] = options->prefix,
        };

        for (size_t i = 0; i < INSTALL_TOKEN_COUNT; i++)
                values[i] = literal(given[i], arena);
        base64_encode(options->secret, &secret);
        values[INSTALL_SECRET] = literal(buf_str(&secret), arena);
        values[INSTALL_VOLUME] = volume_of(options->claim, arena);
        return write_config(&options->config, arena, &values[INSTALL_CONFIG], err);
}

static bool is_wanted(const InstallPart *part, const InstallOptions *options) {
        return part->when == ALWAYS || (part->when == WITH_LOCATION && options->provider.len) ||
               (part->when == WITH_SECRET && options->secret.len);
}

static bool add_part(const InstallPart *part, const Str values[INSTALL_TOKEN_COUNT], JsonMutDoc *doc,
                     JsonMutVal *list, Error *err) {
        AUTO(buf_clear) Buf text = { 0 };
        AUTO(yaml_docs_clear) YamlDocs docs = { 0 };

        replace(part->text, values, &text);
        if (!yaml_parse(buf_str(&text), part->name, &docs, err))
                return false;
        for (size_t i = 0; i < docs.len; i++)
                yyjson_mut_arr_append(list,
                                      yyjson_val_mut_copy(doc, yyjson_doc_get_root(docs.items[i].json)));
        return true;
}

bool install_objects(const InstallOptions *options, JsonMutDoc *doc, JsonMutVal *list, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str values[INSTALL_TOKEN_COUNT];

        if (!read_values(options, &arena, values, err))
                return false;
        if (!options->crds_only && !add_part(&before_crds, values, doc, list, err))
                return false;
        for (size_t i = 0; i < CRD_COUNT; i++)
                yyjson_mut_arr_append(list, crd_build(i, doc));
        for (size_t i = 0; i < PART_COUNT && !options->crds_only; i++)
                if (is_wanted(&parts[i], options) && !add_part(&parts[i], values, doc, list, err))
                        return false;
        return true;
}

static void write_template(const InstallPart *part, Buf *text) {
        static const char *const conditions[] = {
                [ALWAYS] = NULL, [WITH_LOCATION] = ".Values.provider", [WITH_SECRET] = ".Values.credentials"
        };
        Str values[INSTALL_TOKEN_COUNT];

        for (size_t i = 0; i < INSTALL_TOKEN_COUNT; i++)
                values[i] = str_of(tokens[i].chart);
        if (conditions[part->when])
                buf_printf(text, "{{- if %s }}\n", conditions[part->when]);
        replace(part->text, values, text);
        if (conditions[part->when])
                buf_add(text, STR("{{- end }}\n"));
}

static Str write_crd(size_t number, Arena *arena, Buf *text) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);

        yyjson_mut_doc_set_root(doc, crd_build(number, doc));
        AUTO_JSON *fixed = yyjson_mut_doc_imut_copy(doc, NULL);
        JsonVal *root = yyjson_doc_get_root(fixed);

        yaml_write(root, text);
        return str_of(arena_printf(arena, "crds/" STR_FMT ".yaml",
                                   STR_ARG(json_str(json_at(root, "spec", "names", "plural")))));
}

bool install_chart_file(size_t number, Arena *arena, Buf *text, Str *ret_name) {
        if (number >= 2 + PART_COUNT + CRD_COUNT)
                return false;
        if (number == 0) {
                buf_add(text, str_of(chart_yaml));
                *ret_name = STR("Chart.yaml");
        } else if (number == 1) {
                buf_add(text, str_of(values_yaml));
                *ret_name = STR("values.yaml");
        } else if (number < 2 + PART_COUNT) {
                write_template(&parts[number - 2], text);
                *ret_name = str_of(arena_printf(arena, "templates/%s.yaml", parts[number - 2].name));
        } else {
                *ret_name = write_crd(number - 2 - PART_COUNT, arena, text);
        }
        return true;
}
