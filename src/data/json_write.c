#include <stdlib.h>

#include "base/quote.h"
#include "data/json.h"
#include "data/json_keys.h"

enum { NUMBER_BYTES = 1024 }; /* what yyjson wants to write one number, with room to spare */

typedef struct Writer {
        Buf *into;
        int indent;
        bool sorted;
        int depth;
        JsonKeys keys; /* of the objects that are being written */
} Writer;

static void write_real(JsonVal *value, Buf *into) {
        char memory[NUMBER_BYTES];
        yyjson_alc alc;
        size_t len = 0;

        yyjson_alc_pool_init(&alc, memory, sizeof memory);
        const char *text = yyjson_val_write_opts(value, YYJSON_WRITE_INF_AND_NAN_AS_NULL, &alc, &len, NULL);
        buf_add(into, text ? (Str) { text, len } : STR("null"));
}

static void write_integer(JsonVal *value, Buf *into) {
        bool negative = yyjson_is_sint(value) && yyjson_get_sint(value) < 0;
        uint64_t number = negative ? -(uint64_t) yyjson_get_sint(value) : yyjson_get_uint(value);
        char digits[24], *end = digits + sizeof digits, *p = end;

        do {
                *--p = (char) ('0' + number % 10);
                number /= 10;
        } while (number);
        if (negative)
                *--p = '-';
        buf_add(into, (Str) { p, (size_t) (end - p) });
}

static void write_scalar(JsonVal *value, Buf *into) {
        switch (yyjson_get_type(value)) {
        case YYJSON_TYPE_RAW:
                buf_add(into, (Str) { yyjson_get_raw(value), yyjson_get_len(value) });
                break;
        case YYJSON_TYPE_STR:
                quote_json(json_str(value), into);
                break;
        case YYJSON_TYPE_NUM:
                if (yyjson_is_real(value))
                        write_real(value, into);
                else
                        write_integer(value, into);
                break;
        case YYJSON_TYPE_BOOL:
                buf_add(into, yyjson_get_bool(value) ? STR("true") : STR("false"));
                break;
        default:
                buf_add(into, STR("null"));
        }
}

static void write_line_start(const Writer *writer) {
        if (writer->indent == 0)
                return;
        buf_add_char(writer->into, '\n');
        for (int i = 0; i < writer->indent * writer->depth; i++)
                buf_add_char(writer->into, ' ');
}

static void write_value(Writer *writer, JsonVal *value) {
        if (!yyjson_is_ctn(value)) {
                write_scalar(value, writer->into);
                return;
        }

        bool is_object = yyjson_is_obj(value);
        size_t count = yyjson_get_len(value);
        size_t start = json_keys_push(&writer->keys, value, writer->sorted);
        yyjson_arr_iter items = yyjson_arr_iter_with(value);

        buf_add_char(writer->into, is_object ? '{' : '[');
        writer->depth++;
        for (size_t i = 0; i < count; i++) {
                JsonVal *key = is_object ? writer->keys.items[start + i] : NULL;

                if (i)
                        buf_add_char(writer->into, ',');
                write_line_start(writer);
                if (key) {
                        quote_json(json_str(key), writer->into);
                        buf_add(writer->into, writer->indent ? STR(": ") : STR(":"));
                }
                write_value(writer, key ? yyjson_obj_iter_get_val(key) : yyjson_arr_iter_next(&items));
        }
        writer->depth--;
        if (count)
                write_line_start(writer);
        buf_add_char(writer->into, is_object ? '}' : ']');
        json_keys_pop(&writer->keys, start);
}

void json_write_go(JsonVal *value, int indent, Buf *into) {
        Writer writer = { .into = into, .indent = indent, .sorted = indent == 0 };

        write_value(&writer, value);
        json_keys_clear(&writer.keys);
}

void json_write_go_mut(JsonMutVal *value, int indent, Buf *into) {
        AUTO_JSON *doc = yyjson_mut_val_imut_copy(value, NULL);

        json_write_go(yyjson_doc_get_root(doc), indent, into);
}

/* yyjson refuses strings that are not UTF-8, such as a command's output: those are written by our own
 * writer, which replaces what is wrong. */
static void write_checked(JsonVal *value, Buf *into) {
        Writer writer = { .into = into };

        write_value(&writer, value);
        json_keys_clear(&writer.keys);
}

void json_write(JsonVal *value, Buf *into) {
        size_t len = 0;
        AUTO_FREE char *text = yyjson_val_write(value, YYJSON_WRITE_INF_AND_NAN_AS_NULL, &len);

        if (text)
                buf_add(into, (Str) { text, len });
        else
                write_checked(value, into);
}

void json_write_mut(JsonMutVal *value, Buf *into) {
        size_t len = 0;
        AUTO_FREE char *text = yyjson_mut_val_write(value, YYJSON_WRITE_INF_AND_NAN_AS_NULL, &len);

        if (text == NULL) {
                AUTO_JSON *doc = yyjson_mut_val_imut_copy(value, NULL);
                write_checked(yyjson_doc_get_root(doc), into);
                return;
        }
        buf_add(into, (Str) { text, len });
}

void json_write_string(Str text, Buf *into) {
        quote_json(text, into);
}
