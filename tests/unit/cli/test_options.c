#include "check.h"

#include "cli/options.h"

typedef struct Inner {
        Str file;
        int format;
} Inner;

typedef struct Target {
        bool wait;
        Str to;
        Strs names;
        int64_t freeze_ms;
        unsigned workers;
        double qps;
        Inner inner;
} Target;

static const Option inner_rows[] = {
        { OPT_ROW(OPTION_TEXT, Inner, file, "file", "FILE", "a file"), .letter = 'f', .alias = "filename" },
        { OPT_ROW(OPTION_CHOICE, Inner, format, "output", "table|json|yaml", "format"), .letter = 'o',
          .otherwise = "json" },
        OPT_END,
};

static const Option field_rows[] = {
        { OPT_FIELD(OPTION_FIELD_BOOL, "spec.includeClusterResources", "include-cluster-resources", NULL,
                    "x") },
        { OPT_FIELD(OPTION_FIELD_TIME, "spec.ttl", "ttl", "DURATION", "x") },
        OPT_END,
};

static const Option rows[] = {
        { OPT_ROW(OPTION_BOOL, Target, wait, "wait", NULL, "wait"), .letter = 'w' },
        { OPT_ROW(OPTION_TEXT, Target, to, "to", "DIR", "where to") },
        { OPT_ROW(OPTION_LIST, Target, names, "names", "NAMES", "names") },
        { OPT_ROW(OPTION_DURATION, Target, freeze_ms, "max-freeze", "DURATION", "freeze") },
        { OPT_ROW(OPTION_COUNT, Target, workers, "workers", "COUNT", "workers"), .otherwise = "4" },
        { OPT_ROW(OPTION_RATE, Target, qps, "client-qps", "NUMBER", "rate") },
        OPT_GROUP(Target, inner, inner_rows, "Inner"),
        OPT_ROWS(field_rows, "Fields"),
        OPT_END,
};

typedef struct Parsed {
        Arena arena;
        Target target;
        CommandLine line;
        Error err;
        bool is_good;
} Parsed;

static void parse(Parsed *parsed, const char *text) {
        Strs words = { 0 };

        *parsed = (Parsed) { 0 };
        parsed->line.arena = &parsed->arena;
        strs_split(arena_copy(&parsed->arena, str_of(text)), ' ', &parsed->arena, &words);
        for (size_t i = 0; i < words.len; i++)
                words.items[i] = arena_copy(&parsed->arena, words.items[i]);
        parsed->is_good = options_parse(rows, &parsed->target, words, &parsed->line, &parsed->err);
}

static void parsed_clear(Parsed *parsed) {
        error_clear(&parsed->err);
        arena_clear(&parsed->arena);
}

static void flags_and_arguments_come_in_any_order(void **state) {
        AUTO(parsed_clear) Parsed p;

        (void) state;
        parse(&p,
              "b1 --to /x --wait b2 --names=a,b --names c --max-freeze 1m30s -f in.yaml --client-qps 2.5");
        CHECK(p.is_good);
        CHECK_INT(p.line.arguments.len, 2);
        CHECK(str_equal(p.line.arguments.items[1], STR("b2")));
        CHECK(str_equal(p.target.to, STR("/x")));
        CHECK(p.target.wait);
        CHECK_INT(p.target.names.len, 3);
        CHECK(str_equal(p.target.names.items[2], STR("c")));
        CHECK_INT(p.target.freeze_ms, 90 * 1000);
        CHECK(str_equal(p.target.inner.file, STR("in.yaml")));
        CHECK(p.target.qps > 2.4 && p.target.qps < 2.6);
        CHECK_INT(p.line.given_len, 7);
}

static void defaults_hold_until_a_flag_is_given(void **state) {
        AUTO(parsed_clear) Parsed none, some;

        (void) state;
        parse(&none, "");
        parse(&some, "--workers 9 -oyaml");
        CHECK(none.is_good && some.is_good);
        CHECK_INT(none.target.workers, 4);
        CHECK_INT(none.target.inner.format, 1);
        CHECK_INT(some.target.workers, 9);
        CHECK_INT(some.target.inner.format, 2);
}

static void short_flags_take_values_in_every_usual_form(void **state) {
        const char *const forms[] = { "-f in.yaml",     "-fin.yaml",      "-f=in.yaml",
                                      "--file in.yaml", "--file=in.yaml", "--filename in.yaml" };

        (void) state;
        FOR_EACH_CASE(forms, form) {
                AUTO(parsed_clear) Parsed p;

                parse(&p, *form);
                CHECK(p.is_good);
                CHECK(str_equal(p.target.inner.file, STR("in.yaml")));
        }
}

static void two_dashes_end_the_flags(void **state) {
        AUTO(parsed_clear) Parsed p;

        (void) state;
        parse(&p, "--wait -- --to - -x");
        CHECK(p.is_good);
        CHECK_INT(p.line.arguments.len, 3);
        CHECK(str_equal(p.line.arguments.items[0], STR("--to")));
}

static void a_single_dash_is_an_argument(void **state) {
        AUTO(parsed_clear) Parsed p;

        (void) state;
        parse(&p, "-f - -");
        CHECK(p.is_good);
        CHECK(str_equal(p.target.inner.file, STR("-")));
        CHECK_INT(p.line.arguments.len, 1);
}

