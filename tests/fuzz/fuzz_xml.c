#include "fuzz.h"

#include <assert.h>

#include "data/xml.h"

typedef struct Seen {
        size_t bytes;
} Seen;

static bool count(void *user, Str path, Str text, Error *err) {
        Seen *seen = user;

        (void) err;
        assert(path.len > 0 && path.len <= XML_PATH_MAX);
        seen->bytes += text.len;
        return true;
}

/* Text is never larger than the document that it came from. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(error_clear) Error err = { 0 };
        Seen seen = { 0 };

        if (!xml_read((Str) { (const char *) data, size }, "input", count, &seen, &err))
                assert(err.code == ERROR_CORRUPT && err.message);
        assert(seen.bytes <= 2 * size + 1);
        return 0;
}
