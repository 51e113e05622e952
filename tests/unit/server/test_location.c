#include "stored_backups.h"

#include "server/location.h"

#define LOCATIONS IN_VELERO "backupstoragelocations"

static void it_is_validated_when_its_time_has_come(void **state) {
        static const struct {
                const char *phase;
                int64_t own_ms, last_ms, due_ms;
        } cases[] = {
                { "", -1, 0, 0 },
                { "Available", -1, 990000, 50000 },
                { "Available", -1, 940000, 0 },
                { "Available", 0, 990000, -1 },
                { "Available", 20000, 990000, 10000 },
                { "Available", -1, 2000000, 0 }, /* the clock was set back */
                { "Unavailable", -1, 995000, 5000 },
                { "Unavailable", -1, 990000, 0 },
                { "Unavailable", 4000, 998000, 2000 },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                const Location location = { .phase = str_of(c->phase),
                                            .validation_frequency_ms = c->own_ms,
                                            .last_validation_ms = c->last_ms };

                CHECK_INT(location_due_ms(&location, 60000, 1000000), c->due_ms);
        }
}

static void it_becomes_available_and_says_so_once(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        stored_serve(&stored, &f, "2026-11-20T10:00:00Z");
        cluster_change(&f.cluster, LOCATIONS "/default", "{'status':null}");
        fixture_look(&f, &controller_location, "default");
        CHECK_TEXT(fixture_text(&f, LOCATIONS "/default", &arena, "status"),
                   "{\"lastValidationTime\":\"2026-11-20T10:00:00Z\",\"phase\":\"Available\"}");
        CHECK_INT(fixture_look(&f, &controller_location, "default"), 60 * 1000);
        CHECK(fixture_said(&f, "The backup storage location is available"));
        buf_reset(&f.log);

        f.now_ms += 60 * 1000;
        fixture_look(&f, &controller_location, "default");
        CHECK_INT(f.log.len, 0);
        CHECK_TEXT(fixture_text(&f, LOCATIONS "/default", &arena, "status", "lastValidationTime"),
                   "2026-11-20T10:01:00Z");
}

static void a_change_of_its_spec_counts_at_once(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        stored_serve(&stored, &f, "2026-11-20T10:00:00Z");
        fixture_look(&f, &controller_location, "default");
        cluster_change(&f.cluster, LOCATIONS "/default", "{'spec':{'config':{'path':'relative'}}}");
        CHECK_INT(fixture_look(&f, &controller_location, "default"), 10 * 1000);
        CHECK_TEXT(fixture_text(&f, LOCATIONS "/default", &arena, "status", "phase"), "Unavailable");
        CHECK_TEXT(fixture_text(&f, LOCATIONS "/default", &arena, "status", "message"),
                   "spec.config.path: \"relative\" is not an absolute path");
        CHECK_INT(fixture_look(&f, &controller_location, "default"), 10 * 1000);
        /* To what it was before, too. */
        cluster_change(&f.cluster, LOCATIONS "/default",
                       arena_printf(&arena, "{'spec':{'config':{'path':'%s'}}}", stored.path));
        fixture_look(&f, &controller_location, "default");
        CHECK_TEXT(fixture_text(&f, LOCATIONS "/default", &arena, "status", "phase"), "Available");
        cluster_change(&f.cluster, LOCATIONS "/default", "{'spec':{'config':{'path':'relative'}}}");
        fixture_look(&f, &controller_location, "default");
        CHECK_TEXT(fixture_text(&f, LOCATIONS "/default", &arena, "status", "phase"), "Unavailable");
}

static void a_folder_that_is_not_there_is_not_made_as_its_volume_may_not_be_mounted(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        stored_serve(&stored, &f, "2026-11-20T10:00:00Z");
        cluster_change(&f.cluster, LOCATIONS "/default", "{'spec':{'config':{'path':'/nonexistent/here'}}}");
        fixture_look(&f, &controller_location, "default");
        CHECK_TEXT(fixture_text(&f, LOCATIONS "/default", &arena, "status", "message"),
                   "spec.config.path: there is no folder \"/nonexistent/here\" where the server runs: is its "
                   "volume "
                   "mounted?");
        CHECK(access("/nonexistent", F_OK) != 0);
}

static void a_foreign_folder_makes_it_unavailable(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        stored_serve(&stored, &f, "2026-11-20T10:00:00Z");
        stored_put(&stored, "photos/cat.jpg", "x");
        fixture_look(&f, &controller_location, "default");
        CHECK(strstr(fixture_text(&f, LOCATIONS "/default", &arena, "status", "message").ptr,
                     "holds folders that are not of backups: photos"));
}

