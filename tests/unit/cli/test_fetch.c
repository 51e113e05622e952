#include "check.h"

#include <netinet/in.h>

#include "cli/cluster_home.h"
#include "data/base64.h"
#include "server/controllers.h"
#include "server/server_http.h"
#include "server/stored_backups.h"

/* A server of ours beside the cluster: it answers DownloadRequests from its bucket. */
typedef struct Answering {
        ServerFixture f;
        StoredBackups stored;
        ServerHttp *http; /* NULL: nobody serves what it promises */
        Stop *stop;
        Thread thread;
        const char *home;
        Arena arena;
} Answering;

static void answer(void *user) {
        Answering *a = user;

        while (stop_sleep_ms(a->stop, 5)) {
                AUTO(arena_clear) Arena arena = { 0 };
                Str rest = cluster_names(&a->f.cluster, IN("velero", "downloadrequests"), &arena), name;

                while (rest.len && str_cut(&rest, ' ', &name)) {
                        AUTO(error_clear) Error ignored = { 0 };

                        (void) fixture_try(&a->f, &controller_download, arena_copy(&arena, name).ptr, NULL,
                                           &ignored);
                }
        }
}

static void add_objects(Answering *a) {
        cluster_add(&a->f.cluster, IN("velero", "backups"),
                    "{'metadata':{'name':'b1','namespace':'velero'},'spec':{'storageLocation':'default'},"
                    "'status':{'phase':'PartiallyFailed','errors':1,'hookStatus':{'hooksAttempted':1}}}");
        cluster_add(&a->f.cluster, IN("velero", "backups"),
                    "{'metadata':{'name':'on'},'spec':{'storageLocation':'default'},'status':{'phase':"
                    "'InProgress'}}");
        cluster_add(&a->f.cluster, IN("velero", "backups"),
                    "{'metadata':{'name':'bad'},'spec':{},'status':{'phase':'FailedValidation'}}");
        cluster_add(&a->f.cluster, IN("velero", "restores"),
                    "{'metadata':{'name':'r1'},'spec':{'backupName':'b1'},'status':{'phase':'Completed'}}");
        stored_put_gzip(&a->stored, "backups/b1/b1-logs.gz", "level=info msg=one\nlevel=error msg=two\n");
        stored_put(&a->stored, "backups/b1/b1.tar.gz", "the contents");
        stored_put_gzip(&a->stored, "backups/b1/b1-results.gz",
                        "{'errors':{'namespaces':{'shop':['it went wrong']}}}");
        stored_put_gzip(&a->stored, "backups/b1/b1-resource-list.json.gz", "{'v1/Pod':['shop/web']}");
        stored_put_gzip(
                &a->stored, "backups/b1/b1-hooks.json.gz",
                "{'version':1,'hooks':[{'namespace':'shop','pod':'web','container':'c','name':'h','source':"
                "'spec','phase':'pre','index':0,'command':['x'],'onError':'Fail','outcome':'Failed',"
                "'exitCode':3,'message':'no'}]}");
        stored_put_gzip(&a->stored, "restores/r1/restore-r1-logs.gz", "level=info msg=restored\n");
}

static void open_answering(Answering *a, bool serves) {
        AUTO(error_clear) Error err = { 0 };

        fixture_open(&a->f, "2026-11-20T10:00:00Z");
        stored_open(&a->stored);
        stored_add_location(&a->stored, &a->f, "");
        add_objects(a);
        a->f.options.download_host = STR("127.0.0.1");
        a->f.options.download_address = str_of(arena_printf(&a->arena, "127.0.0.1:%u", free_port()));
        if (serves && !server_http_start(&a->f.server, &a->http, &err))
                fail_msg("%s", err.message);
        if (serves)
                server_http_set_ready(a->http);
        a->home = enter_opened(&a->f.cluster, &a->arena);
        a->stop = stop_new();
        a->thread = thread_start(answer, a);
}

static void trust(Answering *a) {
        Str crt = fixture_text(&a->f, "/api/v1/namespaces/velero/secrets/grapnel-server-tls", &a->arena,
                               "data", "tls.crt");
        const char *patch =
                arena_printf(&a->arena, "{'spec':{'objectStorage':{'caCert':'" STR_FMT "'}}}", STR_ARG(crt));

        cluster_change(&a->f.cluster, IN("velero", "backupstoragelocations") "/default", patch);
}

