#include "base/distance.h"

#include <ctype.h>

static size_t least(size_t a, size_t b) {
        return a < b ? a : b;
}

static bool same(char a, char b) {
        return tolower((unsigned char) a) == tolower((unsigned char) b);
}

/* In one row. */
size_t str_distance(Str a, Str b) {
        size_t row[DISTANCE_WORD_MAX + 1];

        if (a.len > DISTANCE_WORD_MAX || b.len > DISTANCE_WORD_MAX)
                return DISTANCE_WORD_MAX;
        for (size_t j = 0; j <= b.len; j++)
                row[j] = j;
        for (size_t i = 1; i <= a.len; i++) {
                size_t diagonal = row[0];

                row[0] = i;
                for (size_t j = 1; j <= b.len; j++) {
                        size_t replaced = diagonal + !same(a.ptr[i - 1], b.ptr[j - 1]);

                        diagonal = row[j];
                        row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
                }
        }
        return row[b.len];
}
