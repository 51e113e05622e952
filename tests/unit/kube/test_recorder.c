#include "kube/fake_api.h"

#include "kube/recorder.h"

static const EventAbout about = { .api_version = { "velero.io/v1", 12 },
                                  .kind = { "Backup", 6 },
                                  .namespace = { "velero", 6 },
                                  .name = { "monday", 6 },
                                  .uid = { "u1", 2 } };

static void an_event_is_about_its_object_and_says_who_reports(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        KubeRecorder *recorder;

        (void) state;
        FIXTURE(f, 30000, { .status = 201, .body = "{}" });
        recorder = kube_recorder_new(f.client, STR("grapnel"), STR("pod-1"));
        kube_record(recorder, &about, EVENT_WARNING, "BackupFailed", "it was %d", 7);
        kube_recorder_free(recorder);
        fake_stop(&f.api);
        CHECK_STR(f.api.log.ptr, "POST /api/v1/namespaces/velero/events\n");
        CHECK(strstr(f.api.bodies.ptr,
                     "\"involvedObject\":{\"apiVersion\":\"velero.io/v1\",\"kind\":\"Backup\","
                     "\"namespace\":\"velero\",\"name\":\"monday\",\"uid\":\"u1\"},"
                     "\"type\":\"Warning\",\"reason\":\"BackupFailed\",\"message\":\"it was "
                     "7\"") != NULL);
        CHECK(strstr(f.api.bodies.ptr,
                     "\"reportingComponent\":\"grapnel\",\"reportingInstance\":\"pod-1\"") != NULL);
        fake_start(&f.api);
}

static void the_same_event_again_counts_the_first_one_up(void **state) {
        KubeRecorder *recorder;

        (void) state;
        FIXTURE(f, 30000, { .status = 201, .body = "{}" });
        recorder = kube_recorder_new(f.client, STR("grapnel"), STR("pod-1"));
        for (int i = 0; i < 3; i++)
                kube_record(recorder, &about, EVENT_NORMAL, "BackupStarted", "begun");
        kube_record(recorder, &about, EVENT_NORMAL, "BackupStarted", "begun again");
        kube_recorder_free(recorder);
        fake_stop(&f.api);
        CHECK_INT(f.api.requests, 4);
        CHECK(strstr(f.api.log.ptr, "PATCH /api/v1/namespaces/velero/events/monday.") != NULL);
        CHECK(strstr(f.api.bodies.ptr, "{\"count\":3,\"lastTimestamp\":") != NULL);
        fake_start(&f.api);
}

static void events_of_the_cluster_go_to_default_and_long_ones_are_cut(void **state) {
        const EventAbout node = { STR("v1"), STR("Node"), STR(""), STR("n1"), STR("u2") };
        char text[3000];
        KubeRecorder *recorder;

        (void) state;
        FIXTURE(f, 30000, { .status = 201, .body = "{}" });
        memset(text, 'x', sizeof(text));
        text[sizeof(text) - 1] = '\0';
        recorder = kube_recorder_new(f.client, STR("grapnel"), STR("pod-1"));
        kube_record(recorder, &node, EVENT_NORMAL, "Long", "%s", text);
        kube_recorder_free(recorder);
        fake_stop(&f.api);
        CHECK_STR(f.api.log.ptr, "POST /api/v1/namespaces/default/events\n");
        CHECK(f.api.bodies.len < 2000);
        fake_start(&f.api);
}

static void nobody_waits_for_a_server_that_hangs(void **state) {
        KubeRecorder *recorder;

        (void) state;
        FIXTURE(f, 30000, { .status = 200, .fault = FAKE_HANG });
        recorder = kube_recorder_new(f.client, STR("grapnel"), STR("pod-1"));
        for (int i = 0; i < 1500; i++)
                kube_record(recorder, &about, EVENT_NORMAL, "Many", "number %d", i);
        kube_recorder_free(recorder);
        kube_recorder_free(NULL);
        kube_record(NULL, &about, EVENT_NORMAL, "Nobody", "listens");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_event_is_about_its_object_and_says_who_reports),
                cmocka_unit_test(the_same_event_again_counts_the_first_one_up),
                cmocka_unit_test(events_of_the_cluster_go_to_default_and_long_ones_are_cut),
                cmocka_unit_test(nobody_waits_for_a_server_that_hangs),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
