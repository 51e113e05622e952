#include "cli/location_change.h"

#include "base/read_file.h"
#include "cli/fields.h"
#include "data/base64.h"

const Option credential_flags[] = {
        { OPT_ROW(OPTION_TEXT, LocationFlags, credential, "credential", "SECRET=KEY",
                  "the Secret with the credentials file, and its key (default: the server's own)") },
        OPT_END,
};

const Option location_flags[] = {
        { OPT_FIELD(OPTION_FIELD_BOOL, "spec.default", "default", NULL,
                    "backups that name no location go here; another default stops being one") },
        { OPT_ROW(OPTION_TEXT, LocationFlags, ca_file, "cacert", "FILE",
                  "certificates (PEM) that the store's TLS certificate is checked with") },
        OPT_ROWS(credential_flags, "Credentials"),
        OPT_END,
};

static bool put_credential(Cli *cli, Str text, JsonMutDoc *doc, JsonMutVal *spec, Error *err) {
        Str key = text, name;
        bool has_mark = memchr(text.ptr, '=', text.len) != NULL;

        if (!str_cut(&key, '=', &name) || !has_mark || name.len == 0 || key.len == 0 ||
            memchr(key.ptr, '=', key.len) || memchr(key.ptr, ',', key.len))
                return cli_usage(cli, err, "--credential: \"" STR_FMT "\" is not SECRET=KEY", STR_ARG(text));

        JsonMutVal *credential = json_mut_object(doc, spec, "credential");
        json_put_str(doc, credential, "name", name);
        json_put_str(doc, credential, "key", key);
        return true;
}

static bool put_certificates(Str path, JsonMutDoc *doc, JsonMutVal *storage, Error *err) {
        const Str mark = STR("-----BEGIN CERTIFICATE-----");
        AUTO(buf_clear) Buf pem = { 0 }, text = { 0 };

        if (path.len == 0) {
                yyjson_mut_obj_add_null(doc, storage, "caCert");
                return true;
        }
        if (!read_file(path, &pem, err))
                return error_prefix(err, "--cacert");
        if (pem.len == 0 || !memmem(pem.ptr, pem.len, mark.ptr, mark.len))
                return error_set(err, ERROR_INVALID, "--cacert: " STR_FMT ": holds no certificate in PEM",
                                 STR_ARG(path));
        base64_encode(buf_str(&pem), &text);
        json_put_str(doc, storage, "caCert", buf_str(&text));
        return true;
}

bool location_has_place(Cli *cli, bool has_provider, bool has_bucket, Error *err) {
        if (has_provider && has_bucket)
                return true;
        return cli_usage(cli, err, "%s missing: where are the backups kept?",
                         has_provider ? "--bucket is"
                         : has_bucket ? "--provider is"
                                      : "--provider and --bucket are");
}

bool location_change(Cli *cli, const CommandLine *line, const LocationFlags *flags, JsonMutDoc *doc,
                     JsonMutVal *object, Error *err) {
        JsonMutVal *spec = json_mut_object(doc, object, "spec");

        if (fields_apply(line, doc, object, NULL, err) &&
            (!options_given(line, "credential") || put_credential(cli, flags->credential, doc, spec, err)) &&
            (!options_given(line, "cacert") ||
             put_certificates(flags->ca_file, doc, json_mut_object(doc, spec, "objectStorage"), err)))
                return true;
        cli->exit = EXIT_USAGE;
        return false;
}

bool location_make(Cli *cli, const CommandLine *line, const char *kind, const LocationFlags *flags,
                   Str namespace, JsonDoc **ret_doc, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc), *metadata;

        json_put_str(doc, root, "apiVersion", STR("velero.io/v1"));
        json_put_str(doc, root, "kind", str_of(kind));
        metadata = json_mut_object(doc, root, "metadata");
        json_put_str(doc, metadata, "name", line->arguments.items[0]);
        json_put_str(doc, metadata, "namespace", namespace);
        if (!location_change(cli, line, flags, doc, root, err))
                return false;
        *ret_doc = yyjson_mut_val_imut_copy(root, NULL);
        return true;
}

bool location_unset_default(Cli *cli, const Velero *velero, Str except, Changes *changes, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO(catalog_clear) Catalog all = { 0 };
        JsonMutVal *patch = yyjson_mut_obj(doc);

        yyjson_mut_obj_add_bool(doc, json_mut_object(doc, patch, "spec"), "default", false);
        if (!velero_list(cli, velero, "BackupStorageLocation", STR(""), &all, err))
                return false;
        for (size_t i = 0; i < all.len; i++) {
                JsonVal *spec = json_get(yyjson_doc_get_root(all.items[i].doc), "spec");
                Str name = all.items[i].name;

                if (str_equal(name, except) || !json_get_bool(spec, "default", false))
                        continue;
                if (!velero_patch(cli, velero, "BackupStorageLocation", name, patch, err))
                        return false;
                changes_add(changes, STR("BackupStorageLocation"), name, "NoLongerDefault",
                            "Backup storage location \"" STR_FMT "\" is no longer the default.",
                            STR_ARG(name));
        }
        return true;
}

/* The others first: of several defaults a server keeps the newest, which need not be this one. */
static bool set(Cli *cli, const CommandLine *line, const Velero *velero, const char *kind, JsonMutVal *patch,
                Changes *changes, Error *err) {
        Str name = line->arguments.items[0];
        bool is_default = str_equal(fields_given(line, "spec.default"), STR("true"));

        return (!is_default || location_unset_default(cli, velero, name, changes, err)) &&
               velero_patch(cli, velero, kind, name, patch, err);
}

bool location_set(Cli *cli, const CommandLine *line, const LocationSetFlags *flags, const char *kind,
                  const char *title, Error *err) {
        Str name = line->arguments.items[0];
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *patch = yyjson_mut_obj(doc);
        AUTO(velero_clear) Velero velero = { 0 };
        AUTO(changes_clear) Changes changes = changes_new(cli, flags->output.format);
        AUTO_JSON *found = NULL;

        if (!location_change(cli, line, &flags->location, doc, patch, err) ||
            !velero_open(cli, &flags->velero, &velero, err) ||
            !velero_get(cli, &velero, kind, name, &found, err))
                return false;

        bool is_done = set(cli, line, &velero, kind, patch, &changes, err);
        if (is_done)
                changes_add(&changes, str_of(kind), name, "Configured",
                            "%s \"" STR_FMT "\" configured successfully.", title, STR_ARG(name));
        changes_end(&changes);
        return is_done;
}
