#include "cli/changes.h"

#include <stdarg.h>

Changes changes_new(Cli *cli, int format) {
        JsonMutDoc *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc);

        yyjson_mut_doc_set_root(doc, root);
        return (Changes) {
                .cli = cli, .format = format, .doc = doc, .list = yyjson_mut_obj_add_arr(doc, root, "objects")
        };
}

void changes_clear(Changes *changes) {
        yyjson_mut_doc_free(changes->doc);
        *changes = (Changes) { 0 };
}

static void say(const Changes *changes, const char *format, va_list args) PRINTF_LIKE(2, 0);
static void say(const Changes *changes, const char *format, va_list args) {
        if (changes->format != OUTPUT_TABLE)
                return;
        vfprintf(changes->cli->out, format, args);
        fputc('\n', changes->cli->out);
}

void changes_add(Changes *changes, Str kind, Str name, const char *outcome, const char *format, ...) {
        JsonMutVal *object = yyjson_mut_arr_add_obj(changes->doc, changes->list);
        va_list args;

        json_put_str(changes->doc, object, "kind", kind);
        json_put_str(changes->doc, object, "name", name);
        json_put_str(changes->doc, object, "outcome", str_of(outcome));
        va_start(args, format);
        say(changes, format, args);
        va_end(args);
}

void changes_say(const Changes *changes, const char *format, ...) {
        va_list args;

        va_start(args, format);
        say(changes, format, args);
        va_end(args);
}

size_t changes_count(const Changes *changes) {
        return yyjson_mut_arr_size(changes->list);
}

void changes_end(Changes *changes) {
        if (changes->format != OUTPUT_TABLE)
                output_value(changes->cli, changes->format, changes->doc,
                             yyjson_mut_doc_get_root(changes->doc));
}
