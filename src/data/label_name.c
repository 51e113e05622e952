#include "data/labels.h"

enum { NAME_MAX_LEN = 63, PREFIX_MAX_LEN = 253 };

static bool is_alphanumeric(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Letters, digits, '-', '_', '.', with a letter or digit at both ends. */
static bool is_name(Str text) {
        if (text.len == 0 || text.len > NAME_MAX_LEN)
                return false;
        for (size_t i = 0; i < text.len; i++) {
                bool is_end = i == 0 || i == text.len - 1;
                char c = text.ptr[i];

                if (!is_alphanumeric(c) && (is_end || (c != '-' && c != '_' && c != '.')))
                        return false;
        }
        return true;
}

/* RFC 1123: lower-case labels, joined by dots. */
static bool is_subdomain(Str text) {
        char before = '.';

        if (text.len == 0 || text.len > PREFIX_MAX_LEN)
                return false;
        for (size_t i = 0; i < text.len; i++) {
                char c = text.ptr[i];

                if (c != '.' && c != '-' && !(is_alphanumeric(c) && !(c >= 'A' && c <= 'Z')))
                        return false;
                if ((c == '.' && (before == '.' || before == '-')) || (c == '-' && before == '.'))
                        return false;
                before = c;
        }
        return before != '.' && before != '-';
}

const char *label_key_fault(Str key) {
        Str rest = key, prefix;

        if (key.len == 0)
                return "it is empty";
        if (!memchr(key.ptr, '/', key.len))
                return is_name(key) ? NULL
                                    : "expected at most 63 letters, digits, '-', '_' or '.', with a letter "
                                      "or digit "
                                      "at both ends";
        str_cut(&rest, '/', &prefix);
        if (!is_subdomain(prefix))
                return "what is before the '/' is not a lower-case domain name of at most 253 bytes";
        return is_name(rest) ? NULL
                             : "expected at most 63 letters, digits, '-', '_' or '.' after the '/', with a "
                               "letter or "
                               "digit at both ends";
}

const char *label_value_fault(Str value) {
        return value.len == 0 || is_name(value) ? NULL
                                                : "expected at most 63 letters, digits, '-', '_' or '.', "
                                                  "with a letter or digit at both ends";
}
