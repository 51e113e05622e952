#include "kube/fake_api.h"

#include "base/clock.h"
#include "kube/lease.h"

#define LEASE(holder, seconds, transitions)                                                                  \
        "{\"metadata\":{\"name\":\"grapnel\",\"resourceVersion\":\"7\"},\"spec\":{\"holderIdentity\":"       \
        "\"" holder "\",\"leaseDurationSeconds\":" seconds                                                   \
        ",\"acquireTime\":\"2026-11-25T10:00:00.000000Z\","                                                  \
        "\"renewTime\":\"2026-11-25T10:00:00.000000Z\",\"leaseTransitions\":" transitions "}}"
#define NOT_FOUND "{\"kind\":\"Status\",\"reason\":\"NotFound\",\"message\":\"no lease\",\"code\":404}"
#define CONFLICT "{\"kind\":\"Status\",\"reason\":\"Conflict\",\"message\":\"changed\",\"code\":409}"

typedef struct Leaders {
        Buf text;
} Leaders;

static void leaders_clear(Leaders *leaders) {
        buf_clear(&leaders->text);
}

static void on_leader(void *user, Str identity) {
        Leaders *leaders = user;

        buf_printf(&leaders->text, STR_FMT " ", STR_ARG(identity));
}

static LeaseOptions options_of(Fixture *f, Leaders *leaders) {
        return (LeaseOptions) { .client = f->client,
                                .namespace = STR("velero"),
                                .name = STR("grapnel"),
                                .identity = STR("me"),
                                .duration_ms = 1500,
                                .renew_deadline_ms = 1000,
                                .retry_ms = 50,
                                .on_leader = on_leader,
                                .user = leaders };
}

static void a_lease_that_is_not_there_is_made_and_given_up_at_the_end(void **state) {
        AUTO(stop_freep) Stop *lost = stop_new();
        AUTO(leaders_clear) Leaders leaders = { 0 };
        Lease *lease = NULL;

        (void) state;
        FIXTURE(f, 30000, { .status = 404, .body = NOT_FOUND },
                { .status = 201, .body = LEASE("me", "15", "0") },
                { .status = 200, .body = LEASE("me", "15", "0") });
        const LeaseOptions options = options_of(&f, &leaders);
        CHECK(lease_acquire(&options, lost, NULL, &lease, &f.err));
        CHECK_INT(lease_fence(lease), 0);
        lease_free(lease);
        CHECK(!stop_is_set(lost));
        CHECK_TEXT(buf_str(&leaders.text), "me ");
        fake_stop(&f.api);
        CHECK(str_starts_with(str_of(f.api.log.ptr),
                              STR("GET /apis/coordination.k8s.io/v1/namespaces/velero/leases/grapnel\n"
                                  "POST /apis/coordination.k8s.io/v1/namespaces/velero/leases\n")));
        CHECK(strstr(f.api.bodies.ptr, "\"holderIdentity\":\"me\"") != NULL);
        CHECK(strstr(f.api.bodies.ptr, "\"holderIdentity\":\"\"") != NULL);
        fake_start(&f.api);
}

static void
one_that_another_renews_is_waited_for_and_taken_when_it_was_silent_for_its_duration(void **state) {
        AUTO(stop_freep) Stop *lost = stop_new();
        AUTO(leaders_clear) Leaders leaders = { 0 };
        Lease *lease = NULL;
        int64_t start_ms = clock_ms();

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = LEASE("other", "1", "4") });
        const LeaseOptions options = options_of(&f, &leaders);
        CHECK(lease_acquire(&options, lost, NULL, &lease, &f.err));
        CHECK(clock_ms() - start_ms >= 1000);
        CHECK_TEXT(buf_str(&leaders.text), "other me ");
        CHECK_INT(lease_fence(lease), 4); /* what the server answered */
        lease_free(lease);
        fake_stop(&f.api);
        CHECK(strstr(f.api.bodies.ptr, "\"leaseTransitions\":5") != NULL);
        CHECK(strstr(f.api.bodies.ptr, "\"resourceVersion\":\"7\"") != NULL);
        fake_start(&f.api);
}

