#include "stored_backups.h"

#include "data/base64.h"
#include "net/http.h"
#include "server/download.h"
#include "server/server_http.h"

#define REQUESTS IN_VELERO "downloadrequests"
#define REQUEST(name, kind, target)                                                                          \
        "{'apiVersion':'velero.io/v1','kind':'DownloadRequest','metadata':{'name':'" name                    \
        "','namespace':'velero'},'spec':{'target':{'kind':'" kind "','name':'" target "'}}}"

static void open_both(ServerFixture *f, StoredBackups *stored) {
        fixture_open(f, "2026-11-20T10:00:00Z");
        f->options.download_address = STR("127.0.0.1:8443");
        stored_open(stored);
        stored_add_location(stored, f, "");
        stored_put(stored, "backups/b1/b1-logs.gz", "the log");
        stored_put(stored, "backups/b1/b1.tar.gz", "the contents");
        stored_put(stored, "restores/r1/restore-r1-results.gz", "the results");
        cluster_add(&f->cluster, IN_VELERO "backups", STORED_BACKUP("b1", "Completed"));
        cluster_add(&f->cluster, IN_VELERO "restores",
                    "{'metadata':{'name':'r1'},'spec':{'backupName':'b1'},'status':{'phase':'Completed'}}");
        cluster_add(
                &f->cluster, IN_VELERO "restores",
                "{'metadata':{'name':'lost'},'spec':{'backupName':'gone'},'status':{'phase':'Completed'}}");
        cluster_add(&f->cluster, IN_VELERO "backups",
                    "{'metadata':{'name':'waits'},'spec':{'storageLocation':'default'},'status':{'phase':"
                    "'Queued'}}");
}

static void a_request_gets_a_url_of_this_server(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        open_both(&f, &stored);
        cluster_add(&f.cluster, REQUESTS, REQUEST("d1", "BackupLog", "b1"));
        fixture_look(&f, &controller_download, "d1");
        Str path =
                fixture_text(&f, REQUESTS "/d1", &arena, "metadata", "annotations", DOWNLOAD_PATH_ANNOTATION);
        Str url = fixture_text(&f, REQUESTS "/d1", &arena, "status", "downloadURL");
        CHECK(str_starts_with(path, STR("/download/d1?token=")));
        CHECK_INT(path.len, strlen("/download/d1?token=") + 64);
        CHECK_TEXT(url, arena_printf(&arena, "https://grapnel.velero.svc:8443" STR_FMT, STR_ARG(path)));
        CHECK_TEXT(fixture_text(&f, REQUESTS "/d1", &arena, "status", "phase"), "Processed");
        CHECK_TEXT(fixture_text(&f, REQUESTS "/d1", &arena, "status", "expiration"), "2026-11-20T10:10:00Z");
        CHECK_INT(fixture_look(&f, &controller_download, "d1"), DOWNLOAD_VALID_MS + 1);
        f.now_ms += DOWNLOAD_VALID_MS + 1;
        fixture_look(&f, &controller_download, "d1");
        CHECK_TEXT(cluster_names(&f.cluster, REQUESTS, &arena), "");
}

static const struct {
        const char *request, *message;
} refusals[] = {
        { REQUEST("d1", "BackupLog", "none"), "there is no backup \"none\"" },
        { REQUEST("d1", "RestoreLog", "none"), "there is no restore \"none\"" },
        { REQUEST("d1", "RestoreLog", "lost"),
          "the backup \"gone\" of restore \"lost\" is gone, and its location with it" },
        { REQUEST("d1", "BackupLog", "waits"), "backup \"waits\" has no files: its phase is Queued" },
        { REQUEST("d1", "Nonsense", "b1"),
          "spec.target.kind \"Nonsense\" is no kind of file that can be downloaded" },
};

static void what_can_t_be_had_is_refused_with_a_sentence(void **state) {
        (void) state;
        FOR_EACH_CASE(refusals, c) {
                AUTO(fixture_clear) ServerFixture f = { 0 };
                AUTO(stored_clear) StoredBackups stored = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };

                open_both(&f, &stored);
                cluster_add(&f.cluster, REQUESTS, c->request);
                CHECK_TEXT(fixture_events(&f, &controller_download, "d1", &arena),
                           arena_printf(&arena, "DownloadRequest d1 DownloadRefused: %s", c->message));
                CHECK_TEXT(fixture_text(&f, REQUESTS "/d1", &arena, "status", "phase"), "Failed");
                CHECK_TEXT(fixture_text(&f, REQUESTS "/d1", &arena, "status", "message"), c->message);
        }
}

