/* Every entry that the reader lets through has a name that stays inside, and content of the size it said. */
#include <stdlib.h>

#include "data/tar.h"
#include "fuzz.h"

static bool give(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        Str *rest = user;
        size_t len = rest->len < size ? rest->len : size;

        (void) err;
        len = len > 700 ? 700 : len; /* blocks do not come whole */
        if (len)
                memcpy(into, rest->ptr, len);
        *rest = str_skip(*rest, len);
        *ret_size = len;
        return true;
}

static void require(bool condition) {
        if (!condition)
                abort();
}

static void check_name(Str name) {
        Str rest = name, part;

        require(name.len > 0 && name.len <= 1024);
        while (str_cut(&rest, '/', &part))
                require(part.len > 0 && !str_equal(part, STR("..")) && !str_equal(part, STR(".")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(error_clear) Error err = { 0 };
        Str rest = { (const char *) data, size };
        TarLimits limits = { .entry_bytes = 1 << 16, .entries = 100 };
        AUTO(tar_reader_freep) TarReader *reader = tar_reader_new(give, &rest, limits);
        const TarEntry *entry;

        while (tar_next(reader, &entry, &err) && entry) {
                AUTO(buf_clear) Buf content = { 0 };

                check_name(entry->name);
                require(entry->size <= limits.entry_bytes);
                if (entry->is_folder)
                        continue;
                if (!tar_content(reader, &content, &err))
                        break;
                require(content.len == entry->size);
        }
        return 0;
}
