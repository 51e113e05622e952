#include "data/yaml_scalar.h"

#include <math.h>
#include <stdlib.h>

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static Str skip_digits(Str s) {
        while (s.len && is_digit(s.ptr[0]))
                s = str_skip(s, 1);
        return s;
}

static Str skip_sign(Str s) {
        return s.len && (s.ptr[0] == '+' || s.ptr[0] == '-') ? str_skip(s, 1) : s;
}

static const YamlScalar *find_word(Str text) {
        static const struct {
                const char *word;
                YamlScalar scalar;
        } words[] = {
                { "", { .type = YAML_NULL } },
                { "~", { .type = YAML_NULL } },
                { "null", { .type = YAML_NULL } },
                { "Null", { .type = YAML_NULL } },
                { "NULL", { .type = YAML_NULL } },
                { "true", { .type = YAML_BOOL, .truth = true } },
                { "True", { .type = YAML_BOOL, .truth = true } },
                { "TRUE", { .type = YAML_BOOL, .truth = true } },
                { "y", { .type = YAML_BOOL, .truth = true } },
                { "Y", { .type = YAML_BOOL, .truth = true } },
                { "yes", { .type = YAML_BOOL, .truth = true } },
                { "Yes", { .type = YAML_BOOL, .truth = true } },
                { "YES", { .type = YAML_BOOL, .truth = true } },
                { "on", { .type = YAML_BOOL, .truth = true } },
                { "On", { .type = YAML_BOOL, .truth = true } },
                { "ON", { .type = YAML_BOOL, .truth = true } },
                { "false", { .type = YAML_BOOL } },
                { "False", { .type = YAML_BOOL } },
                { "FALSE", { .type = YAML_BOOL } },
                { "n", { .type = YAML_BOOL } },
                { "N", { .type = YAML_BOOL } },
                { "no", { .type = YAML_BOOL } },
                { "No", { .type = YAML_BOOL } },
                { "NO", { .type = YAML_BOOL } },
                { "off", { .type = YAML_BOOL } },
                { "Off", { .type = YAML_BOOL } },
                { "OFF", { .type = YAML_BOOL } },
                { ".nan", { .type = YAML_NOT_FINITE } },
                { ".NaN", { .type = YAML_NOT_FINITE } },
                { ".NAN", { .type = YAML_NOT_FINITE } },
                { ".inf", { .type = YAML_NOT_FINITE } },
                { ".Inf", { .type = YAML_NOT_FINITE } },
                { ".INF", { .type = YAML_NOT_FINITE } },
                { "+.inf", { .type = YAML_NOT_FINITE } },
                { "+.Inf", { .type = YAML_NOT_FINITE } },
                { "+.INF", { .type = YAML_NOT_FINITE } },
                { "-.inf", { .type = YAML_NOT_FINITE } },
                { "-.Inf", { .type = YAML_NOT_FINITE } },
                { "-.INF", { .type = YAML_NOT_FINITE } },
        };

        if (text.len > 5)
                return NULL;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                if (str_equal(text, str_of(words[i].word)))
                        return &words[i].scalar;
        return NULL;
}

/* Takes a prefix such as 0x off; 10 when there is none. */
static unsigned take_base(Str *digits) {
        if (digits->len < 2 || digits->ptr[0] != '0')
                return 10;

        switch (digits->ptr[1] | 0x20) {
        case 'x':
                *digits = str_skip(*digits, 2);
                return 16;
        case 'o':
                *digits = str_skip(*digits, 2);
                return 8;
        case 'b':
                *digits = str_skip(*digits, 2);
                return 2;
        default:
                *digits = str_skip(*digits, 1);
                return 8;
        }
}

static unsigned digit_value(char c) {
        char letter = (char) (c | 0x20);

        return is_digit(c)                      ? (unsigned) (c - '0')
               : letter >= 'a' && letter <= 'f' ? (unsigned) (letter - 'a' + 10)
                                                : 99;
}