static void the_results_of_hooks_are_asked_for_by_an_annotation(void **state) {
        const struct {
                const char *kind, *target, *file, *key;
        } cases[] = {
                { "BackupResults", "b1", "hooks", "backups/b1/b1-hooks.json.gz" },
                { "RestoreResults", "r1", "hooks", "restores/r1/r1-hooks.json.gz" },
                { "BackupLog", "b1", "hooks",
                  "annotation hooks.grapnel.dev/file: \"hooks\" of BackupLog is no file that can be "
                  "downloaded" },
                { "BackupResults", "b1", "x",
                  "annotation hooks.grapnel.dev/file: \"x\" of BackupResults is no file that can be "
                  "downloaded" },
        };
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };

        (void) state;
        open_both(&f, &stored);
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };
                AUTO_JSON *request = quoted_json(
                        arena_printf(&arena,
                                     "{'metadata':{'annotations':{'hooks.grapnel.dev/file':'%s'}},'spec':{"
                                     "'target':{'kind':'%s','name':'%s'}}}",
                                     c->file, c->kind, c->target));
                DownloadTarget target = { 0 };

                if (download_find(&f.server, yyjson_doc_get_root(request), &arena, &target, &err))
                        CHECK_TEXT(target.key, c->key);
                else
                        CHECK_STR(err.message, c->key);
        }
}

static void a_missing_file_is_named(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        open_both(&f, &stored);
        cluster_add(&f.cluster, REQUESTS, REQUEST("d1", "CSIBackupVolumeSnapshots", "b1"));
        fixture_look(&f, &controller_download, "d1");
        CHECK_TEXT(fixture_text(&f, REQUESTS "/d1", &arena, "status", "message"),
                   arena_printf(&arena,
                                "there is no \"backups/b1/b1-csi-volumesnapshots.json.gz\" in %s/bucket",
                                stored.path));
}

static void velero_1_18_knows_no_failed_phase_so_an_annotation_says_it(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        open_both(&f, &stored);
        f.cluster.knows_no_failed_download = true;
        cluster_add(&f.cluster, REQUESTS, REQUEST("d1", "BackupLog", "none"));
        fixture_look(&f, &controller_download, "d1");
        CHECK_TEXT(fixture_text(&f, REQUESTS "/d1", &arena, "status"),
                   "{\"expiration\":\"2026-11-20T10:10:00Z\"}");
        CHECK_TEXT(fixture_text(&f, REQUESTS "/d1", &arena, "metadata", "annotations",
                                DOWNLOAD_MESSAGE_ANNOTATION),
                   "there is no backup \"none\"");
        CHECK_INT(fixture_look(&f, &controller_download, "d1"), DOWNLOAD_VALID_MS + 1);
}

typedef struct Client {
        HttpClient *client;
        ServerHttp *server;
        Arena arena;
} Client;

static void client_clear(Client *client) {
        http_client_free(client->client);
        server_http_free(client->server);
        arena_clear(&client->arena);
}

static Str address_of(unsigned port, Arena *arena) {
        return str_of(arena_printf(arena, "127.0.0.1:%u", port));
}

static void serve(Client *client, ServerFixture *f) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf pem = { 0 };

        f->options.download_address = address_of(free_port(), &client->arena);
        if (!server_http_start(&f->server, &client->server, &err))
                fail_msg("%s", err.message);
        Str crt = fixture_text(f, "/api/v1/namespaces/velero/secrets/grapnel-server-tls", &client->arena,
                               "data", "tls.crt");
        CHECK(base64_decode(crt, &pem, &err));
        const HttpOptions options = {
                .base_url = str_of(arena_printf(&client->arena, "https://" STR_FMT,
                                                STR_ARG(f->options.download_address))),
                .ca_pem = buf_str(&pem),
        };
        CHECK(http_client_new(&options, &client->client, &err));
}

/* "200 the body" */
static Str get(Client *client, Str path) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(http_reply_clear) HttpReply reply = { 0 };
        const HttpRequest request = { .method = "GET", .path = path, .timeout_ms = 20 * 1000 };

        if (!http_perform(client->client, &request, NULL, &reply, &err))
                return arena_copy(&client->arena, str_of(err.message));
        return str_of(
                arena_printf(&client->arena, "%d " STR_FMT, reply.status, STR_ARG(buf_str(&reply.body))));
}

static Str path_of(ServerFixture *f, const char *request, Arena *arena) {
        AUTO_FREE char *path = xasprintf(REQUESTS "/%s", request);

        fixture_look(f, &controller_download, request);
        return fixture_text(f, path, arena, "metadata", "annotations", DOWNLOAD_PATH_ANNOTATION);
}

#define REFUSED "403 the token is wrong, has expired or was used: make a new DownloadRequest\n"

