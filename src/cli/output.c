#include "cli/output.h"

#include <assert.h>

#include "data/yaml.h"

void output_text(Cli *cli, Str text) {
        fwrite(text.ptr, 1, text.len, cli->out);
}

void output_value(Cli *cli, int format, JsonMutDoc *doc, JsonMutVal *value) {
        AUTO(buf_clear) Buf text = { .limit = SIZE_MAX };

        if (format == OUTPUT_JSON) {
                /* a path of the command line can be any bytes */
                yyjson_write_flag flags = YYJSON_WRITE_PRETTY | YYJSON_WRITE_ALLOW_INVALID_UNICODE;
                AUTO_FREE char *json = yyjson_mut_val_write(value, flags, NULL);

                assert(json);
                buf_add(&text, str_of(json));
                buf_add_char(&text, '\n');
        } else {
                yyjson_mut_doc_set_root(doc, value);

                AUTO_JSON *fixed = yyjson_mut_doc_imut_copy(doc, NULL);
                yaml_write(yyjson_doc_get_root(fixed), &text);
        }
        output_text(cli, buf_str(&text));
}

void output_list(Cli *cli, int format, JsonMutDoc *doc, JsonMutVal *items) {
        if (yyjson_mut_arr_size(items) == 1) {
                output_value(cli, format, doc, yyjson_mut_arr_get_first(items));
                return;
        }

        JsonMutVal *list = yyjson_mut_obj(doc);
        json_put_str(doc, list, "apiVersion", STR("v1"));
        json_put_str(doc, list, "kind", STR("List"));
        yyjson_mut_obj_add_val(doc, list, "items", items);
        output_value(cli, format, doc, list);
}