static bool parse_digits(Str digits, unsigned base, uint64_t *ret_number) {
        uint64_t number = 0;

        if (digits.len == 0)
                return false;
        for (size_t i = 0; i < digits.len; i++) {
                unsigned digit = digit_value(digits.ptr[i]);

                if (digit >= base || __builtin_mul_overflow(number, base, &number) ||
                    __builtin_add_overflow(number, digit, &number))
                        return false;
        }
        *ret_number = number;
        return true;
}

static bool integer_of(bool negative, uint64_t number, YamlScalar *ret_scalar) {
        if (negative && number > (uint64_t) INT64_MAX + 1)
                return false;
        if (negative)
                *ret_scalar = (YamlScalar) { .type = YAML_INTEGER, .integer = (int64_t) (0 - number) };
        else if (number <= INT64_MAX)
                *ret_scalar = (YamlScalar) { .type = YAML_INTEGER, .integer = (int64_t) number };
        else
                *ret_scalar = (YamlScalar) { .type = YAML_UNSIGNED, .whole = number };
        return true;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool looks_real(Str text) {
        Str whole = skip_sign(text), rest = skip_digits(whole);
        bool has_digits = rest.len < whole.len;

        if (rest.len && rest.ptr[0] == '.') {
                Str fraction = str_skip(rest, 1);

                rest = skip_digits(fraction);
                has_digits = has_digits || rest.len < fraction.len;
        }
        if (!has_digits)
                return false;
        if (rest.len && (rest.ptr[0] == 'e' || rest.ptr[0] == 'E')) {
                Str exponent = skip_sign(str_skip(rest, 1));

                rest = skip_digits(exponent);
                if (rest.len == exponent.len)
                        return false;
        }
        return rest.len == 0;
}

static YamlScalar real_of(Buf *text) {
        buf_add_char(text, '\0');
        double real = strtod(text->ptr, NULL);
        text->len--;

        if (isinf(real))
                return (YamlScalar) { .type = YAML_STRING };
        return (YamlScalar) { .type = YAML_REAL, .real = real };
}

/* More digits than 64 bits hold: kept as they are, in the form that JSON wants. */
static YamlScalar big_of(bool negative, Str digits, Buf *into) {
        AUTO(buf_clear) Buf text = { 0 };

        while (digits.len > 1 && digits.ptr[0] == '0')
                digits = str_skip(digits, 1);
        if (negative)
                buf_add_char(&text, '-');
        buf_add(&text, digits);
        buf_reset(into);
        buf_add(into, buf_str(&text));
        return (YamlScalar) { .type = YAML_BIG };
}

/* After a leading dot, an underscore counts only between digits. */
static YamlScalar resolve_fraction(Str text, Buf *plain) {
        buf_reset(plain);
        for (size_t i = 0; i < text.len; i++) {
                bool between =
                        i > 1 && i + 1 < text.len && is_digit(text.ptr[i - 1]) && is_digit(text.ptr[i + 1]);

                if (text.ptr[i] != '_' || !between)
                        buf_add_char(plain, text.ptr[i]);
        }
        return looks_real(buf_str(plain)) ? real_of(plain) : (YamlScalar) { .type = YAML_STRING };
}

static YamlScalar resolve_number(Str text, Buf *plain) {
        YamlScalar scalar;
        uint64_t number;

        buf_reset(plain);
        for (Str rest = text, run; str_cut(&rest, '_', &run);)
                buf_add(plain, run);

        Str digits = skip_sign(buf_str(plain)), based = digits;
        bool negative = plain->len && plain->ptr[0] == '-';
        unsigned base = take_base(&based);
        if (parse_digits(based, base, &number) && integer_of(negative, number, &scalar))
                return scalar;
        if (digits.len && skip_digits(digits).len == 0) {
                if (parse_digits(digits, 10, &number) && integer_of(negative, number, &scalar))
                        return scalar;
                return big_of(negative, digits, plain);
        }
        return looks_real(buf_str(plain)) ? real_of(plain) : (YamlScalar) { .type = YAML_STRING };
}

YamlScalar yaml_scalar_resolve(Str text, Buf *digits) {
        const YamlScalar *word = find_word(text);

        if (word)
                return *word;
        if (is_digit(text.ptr[0]) || text.ptr[0] == '+' || text.ptr[0] == '-')
                return resolve_number(text, digits);
        if (text.ptr[0] == '.')
                return resolve_fraction(text, digits);
        return (YamlScalar) { .type = YAML_STRING };
}

/* Takes one or two digits off, of a number between min and max. */
static bool take_short(Str *rest, int min, int max) {
        size_t len = rest->len - skip_digits(*rest).len;
        int number = 0;

        len = len > 2 ? 2 : len;
        for (size_t i = 0; i < len; i++)
                number = 10 * number + (rest->ptr[i] - '0');
        *rest = str_skip(*rest, len);
        return len && number >= min && number <= max;
}

static bool take_char(Str *rest, char c) {
        if (rest->len == 0 || rest->ptr[0] != c)
                return false;
        *rest = str_skip(*rest, 1);
        return true;
}

static bool take_zone(Str *rest) {
        if (take_char(rest, 'Z'))
                return true;
        return (take_char(rest, '+') || take_char(rest, '-')) && take_short(rest, 0, 24) &&
               take_char(rest, ':') && take_short(rest, 0, 59);
}

/* 2026-11-22, 2026-11-22T17:16:34Z, 2026-11-22 17:16:34.5 */
static bool looks_like_time(Str text) {
        Str rest = skip_digits(text);

        if (text.len - rest.len != 4 || !take_char(&rest, '-') || !take_short(&rest, 1, 12) ||
            !take_char(&rest, '-') || !take_short(&rest, 1, 31))
                return false;
        if (rest.len == 0)
                return true;

        bool zoned = rest.ptr[0] == 'T' || rest.ptr[0] == 't';
        if (!zoned && rest.ptr[0] != ' ')
                return false;
        rest = str_skip(rest, 1);
        if (!take_short(&rest, 0, 23) || !take_char(&rest, ':') || !take_short(&rest, 0, 59) ||
            !take_char(&rest, ':') || !take_short(&rest, 0, 59))
                return false;
        if (take_char(&rest, '.')) {
                Str fraction = rest;

                rest = skip_digits(fraction);
                if (rest.len == fraction.len)
                        return false;
        }
        return (!zoned || take_zone(&rest)) && rest.len == 0;
}

/* [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)? */
static bool looks_base_60(Str text) {
        Str rest = skip_sign(text);
        bool has_part = false;

        if (rest.len == 0 || !is_digit(rest.ptr[0]))
                return false;
        while (rest.len && (is_digit(rest.ptr[0]) || rest.ptr[0] == '_'))
                rest = str_skip(rest, 1);
        for (; take_char(&rest, ':'); has_part = true)
                if (!take_short(&rest, 0, 59))
                        return false;
        if (take_char(&rest, '.'))
                while (rest.len && (is_digit(rest.ptr[0]) || rest.ptr[0] == '_'))
                        rest = str_skip(rest, 1);
        return has_part && rest.len == 0;
}

bool yaml_scalar_needs_quotes(Str text, Buf *digits) {
        return yaml_scalar_resolve(text, digits).type != YAML_STRING || looks_like_time(text) ||
               looks_base_60(text) || str_equal(text, STR("<<"));
}

void yaml_scalar_real_key(double real, Buf *into) {
        char text[32] = "";
        int precision = 0;

        do
                snprintf(text, sizeof text, "%.*e", precision, real);
        while (strtof(text, NULL) != (float) real && ++precision < 9);

        int exponent = (int) strtol(strchr(text, 'e') + 1, NULL, 10);
        if (exponent < -4 || exponent >= 6)
                buf_add(into, str_of(text));
        else
                buf_printf(into, "%.*f", precision > exponent ? precision - exponent : 0, strtod(text, NULL));
}
