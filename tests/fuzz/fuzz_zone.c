/* Whatever a zone file says, a clock there can be read, and read back to the same instant or an earlier one. */
#include <stdlib.h>

#include "data/zone.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const int64_t instants[] = { 0, INT64_C(1767225600000), INT64_C(-5000000000000),
                                            INT64_C(4102444800000) };
        AUTO(error_clear) Error err = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        const Zone *zone;

        if (!zone_parse((Str) { (const char *) data, size }, &arena, &zone, &err))
                return 0;
        for (size_t i = 0; i < sizeof(instants) / sizeof(*instants); i++) {
                ZoneTime time = zone_time(zone, instants[i]);

                if (time.month < 1 || time.month > 12 || time.day < 1 || time.day > 31 || time.hour > 23 ||
                    time.weekday > 6)
                        abort();
                (void) zone_instant(zone, &time);
        }
        return 0;
}