static void answering_clear(Answering *a) {
        stop_set(a->stop);
        thread_join(a->thread);
        stop_free(a->stop);
        server_http_free(a->http);
        stored_clear(&a->stored);
        fixture_clear(&a->f);
        remove_folder(a->home);
        arena_clear(&a->arena);
}

static void a_log_comes_over_the_servers_url_with_the_locations_certificate(void **state) {
        AUTO(answering_clear) Answering a = { 0 };
        AUTO(cli_run_clear) CliRun run, restore;
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        open_answering(&a, true);
        trust(&a);
        RUN(&run, "backup", "logs", "b1");
        CHECK_STR(run.err, "");
        CHECK_STR(run.out, "level=info msg=one\nlevel=error msg=two\n");
        RUN(&restore, "restore", "logs", "r1");
        CHECK_STR(restore.err, "");
        CHECK_STR(restore.out, "level=info msg=restored\n");
        /* nothing is left behind */
        CHECK_INT(cluster_names(&a.f.cluster, IN("velero", "downloadrequests"), &arena).len, 0);
}

static void a_certificate_that_is_not_trusted_is_told_unless_that_is_wished(void **state) {
        AUTO(answering_clear) Answering a = { 0 };
        AUTO(cli_run_clear) CliRun refused, insecure, from_file, no_file;

        (void) state;
        open_answering(&a, true);
        RUN(&refused, "backup", "logs", "b1");
        CHECK_INT(refused.exit, EXIT_FAILED);
        CHECK(strstr(refused.err, "cannot be trusted") != NULL);
        CHECK(strstr(refused.err, "token") == NULL);
        RUN(&insecure, "backup", "logs", "b1", "--insecure-skip-tls-verify");
        CHECK_STR(insecure.err, "");
        CHECK(strstr(insecure.out, "msg=two\n") != NULL);

        AUTO(buf_clear) Buf pem = { 0 };
        AUTO(error_clear) Error err = { 0 };
        const char *path = arena_printf(&a.arena, "%s/ca.pem", a.home);
        CHECK(base64_decode(fixture_text(&a.f, "/api/v1/namespaces/velero/secrets/grapnel-server-tls",
                                         &a.arena, "data", "tls.crt"),
                            &pem, &err));
        write_file(path, arena_copy(&a.arena, buf_str(&pem)).ptr);
        RUN(&from_file, "backup", "logs", "b1", "--cacert", path);
        CHECK_STR(from_file.err, "");
        RUN(&no_file, "backup", "logs", "b1", "--cacert", "/nowhere/ca.pem");
        CHECK(strstr(no_file.err, "--cacert: ") != NULL);
}

static void describe_shows_findings_hooks_and_objects(void **state) {
        AUTO(answering_clear) Answering a = { 0 };
        AUTO(cli_run_clear) CliRun text, json, deleting, hooks;

        (void) state;
        open_answering(&a, true);
        trust(&a);
        RUN(&text, "backup", "describe", "b1", "--details");
        CHECK(strstr(text.out, "it went wrong") != NULL);
        CHECK(strstr(text.out, "v1/Pod:") != NULL);
        CHECK(strstr(text.out, "Hook results:") != NULL && strstr(text.out, "exit code 3") != NULL);
        RUN(&json, "backup", "describe", "b1", "-o", "json");
        CHECK(strstr(json.out, "\"outcome\": \"Failed\"") != NULL);
        CHECK(strstr(json.out, "deletionAttempts") == NULL);
        cluster_add(
                &a.f.cluster, IN("velero", "deletebackuprequests"),
                "{'metadata':{'name':'b1-x','creationTimestamp':'2026-11-22T17:17:29Z'},'status':{'phase':"
                "'Processed','errors':['it is held']}}");
        RUN(&deleting, "describe", "backup", "b1", "-o", "plaintext");
        CHECK(strstr(deleting.out,
                     "\nDeletion Attempts (1 failed):\n  2026-11-22 17:17:29 +0000 UTC: Processed\n"
                     "  Errors:\n    it is held\n") != NULL);
        RUN(&hooks, "hooks", "logs", "b1");
        CHECK_STR(hooks.out, "shop/web pre h (c): Failed, exit code 3: no\n");
}