static void of_several_defaults_the_newest_stays(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T10:00:00Z");
        stored_open(&stored);
        stored_add_location(&stored, &f, "'default':true,");
        cluster_add(
                &f.cluster, LOCATIONS,
                "{'metadata':{'name':'newer','creationTimestamp':'2026-11-20T10:00:01Z'},'spec':{'default':"
                "true,'provider':'filesystem'}}");
        fixture_look(&f, &controller_location, "newer");
        fixture_look(&f, &controller_location, "default");
        CHECK_TEXT(fixture_text(&f, LOCATIONS "/default", &arena, "spec", "default"), "false");
        CHECK_TEXT(fixture_text(&f, LOCATIONS "/newer", &arena, "spec", "default"), "true");
}

static void the_server_s_default_is_marked_unless_somebody_said_otherwise(void **state) {
        static const struct {
                const char *more, *other, *is_default;
        } cases[] = {
                { "", "false", "true" },
                { "", "true", "(absent)" },
                { "'default':false,", "false", "false" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(fixture_clear) ServerFixture f = { 0 };
                AUTO(stored_clear) StoredBackups stored = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO_FREE char *other = xasprintf(
                        "{'metadata':{'name':'other'},'spec':{'default':%s,'provider':'filesystem'}}",
                        c->other);

                fixture_open(&f, "2026-11-20T10:00:00Z");
                f.options.default_location = STR("default");
                stored_open(&stored);
                stored_add_location(&stored, &f, c->more);
                cluster_add(&f.cluster, LOCATIONS, other);
                fixture_look(&f, &controller_location, "default");
                CHECK_TEXT(fixture_text(&f, LOCATIONS "/default", &arena, "spec", "default"), c->is_default);
        }
}

static void clients_are_given_the_certificate_of_downloads(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T10:00:00Z");
        f.options.download_address = STR(":8443");
        stored_open(&stored);
        stored_add_location(&stored, &f, "");
        fixture_look(&f, &controller_location, "default");
        CHECK_TEXT(fixture_text(&f, LOCATIONS "/default", &arena, "spec", "objectStorage", "caCert"),
                   fixture_text(&f, "/api/v1/namespaces/velero/secrets/grapnel-server-tls", &arena, "data",
                                "tls.crt")
                           .ptr);
        /* It is a change of the spec too, and changes nothing any more: no event will tell when to look again. */
        CHECK_INT(fixture_look(&f, &controller_location, "default"), 60 * 1000);
        CHECK_INT(fixture_look(&f, &controller_location, "default"), 60 * 1000);
}

#define TLS_SECRET "/api/v1/namespaces/velero/secrets/grapnel-server-tls"

/* As a server that was started anew sees them. */
static void start_anew(ServerFixture *f) {
        seen_free(f->server.location_specs);
        f->server.location_specs = seen_new();
}

static void a_certificate_that_was_replaced_is_replaced_in_the_locations_too(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T10:00:00Z");
        f.options.download_address = STR(":8443");
        stored_open(&stored);
        stored_add_location(&stored, &f, "");
        fixture_look(&f, &controller_location, "default");
        cluster_remove(&f.cluster, TLS_SECRET);
        start_anew(&f);
        fixture_look(&f, &controller_location, "default");
        CHECK_TEXT(fixture_text(&f, LOCATIONS "/default", &arena, "spec", "objectStorage", "caCert"),
                   fixture_text(&f, TLS_SECRET, &arena, "data", "tls.crt").ptr);

        /* What somebody else has put there stays. */
        cluster_change(&f.cluster, LOCATIONS "/default", "{'spec':{'objectStorage':{'caCert':'b3RoZXI='}}}");
        start_anew(&f);
        fixture_look(&f, &controller_location, "default");
        CHECK_TEXT(fixture_text(&f, LOCATIONS "/default", &arena, "spec", "objectStorage", "caCert"),
                   "b3RoZXI=");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(it_is_validated_when_its_time_has_come),
                cmocka_unit_test(it_becomes_available_and_says_so_once),
                cmocka_unit_test(a_change_of_its_spec_counts_at_once),
                cmocka_unit_test(a_folder_that_is_not_there_is_not_made_as_its_volume_may_not_be_mounted),
                cmocka_unit_test(a_foreign_folder_makes_it_unavailable),
                cmocka_unit_test(of_several_defaults_the_newest_stays),
                cmocka_unit_test(the_server_s_default_is_marked_unless_somebody_said_otherwise),
                cmocka_unit_test(clients_are_given_the_certificate_of_downloads),
                cmocka_unit_test(a_certificate_that_was_replaced_is_replaced_in_the_locations_too),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
