#include "check.h"
#include "data/gzip.h"

enum { PLAIN_LIMIT = 1 << 24 };

typedef struct Slices { /* gives at most `step` bytes at a time; fails after `fail_at` bytes */
        Str rest;
        size_t step, given, fail_at;
} Slices;

static bool give_slice(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        Slices *slices = user;
        size_t len = slices->rest.len < slices->step ? slices->rest.len : slices->step;

        if (slices->given >= slices->fail_at)
                return error_set(err, ERROR_UNAVAILABLE, "the disk is gone");
        len = len < size ? len : size;
        if (len)
                memcpy(into, slices->rest.ptr, len);
        slices->rest = str_skip(slices->rest, len);
        slices->given += len;
        *ret_size = len;
        return true;
}

/* Bytes that compress a little. */
static void fill(Buf *buf, Random *rng, size_t len) {
        while (buf->len < len)
                buf_printf(buf, "{\"kind\":\"Pod\",\"uid\":\"%llx\"}", (unsigned long long) random_u64(rng));
        buf->len = len;
}

static void pack(Str plain, Buf *into) {
        AUTO(gzip_workspace_freep) GzipWorkspace *workspace = gzip_workspace_new();

        gzip_member(workspace, plain, into);
}

static bool unpack_slowly(Str packed, size_t step, size_t read_size, Buf *into, Error *err) {
        Slices slices = { packed, step, 0, SIZE_MAX };
        AUTO(gzip_reader_freep) GzipReader *reader = gzip_reader_new(give_slice, &slices, PLAIN_LIMIT);
        AUTO_FREE char *bytes = malloc(read_size);
        size_t size;

        do {
                if (!gzip_read(reader, bytes, read_size, &size, err))
                        return false;
                buf_add(into, (Str) { bytes, size });
        } while (size == read_size);
        return true;
}

static void the_header_is_that_of_velero(void **state) {
        AUTO(buf_clear) Buf packed = { 0 };

        (void) state;
        pack(STR("[]\n"), &packed);
        CHECK(str_starts_with(buf_str(&packed), (Str) { "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10 }));
}

static void members_one_after_another_are_one_stream(void **state) {
        AUTO(gzip_workspace_freep) GzipWorkspace *workspace = gzip_workspace_new();
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf packed = { 0 }, plain = { 0 }, bytewise = { 0 };

        (void) state;
        gzip_member(workspace, STR("one "), &packed);
        gzip_member(workspace, STR(""), &packed);
        gzip_member(workspace, STR("two"), &packed);
        CHECK(gunzip(buf_str(&packed), 100, &plain, &err));
        CHECK(str_equal(buf_str(&plain), STR("one two")));
        CHECK(unpack_slowly(buf_str(&packed), 1, 1, &bytewise, &err));
        CHECK(str_equal(buf_str(&bytewise), STR("one two")));
}

static void headers_of_others_are_read_in_any_slices(void **state) {
        AUTO(buf_clear) Buf packed = { 0 };
        const struct {
                char flags;
                Str fields;
        } cases[] = {
                { 0x08, STR("file\0") },    { 0x10, STR("made by hand\0") },
                { 0x04, STR("\x03\0abc") }, { 0x1c, STR("\x03\0abcfile\0made by hand\0") },
                { 0x01, STR("") },
        };

        (void) state;
        pack(STR("named"), &packed);
        FOR_EACH_CASE(cases, c)
        for (size_t step = 1; step < 40; step++) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf other = { 0 }, back = { 0 };

                buf_add(&other, (Str) { packed.ptr, 10 });
                other.ptr[3] = c->flags;
                buf_add(&other, c->fields);
                buf_add(&other, str_skip(buf_str(&packed), 10));
                CHECK(unpack_slowly(buf_str(&other), step, 100, &back, &err));
                CHECK(str_equal(buf_str(&back), STR("named")));
        }
}

static void unpack_of_pack_is_identity(void **state) {
        (void) state;
        FOR_ALL_RANDOM(60, rng) {
                AUTO(gzip_workspace_freep) GzipWorkspace *workspace = gzip_workspace_new();
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf plain = { 0 }, packed = { 0 }, back = { 0 };

                fill(&plain, &rng, random_u64(&rng) % 300000);
                for (size_t at = 0; at <= plain.len;) {
                        size_t len = random_u64(&rng) % 70000;

                        len = len < plain.len - at ? len : plain.len - at;
                        gzip_member(workspace, (Str) { plain.len ? plain.ptr + at : "", len }, &packed);
                        at += len ? len : 1;
                }
                CHECK(unpack_slowly(buf_str(&packed), 1 + random_u64(&rng) % 70000,
                                    1 + random_u64(&rng) % 70000, &back, &err));
                CHECK(str_equal(buf_str(&back), buf_str(&plain)));
        }
}

static void a_changed_byte_is_found(void **state) {
        AUTO(buf_clear) Buf plain = { 0 }, packed = { 0 };
        Random rng = { .state = 7 };

        (void) state;
        fill(&plain, &rng, 2000);
        pack(buf_str(&plain), &packed);
        for (size_t i = 0; i < packed.len; i++) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf back = { 0 };

                if (i >= 3 && i < 10)
                        continue; /* "is text", time and system do not matter */
                packed.ptr[i] = (char) (packed.ptr[i] ^ 1);
                CHECK(!gunzip(buf_str(&packed), PLAIN_LIMIT, &back, &err));
                CHECK_INT(err.code, ERROR_CORRUPT);
                packed.ptr[i] = (char) (packed.ptr[i] ^ 1);
        }
}

static void a_wrong_checksum_or_length_is_named(void **state) {
        AUTO(buf_clear) Buf packed = { 0 };

        (void) state;
        pack(STR("precious"), &packed);
        for (size_t i = 1; i <= 8; i++) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf back = { 0 };
                char *byte = &packed.ptr[packed.len - i];

                *byte = (char) (*byte ^ 0x80);
                CHECK(!gunzip(buf_str(&packed), 100, &back, &err));
                CHECK_STR(err.message, "gzip checksum is wrong: the content was changed or damaged");
                *byte = (char) (*byte ^ 0x80);
        }
}