static void a_file_is_given_once_for_the_token(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(client_clear) Client client = { 0 };

        (void) state;
        open_both(&f, &stored);
        serve(&client, &f);
        cluster_add(&f.cluster, REQUESTS, REQUEST("d1", "BackupContents", "b1"));
        cluster_add(&f.cluster, REQUESTS, REQUEST("d2", "RestoreResults", "r1"));
        Str path = path_of(&f, "d1", &client.arena);
        Str other = path_of(&f, "d2", &client.arena);
        Str wrong = str_of(arena_printf(&client.arena, STR_FMT, (int) path.len - 1, path.ptr));
        CHECK_TEXT(get(&client, wrong), REFUSED);
        CHECK_TEXT(get(&client, STR("/download/d1")), REFUSED);
        CHECK_TEXT(get(&client, STR("/download/d3?token=x")), REFUSED);
        CHECK_TEXT(get(&client, STR("/download/..%2F?token=x")),
                   "404 that is no name of a DownloadRequest\n");
        CHECK_TEXT(get(&client, path), "200 the contents");
        CHECK_TEXT(get(&client, path), REFUSED);
        CHECK_TEXT(get(&client, other), "200 the results");

        cluster_add(&f.cluster, REQUESTS, REQUEST("d4", "BackupLog", "b1"));
        path = path_of(&f, "d4", &client.arena);
        f.now_ms += DOWNLOAD_VALID_MS + 1000;
        CHECK_TEXT(get(&client, path), REFUSED);
}

static void the_log_of_a_run_is_given_as_it_grows(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(client_clear) Client client = { 0 };
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);

        (void) state;
        open_both(&f, &stored);
        serve(&client, &f);
        cluster_change(&f.cluster, IN_VELERO "backups/waits", "{'status':{'phase':'InProgress'}}");
        cluster_add(&f.cluster, REQUESTS, REQUEST("d1", "BackupLog", "waits"));
        Run *run = runs_begin(f.server.runs, RUN_BACKUP, STR("waits"), log);
        Str path = path_of(&f, "d1", &client.arena);
        log_info(log, NO_FIELDS, "half way");
        RunLogReader *reader = runs_read_log(f.server.runs, RUN_BACKUP, STR("waits"));
        CHECK(reader);
        run_log_close(reader);
        runs_end(f.server.runs, run);
        /* It has ended meanwhile, and its log is in the store. */
        stored_put(&stored, "backups/waits/waits-logs.gz", "all of it");
        CHECK_TEXT(get(&client, path), "200 all of it");
}

static void one_that_stands_by_does_not_say_that_a_log_is_missing(void **state) {
        (void) state;
        for (int leads = 0; leads < 2; leads++) {
                AUTO(fixture_clear) ServerFixture f = { 0 };
                AUTO(stored_clear) StoredBackups stored = { 0 };
                AUTO(client_clear) Client client = { 0 };
                AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);

                open_both(&f, &stored);
                serve(&client, &f);
                if (leads)
                        server_http_set_ready(client.server);
                cluster_change(&f.cluster, IN_VELERO "backups/waits", "{'status':{'phase':'InProgress'}}");
                cluster_add(&f.cluster, REQUESTS, REQUEST("d1", "BackupLog", "waits"));
                Run *run = runs_begin(f.server.runs, RUN_BACKUP, STR("waits"), log);
                Str path = path_of(&f, "d1", &client.arena);
                runs_end(f.server.runs, run); /* as if it ran elsewhere */
                CHECK(str_starts_with(get(&client, path), leads ? STR("404 ") : STR("503 ")));
        }
}

typedef struct Running {
        Runs *runs;
        Run *run;
        Log *log;
        atomic_bool has_begun;
} Running;

/* Goes on for a while after its log is being read. */
static void run_on(void *user) {
        Running *running = user;

        log_info(running->log, NO_FIELDS, "first");
        atomic_store(&running->has_begun, true);
        stop_sleep_ms(NULL, 300);
        log_info(running->log, NO_FIELDS, "last");
        runs_end(running->runs, running->run);
}

static void a_reader_of_a_live_log_waits_for_its_end(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(client_clear) Client client = { 0 };
        AUTO(log_freep) Log *log = log_new(LOG_TEXT, LOG_INFO);

        (void) state;
        open_both(&f, &stored);
        serve(&client, &f);
        cluster_change(&f.cluster, IN_VELERO "backups/waits", "{'status':{'phase':'InProgress'}}");
        cluster_add(&f.cluster, REQUESTS, REQUEST("d1", "BackupLog", "waits"));
        Running running = { .runs = f.server.runs, .log = log };
        running.run = runs_begin(f.server.runs, RUN_BACKUP, STR("waits"), log);
        Str path = path_of(&f, "d1", &client.arena);
        Thread thread = thread_start(run_on, &running);
        while (!atomic_load(&running.has_begun))
                stop_sleep_ms(NULL, 2);
        Str got = get(&client, path);
        thread_join(thread);
        CHECK(str_starts_with(got, STR("200 time=")));
        CHECK(memmem(got.ptr, got.len, "msg=first", 9) && memmem(got.ptr, got.len, "msg=last", 8));
}

