#include "check.h"

#include "base/faults.h"

static void an_input_without_faults_passes(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Faults faults = { .arena = &arena };

        (void) state;
        CHECK(faults_check(&faults, &err));
        CHECK_STR(faults_text(&faults, FAULT_ERROR, &arena).ptr, "");
        faults_add(&faults, FAULT_WARNING, STR("spec.ttl"), "is %s", "short");
        CHECK(faults_check(&faults, &err));
        CHECK_STR(faults_text(&faults, FAULT_WARNING, &arena).ptr, "spec.ttl: is short");
}

static void all_errors_are_told_at_once_with_their_places(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Faults faults = { .arena = &arena };
        char path[] = "spec.ttl";

        (void) state;
        faults_add(&faults, FAULT_ERROR, str_of(path), "\"%s\" is not a duration", "3 days");
        faults_add(&faults, FAULT_WARNING, STR("spec.x"), "unknown field");
        faults_add(&faults, FAULT_ERROR, STR(""), "no kind");
        faults.items[0].line = 12;
        path[0] = 'X';

        CHECK_INT(faults.errors, 2);
        CHECK_STR(faults_text(&faults, FAULT_ERROR, &arena).ptr,
                  "line 12: spec.ttl: \"3 days\" is not a duration\nno kind");
        CHECK(!faults_check(&faults, &err));
        CHECK_INT(err.code, ERROR_INVALID);
        CHECK_STR(err.message, "line 12: spec.ttl: \"3 days\" is not a duration; no kind");
}

static void many_faults_are_kept(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        Faults faults = { .arena = &arena };

        (void) state;
        for (int i = 0; i < 100; i++)
                faults_add(&faults, FAULT_ERROR, STR("p"), "%d", i);
        CHECK_INT(faults.len, 100);
        CHECK_INT(faults.errors, 100);
        CHECK_STR(faults.items[99].message.ptr, "99");
}

static void an_error_reads_from_the_request_inwards(void **state) {
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        CHECK(!error_set(&err, ERROR_UNAVAILABLE, "status %d", 503));
        CHECK(!error_prefix(&err, "put \"%s\"", "b1"));
        CHECK_STR(err.message, "put \"b1\": status 503");
        CHECK(error_is_retryable(&err));
}

static void only_what_may_pass_is_worth_a_retry(void **state) {
        const struct {
                ErrorCode code;
                bool retryable;
        } cases[] = {
                { ERROR_INVALID, false },    { ERROR_NOT_FOUND, false }, { ERROR_EXISTS, false },
                { ERROR_CONFLICT, true },    { ERROR_GONE, false },      { ERROR_FORBIDDEN, false },
                { ERROR_UNAVAILABLE, true }, { ERROR_TIMEOUT, true },    { ERROR_CANCELED, false },
                { ERROR_CORRUPT, false },
        };

        (void) state;
        FOR_EACH_CASE(cases, c)
        CHECK_INT(error_is_retryable(&(Error) { .code = c->code }), c->retryable);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_input_without_faults_passes),
                cmocka_unit_test(all_errors_are_told_at_once_with_their_places),
                cmocka_unit_test(many_faults_are_kept),
                cmocka_unit_test(an_error_reads_from_the_request_inwards),
                cmocka_unit_test(only_what_may_pass_is_worth_a_retry),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
