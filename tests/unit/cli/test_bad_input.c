#include "check.h"

#include "cli/cluster_home.h"
#include "server/stored_backups.h"

/* What somebody asks for and can't get has one sentence, which stands in the status, in an Event and in what the CLI
 * shows, word for word.  The object of each case is called "x". */
typedef struct AskedKind {
        const char *kind, *plural;
        const Controller *controller;
        const char *look;                /* at this name */
        const char *status;              /* a text, or a list whose first text counts */
        const char *reason;              /* of the Event */
        const char *command[3], *before; /* the sentence, in what is printed */
} AskedKind;

static const AskedKind backup = { "Backup",
                                  "backups",
                                  &controller_backup_queue,
                                  "",
                                  "validationErrors",
                                  "FailedValidation",
                                  { "backup", "describe", "x" },
                                  "Phase:  FailedValidation\n\nValidation errors:  " };
static const AskedKind restore = { "Restore",
                                   "restores",
                                   &controller_restore,
                                   "x",
                                   "validationErrors",
                                   "FailedValidation",
                                   { "restore", "describe", "x" },
                                   "Validation errors:  " };
static const AskedKind schedule = { "Schedule",
                                    "schedules",
                                    &controller_schedule,
                                    "x",
                                    "validationErrors",
                                    "FailedValidation",
                                    { "schedule", "describe", "x" },
                                    "Phase:  FailedValidation\n\nValidation errors:  " };
static const AskedKind location = { "BackupStorageLocation",
                                    "backupstoragelocations",
                                    &controller_location,
                                    "x",
                                    "message",
                                    "Unavailable",
                                    { "backup-location", "get", "x" },
                                    "warning: \"x\" is Unavailable: " };

#define SELECTOR "{'matchLabels':{'a':'b'}}"
#define S3(bucket, more)                                                                                     \
        "{'provider':'aws','objectStorage':{'bucket':'" bucket                                               \
        "'},'config':{'region':'r','s3ForcePathStyle':"                                                      \
        "'true','s3Url':'http://S3'}," more "}"
#define KEYS "'credential':{'name':'keys','key':'cloud'}"