static void what_can_t_be_reached_comes_through_the_api_server(void **state) {
        AUTO(answering_clear) Answering a = { 0 };
        AUTO(cli_run_clear) CliRun run, none, described;

        (void) state;
        open_answering(&a, false);
        RUN(&none, "backup", "logs", "b1");
        CHECK_INT(none.exit, EXIT_FAILED);
        CHECK(strstr(none.err, "cannot connect to ") != NULL);
        CHECK(strstr(none.err, "; and get through the API server from service \"grapnel\": ") != NULL);
        RUN(&described, "backup", "describe", "b1", "--details");
        CHECK(strstr(described.out, "Phase:") != NULL);
        const char *said = strstr(described.err, "; and get through the API server");
        CHECK(said != NULL && strstr(said + 1, "; and get through the API server") == NULL);
        a.f.cluster.proxied = "level=info msg=passed-on\n";
        RUN(&run, "backup", "logs", "b1");
        CHECK_STR(run.err, "");
        CHECK_STR(run.out, "level=info msg=passed-on\n");
        CHECK(strncmp(a.f.cluster.proxied_paths.ptr,
                      "/api/v1/namespaces/velero/services/https:grapnel:", 49) == 0);
        CHECK(memmem(a.f.cluster.proxied_paths.ptr, a.f.cluster.proxied_paths.len, "/proxy/download/b1-",
                     19) != NULL);
}

static void an_answer_that_is_no_url_is_not_repeated(void **state) {
        AUTO(answering_clear) Answering a = { 0 };
        AUTO(cli_run_clear) CliRun run;

        (void) state;
        open_answering(&a, true);
        a.f.options.download_host = STR("no host");
        RUN(&run, "backup", "logs", "b1");
        CHECK_STR(run.err, "error: the log of \"b1\": the server's answer is no URL\n");
}

static void one_that_stands_by_is_passed_over(void **state) {
        AUTO(answering_clear) Answering a = { 0 };
        AUTO(cli_run_clear) CliRun run;

        (void) state;
        open_answering(&a, false);
        a.f.cluster.proxied = "level=info msg=\"of the leader\"\n";
        a.f.cluster.proxied_late = 2;
        RUN(&run, "backup", "logs", "b1");
        CHECK_STR(run.err, "");
        CHECK_STR(run.out, "level=info msg=\"of the leader\"\n");
        CHECK_INT(a.f.cluster.proxied_late, 0);
}

static void the_contents_are_put_into_a_file(void **state) {
        AUTO(answering_clear) Answering a = { 0 };
        AUTO(cli_run_clear) CliRun run, again;
        char text[64] = "";

        (void) state;
        open_answering(&a, true);
        trust(&a);
        const char *path = arena_printf(&a.arena, "%s/b1.tar.gz", a.home);
        RUN(&run, "backup", "download", "b1", "-o", path);
        CHECK_STR(run.err, "");
        CHECK_STR(run.out, arena_printf(&a.arena, "Backup b1 has been downloaded to %s\n", path));
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        CHECK_INT(fread(text, 1, sizeof text - 1, file), strlen("the contents"));
        fclose(file);
        CHECK_STR(text, "the contents");
        RUN(&again, "backup", "download", "b1", "-o", path);
        CHECK_INT(again.exit, EXIT_FAILED);
}

static void a_file_that_is_missing_is_named(void **state) {
        AUTO(answering_clear) Answering a = { 0 };
        AUTO(cli_run_clear) CliRun contents, log;

        (void) state;
        open_answering(&a, true);
        trust(&a);
        cluster_add(&a.f.cluster, IN("velero", "backups"),
                    "{'metadata':{'name':'lost','namespace':'velero'},'spec':{'storageLocation':'default'},"
                    "'status':{'phase':'Completed'}}");
        RUN(&contents, "backup", "download", "lost", "-o", arena_printf(&a.arena, "%s/lost.tar.gz", a.home));
        CHECK_INT(contents.exit, EXIT_FAILED);
        CHECK_STR(contents.err,
                  arena_printf(&a.arena, "error: there is no \"backups/lost/lost.tar.gz\" in %s/bucket\n",
                               a.stored.path));
        RUN(&log, "backup", "logs", "lost");
        CHECK_STR(log.err, arena_printf(&a.arena,
                                        "error: the log of \"lost\": there is no "
                                        "\"backups/lost/lost-logs.gz\" in %s/bucket\n",
                                        a.stored.path));
}