static void metrics_and_health_are_plain_text(void **state) {
        static const struct {
                const char *path, *said;
        } cases[] = {
                { "/healthz", "200 ok\n" },
                { "/readyz", "200 standing by\n" },
                { "/", "404 there are /metrics, /healthz and /readyz\n" },
                { "/metrics", "velero_backup_total 3\n" },
                { "/metrics", "velero_backup_last_successful_timestamp{schedule=\"nightly\"} 1763600400\n" },
        };
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(stored_clear) StoredBackups stored = { 0 };
        AUTO(client_clear) Client client = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        open_both(&f, &stored);
        cluster_add(
                &f.cluster, IN_VELERO "backups",
                "{'metadata':{'name':'old','labels':{'velero.io/schedule-name':'nightly'}},'status':{'phase':"
                "'Completed','completionTimestamp':'2025-11-20T01:00:00Z'}}");
        fixture_settle(&f);
        f.options.download_address = STR("");
        f.options.metrics_address = address_of(free_port(), &client.arena);
        CHECK(server_http_start(&f.server, &client.server, &err));
        const HttpOptions options = { .base_url = str_of(arena_printf(&client.arena, "http://" STR_FMT,
                                                                      STR_ARG(f.options.metrics_address))) };
        CHECK(http_client_new(&options, &client.client, &err));
        FOR_EACH_CASE(cases, c) {
                Str got = get(&client, str_of(c->path));

                CHECK(memmem(got.ptr, got.len, c->said, strlen(c->said)));
        }
        server_http_set_ready(client.server);
        CHECK_TEXT(get(&client, STR("/readyz")), "200 leading\n");
        stop_set(f.stop);
        CHECK_TEXT(get(&client, STR("/readyz")), "503 ending\n");
}

static void a_status_request_is_answered_and_goes(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T10:00:00Z");
        cluster_add(&f.cluster, IN_VELERO "serverstatusrequests", "{'metadata':{'name':'s1'},'spec':{}}");
        fixture_look(&f, &controller_status_request, "s1");
        CHECK_TEXT(fixture_text(&f, IN_VELERO "serverstatusrequests/s1", &arena, "status", "phase"),
                   "Processed");
        CHECK_TEXT(fixture_text(&f, IN_VELERO "serverstatusrequests/s1", &arena, "status", "serverVersion"),
                   "v1.18.0-grapnel." GRAPNEL_VERSION);
        CHECK_INT(fixture_look(&f, &controller_status_request, "s1"), 60 * 1000);
        f.now_ms += 60 * 1000;
        fixture_look(&f, &controller_status_request, "s1");
        CHECK_TEXT(cluster_names(&f.cluster, IN_VELERO "serverstatusrequests", &arena), "");
}

static void an_object_that_nobody_serves_is_told_about_once(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T10:00:00Z");
        cluster_add(&f.cluster, IN_VELERO "podvolumebackups",
                    "{'metadata':{'name':'done'},'status':{'phase':'Completed'}}");
        cluster_add(&f.cluster, IN_VELERO "podvolumebackups", "{'metadata':{'name':'waits'},'spec':{}}");
        fixture_look(&f, &controller_not_served, "");
        CHECK(fixture_said(&f, "name=waits") && !fixture_said(&f, "name=done"));
        buf_reset(&f.log);
        fixture_look(&f, &controller_not_served, "");
        CHECK_INT(f.log.len, 0);
        CHECK_TEXT(buf_str(&f.cluster.writes), "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_request_gets_a_url_of_this_server),
                cmocka_unit_test(what_can_t_be_had_is_refused_with_a_sentence),
                cmocka_unit_test(the_results_of_hooks_are_asked_for_by_an_annotation),
                cmocka_unit_test(a_missing_file_is_named),
                cmocka_unit_test(velero_1_18_knows_no_failed_phase_so_an_annotation_says_it),
                cmocka_unit_test(a_file_is_given_once_for_the_token),
                cmocka_unit_test(the_log_of_a_run_is_given_as_it_grows),
                cmocka_unit_test(one_that_stands_by_does_not_say_that_a_log_is_missing),
                cmocka_unit_test(a_reader_of_a_live_log_waits_for_its_end),
                cmocka_unit_test(metrics_and_health_are_plain_text),
                cmocka_unit_test(a_status_request_is_answered_and_goes),
                cmocka_unit_test(an_object_that_nobody_serves_is_told_about_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