static void help_wins_over_everything_else(void **state) {
        AUTO(parsed_clear) Parsed p;

        (void) state;
        parse(&p, "--nonsense --help");
        CHECK(p.is_good);
        CHECK(p.line.wants_help);
}

static void optional_booleans_take_a_value_only_with_an_equals_sign(void **state) {
        AUTO(parsed_clear) Parsed p;

        (void) state;
        parse(&p, "--include-cluster-resources false --include-cluster-resources=false");
        CHECK(p.is_good);
        CHECK_INT(p.line.arguments.len, 1);
        CHECK(str_equal(p.line.given[0].value, STR("true")));
        CHECK(str_equal(p.line.given[1].value, STR("false")));
}

static void a_wrong_flag_is_named_and_the_nearest_one_offered(void **state) {
        const struct {
                const char *words, *message, *hint;
        } cases[] = {
                { "--wiat", "unknown flag --wiat", "did you mean --wait?" },
                { "--include-cluster-resource", "unknown flag --include-cluster-resource",
                  "did you mean --include-cluster-resources?" },
                { "--xyzzy=1", "unknown flag --xyzzy", "--help lists the flags" },
                { "-x", "unknown flag -x", "--help lists the flags" },
                { "--to", "--to needs a value", "--to DIR: where to" },
                { "-f", "-f needs a value", "--file FILE: a file" },
                { "--workers many", "--workers: \"many\" is not a whole number from 0 to 1000000", "" },
                { "--workers -3", "--workers: \"-3\" is not a whole number from 0 to 1000000", "" },
                { "--workers 99999999999999999999",
                  "--workers: \"99999999999999999999\" is not a whole number from 0 to 1000000", "" },
                { "--client-qps nan", "--client-qps: \"nan\" is not a number from 0 up", "" },
                { "--client-qps 1x", "--client-qps: \"1x\" is not a number from 0 up", "" },
                { "--wait=yes", "--wait: \"yes\" is neither true nor false", "" },
                { "-o xml", "-o: \"xml\" is none of table|json|yaml", "" },
                { "--include-cluster-resources=maybe",
                  "--include-cluster-resources: \"maybe\" is neither true nor false", "" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(parsed_clear) Parsed p;

                parse(&p, c->words);
                CHECK(!p.is_good);
                CHECK_STR(p.err.message, c->message);
                CHECK(str_equal(p.line.hint, str_of(c->hint)));
        }
}

static void a_bad_duration_names_its_flag(void **state) {
        const char *const words[] = { "--max-freeze 300", "--ttl 300" };

        (void) state;
        FOR_EACH_CASE(words, w) {
                AUTO(parsed_clear) Parsed p;

                parse(&p, *w);
                CHECK(!p.is_good);
                CHECK(strncmp(p.err.message, *w, strcspn(*w, " ")) == 0);
                CHECK(strstr(p.err.message, "\"300\" is not a duration") != NULL);
        }
}

static void a_known_flag_is_its_own_nearest_word(void **state) {
        Str items[] = { { "backup", 6 }, { "restore", 7 }, { "hooks", 5 } };
        const Strs words = { items, 3, 3 };

        (void) state;
        for (size_t i = 0; i < words.len; i++)
                CHECK(str_equal(nearest_word(&words, items[i]), items[i]));
        CHECK(str_equal(nearest_word(&words, STR("bakcup")), STR("backup")));
        CHECK_INT(nearest_word(&words, STR("zz")).len, 0);
}

/* Whatever the words are, parsing ends, and a failure has a message. */
static void any_words_are_parsed_or_refused(void **state) {
        static const char *const pieces[] = { "--",  "-",        "-w", "--wait",  "=",         "--to",
                                              "x",   "--ttl=1h", "-o", "--=",     "--workers", "7",
                                              "-fo", "--names",  ",,", "--wait=", "-=" };

        (void) state;
        FOR_ALL_RANDOM(2000, rng) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };
                Target target = { 0 };
                CommandLine line = { .arena = &arena };
                Strs words = { 0 };

                for (uint64_t n = random_u64(&rng) % 6; n > 0; n--)
                        strs_add(&words, &arena,
                                 str_of(pieces[random_u64(&rng) % (sizeof pieces / sizeof *pieces)]));
                if (!options_parse(rows, &target, words, &line, &err))
                        CHECK_INT(err.code, ERROR_INVALID);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(flags_and_arguments_come_in_any_order),
                cmocka_unit_test(defaults_hold_until_a_flag_is_given),
                cmocka_unit_test(short_flags_take_values_in_every_usual_form),
                cmocka_unit_test(two_dashes_end_the_flags),
                cmocka_unit_test(a_single_dash_is_an_argument),
                cmocka_unit_test(help_wins_over_everything_else),
                cmocka_unit_test(optional_booleans_take_a_value_only_with_an_equals_sign),
                cmocka_unit_test(a_wrong_flag_is_named_and_the_nearest_one_offered),
                cmocka_unit_test(a_bad_duration_names_its_flag),
                cmocka_unit_test(a_known_flag_is_its_own_nearest_word),
                cmocka_unit_test(any_words_are_parsed_or_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
