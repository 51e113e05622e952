#include "fuzz.h"

#include <assert.h>

#include "data/ini.h"

static bool look(void *user, Str section, Str key, Str value, Error *err) {
        size_t *bytes = user;

        (void) err;
        assert(!memchr(key.ptr, '\n', key.len) && !memchr(value.ptr, '\n', value.len));
        assert(!memchr(section.ptr, '\n', section.len));
        *bytes += key.len + value.len;
        return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(error_clear) Error err = { 0 };
        size_t bytes = 0;

        if (!ini_read((Str) { (const char *) data, size }, "input", look, &bytes, &err))
                assert(err.code == ERROR_INVALID && err.message);
        assert(bytes <= size);
        return 0;
}