static const struct {
        const AskedKind *kind;
        const char *spec, *sentence; /* DIR is where folders are, S3 an S3 server's address */
} cases[] = {
        { &backup, "{'storageLocation':'nowhere'}",
          "spec.storageLocation: there is no backup storage location \"nowhere\" in namespace \"velero\"" },
        { &backup, "{'storageLocation':'archive'}",
          "spec.storageLocation: backup storage location \"archive\" is ReadOnly: nothing is written to it "
          "or "
          "deleted from it" },
        { &backup, "{'storageLocation':'lost'}",
          "spec.storageLocation: backup storage location \"lost\" is not Available: list \"s3://b\": the "
          "credentials have expired (ExpiredToken)" },
        { &backup, "{'storageLocation':'new'}",
          "spec.storageLocation: backup storage location \"new\" is not Available: it has not been tried "
          "yet" },
        { &backup, "{'storageLocation':'taken'}",
          "metadata.name: backup storage location \"taken\" has a backup \"x\" already: take another name, "
          "or "
          "delete that one" },
        { &backup, "{'ttl':'-1h'}", "spec.ttl: \"-1h\" is negative; expected a duration such as \"720h\"" },
        { &backup, "{'labelSelector':" SELECTOR ",'orLabelSelectors':[" SELECTOR "]}",
          "spec.orLabelSelectors: can't be used together with spec.labelSelector" },
        { &backup, "{'includedResources':['pods'],'includedNamespaceScopedResources':['pods']}",
          "spec.includedResources: can't be used together with spec.includedNamespaceScopedResources" },
        { &restore, "{'backupName':'none'}",
          "spec.backupName: there is no backup \"none\" in namespace \"velero\"" },
        { &restore, "{'backupName':'failed'}",
          "spec.backupName: backup \"failed\" is Failed: only one that is Completed or PartiallyFailed can "
          "be "
          "restored" },
        { &restore, "{'backupName':'deleted'}",
          "spec.backupName: backup \"deleted\" is Deleting: only one that is Completed or PartiallyFailed "
          "can "
          "be restored" },
        { &restore, "{'backupName':'running'}",
          "spec.backupName: backup \"running\" is InProgress: only one that is Completed or PartiallyFailed "
          "can be restored" },
        { &restore, "{'backupName':'stray'}",
          "spec.backupName: there is no backup storage location \"nowhere\" in namespace \"velero\"" },
        { &restore, "{'backupName':'unreachable'}",
          "spec.backupName: backup storage location \"lost\" is not Available: list \"s3://b\": the "
          "credentials have expired (ExpiredToken)" },
        { &restore, "{'backupName':'good','labelSelector':" SELECTOR ",'orLabelSelectors':[" SELECTOR "]}",
          "spec.orLabelSelectors: can't be used together with spec.labelSelector" },
        { &schedule, "{'schedule':'0 25 * * *','template':{}}",
          "spec.schedule: \"0 25 * * *\" is no schedule: hour: \"25\" is not one of 0-23" },
        { &schedule, "{'schedule':'CRON_TZ=Mars/Olympus 0 3 * * *','template':{}}",
          "spec.schedule: \"CRON_TZ=Mars/Olympus 0 3 * * *\" is no schedule: there is no time zone "
          "\"Mars/Olympus\" (names are like Europe/Berlin; UTC is always there)" },
        { &schedule, "{'schedule':'@daily','template':{'ttl':'-1h'}}",
          "spec.template.ttl: \"-1h\" is negative; expected a duration such as \"720h\"" },
        { &location, "{'provider':'filesystem','config':{'path':'DIR/gone'},'objectStorage':{'bucket':'b'}}",
          "spec.config.path: there is no folder \"DIR/gone\" where the server runs: is its volume mounted?" },
        { &location, "{'provider':'filesystem','config':{'path':'DIR'},'objectStorage':{'bucket':'foreign'}}",
          "\"DIR/foreign\" holds folders that are not of backups: photos; give the location a prefix or a "
          "bucket of its own" },
        { &location, S3("NoSuchBucket", KEYS),
          "list \"s3://NoSuchBucket\": there is no such bucket: make it, or mend the location's bucket and "
          "region (NoSuchBucket)" },
        { &location, S3("InvalidAccessKeyId", KEYS),
          "list \"s3://InvalidAccessKeyId\": the server does not know the access key (InvalidAccessKeyId)" },
        { &location, S3("SignatureDoesNotMatch", KEYS),
          "list \"s3://SignatureDoesNotMatch\": the secret key does not belong to the access key, or a proxy "
          "changes requests (SignatureDoesNotMatch)" },
        { &location, S3("ExpiredToken", KEYS),
          "list \"s3://ExpiredToken\": the credentials have expired (ExpiredToken)" },
        { &location, S3("AccessDenied", KEYS),
          "list \"s3://AccessDenied\": access denied: the keys need to list the bucket, to get, put and "
          "delete "
          "its objects and to list and abort uploads (AccessDenied)" },
        { &location, S3("b", "'credential':{'name':'none','key':'cloud'}"),
          "spec.credential: there is no Secret \"none\" in namespace \"velero\"" },
        { &location, S3("b", "'credential':{'name':'keys','key':'none'}"),
          "spec.credential: Secret \"keys\" has no key \"none\"" },
};

typedef struct World {
        ServerFixture f;
        StoredBackups stored;
        LoopbackServer s3;
        Arena arena;
} World;

/* Refuses each request with the code that the bucket is called. */
static void refuse(Peer *peer) {
        AUTO_FREE char *request = xmalloc(REQUEST_MAX);

        while (peer_read_request(peer, request, REQUEST_MAX)) {
                AUTO_FREE char *body = NULL, *head = NULL;
                char code[64] = "";

                (void) sscanf(request, "GET /%63[A-Za-z]", code);
                body = xasprintf("<Error><Code>%s</Code><Message>m</Message></Error>", code);
                head = xasprintf(
                        "HTTP/1.1 %d x\r\nContent-Type: application/xml\r\nContent-Length: %zu\r\n\r\n",
                        strcmp(code, "NoSuchBucket") == 0 ? 404 : 403, strlen(body));
                if (!peer_say(peer, head) || !peer_say(peer, body))
                        return;
        }
}

/* The text with what stands for places replaced. */
static const char *placed(World *world, const char *text) {
        AUTO(buf_clear) Buf into = { 0 };

        while (*text)
                if (strncmp(text, "DIR", 3) == 0) {
                        buf_add(&into, str_of(world->stored.path));
                        text += 3;
                } else if (strncmp(text, "//S3", 4) == 0) {
                        buf_printf(&into, "//127.0.0.1:%u", world->s3.port);
                        text += 4;
                } else {
                        buf_add_char(&into, *text++);
                }
        return arena_copy(&world->arena, buf_str(&into)).ptr;
}

static void add(World *world, const char *kind, const char *plural, const char *rest) {
        cluster_add(&world->f.cluster, arena_printf(&world->arena, IN_VELERO "%s", plural),
                    placed(world, arena_printf(&world->arena, "{'apiVersion':'velero.io/v1','kind':'%s',%s}",
                                               kind, rest)));
}

