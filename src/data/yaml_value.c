#include "data/yaml_value.h"

#include <math.h>
#include <yaml.h>

#include "base/utf8.h"
#include "data/base64.h"
#include "data/yaml_scalar.h"

static Str text_of(const yaml_event_t *event) {
        return (Str) { (const char *) event->data.scalar.value, event->data.scalar.length };
}

/* "int" of tag:yaml.org,2002:int, "" of what is not YAML's own. */
static Str tag_of(const yaml_event_t *event) {
        Str prefix = STR("tag:yaml.org,2002:"), tag = str_of((const char *) event->data.scalar.tag);

        return str_starts_with(tag, prefix) ? str_skip(tag, prefix.len) : STR("");
}

static bool type_has_tag(YamlType type, Str tag) {
        switch (type) {
        case YAML_NULL:
                return str_equal(tag, STR("null"));
        case YAML_BOOL:
                return str_equal(tag, STR("bool"));
        case YAML_INTEGER:
        case YAML_UNSIGNED:
        case YAML_BIG:
                return str_equal(tag, STR("int")) || str_equal(tag, STR("float"));
        case YAML_REAL:
        case YAML_NOT_FINITE:
                return str_equal(tag, STR("float"));
        case YAML_STRING:
                break;
        }
        return false;
}

static bool decode_binary(const yaml_event_t *event, JsonMutDoc *doc, JsonMutVal **ret_value, Error *err) {
        AUTO(buf_clear) Buf bytes = { 0 }, mended = { 0 };

        if (!base64_decode(text_of(event), &bytes, err))
                return error_prefix(err, "a value tagged !!binary");
        utf8_mend(buf_str(&bytes), &mended); /* as Go does when it writes the JSON */
        *ret_value = json_new_str(doc, buf_str(&mended));
        return true;
}

/* Go writes whole numbers without a point however they were read: 1.0 is 1 in the JSON that kubectl sends. */
static JsonMutVal *real_value(double real, bool is_key, JsonMutDoc *doc) {
        bool is_whole = real == trunc(real) && fabs(real) < 0x1p63 && !(real == 0 && signbit(real));

        if (!is_key && is_whole)
                return yyjson_mut_sint(doc, (int64_t) real);
        return yyjson_mut_real(doc, real);
}

bool yaml_value_of(const yaml_event_t *event, bool is_key, JsonMutDoc *doc, JsonMutVal **ret_value,
                   Error *err) {
        AUTO(buf_clear) Buf digits = { 0 };
        bool is_tagged = event->data.scalar.tag != NULL;
        Str tag = is_tagged ? tag_of(event) : STR(""), text = text_of(event);
        YamlScalar scalar = { .type = YAML_STRING };

        if (str_equal(tag, STR("binary")))
                return decode_binary(event, doc, ret_value, err);

        bool is_resolved_tag = str_equal(tag, STR("null")) || str_equal(tag, STR("bool")) ||
                               str_equal(tag, STR("int")) || str_equal(tag, STR("float"));
        if (is_resolved_tag || (!is_tagged && event->data.scalar.plain_implicit))
                scalar = yaml_scalar_resolve(text, &digits);
        if (is_resolved_tag && !type_has_tag(scalar.type, tag))
                return error_set(err, ERROR_INVALID,
                                 "\"" STR_FMT "\" is tagged !!" STR_FMT ", which it is not", STR_ARG(text),
                                 STR_ARG(tag));
        if (scalar.type == YAML_NOT_FINITE && !is_key)
                return error_set(err, ERROR_INVALID,
                                 "\"" STR_FMT "\" is no number that JSON has: put it in quotes if it is text",
                                 STR_ARG(text));

        switch (scalar.type) {
        case YAML_STRING:
        case YAML_NOT_FINITE:
                *ret_value = json_new_str(doc, text);
                break;
        case YAML_NULL:
                *ret_value = yyjson_mut_null(doc);
                break;
        case YAML_BOOL:
                *ret_value = yyjson_mut_bool(doc, scalar.truth);
                break;
        case YAML_INTEGER:
                *ret_value = yyjson_mut_sint(doc, scalar.integer);
                break;
        case YAML_UNSIGNED:
                *ret_value = yyjson_mut_uint(doc, scalar.whole);
                break;
        case YAML_BIG:
                *ret_value = yyjson_mut_rawncpy(doc, digits.ptr, digits.len);
                break;
        case YAML_REAL:
                *ret_value = real_value(scalar.real, is_key, doc);
                break;
        }
        return true;
}

bool yaml_value_to_key(JsonMutVal *value, JsonMutDoc *doc, JsonMutVal **ret_key, Error *err) {
        AUTO(buf_clear) Buf text = { 0 };

        switch (yyjson_mut_get_type(value)) {
        case YYJSON_TYPE_STR:
                *ret_key = value;
                return true;
        case YYJSON_TYPE_NUM:
                if (yyjson_mut_is_real(value)) {
                        yaml_scalar_real_key(yyjson_mut_get_real(value), &text);
                        break;
                }
                __attribute__((fallthrough));
        case YYJSON_TYPE_BOOL:
        case YYJSON_TYPE_RAW:
                json_write_mut(value, &text);
                break;
        case YYJSON_TYPE_NULL:
                return error_set(err, ERROR_INVALID, "a key is null: put it in quotes if it is text");
        default:
                return error_set(err, ERROR_INVALID, "a key is a list or a mapping: expected text");
        }
        *ret_key = json_new_str(doc, buf_str(&text));
        return true;
}
