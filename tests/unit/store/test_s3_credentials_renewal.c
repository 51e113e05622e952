#include "base/thread.h"
#include "key_service.h"
#include "moved_clock.h"

enum { HOUR_MS = 60 * 60 * 1000, AHEAD_MS = 5 * 60 * 1000, A_WHILE_MS = 10 * 1000 };

static S3Credentials *service_credentials(KeyService *service) {
        key_service_start(service);
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", service->url, 1);
        return open_credentials(&(S3CredentialsSource) { 0 });
}

static const char *keys_with_milliseconds(Arena *arena, const char *id, int64_t ms) {
        Str end = clock_rfc3339_milli(clock_wall_ms() + ms, arena);

        return arena_printf(
                arena, "{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\",\"Expiration\":\"" STR_FMT "\"}",
                id, STR_ARG(end));
}

typedef struct Asker {
        S3Credentials *credentials;
        Stop *stop;
        char id[8];     /* what came of it: the key's id */
        ErrorCode code; /* or why nothing did */
        int64_t took_ms;
} Asker;

static void ask(void *user) {
        Asker *asker = user;
        AUTO(error_clear) Error err = { 0 };
        AUTO(s3_keys_clear) S3Keys keys = { 0 };
        int64_t start_ms = clock_ms();

        if (s3_credentials_get(asker->credentials, asker->stop, &keys, &err))
                snprintf(asker->id, sizeof asker->id, STR_FMT, STR_ARG(secret_reveal(&keys.access_key_id)));
        asker->code = err.code;
        asker->took_ms = clock_ms() - start_ms;
}

enum { ASKERS = 6 };

static void ask_at_once(S3Credentials *credentials, Asker askers[ASKERS]) {
        Thread threads[ASKERS];

        for (size_t i = 0; i < ASKERS; i++) {
                askers[i] = (Asker) { .credentials = credentials };
                threads[i] = thread_start(ask, &askers[i]);
        }
        for (size_t i = 0; i < ASKERS; i++)
                thread_join(threads[i]);
}

static void threads_that_need_keys_at_once_cost_one_request(void **state) {
        KeyService service = { 0 };
        Asker askers[ASKERS];

        (void) state;
        service.answers[0] = (Answer) { .body = keys_json(&service.arena, "A", HOUR_MS), .delay_ms = 300 };
        AUTO(s3_credentials_freep) S3Credentials *credentials = service_credentials(&service);
        ask_at_once(credentials, askers);
        for (size_t i = 0; i < ASKERS; i++)
                CHECK_STR(askers[i].id, "A");
        CHECK_INT(key_service_requests(&service), 1);
        key_service_stop(&service);
}

static void what_fails_for_one_fails_for_those_who_waited(void **state) {
        KeyService service = { 0 };
        Asker askers[ASKERS];

        (void) state;
        service.answers[0] = (Answer) { .status = "404 Not Found", .body = "", .delay_ms = 500 };
        service.answers[1] = (Answer) { .body = keys_json(&service.arena, "A", HOUR_MS) };
        AUTO(s3_credentials_freep) S3Credentials *credentials = service_credentials(&service);
        ask_at_once(credentials, askers);
        for (size_t i = 0; i < ASKERS; i++)
                CHECK_INT(askers[i].code, ERROR_FORBIDDEN);
        CHECK_INT(key_service_requests(&service), 1);
        check_keys(credentials, "A s t"); /* and is tried again by the next */
        key_service_stop(&service);
}

static void one_renews_ahead_of_time_while_the_others_use_the_old_keys(void **state) {
        KeyService service = { 0 };
        Asker askers[ASKERS];
        unsigned with_new = 0;

        (void) state;
        service.answers[0] =
                (Answer) { .body = keys_with_milliseconds(&service.arena, "A", AHEAD_MS + A_WHILE_MS) };
        service.answers[1] = (Answer) { .body = keys_json(&service.arena, "B", HOUR_MS), .delay_ms = 1000 };
        AUTO(s3_credentials_freep) S3Credentials *credentials = service_credentials(&service);
        check_keys(credentials, "A s ");
        check_keys(credentials, "A s ");
        CHECK_INT(key_service_requests(&service), 1);
        let_pass_ms(A_WHILE_MS);
        ask_at_once(credentials, askers);
        for (size_t i = 0; i < ASKERS; i++) {
                bool is_new = strcmp(askers[i].id, "B") == 0;

                with_new += is_new;
                CHECK(is_new || (strcmp(askers[i].id, "A") == 0 && askers[i].took_ms < 900));
        }
        CHECK_INT(with_new, 1);
        check_keys(credentials, "B s t");
        CHECK_INT(key_service_requests(&service), 2);
        key_service_stop(&service);
}

