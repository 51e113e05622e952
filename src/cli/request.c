#include "cli/request.h"

#include "api/time_name.h"
#include "base/clock.h"
#include "cli/fields.h"

enum { OTHER_NAMES = 60 }; /* as many as begin in the same second can do with */

static const char *kind_name(ManifestKind kind) {
        switch (kind) {
        case MANIFEST_BACKUP:
                return "Backup";
        case MANIFEST_RESTORE:
                return "Restore";
        case MANIFEST_SCHEDULE:
                return "Schedule";
        }
        abort();
}

static bool read_file(Cli *cli, const RequestInput *input, Request *request, Error *err) {
        if (!manifest_read(input->path, &request->file, err))
                return false;
        request->path = input->path;

        ManifestKind kind = request->file.kind;
        bool fits = input->kind == MANIFEST_RESTORE ? kind == MANIFEST_RESTORE : kind != MANIFEST_RESTORE;
        if (!fits)
                return cli_usage(cli, err, STR_FMT " holds a %s, not a %s", STR_ARG(input->path),
                                 kind_name(kind), kind_name(input->kind));
        return true;
}

/* What a generated name begins with: generateName, the backup or schedule that is restored, else "backup". */
static Str name_stem(ManifestKind kind, JsonMutVal *object) {
        Str generate = json_mut_str(json_mut_at(object, "metadata", "generateName"));
        Str schedule = json_mut_str(json_mut_at(object, "spec", "scheduleName"));
        Str backup = json_mut_str(json_mut_at(object, "spec", "backupName"));

        if (str_ends_with(generate, STR("-")))
                generate.len--;
        if (generate.len)
                return generate;
        if (kind == MANIFEST_RESTORE)
                return backup.len ? backup : schedule.len ? schedule : STR("restore");
        return STR("backup");
}

/* Schedules name their backups by the time too. */
static bool is_from_schedule(const RequestInput *input, const Request *request) {
        return request->path.len ? request->file.kind == MANIFEST_SCHEDULE : input->base != NULL;
}

static void set_name(const RequestInput *input, Request *request, JsonMutDoc *doc, JsonMutVal *object,
                     Arena *arena) {
        JsonMutVal *metadata = json_mut_object(doc, object, "metadata");
        Str name = input->name;

        if (name.len == 0) {
                name = json_mut_str(yyjson_mut_obj_get(metadata, "name"));
                request->other_names = name.len == 0 || is_from_schedule(input, request) ? OTHER_NAMES : 0;
        }
        if (name.len == 0)
                name = time_name(name_stem(input->kind, object), clock_wall_ms(), arena);
        json_mut_remove(metadata, "generateName");
        json_mut_set(doc, metadata, STR("name"), json_new_str(doc, name));
}

static void set_namespace(const RequestInput *input, JsonMutDoc *doc, JsonMutVal *object) {
        JsonMutVal *metadata = json_mut_object(doc, object, "metadata");

        if (input->namespace.len && json_mut_str(yyjson_mut_obj_get(metadata, "namespace")).len == 0)
                json_mut_set(doc, metadata, STR("namespace"), json_new_str(doc, input->namespace));
}

static JsonMutVal *start_object(const RequestInput *input, const Request *request, JsonMutDoc *doc) {
        if (request->path.len)
                return yyjson_val_mut_copy(doc, yyjson_doc_get_root(request->file.object));
        if (input->base)
                return yyjson_val_mut_copy(doc, input->base);

        JsonMutVal *object = yyjson_mut_obj(doc);
        json_put_str(doc, object, "apiVersion", STR("velero.io/v1"));
        json_put_str(doc, object, "kind", str_of(kind_name(input->kind)));
        return object;
}

static bool build(Cli *cli, const RequestInput *input, Request *request, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO(buf_clear) Buf text = { 0 };
        JsonMutVal *object = start_object(input, request, doc);

        yyjson_mut_doc_set_root(doc, object);
        json_mut_object(doc, object, "metadata");
        json_mut_object(doc, object, "spec");
        if (!fields_apply(input->line, doc, object, request->path.len ? request->path.ptr : NULL, err))
                return false;
        set_name(input, request, doc, object, cli->arena);
        set_namespace(input, doc, object);
        json_write_mut(object, &text);
        return buf_check(&text, "the manifest", err) &&
               json_parse(buf_str(&text), "the manifest", &request->object, err);
}

