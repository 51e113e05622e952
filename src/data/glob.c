#include "data/glob.h"

/* The set "[...]" that starts at pattern[at]: how long it is, and whether it holds `c`.
 * A bracket without its end is an ordinary byte: length 0. */
static size_t match_set(Str pattern, size_t at, char c, bool *ret_holds) {
        size_t i = at + 1;
        bool is_negated = i < pattern.len && pattern.ptr[i] == '!', holds = false;

        if (is_negated)
                i++;
        size_t first = i;
        for (; i < pattern.len && pattern.ptr[i] != ']'; i++) {
                char low = pattern.ptr[i], high = low;

                if (i + 2 < pattern.len && pattern.ptr[i + 1] == '-' && pattern.ptr[i + 2] != ']') {
                        high = pattern.ptr[i + 2];
                        i += 2;
                }
                if ((unsigned char) low <= (unsigned char) c && (unsigned char) c <= (unsigned char) high)
                        holds = true;
        }
        if (i >= pattern.len || i == first)
                return 0;
        *ret_holds = holds != is_negated;
        return i + 1 - at;
}

/* How many bytes of the pattern at `at` match the one byte `c`; 0 when they do not. */
static size_t match_one(Str pattern, size_t at, char c) {
        bool holds;

        if (at == pattern.len)
                return 0;
        if (pattern.ptr[at] == '?')
                return 1;
        if (pattern.ptr[at] == '[') {
                size_t len = match_set(pattern, at, c, &holds);
                if (len)
                        return holds ? len : 0;
        }
        return pattern.ptr[at] == c ? 1 : 0;
}

/* A star that could match takes as little as it can; when the rest fails, the latest star takes one
 * byte more.  Earlier stars never have to be tried again, so no pattern is slow. */
bool glob_matches(Str pattern, Str text) {
        size_t p = 0, t = 0, star = (size_t) -1, star_text = 0;

        while (t < text.len) {
                if (p < pattern.len && pattern.ptr[p] == '*') {
                        star = p++;
                        star_text = t;
                        continue;
                }
                size_t len = match_one(pattern, p, text.ptr[t]);
                if (len) {
                        p += len;
                        t++;
                } else if (star != (size_t) -1) {
                        p = star + 1;
                        t = ++star_text;
                } else {
                        return false;
                }
        }
        while (p < pattern.len && pattern.ptr[p] == '*')
                p++;
        return p == pattern.len;
}

bool glob_has_wildcard(Str pattern) {
        for (size_t i = 0; i < pattern.len; i++)
                if (pattern.ptr[i] == '*' || pattern.ptr[i] == '?' || pattern.ptr[i] == '[')
                        return true;
        return false;
}

static bool refuse(Str pattern, const char *reason, Error *err) {
        return error_set(err, ERROR_INVALID, "\"" STR_FMT "\" is not a name pattern: %s", STR_ARG(pattern),
                         reason);
}

bool glob_check(Str pattern, Error *err) {
        bool in_set = false;

        for (size_t i = 0; i < pattern.len; i++) {
                char c = pattern.ptr[i], before = i ? pattern.ptr[i - 1] : '\0';

                if (c == '|' || c == '(' || c == ')' || c == '!' || c == '{' || c == '}' || c == ',')
                        return error_set(err, ERROR_INVALID,
                                         "\"" STR_FMT
                                         "\" is not a name pattern: '%c' is not allowed (only * ? [abc] "
                                         "[a-z] are)",
                                         STR_ARG(pattern), c);
                if (c == '*' && before == '*')
                        return refuse(pattern, "** is not allowed (write *)", err);
                if (c == '[' && in_set)
                        return refuse(pattern, "a [ inside [ ]", err);
                if (c == ']' && !in_set)
                        return refuse(pattern, "a ] without its [", err);
                if (c == ']' && before == '[')
                        return refuse(pattern, "empty [ ]", err);
                if (c == '[' || c == ']')
                        in_set = c == '[';
        }
        return !in_set || refuse(pattern, "a [ without its ]", err);
}

static bool any_matches(const Strs *patterns, Str text) {
        for (size_t i = 0; i < patterns->len; i++)
                if (glob_matches(patterns->items[i], text))
                        return true;
        return false;
}

bool glob_includes(const Strs *included, const Strs *excluded, Str text) {
        return !any_matches(excluded, text) && (included->len == 0 || any_matches(included, text));
}