static void a_renewal_that_fails_leaves_the_old_keys_and_is_not_tried_with_every_request(void **state) {
        KeyService service = { 0 };

        (void) state;
        service.answers[0] =
                (Answer) { .body = keys_with_milliseconds(&service.arena, "A", AHEAD_MS + A_WHILE_MS) };
        service.answers[1] = (Answer) { .status = "500 Broken", .body = "" };
        AUTO(s3_credentials_freep) S3Credentials *credentials = service_credentials(&service);
        check_keys(credentials, "A s ");
        let_pass_ms(A_WHILE_MS);
        check_keys(credentials, "A s ");
        check_keys(credentials, "A s ");
        CHECK_INT(key_service_requests(&service), 2);
        key_service_stop(&service);
}

static void keys_that_are_about_to_end_already_are_used_to_their_end(void **state) {
        KeyService service = { 0 };

        (void) state;
        service.answers[0] = (Answer) { .body = keys_with_milliseconds(&service.arena, "A", A_WHILE_MS) };
        service.answers[1] = (Answer) { .status = "404 Not Found", .body = "" };
        AUTO(s3_credentials_freep) S3Credentials *credentials = service_credentials(&service);
        check_keys(credentials, "A s ");
        check_keys(credentials, "A s ");
        CHECK_INT(key_service_requests(&service), 1);
        let_pass_ms(A_WHILE_MS);
        AUTO_FREE char *message =
                xasprintf("the container's credentials (\"%s\"): the container's service answers "
                          "with HTTP status 404",
                          service.url);
        check_no_keys(credentials, ERROR_FORBIDDEN, message);
        key_service_stop(&service);
}

static void keys_that_the_server_refused_are_not_used_again(void **state) {
        KeyService service = { 0 };

        (void) state;
        service.answers[0] = (Answer) { .body = keys_json(&service.arena, "A", HOUR_MS) };
        service.answers[1] = (Answer) { .body = keys_json(&service.arena, "B", HOUR_MS) };
        AUTO(s3_credentials_freep) S3Credentials *credentials = service_credentials(&service);
        s3_credentials_expire(credentials); /* there are none yet */
        check_keys(credentials, "A s t");
        let_pass_ms(1100);
        s3_credentials_expire(credentials);
        check_keys(credentials, "B s t");
        s3_credentials_expire(credentials); /* by another thread, for A */
        check_keys(credentials, "B s t");
        CHECK_INT(key_service_requests(&service), 2);
        key_service_stop(&service);
}

static void whoever_is_stopped_stops_alone(void **state) {
        AUTO(stop_freep) Stop *stop = stop_new();
        KeyService service = { 0 };

        (void) state;
        service.answers[0] = (Answer) { .body = keys_json(&service.arena, "A", HOUR_MS), .delay_ms = 600 };
        service.answers[1] = (Answer) { .body = keys_json(&service.arena, "B", HOUR_MS) };
        AUTO(s3_credentials_freep) S3Credentials *credentials = service_credentials(&service);
        Asker first = { .credentials = credentials, .stop = stop }, second = first;
        Asker third = { .credentials = credentials };
        Thread renewing = thread_start(ask, &first);
        usleep(100 * 1000);
        Thread waiting = thread_start(ask, &second), going_on = thread_start(ask, &third);
        usleep(100 * 1000);
        stop_set(stop);
        thread_join(renewing);
        thread_join(waiting);
        thread_join(going_on);
        CHECK_INT(first.code, ERROR_CANCELED);
        CHECK_INT(second.code, ERROR_CANCELED);
        CHECK_STR(third.id, "B");
        key_service_stop(&service);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_home, remove_home)
        const struct CMUnitTest tests[] = {
                TEST(threads_that_need_keys_at_once_cost_one_request),
                TEST(what_fails_for_one_fails_for_those_who_waited),
                TEST(one_renews_ahead_of_time_while_the_others_use_the_old_keys),
                TEST(a_renewal_that_fails_leaves_the_old_keys_and_is_not_tried_with_every_request),
                TEST(keys_that_are_about_to_end_already_are_used_to_their_end),
                TEST(keys_that_the_server_refused_are_not_used_again),
                TEST(whoever_is_stopped_stops_alone),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