bool request_read(Cli *cli, const RequestInput *input, Request *ret_request, Error *err) {
        Request request = { 0 };

        if ((input->path.len && !read_file(cli, input, &request, err)) || !build(cli, input, &request, err)) {
                request_clear(&request);
                cli->exit = EXIT_USAGE;
                return false;
        }
        *ret_request = request;
        return true;
}

void request_clear(Request *request) {
        yyjson_doc_free(request->object);
        if (request->path.len)
                manifest_clear(&request->file);
        *request = (Request) { 0 };
}

void request_set_backup(Request *request, Str backup) {
        AUTO_JSON_MUT *doc = yyjson_doc_mut_copy(request->object, NULL);
        JsonMutVal *spec = yyjson_mut_obj_get(yyjson_mut_doc_get_root(doc), "spec");

        json_mut_remove(spec, "scheduleName");
        json_put_str(doc, spec, "backupName", backup);
        yyjson_doc_free(request->object);
        request->object = yyjson_mut_doc_imut_copy(doc, NULL);
}

bool request_next_name(Cli *cli, Request *request, Str *name, Error *err) {
        if (err->code != ERROR_EXISTS || request->other_names == 0)
                return false;
        request->other_names--;
        error_clear(err);
        cli->hint = STR("");
        *name = time_name_next(*name, cli->arena);
        return true;
}

void request_rename(Request *request, Str name) {
        AUTO_JSON_MUT *doc = yyjson_doc_mut_copy(request->object, NULL);
        JsonMutVal *metadata = yyjson_mut_obj_get(yyjson_mut_doc_get_root(doc), "metadata");

        json_mut_set(doc, metadata, STR("name"), json_new_str(doc, name));
        yyjson_doc_free(request->object);
        request->object = yyjson_mut_doc_imut_copy(doc, NULL);
}

/* Fields that the message names besides, and that came from flags, are known to the user by the flags. */
static Str message_of(const CommandLine *line, const Fault *fault, Arena *arena) {
        AUTO(buf_clear) Buf text = { 0 };
        Str rest = fault->message, word;

        while (str_cut(&rest, ' ', &word)) {
                Str flag = fields_flag_of(line, word, arena);

                if (text.len)
                        buf_add_char(&text, ' ');
                buf_add(&text, flag.len ? flag : word);
        }
        return arena_copy(arena, buf_str(&text));
}

static Str fault_text(const Request *request, const CommandLine *line, const Fault *fault, Arena *arena) {
        Str flag = fields_flag_of(line, fault->path, arena), message = message_of(line, fault, arena);
        const char *gap = fault->path.len ? ": " : "";

        if (flag.len)
                return str_of(arena_printf(arena, STR_FMT ": " STR_FMT, STR_ARG(flag), STR_ARG(message)));
        if (request->path.len == 0)
                return str_of(arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(fault->path), gap,
                                           STR_ARG(message)));

        int number = fault->line ? fault->line : yaml_line_of(request->file.lines, fault->path);
        const char *place = number ? arena_printf(arena, ":%d", number) : "";
        return str_of(arena_printf(arena, STR_FMT "%s: " STR_FMT "%s" STR_FMT, STR_ARG(request->path), place,
                                   STR_ARG(fault->path), gap, STR_ARG(message)));
}

bool request_check(Cli *cli, const Request *request, const CommandLine *line, Faults *faults, Error *err) {
        Strs errors = { 0 };

        for (size_t i = 0; i < faults->len; i++) {
                Str text = fault_text(request, line, &faults->items[i], cli->arena);

                if (faults->items[i].level == FAULT_WARNING)
                        cli_warn(cli, text);
                else
                        strs_add(&errors, cli->arena, text);
        }
        if (errors.len == 0)
                return true;

        Str all = strs_join(&errors, STR("\n"), cli->arena);
        return cli_usage(cli, err, STR_FMT, STR_ARG(all));
}
