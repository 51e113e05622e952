/* Unpacking never gives more than the limit, gives the same in any slices, and undoes packing. */
#include <stdlib.h>

#include "data/gzip.h"
#include "fuzz.h"

enum { LIMIT = 1 << 16 };

static bool give(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        Str *rest = user;

        (void) err;
        *ret_size = rest->len && size ? 1 : 0;
        if (*ret_size)
                memcpy(into, rest->ptr, 1);
        *rest = str_skip(*rest, *ret_size);
        return true;
}

static void require(bool condition) {
        if (!condition)
                abort();
}

static void check_round_trip(Str plain) {
        AUTO(gzip_workspace_freep) GzipWorkspace *workspace = gzip_workspace_new();
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf packed = { 0 }, back = { 0 };

        gzip_member(workspace, plain, &packed);
        require(gunzip(buf_str(&packed), plain.len, &back, &err) && str_equal(buf_str(&back), plain));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(error_clear) Error whole = { 0 }, sliced = { 0 };
        AUTO(buf_clear) Buf plain = { 0 };
        Str packed = { (const char *) data, size }, rest = packed;
        AUTO(gzip_reader_freep) GzipReader *reader = gzip_reader_new(give, &rest, LIMIT);
        char bytes[997];
        size_t got, total = 0;

        bool is_ok = gunzip(packed, LIMIT, &plain, &whole);
        do {
                if (!gzip_read(reader, bytes, sizeof bytes, &got, &sliced)) {
                        require(!is_ok);
                        break;
                }
                require(!is_ok || got == 0 || memcmp(plain.ptr + total, bytes, got) == 0);
                total += got;
        } while (got == sizeof bytes);
        require(total <= LIMIT && (!is_ok || total == plain.len));
        require(is_ok == (sliced.code == ERROR_NONE));
        check_round_trip(packed);
        return 0;
}