static void a_run_that_is_on_has_a_log_only_with_follow(void **state) {
        AUTO(answering_clear) Answering a = { 0 };
        AUTO(cli_run_clear) CliRun run, bad, refused;

        (void) state;
        open_answering(&a, true);
        RUN(&run, "backup", "logs", "on");
        CHECK_INT(run.exit, EXIT_FAILED);
        CHECK_STR(run.err, "error: backup \"on\" has not ended: its phase is InProgress\n"
                           "hint: -f follows the log while it grows\n");
        RUN(&bad, "backup", "logs", "bad", "-f");
        CHECK_STR(bad.err, "error: backup \"bad\" has no log: it did not pass validation\n"
                           "hint: \"grapnel backup describe bad\" says why\n");
        RUN(&refused, "backup", "download", "bad");
        CHECK_STR(refused.err, "error: backup \"bad\" has no files: its phase is FailedValidation\n");
}

typedef struct Growing {
        Answering *a;
        Run *run;
        Log *log;
} Growing;

static void grow(void *user) {
        const Growing *growing = user;

        stop_sleep_ms(NULL, 400);
        log_info(growing->log, NO_FIELDS, "last");
        /* Who comes late finds it where it is kept. */
        stored_put_gzip(&growing->a->stored, "backups/on/on-logs.gz",
                        "level=info msg=first\nlevel=info msg=last\n");
        cluster_change(&growing->a->f.cluster, IN("velero", "backups") "/on",
                       "{'status':{'phase':'Completed'}}");
        runs_end(growing->a->f.server.runs, growing->run);
}

static void a_log_is_followed_while_it_grows(void **state) {
        AUTO(answering_clear) Answering a = { 0 };
        AUTO(cli_run_clear) CliRun run;
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);

        (void) state;
        open_answering(&a, true);
        trust(&a);
        Growing growing = { &a, runs_begin(a.f.server.runs, RUN_BACKUP, STR("on"), log), log };
        log_info(log, NO_FIELDS, "first");
        Thread thread = thread_start(grow, &growing);
        RUN(&run, "backup", "logs", "on", "--follow");
        thread_join(thread);
        CHECK_STR(run.err, "");
        CHECK(strstr(run.out, "msg=first") != NULL && strstr(run.out, "msg=last") != NULL);
}

static void without_a_server_it_is_said_once(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cluster_clear) ObjectCluster cluster = { 0 };
        AUTO(cli_run_clear) CliRun run, logs;
        const char *home = enter(&cluster, &arena);
        const char *warning;

        (void) state;
        cluster_add(&cluster, IN("velero", "backups"),
                    "{'metadata':{'name':'b1'},'spec':{},'status':{'phase':'Failed','errors':1}}");
        RUN(&run, "backup", "describe", "b1", "--timeout", "100ms", "--details");
        CHECK_INT(run.exit, EXIT_OK);
        warning = strstr(run.err, "warning: no server answered");
        CHECK(warning != NULL && strstr(warning + 1, "warning") == NULL);
        CHECK(strstr(run.out, "Phase:") != NULL);
        RUN(&logs, "backup", "logs", "b1", "--timeout", "100ms");
        CHECK_STR(logs.err, "error: the log of \"b1\": no server answered the request for a download\n"
                            "hint: is a server running in namespace \"velero\", and is the backup's location "
                            "available? (\"grapnel backup-location get\")\n");
        remove_folder(home);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_log_comes_over_the_servers_url_with_the_locations_certificate),
                cmocka_unit_test(a_certificate_that_is_not_trusted_is_told_unless_that_is_wished),
                cmocka_unit_test(describe_shows_findings_hooks_and_objects),
                cmocka_unit_test(what_can_t_be_reached_comes_through_the_api_server),
                cmocka_unit_test(an_answer_that_is_no_url_is_not_repeated),
                cmocka_unit_test(one_that_stands_by_is_passed_over),
                cmocka_unit_test(the_contents_are_put_into_a_file),
                cmocka_unit_test(a_file_that_is_missing_is_named),
                cmocka_unit_test(a_run_that_is_on_has_a_log_only_with_follow),
                cmocka_unit_test(a_log_is_followed_while_it_grows),
                cmocka_unit_test(without_a_server_it_is_said_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
