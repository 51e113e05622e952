#include "data/quantity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Suffix {
        const char *text;
        int ten, two; /* the power of ten, or of two */
} Suffix;

/* "E" is exa, though "E3" is an exponent. */
static const Suffix suffixes[] = {
        { "n", -9, 0 },  { "u", -6, 0 },  { "m", -3, 0 },  { "", 0, 0 },    { "k", 3, 0 },   { "M", 6, 0 },
        { "G", 9, 0 },   { "T", 12, 0 },  { "P", 15, 0 },  { "E", 18, 0 },  { "Ki", 0, 10 }, { "Mi", 0, 20 },
        { "Gi", 0, 30 }, { "Ti", 0, 40 }, { "Pi", 0, 50 }, { "Ei", 0, 60 },
};

enum { NUMBER_MAX = 100 };

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool refuse(Str text, const char *reason, Error *err) {
        return error_set(err, ERROR_INVALID, "\"" STR_FMT "\" is not a quantity: %s", STR_ARG(text), reason);
}

/* The bytes of a number at the start: sign, digits, point, digits; 0 when there is no digit. */
static size_t number_len(Str text) {
        size_t len = 0, digits = 0;

        if (len < text.len && (text.ptr[len] == '+' || text.ptr[len] == '-'))
                len++;
        for (; len < text.len && is_digit(text.ptr[len]); len++)
                digits++;
        if (len < text.len && text.ptr[len] == '.')
                len++;
        for (; len < text.len && is_digit(text.ptr[len]); len++)
                digits++;
        return digits ? len : 0;
}

static bool parse_exponent(Str text, int *ret_exponent) {
        int exponent = 0;
        size_t i = 1;
        bool is_negative = false;

        if (text.len < 2 || (text.ptr[0] != 'e' && text.ptr[0] != 'E'))
                return false;
        if (text.ptr[i] == '+' || text.ptr[i] == '-')
                is_negative = text.ptr[i++] == '-';
        if (i == text.len)
                return false;
        for (; i < text.len; i++) {
                if (!is_digit(text.ptr[i]) || exponent > 1000)
                        return false;
                exponent = exponent * 10 + (text.ptr[i] - '0');
        }
        *ret_exponent = is_negative ? -exponent : exponent;
        return true;
}

static bool parse_suffix(Str text, Suffix *ret_suffix) {
        for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
                if (str_equal(text, str_of(suffixes[i].text))) {
                        *ret_suffix = suffixes[i];
                        return true;
                }
        *ret_suffix = (Suffix) { 0 };
        return parse_exponent(text, &ret_suffix->ten);
}

bool quantity_parse(Str text, double *ret_value, Error *err) {
        char number[NUMBER_MAX + 16];
        size_t len = number_len(text);
        Suffix suffix;

        if (len == 0)
                return refuse(text, "expected a number such as \"500m\" or \"1Gi\"", err);
        if (len > NUMBER_MAX)
                return refuse(text, "it has more than 100 digits", err);
        if (!parse_suffix(str_skip(text, len), &suffix))
                return refuse(text, "its suffix is none of n u m k M G T P E Ki Mi Gi Ti Pi Ei e3", err);

        /* The power of ten goes into the text, so that the value is rounded once. */
        snprintf(number, sizeof number, "%.*se%d", (int) len, text.ptr, suffix.ten);
        double value = ldexp(strtod(number, NULL), suffix.two);
        if (!isfinite(value))
                return refuse(text, "it is too large", err);
        *ret_value = value;
        return true;
}