static void add_location(World *world, const char *name, const char *spec, const char *status) {
        add(world, "BackupStorageLocation", "backupstoragelocations",
            arena_printf(&world->arena,
                         "'metadata':{'name':'%s','namespace':'velero'},'spec':{'provider':'filesystem',"
                         "'config':{'path':'DIR'},'objectStorage':{'bucket':'%s'}%s},'status':%s",
                         name, name, spec, status));
}

static void add_backup(World *world, const char *name, const char *metadata, const char *where,
                       const char *phase) {
        add(world, "Backup", "backups",
            arena_printf(&world->arena,
                         "'metadata':{'name':'%s','namespace':'velero'%s},'spec':{'storageLocation':'%s'},"
                         "'status':{'phase':'%s'}",
                         name, metadata, where, phase));
}

static void put_file(World *world, const char *folder, const char *name) {
        const char *path = arena_printf(&world->arena, "%s/%s", world->stored.path, folder);
        AUTO_FREE char *command = xasprintf("mkdir -p '%s' && echo '{}' > '%s/%s'", path, path, name);

        assert_int_equal(system(command), 0);
}

static void world_open(World *world) {
        fixture_open(&world->f, "2026-11-20T10:00:00Z");
        stored_open(&world->stored);
        world->f.options.default_location = STR("default");
        world->s3 = (LoopbackServer) { .serve = refuse, .user = world };
        server_start(&world->s3);
        put_file(world, "foreign/photos", "cat.jpg");
        put_file(world, "taken/backups/x", "velero-backup.json");
        cluster_add(
                &world->f.cluster, "/api/v1/namespaces/velero/secrets",
                "{'metadata':{'name':'keys'},'data':{'cloud':'W2RlZmF1bHRdCmF3c19hY2Nlc3Nfa2V5X2lkPWEKYXdzX3"
                "NlY3JldF9hY2Nlc3Nfa2V5PWIK'}}");
        add_location(world, "default", "", "{'phase':'Available'}");
        add_location(world, "taken", "", "{'phase':'Available'}");
        add_location(world, "archive", ",'accessMode':'ReadOnly'", "{'phase':'Available'}");
        add_location(world, "new", "", "{}");
        add_location(world, "lost", "",
                     "{'phase':'Unavailable','message':'list \\'s3://b\\': the credentials have expired "
                     "(ExpiredToken)'}");
        add_backup(world, "good", "", "default", "Completed");
        add_backup(world, "failed", "", "default", "Failed");
        add_backup(world, "running", "", "default", "InProgress");
        add_backup(world, "deleted", ",'deletionTimestamp':'2026-11-20T09:00:00Z'", "default", "Completed");
        add_backup(world, "stray", "", "nowhere", "Completed");
        add_backup(world, "unreachable", "", "lost", "Completed");
}

static void world_clear(World *world) {
        fixture_clear(&world->f);
        stored_clear(&world->stored);
        server_stop(&world->s3);
        arena_clear(&world->arena);
}

static Str first_text(World *world, const AskedKind *kind) {
        AUTO_JSON *doc =
                cluster_get(&world->f.cluster, arena_printf(&world->arena, IN_VELERO "%s/x", kind->plural));
        JsonVal *value = json_at(yyjson_doc_get_root(doc), "status", kind->status);

        return arena_copy(&world->arena,
                          json_str(yyjson_is_arr(value) ? yyjson_arr_get_first(value) : value));
}

static void what_can_t_be_done_has_its_sentence_in_status_event_and_cli(void **state) {
        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(world_clear) World world = { 0 };
                AUTO(cli_run_clear) CliRun run;
                const AskedKind *kind = c->kind;
                const char *sentence, *home;

                world_open(&world);
                sentence = placed(&world, c->sentence);
                add(&world, kind->kind, kind->plural,
                    arena_printf(&world.arena, "'metadata':{'name':'x','namespace':'velero'},'spec':%s",
                                 c->spec));
                CHECK_TEXT(fixture_events(&world.f, kind->controller, kind->look, &world.arena),
                           arena_printf(&world.arena, "%s x %s: %s", kind->kind, kind->reason, sentence));
                CHECK_TEXT(first_text(&world, kind), sentence);
                home = enter_opened(&world.f.cluster, &world.arena);
                RUN(&run, kind->command[0], kind->command[1], kind->command[2]);
                if (!strstr(arena_printf(&world.arena, "%s%s", run.out, run.err),
                            arena_printf(&world.arena, "%s%s\n", kind->before, sentence)))
                        fail_msg("%s: not in\n%s%s", sentence, run.out, run.err);
                remove_folder(home);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_can_t_be_done_has_its_sentence_in_status_event_and_cli),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
