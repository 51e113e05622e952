/* quoted_json.h - JSON in C strings that can be read: ' stands for ". */
#pragma once
#include "check.h"
#include "data/json.h"

static inline JsonDoc *quoted_json(const char *text) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf json = { 0 };
        JsonDoc *doc = NULL;

        for (; *text; text++)
                buf_add_char(&json, *text == '\'' ? '"' : *text);
        if (!json_parse(buf_str(&json), "test data", &doc, &err))
                fail_msg("%s in %s", err.message, json.ptr);
        return doc;
}
