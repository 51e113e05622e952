/* A duration that was understood is printed as one that means the same. */
#include <stdlib.h>

#include "data/duration.h"
#include "data/quantity.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(error_clear) Error err = { 0 }, again = { 0 }, of_quantity = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        Str text = { (const char *) data, size };
        int64_t ms, back;
        double value;

        if (duration_parse(text, &ms, &err) &&
            (!duration_parse(duration_format(ms, &arena), &back, &again) || back != ms))
                abort();
        if (!quantity_parse(text, &value, &of_quantity) && of_quantity.message == NULL)
                abort();
        return 0;
}