static void a_stream_that_is_cut_off_anywhere_is_found(void **state) {
        AUTO(buf_clear) Buf plain = { 0 }, packed = { 0 };
        Random rng = { .state = 8 };

        (void) state;
        fill(&plain, &rng, 3000);
        pack(buf_str(&plain), &packed);
        size_t first_member = packed.len;
        pack(STR("second"), &packed);
        for (size_t len = 0; len < packed.len; len++) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf back = { 0 };
                bool is_whole = len == first_member;

                CHECK_INT(gunzip((Str) { packed.ptr, len }, PLAIN_LIMIT, &back, &err), is_whole);
                CHECK_INT(err.code, is_whole ? ERROR_NONE : ERROR_CORRUPT);
                if (len > 0 && !is_whole)
                        CHECK(strstr(err.message, "gzip stream is cut off after "));
        }
}

static void other_bytes_are_refused(void **state) {
        const struct {
                Str bytes;
                const char *message;
        } cases[] = {
                { STR(""), "not gzip: it is empty" },
                { STR("plain text, no gzip"), "not gzip: its first bytes are not 1f 8b" },
                { STR("\x1f\x8b\x07\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0"),
                  "gzip content is damaged after 0 plain bytes" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf back = { 0 };

                CHECK(!gunzip(c->bytes, 100, &back, &err));
                CHECK_STR(err.message, c->message);
        }
}

static void bytes_after_the_end_are_refused(void **state) {
        const Str tails[] = { STR("x"), STR("\0"), STR("\x1f"), STR("garbage that is longer than a header") };

        (void) state;
        FOR_EACH_CASE(tails, tail) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf packed = { 0 }, back = { 0 };

                pack(STR("content"), &packed);
                buf_add(&packed, *tail);
                CHECK(!gunzip(buf_str(&packed), 100, &back, &err));
                CHECK_INT(err.code, ERROR_CORRUPT);
        }
}

static void a_bomb_is_stopped_at_the_limit(void **state) {
        AUTO(buf_clear) Buf zeros = { 0 }, packed = { 0 }, back = { 0 }, small = { .limit = 100 };
        AUTO(error_clear) Error err = { 0 }, of_buf = { 0 };

        (void) state;
        memset(buf_reserve(&zeros, 1 << 24), 0, 1 << 24);
        zeros.len = 1 << 24;
        pack(buf_str(&zeros), &packed);
        CHECK(packed.len < 1 << 18);
        CHECK(!gunzip(buf_str(&packed), 1 << 20, &back, &err));
        CHECK_STR(err.message, "gzip stream unpacks to more than 1048576 bytes");
        CHECK_INT(err.code, ERROR_CORRUPT);
        CHECK(back.len <= 1 << 20);
        CHECK(!gunzip(buf_str(&packed), 1 << 24, &small, &of_buf));
        CHECK_STR(of_buf.message, "the unpacked gzip stream is larger than 100 bytes");
}

static void exactly_the_limit_is_allowed(void **state) {
        AUTO(buf_clear) Buf packed = { 0 }, back = { .limit = 5 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        pack(STR("12345"), &packed);
        CHECK(gunzip(buf_str(&packed), 5, &back, &err));
}

static void a_failing_source_is_the_cause(void **state) {
        AUTO(buf_clear) Buf packed = { 0 };
        AUTO(error_clear) Error err = { 0 };
        char bytes[100];
        size_t size;

        (void) state;
        pack(STR("some content"), &packed);
        Slices slices = { buf_str(&packed), 5, 0, 10 };
        AUTO(gzip_reader_freep) GzipReader *reader = gzip_reader_new(give_slice, &slices, 1000);
        CHECK(!gzip_read(reader, bytes, sizeof bytes, &size, &err));
        CHECK_STR(err.message, "the disk is gone");
        CHECK_INT(err.code, ERROR_UNAVAILABLE);
}

static void a_full_buffer_remembers(void **state) {
        AUTO(buf_clear) Buf packed = { .limit = 8 };

        (void) state;
        pack(STR("does not fit"), &packed);
        CHECK(packed.overflowed);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_header_is_that_of_velero),
                cmocka_unit_test(members_one_after_another_are_one_stream),
                cmocka_unit_test(headers_of_others_are_read_in_any_slices),
                cmocka_unit_test(unpack_of_pack_is_identity),
                cmocka_unit_test(a_changed_byte_is_found),
                cmocka_unit_test(a_wrong_checksum_or_length_is_named),
                cmocka_unit_test(a_stream_that_is_cut_off_anywhere_is_found),
                cmocka_unit_test(other_bytes_are_refused),
                cmocka_unit_test(bytes_after_the_end_are_refused),
                cmocka_unit_test(a_bomb_is_stopped_at_the_limit),
                cmocka_unit_test(exactly_the_limit_is_allowed),
                cmocka_unit_test(a_failing_source_is_the_cause),
                cmocka_unit_test(a_full_buffer_remembers),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
