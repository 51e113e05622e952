#include "check.h"
#include "data/glob.h"

static void patterns_match_as_in_velero(void **state) {
        const struct {
                const char *pattern, *text;
                bool matches;
        } cases[] = {
                { "app", "app", true },
                { "app", "apps", false },
                { "app", "ap", false },
                { "*", "", true },
                { "*", "a.b-c", true },
                { "**", "x", true },
                { "app-*", "app-", true },
                { "app-*", "app-web.one", true },
                { "app-*", "my-app-1", false },
                { "*-prod", "shop-prod", true },
                { "*-prod", "shop-prod2", false },
                { "a*b*c", "aXbYbZc", true },
                { "a*b*c", "aXbYbZ", false },
                { "a?c", "abc", true },
                { "a?c", "ac", false },
                { "[abc]x", "bx", true },
                { "[abc]x", "dx", false },
                { "[a-c]x", "bx", true },
                { "[a-c]x", "dx", false },
                { "[!a-c]x", "dx", true },
                { "[!a-c]x", "bx", false },
                { "[a-]", "-", true },
                { "[a-c0-9]", "7", true },
                { "app.", "app.", true },
                { "app.", "apps", false },
                { "a+", "a+", true },
                { "a+", "aa", false },
                { "", "", true },
                { "", "a", false },
                { "[abc", "[abc", true },
                { "[]", "[]", true },
                { "[!]", "[!]", true },
                { "a\\*", "a\\x", true },
                { "*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                if (glob_matches(str_of(c->pattern), str_of(c->text)) != c->matches)
                        fail_msg("\"%s\" and \"%s\"", c->pattern, c->text);
        }
}

static void a_wildcard_is_a_star_a_question_mark_or_a_bracket(void **state) {
        (void) state;
        CHECK(glob_has_wildcard(STR("a*")));
        CHECK(glob_has_wildcard(STR("a?")));
        CHECK(glob_has_wildcard(STR("[a]")));
        CHECK(!glob_has_wildcard(STR("a.b-c]")));
        CHECK(!glob_has_wildcard(STR("")));
}

static void what_velero_refuses_is_refused_with_the_reason(void **state) {
        const char *characters = "is not allowed (only * ? [abc] [a-z] are)";
        const struct {
                const char *pattern, *reason;
        } cases[] = {
                { "a|b", characters },         { "(a)", characters },
                { "a)", characters },          { "[!a]", characters },
                { "{a,b}", characters },       { "a}", characters },
                { "a,b", characters },         { "a**", "** is not allowed (write *)" },
                { "a[]", "empty [ ]" },        { "a]", "a ] without its [" },
                { "[a", "a [ without its ]" }, { "[[a]", "a [ inside [ ]" },
        };
        const char *const good[] = { "", "*", "a*b?c", "[a-z][0-9]*", "app.example-1" };
        AUTO(error_clear) Error none = { 0 };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };

                CHECK(!glob_check(str_of(c->pattern), &err));
                CHECK(strstr(err.message, c->reason));
                CHECK(strstr(err.message, c->pattern));
        }
        FOR_EACH_CASE(good, pattern)
        CHECK(glob_check(str_of(*pattern), &none));
}

static void excludes_win_then_an_empty_include_list_is_all(void **state) {
        const struct {
                const char *included, *excluded, *text;
                bool is_included;
        } cases[] = {
                { "", "", "shop", true },        { "*", "", "shop", true },
                { "shop", "", "shop", true },    { "shop", "", "bank", false },
                { "sh*,ba*", "", "bank", true }, { "", "kube-*", "kube-system", false },
                { "*", "shop", "shop", false },  { "shop", "*", "shop", false },
                { "", "kube-*", "shop", true },
        };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                Strs included = { 0 }, excluded = { 0 };

                strs_split(str_of(c->included), ',', &arena, &included);
                strs_split(str_of(c->excluded), ',', &arena, &excluded);
                CHECK_INT(glob_includes(&included, &excluded, str_of(c->text)), c->is_included);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(patterns_match_as_in_velero),
                cmocka_unit_test(a_wildcard_is_a_star_a_question_mark_or_a_bracket),
                cmocka_unit_test(what_velero_refuses_is_refused_with_the_reason),
                cmocka_unit_test(excludes_win_then_an_empty_include_list_is_all),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
