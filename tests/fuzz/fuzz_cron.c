/* A schedule that was understood comes after the time it is asked for, and again after that. */
#include <stdlib.h>

#include "data/cron.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const int64_t start_ms = INT64_C(1767225600000); /* 2026-01-01 */
        AUTO(error_clear) Error err = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        const Cron *cron;
        int64_t next_ms;

        if (!cron_parse((Str) { (const char *) data, size }, &arena, &cron, &err))
                return 0;
        next_ms = cron_next(cron, start_ms);
        if (next_ms != 0 && (next_ms <= start_ms - 1000 || cron_next(cron, next_ms) == next_ms))
                abort();
        return 0;
}
