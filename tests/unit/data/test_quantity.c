#include <math.h>

#include "check.h"
#include "data/quantity.h"

static void numbers_and_suffixes_are_read(void **state) {
        const struct {
                const char *text;
                double value;
        } cases[] = {
                { "0", 0 },
                { "5", 5 },
                { "+5", 5 },
                { "-5", -5 },
                { "1.5", 1.5 },
                { ".5", 0.5 },
                { "5.", 5 },
                { "500m", 0.5 },
                { "100u", 1e-4 },
                { "3n", 3e-9 },
                { "1k", 1e3 },
                { "2M", 2e6 },
                { "2G", 2e9 },
                { "2T", 2e12 },
                { "2P", 2e15 },
                { "2E", 2e18 },
                { "1Ki", 1024 },
                { "1Mi", 1048576 },
                { "1.5Gi", 1610612736 },
                { "1Ti", 1099511627776 },
                { "8Pi", 9007199254740992 },
                { "1Ei", 1152921504606846976 },
                { "2e3", 2000 },
                { "2E3", 2000 },
                { "2e-3", 0.002 },
                { "2e+3", 2000 },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                double value;

                CHECK(quantity_parse(str_of(c->text), &value, &err));
                CHECK(fabs(value - c->value) <= fabs(c->value) * 1e-15);
        }
}

static void other_text_is_refused(void **state) {
        const char *suffix = "its suffix is none of n u m k M G T P E Ki Mi Gi Ti Pi Ei e3";
        const char *number = "expected a number such as \"500m\" or \"1Gi\"";
        const struct {
                const char *text, *reason;
        } cases[] = {
                { "", number },        { "Gi", number },
                { ".", number },       { "-", number },
                { "+.", number },      { "1GB", suffix },
                { "1 Gi", suffix },    { "1K", suffix },
                { "1e", suffix },      { "1e+", suffix },
                { "1e3x", suffix },    { "1.2.3", suffix },
                { "1e99999", suffix }, { "1e999", "it is too large" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                char message[200];
                double value;

                snprintf(message, sizeof message, "\"%s\" is not a quantity: %s", c->text, c->reason);
                CHECK(!quantity_parse(str_of(c->text), &value, &err));
                CHECK_STR(err.message, message);
        }
}

static void a_number_of_many_digits_is_refused(void **state) {
        AUTO(error_clear) Error err = { 0 };
        char digits[101];
        double value;

        (void) state;
        memset(digits, '1', sizeof digits);
        CHECK(!quantity_parse((Str) { digits, sizeof digits }, &value, &err));
        CHECK(strstr(err.message, "it has more than 100 digits"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(numbers_and_suffixes_are_read),
                cmocka_unit_test(other_text_is_refused),
                cmocka_unit_test(a_number_of_many_digits_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
