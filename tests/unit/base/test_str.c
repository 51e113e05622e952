#include "check.h"

#include "base/arena.h"
#include "base/distance.h"
#include "base/strs.h"

static Str text(const char *s) {
        return str_of(s);
}

static void order_is_that_of_bytes(void **state) {
        const struct {
                const char *a, *b;
                int sign;
        } cases[] = {
                { "", "", 0 },    { "", "a", -1 },
                { "a", "", 1 },   { "a", "a", 0 },
                { "a", "b", -1 }, { "ab", "abc", -1 },
                { "Z", "a", -1 }, { "a", "\xc3\xa9", -1 },
                { "b", "ab", 1 }, { "v1/Pod", "v1/Node", 1 },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                int order = str_compare(text(c->a), text(c->b));

                CHECK_INT((order > 0) - (order < 0), c->sign);
        }
        CHECK(str_compare((Str) { "a\0b", 3 }, (Str) { "a\0c", 3 }) < 0);
        CHECK_INT(str_compare((Str) { 0 }, STR("")), 0);
}

static void starts_ends_and_trims(void **state) {
        (void) state;
        CHECK(str_starts_with(STR("velero.io/x"), STR("velero.io/")));
        CHECK(!str_starts_with(STR("vel"), STR("velero")));
        CHECK(str_starts_with(STR("x"), STR("")));
        CHECK(str_ends_with(STR("a.json.gz"), STR(".gz")));
        CHECK(!str_ends_with(STR("gz"), STR(".gz")));
        CHECK(str_ends_with((Str) { 0 }, STR("")));
        CHECK(str_equal(str_trim(STR(" \t a b\r\n")), STR("a b")));
        CHECK_INT(str_trim(STR(" \n ")).len, 0);
        CHECK_INT(str_trim((Str) { 0 }).len, 0);
}

static void cut_gives_every_field_and_then_ends(void **state) {
        const struct {
                const char *text, *fields;
        } cases[] = {
                { "a,b", "<a><b>" }, { "a", "<a>" }, { "", "<>" }, { ",", "<><>" }, { "a,,b,", "<a><><b><>" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                char joined[64] = "";
                Str rest = text(c->text), field;

                while (str_cut(&rest, ',', &field))
                        sprintf(joined + strlen(joined), "<" STR_FMT ">", STR_ARG(field));
                CHECK_STR(joined, c->fields);
                CHECK(!str_cut(&rest, ',', &field));
        }
}

static void a_list_splits_sorts_finds_and_joins(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs strs = { 0 };

        (void) state;
        strs_split(STR(" b, a ,,c\t,  "), ',', &arena, &strs);
        CHECK_INT(strs.len, 3);
        CHECK_STR(strs_join(&strs, STR(", "), &arena).ptr, "b, a, c");
        strs_sort(&strs);
        CHECK_STR(strs_join(&strs, STR(""), &arena).ptr, "abc");
        CHECK(strs_has(&strs, STR("c")));
        CHECK(!strs_has(&strs, STR("d")));
}

static void an_empty_list_is_fine(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        Strs strs = { 0 };

        (void) state;
        strs_sort(&strs);
        CHECK(!strs_has(&strs, STR("")));
        CHECK_STR(strs_join(&strs, STR(","), &arena).ptr, "");
        strs_split((Str) { 0 }, ',', &arena, &strs);
        CHECK_INT(strs.len, 0);
        strs_add(&strs, &arena, (Str) { 0 });
        strs_add(&strs, &arena, STR("x"));
        CHECK_STR(strs_join(&strs, STR(","), &arena).ptr, ",x");
}

static void a_sorted_list_is_in_order_whatever_it_held(void **state) {
        (void) state;
        FOR_ALL_RANDOM(200, rng) {
                AUTO(arena_clear) Arena arena = { 0 };
                Strs strs = { 0 };
                size_t count = random_u64(&rng) % 50;

                for (size_t i = 0; i < count; i++)
                        strs_add(&strs, &arena,
                                 str_of(arena_printf(&arena, "%x", (unsigned) (random_u64(&rng) % 300))));
                strs_sort(&strs);
                CHECK_INT(strs.len, count);
                for (size_t i = 1; i < count; i++)
                        CHECK(str_compare(strs.items[i - 1], strs.items[i]) <= 0);
        }
}

static void an_arena_keeps_what_it_gave_until_it_is_reset(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        arena_reset(&arena);
        const char *first = arena_printf(&arena, "%d-%s", 7, "x");
        for (int i = 0; i < 3000; i++)
                memset(arena_alloc(&arena, 100), 'z', 100);
        memset(arena_alloc(&arena, 1 << 20), 'y', 1 << 20);
        CHECK_STR(first, "7-x");
        CHECK_INT((uintptr_t) arena_alloc(&arena, 1) % _Alignof(max_align_t), 0);
        arena_reset(&arena);
        Str copy = arena_copy(&arena, STR("after"));
        CHECK_STR(copy.ptr, "after");
        CHECK_STR(arena_copy(&arena, (Str) { 0 }).ptr, "");
}

static void words_are_as_far_apart_as_letters_have_to_be_changed(void **state) {
        static const char long_word[] =
                "a-word-of-more-letters-than-anybody-would-ever-give-to-a-flag-or-field";
        const struct {
                const char *a, *b;
                size_t distance;
        } cases[] = {
                { "", "", 0 },
                { "", "abc", 3 },
                { "onError", "onerror", 0 },
                { "onEror", "onError", 1 },
                { "bakcup", "backup", 2 },
                { "kitten", "sitting", 3 },
                { long_word, long_word, DISTANCE_WORD_MAX },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                CHECK_INT(str_distance(text(c->a), text(c->b)), c->distance);
                CHECK_INT(str_distance(text(c->b), text(c->a)), c->distance);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(order_is_that_of_bytes),
                cmocka_unit_test(starts_ends_and_trims),
                cmocka_unit_test(cut_gives_every_field_and_then_ends),
                cmocka_unit_test(a_list_splits_sorts_finds_and_joins),
                cmocka_unit_test(an_empty_list_is_fine),
                cmocka_unit_test(a_sorted_list_is_in_order_whatever_it_held),
                cmocka_unit_test(an_arena_keeps_what_it_gave_until_it_is_reset),
                cmocka_unit_test(words_are_as_far_apart_as_letters_have_to_be_changed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
