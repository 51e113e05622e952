/* The pattern, a NUL, the text.  What matches still matches with a star at either end. */
#include <stdlib.h>

#include "data/glob.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        Str text = { (const char *) data, size }, pattern;

        if (size > 4096 || !str_cut(&text, '\0', &pattern))
                return 0;
        bool is_valid = glob_check(pattern, &err);
        bool matches = glob_matches(pattern, text);
        Str wider = str_of(arena_printf(&arena, "*" STR_FMT "*", STR_ARG(pattern)));

        if (is_valid && matches && !glob_matches(wider, text))
                abort();
        if (!glob_has_wildcard(pattern) && matches != str_equal(pattern, text))
                abort();
        return 0;
}
