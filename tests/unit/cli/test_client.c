#include "check.h"

#include "cli/cluster_home.h"
#include "cli/velero_config.h"

#define REQUESTS IN("velero", "serverstatusrequests")

/* A server that answers the first request for its version. */
static void answer(void *user) {
        ObjectCluster *cluster = user;
        AUTO(yyjson_doc_freep) JsonDoc *found = NULL;

        for (int i = 0; i < 1000 && !found; i++) {
                stop_sleep_ms(NULL, 10);
                found = cluster_get(cluster, REQUESTS "/velero-cli-00001");
        }
        cluster_change(cluster, REQUESTS "/velero-cli-00001",
                       "{'status':{'phase':'Processed','serverVersion':'v1.18.0-grapnel.9'}}");
}

static void the_server_says_its_version(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run;
        const char *home = enter(&cluster, &arena);
        Thread server = thread_start(answer, &cluster);

        (void) state;
        RUN(&run, "version");
        thread_join(server);
        CHECK_STR(run.err, "");
        CHECK_STR(run.out,
                  "Client:\n\tVersion: v" GRAPNEL_VERSION "\nServer:\n\tVersion: v1.18.0-grapnel.9\n");
        remove_folder(home);
}

static void a_server_that_does_not_answer_is_a_warning_and_its_request_is_taken_back(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run;
        const char *home = enter(&cluster, &arena);

        (void) state;
        RUN(&run, "version", "--timeout", "1s", "-o", "json");
        CHECK_INT(run.exit, EXIT_OK);
        CHECK_STR(run.err, "warning: the server's version is not known: no server answered in time; is one "
                           "running that serves namespace \"velero\"?\n");
        CHECK(strstr(run.out, "\"client\"") != NULL && strstr(run.out, "\"server\"") == NULL);
        CHECK(str_equal(cluster_names(&cluster, REQUESTS, &arena), STR("")));
        remove_folder(home);
}

static void words_may_stand_in_veleros_other_order(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun created, plural, singular, deleted;
        const char *home = enter(&cluster, &arena);

        (void) state;
        RUN(&created, "create", "schedule", "s1", "--schedule", "@daily");
        CHECK_STR(created.out, "Schedule \"s1\" created successfully.\n");
        RUN(&plural, "get", "schedules");
        RUN(&singular, "get", "schedule");
        CHECK(strstr(plural.out, "\ns1 ") != NULL);
        CHECK_STR(plural.out, singular.out);
        RUN(&deleted, "delete", "schedules", "s1", "--confirm");
        CHECK_STR(deleted.out, "Schedule deleted: s1\n");
        remove_folder(home);
}

static void settings_are_kept_as_velero_keeps_them(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *home = new_folder(&arena);
        AUTO(cli_run_clear) CliRun empty, set, all, one, json, removed, left;
        const char *path = arena_printf(&arena, "%s/.config/velero/config.json", home);
        AUTO(error_clear) Error err = { 0 };
        struct stat about;
        Str namespace;

        (void) state;
        setenv("HOME", home, 1);
        RUN(&empty, "client", "config", "get");
        CHECK_STR(empty.out, "");
        RUN(&set, "client", "config", "set", "namespace=x", "features=a,b");
        CHECK_STR(set.err, "");
        CHECK_INT(stat(path, &about), 0);
        CHECK_INT(about.st_mode & 0777, 0600);
        CHECK_INT(system(arena_printf(&arena, "grep -qx '{\"features\":\"a,b\",\"namespace\":\"x\"}' %s",
                                      path)),
                  0);
        CHECK(velero_config_namespace(STR(""), &arena, &namespace, &err));
        CHECK(str_equal(namespace, STR("x")));
        RUN(&all, "client", "config", "get");
        CHECK_STR(all.out, "features: a,b\nnamespace: x\n");
        RUN(&one, "client", "config", "get", "namespace", "nope");
        CHECK_STR(one.out, "namespace: x\nnope: <NOT SET>\n");
        RUN(&json, "client", "config", "get", "namespace", "nope", "-o", "json");
        CHECK_STR(json.out, "{\n    \"namespace\": \"x\",\n    \"nope\": null\n}\n");
        RUN(&removed, "client", "config", "set", "features=", "colorized=false");
        CHECK_STR(removed.err, "");
        RUN(&left, "client", "config", "get");
        CHECK_STR(left.out, "colorized: false\nnamespace: x\n");
        remove_folder(home);
}

static void a_wrong_setting_changes_nothing(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *home = new_folder(&arena);
        AUTO(cli_run_clear) CliRun wrong, nameless, unknown, array, blocked;

        (void) state;
        setenv("HOME", home, 1);
        RUN(&wrong, "client", "config", "set", "namespace=x", "features");
        CHECK_INT(wrong.exit, EXIT_USAGE);
        CHECK_STR(wrong.err, "error: \"features\" is not KEY=VALUE\n");
        RUN(&nameless, "client", "config", "set", "=x");
        CHECK_STR(nameless.err, "error: \"=x\" is not KEY=VALUE\n");
        CHECK_INT(access(arena_printf(&arena, "%s/.config", home), F_OK), -1);
        RUN(&unknown, "client", "config", "set", "colour=red");
        CHECK_INT(unknown.exit, EXIT_OK);
        CHECK_STR(unknown.err, "warning: nothing reads \"colour\"; known are namespace, features, cacert and "
                               "colorized\n");
        write_file(arena_printf(&arena, "%s/.config/velero/config.json", home), "[]");
        RUN(&array, "client", "config", "set", "namespace=x");
        CHECK_STR(array.err,
                  arena_printf(&arena, "error: %s/.config/velero/config.json: holds no JSON object\n", home));
        remove_folder(home);

        write_file(home, "a file where the home folder should be");
        RUN(&blocked, "client", "config", "set", "namespace=x");
        CHECK_INT(blocked.exit, EXIT_FAILED);
        CHECK_STR(blocked.err,
                  arena_printf(&arena, "error: %s/.config/velero/config.json: Not a directory\n", home));
        CHECK_INT(unlink(home), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_server_says_its_version),
                cmocka_unit_test(a_server_that_does_not_answer_is_a_warning_and_its_request_is_taken_back),
                cmocka_unit_test(words_may_stand_in_veleros_other_order),
                cmocka_unit_test(settings_are_kept_as_velero_keeps_them),
                cmocka_unit_test(a_wrong_setting_changes_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
