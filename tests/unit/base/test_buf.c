#include "check.h"

#include "base/buf.h"

static void what_is_added_is_there_in_order(void **state) {
        AUTO(buf_clear) Buf buf = { 0 };

        (void) state;
        CHECK_INT(buf_str(&buf).len, 0);
        buf_add(&buf, STR("ab"));
        buf_add(&buf, (Str) { 0 });
        buf_add_char(&buf, 'c');
        buf_printf(&buf, "%d", 42);
        CHECK(str_equal(buf_str(&buf), STR("abc42")));
        buf_reset(&buf);
        CHECK_INT(buf.len, 0);
        buf_add_char(&buf, 'x');
        CHECK(str_equal(buf_str(&buf), STR("x")));
}

static void long_text_grows_the_buffer(void **state) {
        AUTO(buf_clear) Buf buf = { 0 };

        (void) state;
        for (int i = 0; i < 10000; i++)
                buf_printf(&buf, "%05d,", i);
        CHECK_INT(buf.len, 60000);
        CHECK(str_equal((Str) { buf.ptr + 59994, 6 }, STR("09999,")));
        buf_printf(&buf, "%*d", 70000, 1);
        CHECK_INT(buf.len, 130000);
}

static void room_can_be_written_in_place(void **state) {
        AUTO(buf_clear) Buf buf = { .limit = 100 };

        (void) state;
        char *room = buf_reserve(&buf, 100);
        CHECK(room != NULL);
        memset(room, 'r', 100);
        buf.len += 100;
        CHECK_INT(buf_str(&buf).len, 100);
        CHECK(buf_reserve(&buf, 1) == NULL);
        CHECK(buf.overflowed);
}

static void past_the_limit_nothing_more_is_added_and_the_check_says_so(void **state) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf buf = { .limit = 8 };

        (void) state;
        buf_add(&buf, STR("12345678"));
        CHECK(buf_check(&buf, "the reply", &err));
        buf_reset(&buf);
        buf_add(&buf, STR("12345"));
        buf_add(&buf, STR("6789"));
        buf_add(&buf, STR("6"));
        buf_add_char(&buf, '6');
        buf_printf(&buf, "6");
        CHECK(str_equal(buf_str(&buf), STR("12345")));
        CHECK(!buf_check(&buf, "the reply", &err));
        CHECK_INT(err.code, ERROR_INVALID);
        CHECK_STR(err.message, "the reply is larger than 8 bytes");
        buf_reset(&buf);
        buf_printf(&buf, "%s", "123456789");
        CHECK_INT(buf.len, 0);
        CHECK(buf.overflowed);
}

static void the_default_limit_is_64_mib(void **state) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf buf = { 0 };

        (void) state;
        CHECK(buf_reserve(&buf, BUF_LIMIT_DEFAULT + 1) == NULL);
        CHECK(!buf_check(&buf, "it", &err));
        CHECK_STR(err.message, "it is larger than 67108864 bytes");
}

static void clear_keeps_the_limit(void **state) {
        Buf buf = { .limit = 3 };

        (void) state;
        buf_add(&buf, STR("abcd"));
        buf_clear(&buf);
        CHECK(!buf.overflowed);
        buf_add(&buf, STR("abc"));
        CHECK_INT(buf.len, 3);
        buf_clear(&buf);
}

static void a_buffer_is_a_string_with_a_limit(void **state) {
        (void) state;
        FOR_ALL_RANDOM(300, rng) {
                AUTO(buf_clear) Buf buf = { .limit = 1 + random_u64(&rng) % 2000 };
                char model[2200];
                size_t len = 0;
                bool over = false;

                for (int i = 0; i < 20; i++) {
                        char piece[200];
                        size_t size = random_u64(&rng) % sizeof piece;

                        memset(piece, 'a' + i, size);
                        over = over || len + size > buf.limit;
                        if (!over) {
                                memcpy(model + len, piece, size);
                                len += size;
                        }
                        if (i % 2)
                                buf_add(&buf, (Str) { piece, size });
                        else
                                buf_printf(&buf, "%.*s", (int) size, piece);
                }
                CHECK(str_equal(buf_str(&buf), (Str) { model, len }));
                CHECK_INT(buf.overflowed, over);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_added_is_there_in_order),
                cmocka_unit_test(long_text_grows_the_buffer),
                cmocka_unit_test(room_can_be_written_in_place),
                cmocka_unit_test(past_the_limit_nothing_more_is_added_and_the_check_says_so),
                cmocka_unit_test(the_default_limit_is_64_mib),
                cmocka_unit_test(clear_keeps_the_limit),
                cmocka_unit_test(a_buffer_is_a_string_with_a_limit),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
