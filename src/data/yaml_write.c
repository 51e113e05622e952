#include <yaml.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "data/yaml.h"
#include "data/yaml_scalar.h"

typedef struct Writer {
        yaml_emitter_t emitter;
        Buf number; /* scratch */
} Writer;

static int write_bytes(void *user, unsigned char *bytes, size_t len) {
        buf_add(user, (Str) { (const char *) bytes, len });
        return 1;
}

/* libyaml takes the event over, also when it fails. */
static void emit(Writer *writer, yaml_event_t *event, int initialized) {
        if (!initialized || !yaml_emitter_emit(&writer->emitter, event))
                out_of_memory();
}

static void emit_scalar(Writer *writer, Str text, yaml_scalar_style_t style) {
        yaml_event_t event;

        emit(writer, &event,
             yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *) text.ptr, (int) text.len,
                                          1, 1, style));
}

/* YAML's line ends besides \n.  libyaml adds blanks after them between single quotes. */
static bool has_odd_line_end(Str text) {
        for (size_t len; text.len; text = str_skip(text, len)) {
                int32_t rune = utf8_first(text, &len);

                if (rune == 0x85 || rune == 0x2028 || rune == 0x2029)
                        return true;
        }
        return false;
}

static yaml_scalar_style_t style_of(Str text, Buf *scratch) {
        if (has_odd_line_end(text))
                return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
        if (text.len && memchr(text.ptr, '\n', text.len))
                return YAML_LITERAL_SCALAR_STYLE;
        if (yaml_scalar_needs_quotes(text, scratch))
                return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
        return YAML_PLAIN_SCALAR_STYLE; /* libyaml takes another where this cannot be */
}

static void emit_string(Writer *writer, Str text) {
        AUTO(buf_clear) Buf mended = { 0 };

        if (!utf8_is_valid(text)) { /* libyaml refuses it */
                utf8_mend(text, &mended);
                text = buf_str(&mended);
        }
        emit_scalar(writer, text, style_of(text, &writer->number));
}

static void emit_start(Writer *writer, JsonVal *value) {
        yaml_event_t event;

        if (yyjson_is_obj(value))
                emit(writer, &event,
                     yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
        else
                emit(writer, &event,
                     yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
}

static void emit_end(Writer *writer, JsonVal *value) {
        yaml_event_t event;

        if (yyjson_is_obj(value))
                emit(writer, &event, yaml_mapping_end_event_initialize(&event));
        else
                emit(writer, &event, yaml_sequence_end_event_initialize(&event));
}

static void emit_value(Writer *writer, JsonVal *value) {
        yyjson_obj_iter members = yyjson_obj_iter_with(value);
        yyjson_arr_iter items = yyjson_arr_iter_with(value);

        if (yyjson_is_str(value)) {
                emit_string(writer, json_str(value));
                return;
        }
        if (!yyjson_is_ctn(value)) {
                buf_reset(&writer->number);
                json_write(value, &writer->number);
                emit_scalar(writer, buf_str(&writer->number), YAML_PLAIN_SCALAR_STYLE);
                return;
        }
        emit_start(writer, value);
        for (JsonVal *key; (key = yyjson_obj_iter_next(&members));) {
                emit_string(writer, json_str(key));
                emit_value(writer, yyjson_obj_iter_get_val(key));
        }
        for (JsonVal *item; (item = yyjson_arr_iter_next(&items));)
                emit_value(writer, item);
        emit_end(writer, value);
}

void yaml_write(JsonVal *value, Buf *into) {
        Writer writer = { 0 };
        yaml_event_t event;

        if (!yaml_emitter_initialize(&writer.emitter))
                out_of_memory();
        yaml_emitter_set_output(&writer.emitter, write_bytes, into);
        yaml_emitter_set_unicode(&writer.emitter, 1);
        emit(&writer, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
        emit(&writer, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
        emit_value(&writer, value);
        emit(&writer, &event, yaml_document_end_event_initialize(&event, 1));
        emit(&writer, &event, yaml_stream_end_event_initialize(&event));
        yaml_emitter_delete(&writer.emitter);
        buf_clear(&writer.number);

        /* libyaml closes a document that ends in a text with empty last lines; Go does not. */
        if (str_ends_with(buf_str(into), STR("\n...\n")))
                into->len -= strlen("...\n");
}
