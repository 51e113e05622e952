#include "check.h"
#include "data/base64.h"

static void the_examples_of_rfc_4648_hold_both_ways(void **state) {
        const struct {
                const char *plain, *text;
        } cases[] = {
                { "", "" },
                { "f", "Zg==" },
                { "fo", "Zm8=" },
                { "foo", "Zm9v" },
                { "foob", "Zm9vYg==" },
                { "fooba", "Zm9vYmE=" },
                { "foobar", "Zm9vYmFy" },
                { "\xfb\xff", "+/8=" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf text = { 0 }, plain = { 0 };

                base64_encode(str_of(c->plain), &text);
                CHECK(str_equal(buf_str(&text), str_of(c->text)));
                CHECK(base64_decode(str_of(c->text), &plain, &err));
                CHECK(str_equal(buf_str(&plain), str_of(c->plain)));
        }
}

static void white_space_is_passed_over(void **state) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf plain = { 0 };

        (void) state;
        CHECK(base64_decode(STR(" Zm9v\r\n\tYm\nE = \n"), &plain, &err));
        CHECK(str_equal(buf_str(&plain), STR("fooba")));
}

static void the_wrong_byte_is_named(void **state) {
        const struct {
                const char *text, *message;
        } cases[] = {
                { "Zm9v!mFy", "not base64: '!' at byte 4" },
                { "Zm9\x01", "not base64: 0x01 at byte 3" },
                { "Zg==Zg==", "not base64: 'Z' at byte 4" },
                { "=", "not base64: '=' at byte 0" },
                { "Zg===", "not base64: '=' at byte 4" },
                { "Zg=", "not base64: it is cut off or its padding is wrong" },
                { "Zm8", "not base64: it is cut off or its padding is wrong" },
                { "Z", "not base64: it is cut off or its padding is wrong" },
                { "Zh==", "not base64: stray bits before the padding" },
                { "Zm9=", "not base64: stray bits before the padding" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf plain = { 0 };

                CHECK(!base64_decode(str_of(c->text), &plain, &err));
                CHECK_STR(err.message, c->message);
                CHECK_INT(err.code, ERROR_INVALID);
        }
}

static void a_buffer_that_is_too_small_is_an_error(void **state) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf plain = { .limit = 3 }, text = { .limit = 3 };

        (void) state;
        CHECK(!base64_decode(STR("Zm9vYmFy"), &plain, &err));
        CHECK_STR(err.message, "the decoded base64 is larger than 3 bytes");
        base64_encode(STR("foo"), &text);
        CHECK(text.overflowed);
}

static void decode_of_encode_is_identity(void **state) {
        (void) state;
        FOR_ALL_RANDOM(1000, rng) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf text = { 0 }, plain = { 0 };
                uint64_t words[16];
                size_t len = random_u64(&rng) % sizeof words;

                for (size_t i = 0; i < 16; i++)
                        words[i] = random_u64(&rng);
                base64_encode((Str) { (const char *) words, len }, &text);
                CHECK(base64_decode(buf_str(&text), &plain, &err));
                CHECK(str_equal(buf_str(&plain), (Str) { (const char *) words, len }));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_examples_of_rfc_4648_hold_both_ways),
                cmocka_unit_test(white_space_is_passed_over),
                cmocka_unit_test(the_wrong_byte_is_named),
                cmocka_unit_test(a_buffer_that_is_too_small_is_an_error),
                cmocka_unit_test(decode_of_encode_is_identity),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