static void it_is_lost_when_another_has_it(void **state) {
        AUTO(stop_freep) Stop *lost = stop_new();
        AUTO(leaders_clear) Leaders leaders = { 0 };
        Lease *lease = NULL;

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = LEASE("", "1", "4") },
                { .status = 200, .body = LEASE("me", "15", "5") },
                { .status = 200, .body = LEASE("other", "15", "6") });
        const LeaseOptions options = options_of(&f, &leaders);
        CHECK(lease_acquire(&options, lost, NULL, &lease, &f.err));
        CHECK_INT(lease_fence(lease), 5);
        CHECK(!stop_sleep_ms(lost, 20000));
        lease_free(lease);
        CHECK_TEXT(buf_str(&leaders.text), "me other ");
}

static void it_is_lost_before_it_ends_when_it_cannot_be_renewed(void **state) {
        AUTO(stop_freep) Stop *lost = stop_new();
        AUTO(leaders_clear) Leaders leaders = { 0 };
        Lease *lease = NULL;
        int64_t start_ms;

        (void) state;
        FIXTURE(f, 30000, { .status = 404, .body = NOT_FOUND },
                { .status = 201, .body = LEASE("me", "15", "0") }, { .status = 503, .body = "away" });
        const LeaseOptions options = options_of(&f, &leaders);
        CHECK(lease_acquire(&options, lost, NULL, &lease, &f.err));
        start_ms = clock_ms();
        CHECK(!stop_sleep_ms(lost, 20000));
        CHECK(clock_ms() - start_ms < 1500);
        lease_free(lease);
}

static void who_stood_still_for_its_duration_has_lost_it_before_anybody_looks(void **state) {
        AUTO(stop_freep) Stop *lost = stop_new();
        AUTO(leaders_clear) Leaders leaders = { 0 };
        Lease *lease = NULL;

        (void) state;
        FIXTURE(f, 30000, { .status = 404, .body = NOT_FOUND },
                { .status = 201, .body = LEASE("me", "15", "0") });
        LeaseOptions options = options_of(&f, &leaders);
        options.duration_ms = 300;
        options.retry_ms = 600; /* its keeper sleeps meanwhile */
        CHECK(lease_acquire(&options, lost, NULL, &lease, &f.err));
        CHECK(!stop_is_set(lost));
        CHECK(!stop_sleep_ms(lost, 350));
        CHECK(stop_is_set(lost));
        CHECK(!stop_sleep_ms(lost, 20000)); /* the keeper sees it too, and renews no more */
        lease_free(lease);
        fake_stop(&f.api);
        CHECK_TEXT(str_of(f.api.log.ptr),
                   "GET /apis/coordination.k8s.io/v1/namespaces/velero/leases/grapnel\n"
                   "POST /apis/coordination.k8s.io/v1/namespaces/velero/leases\n");
        fake_start(&f.api);
}

static void who_is_beaten_to_it_waits_and_who_is_stopped_does_not(void **state) {
        AUTO(stop_freep) Stop *lost = stop_new(), *stop = stop_new();
        AUTO(leaders_clear) Leaders leaders = { 0 };
        Lease *lease = NULL;

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .body = LEASE("", "1", "4") }, { .status = 409, .body = CONFLICT },
                { .status = 200, .body = LEASE("other", "60", "5") });
        const LeaseOptions options = options_of(&f, &leaders);
        stop_set(stop);
        CHECK(!lease_acquire(&options, lost, stop, &lease, &f.err));
        CHECK_INT(f.err.code, ERROR_CANCELED);
}

static void who_may_not_is_told_so(void **state) {
        AUTO(stop_freep) Stop *lost = stop_new();
        AUTO(leaders_clear) Leaders leaders = { 0 };
        Lease *lease = NULL;

        (void) state;
        FIXTURE(f, 30000, { .status = 403, .body = "no entry" });
        const LeaseOptions options = options_of(&f, &leaders);
        CHECK(!lease_acquire(&options, lost, NULL, &lease, &f.err));
        CHECK_INT(f.err.code, ERROR_FORBIDDEN);
        CHECK(str_starts_with(str_of(f.err.message), STR("take the lease \"grapnel\": ")));
        lease_free(NULL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_lease_that_is_not_there_is_made_and_given_up_at_the_end),
                cmocka_unit_test(
                        one_that_another_renews_is_waited_for_and_taken_when_it_was_silent_for_its_duration),
                cmocka_unit_test(it_is_lost_when_another_has_it),
                cmocka_unit_test(it_is_lost_before_it_ends_when_it_cannot_be_renewed),
                cmocka_unit_test(who_stood_still_for_its_duration_has_lost_it_before_anybody_looks),
                cmocka_unit_test(who_is_beaten_to_it_waits_and_who_is_stopped_does_not),
                cmocka_unit_test(who_may_not_is_told_so),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
