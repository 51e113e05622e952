#include "check.h"

#include "cli/help.h"
#include "cli/run_cli.h"
#include "cli/tabs.h"
#include "cli/words.h"
#include "data/json.h"
#include "store/store.h"

static void check_lines_fit(const char *text, const char *name) {
        Str rest = str_of(text), line;

        while (words_cut_line(&rest, &line))
                if (text_columns(line) > HELP_COLUMNS)
                        fail_msg("%s: too wide: " STR_FMT, name, STR_ARG(line));
}

static void every_command_explains_itself_with_an_example(void **state) {
        (void) state;
        for (const Command *const *c = commands_all; *c; c++) {
                AUTO(cli_run_clear) CliRun run = { 0 };
                Strs words = { 0 };
                size_t len;

                CHECK((*c)->summary && *(*c)->summary);
                strs_split(str_of((*c)->name), ' ', &run.arena, &words);
                strs_add(&words, &run.arena, STR("--help"));

                Cli cli = { .out = open_memstream(&run.out, &len), .err = stderr, .arena = &run.arena };
                CHECK_INT(cli_run(&cli, words), EXIT_OK);
                fclose(cli.out);
                CHECK(strstr(run.out, "Usage:\n  grapnel ") != NULL);
                CHECK(strstr(run.out, arena_printf(&run.arena, "grapnel %s", (*c)->name)) != NULL);
                CHECK(strstr((*c)->example, arena_printf(&run.arena, "grapnel %s", (*c)->name)) != NULL);
                CHECK((*c)->example[0] == '#');
                CHECK(strstr(run.out, "-h, --help") != NULL);
                check_lines_fit(run.out, (*c)->name);
        }
}

typedef struct Seen {
        Strs names;
        char letters[64];
        size_t letters_len;
} Seen;

static void check_rows(const Option *rows, Seen *seen, Arena *arena) {
        for (const Option *o = rows; o->kind != OPTION_END; o++) {
                if (o->kind == OPTION_GROUP) {
                        check_rows(o->rows, seen, arena);
                        continue;
                }
                CHECK(o->help && *o->help);
                CHECK(!strs_has(&seen->names, str_of(o->name)));
                strs_add(&seen->names, arena, str_of(o->name));
                if (o->letter) {
                        CHECK(memchr(seen->letters, o->letter, seen->letters_len) == NULL);
                        seen->letters[seen->letters_len++] = o->letter;
                }
                if (option_takes_value(o))
                        CHECK(o->argument != NULL);
        }
}

static void no_command_has_a_flag_twice(void **state) {
        (void) state;
        for (const Command *const *c = commands_all; *c; c++) {
                AUTO(arena_clear) Arena arena = { 0 };
                Seen seen = { .letters = "h", .letters_len = 1 };

                check_rows((*c)->options, &seen, &arena);
                check_rows(common_options, &seen, &arena);
        }
}

/* The flags and short forms of `velero backup create` and `restore create` that mean something to us. */
static void flags_are_called_as_velero_calls_them(void **state) {
        const char *const backup[] = { "--include-namespaces",
                                       "--exclude-namespaces",
                                       "--include-resources",
                                       "--exclude-resources",
                                       "--include-cluster-resources",
                                       "--include-cluster-scoped-resources",
                                       "--exclude-cluster-scoped-resources",
                                       "--include-namespace-scoped-resources",
                                       "--exclude-namespace-scoped-resources",
                                       "-l, --selector",
                                       "--or-selector",
                                       "--ordered-resources",
                                       "--ttl",
                                       "--labels",
                                       "--annotations",
                                       "--resource-policies-configmap",
                                       "--storage-location",
                                       "--snapshot-volumes",
                                       "-n, --namespace",
                                       "--kubeconfig",
                                       "--kubecontext",
                                       "-o, --output" };
        const char *const restore[] = { "--include-namespaces",
                                        "--exclude-namespaces",
                                        "--include-resources",
                                        "--exclude-resources",
                                        "--include-cluster-resources",
                                        "--namespace-mappings",
                                        "--existing-resource-policy",
                                        "--preserve-nodeports",
                                        "--restore-volumes",
                                        "--status-include-resources",
                                        "--status-exclude-resources",
                                        "--resource-modifier-configmap",
                                        "--allow-partially-failed",
                                        "-l, --selector",
                                        "--or-selector",
                                        "--labels" };
        AUTO(cli_run_clear) CliRun ours, theirs_run;

        (void) state;
        RUN(&ours, "backup", "run", "--help");
        Str theirs = golden_file("cli/help-backup-create.txt", &ours.arena);
        FOR_EACH_CASE(backup, flag) {
                CHECK(strstr(ours.out, *flag) != NULL);
                CHECK(strstr(theirs.ptr, *flag) != NULL);
        }
        RUN(&theirs_run, "restore", "run", "--help");
        theirs = golden_file("cli/help-restore-create.txt", &ours.arena);
        FOR_EACH_CASE(restore, flag) {
                CHECK(strstr(theirs_run.out, *flag) != NULL);
                CHECK(strstr(theirs.ptr, *flag) != NULL);
        }
}

static void wrong_requests_exit_64_and_say_what_would_be_right(void **state) {
        const struct {
                const char *words[6], *err;
        } cases[] = {
                { { "bakcup" }, "error: unknown command \"bakcup\"\nhint: did you mean backup?\n" },
                { { "backup", "rn" }, "error: unknown command \"rn\"\nhint: did you mean run?\n" },
                { { "xyzzy" }, "error: unknown command \"xyzzy\"\nhint: grapnel help lists the commands\n" },
                { { "backup" },
                  "error: grapnel backup: which command? create, run, get, describe, logs, download, "
                  "delete\n" },
                { { "client" }, "error: grapnel client config: which command? get, set\n" },
                { { "client", "config", "gett" },
                  "error: unknown command \"gett\"\nhint: did you mean get?\n" },
                { { "get" },
                  "error: grapnel get: what? backups, restores, schedules, backup-locations, "
                  "snapshot-locations\n" },
                { { "get", "bakups", "-o", "json" },
                  "error: unknown command \"bakups\"\nhint: did you mean backups?\n" },
                { { "create", "backups", "b1" },
                  "error: unknown command \"backups\"\nhint: did you mean backup?\n" },
                { { "--from", "x" },
                  "error: unknown command \"--from\"\nhint: flags come after the command\n" },
                { { "backup", "logs" },
                  "error: backup logs needs NAME\nhint: usage: grapnel backup logs NAME [flags]\n" },
                { { "version", "extra" },
                  "error: version does not take the argument \"extra\"\n"
                  "hint: usage: grapnel version [flags]\n" },
                { { "server", "--disable-controllers", "gc,bakup" },
                  "error: --disable-controllers: there is no controller \"bakup\"\n"
                  "hint: there are hook-undo, backup-storage-location, backup-queue, backup, restore, "
                  "schedule, "
                  "backup-sync, gc, backup-deletion, download-request, server-status-request, not-served\n" },
                { { "server", "--concurrent-backups", "0" },
                  "error: --workers, --hook-workers and --concurrent-backups: 1 is the least\n" },
                { { "server", "--terminating-resource-timeout=-1m" },
                  "error: --terminating-resource-timeout: a time below 0 has passed already; 0 does not "
                  "wait\n" },
                { { "server", "--terminating-resource-timeout", "10" },
                  "error: --terminating-resource-timeout: \"10\" is not a duration: a unit is missing (write "
                  "\"10s\")\n" },
                { { "server", "--default-item-operation-timeout", "4h" },
                  "error: there is no flag --default-item-operation-timeout here: leave it out; nothing goes "
                  "on after a backup or a restore has ended\n" },
                { { "restore", "run", "--restore-resource-priorities=a/b" },
                  "error: --restore-resource-priorities: \"a/b\" is no name of a resource: write it as "
                  "\"pods\" or \"deployments.apps\"\n" },
                { { "install", "--terminating-resource-timeout", "1m" },
                  "error: there is no flag --terminating-resource-timeout here: it is a flag of grapnel "
                  "server; add it to the arguments of Deployment grapnel\n" },
                { { "hooks", "undo", "--namespace", "velero" },
                  "error: --namespace is the server's: it needs --server\n" },
                { { "install", "--provider", "gcp", "--bucket", "b", "--dry-run" },
                  "error: --provider \"gcp\" is not served: there are \"aws\" (S3 and what speaks it) and "
                  "\"filesystem\" (a folder of the server, such as a PVC or an NFS mount)\n" },
                { { "install", "--dry-run" },
                  "error: --provider and --bucket are missing: where are the backups kept?\n"
                  "hint: --no-default-backup-location installs a server without a location\n" },
                { { "install", "--provider", "aws", "--dry-run" },
                  "error: --bucket is missing: where are the backups kept?\n"
                  "hint: --no-default-backup-location installs a server without a location\n" },
                { { "uninstall" },
                  "error: nobody to ask: standard input is not a terminal\n"
                  "hint: --force removes without asking\n" },
                { { "backup", "run", "b1" },
                  "error: --to is missing\nhint: --to DIR names the folder to store the backup in\n" },
                { { "backup", "run", "--to", "/x", "--workers", "0" },
                  "error: --workers: 0 would do nothing; 1 is the least\n" },
                { { "restore", "run", "--hook-workers=0" },
                  "error: --hook-workers: 0 would do nothing; 1 is the least\n" },
                { { "backup", "get", "--from", BUCKET, "-l", "a in" }, NULL },
                { { "backup", "delete", "--from", BUCKET },
                  "error: give names, --all or --selector: exactly one of them\n" },
                { { "debug" },
                  "error: grapnel has no \"debug\": nothing is collected in one file; describe, logs and the "
                  "server's log have it all\n" },
                { { "snapshot-location", "delete", "ebs" },
                  "error: unknown command \"delete\"\nhint: grapnel help lists the commands\n" },
                { { "repo", "get" },
                  "error: grapnel has no \"repo\": there are no copies of volumes yet, so there are no "
                  "repositories of them\n" },
                { { "get", "plugins" },
                  "error: grapnel has no \"plugins\": there are no plugins; S3 and folders are built in, as "
                  "provider aws and filesystem\n" },
                { { "backup", "get", "--features=EnableCSI" },
                  "error: there is no flag --features here: leave it out; there are no features to switch "
                  "on, "
                  "what works is on\n" },
                { { "backup", "get", "-v", "4" },
                  "error: there is no flag -v here: commands log nothing of their own; runs and the server "
                  "have --log-level and --log-format\n" },
                { { "install", "--node-agent-pod-cpu-limit", "1" },
                  "error: there is no flag --node-agent-pod-cpu-limit here: leave it out; the data of "
                  "volumes "
                  "is not backed up yet\n" },
                { { "server", "--restore-only" },
                  "error: there is no flag --restore-only here: \"grapnel server --disable-controllers "
                  "backup-queue,backup,schedule,gc,backup-deletion\" only restores\n" },
                { { "hooks", "lint" }, "error: --file is missing: which manifest?\n" },
                { { "hooks", "plan" }, "error: --file is missing: which manifest?\n" },
                { { "completion", "tcsh" }, "error: \"tcsh\" is none of bash, zsh, fish\n" },
                { { "help", "nothing" }, "error: no command is called \"nothing\"\n" },
                { { "backup", "get", "--form", "x" },
                  "error: unknown flag --form\nhint: did you mean --from?\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(cli_run_clear) CliRun run;
                const char *words[7] = { 0 };

                memcpy(words, c->words, sizeof c->words);
                run_answered(&run, NULL, words);
                if (c->err)
                        CHECK_STR(run.err, c->err);
                CHECK_INT(run.exit, EXIT_USAGE);
                CHECK_STR(run.out, "");
        }
}

static void a_missing_folder_or_backup_is_a_failure_with_a_hint(void **state) {
        AUTO(cli_run_clear) CliRun folder, name, odd;

        (void) state;
        RUN(&folder, "backup", "get", "--from", "/nonexistent");
        CHECK_INT(folder.exit, EXIT_FAILED);
        CHECK(strstr(folder.err, "hint: --from takes the folder that holds backups/ and restores/\n") !=
              NULL);
        RUN(&name, "backup", "describe", "sunday", "--from", BUCKET);
        CHECK_INT(name.exit, EXIT_FAILED);
        CHECK_STR(name.err, "error: no backup \"sunday\" in " BUCKET "\n"
                            "hint: \"grapnel backup get --from " BUCKET "\" lists them\n");
        RUN(&odd, "backup", "describe", "../plain", "--from", BUCKET);
        CHECK_INT(odd.exit, EXIT_FAILED);
        CHECK(strncmp(odd.err, "error: backup \"../plain\": ", 26) == 0);
}

static void backups_are_listed_as_velero_lists_them(void **state) {
        AUTO(cli_run_clear) CliRun run, selected;

        (void) state;
        RUN(&run, "backup", "get", "--from", BUCKET);
        CHECK_STR(run.err, "");
        CHECK(strncmp(run.out,
                      "NAME         STATUS            ERRORS   WARNINGS   CREATED                         "
                      "EXPIRES   "
                      "STORAGE LOCATION   QUEUE POSITION   SELECTOR\n"
                      "hook-fails   PartiallyFailed   4        0          2026-11-22 17:16:34 +0000 UTC   ",
                      197) == 0);
        CHECK(strstr(run.out, "default                             app in (quay)\n") != NULL);
        RUN(&selected, "backup", "get", "--from", BUCKET, "-l", "velero.io/storage-location=elsewhere");
        CHECK_INT(selected.exit, EXIT_OK);
        CHECK(strchr(selected.out, '\n')[1] == '\0');
}

static void one_object_is_printed_as_itself_and_several_as_a_list(void **state) {
        AUTO(cli_run_clear) CliRun one, all, yaml;
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *first = NULL, *list = NULL;

        (void) state;
        RUN(&one, "backup", "get", "plain", "--from", BUCKET, "-o", "json");
        CHECK(json_parse(str_of(one.out), "one", &first, &err));
        CHECK(str_equal(json_get_str(yyjson_doc_get_root(first), "kind"), STR("Backup")));
        RUN(&all, "backup", "get", "--from", BUCKET, "-o", "json");
        CHECK(json_parse(str_of(all.out), "all", &list, &err));
        CHECK(str_equal(json_get_str(yyjson_doc_get_root(list), "kind"), STR("List")));
        CHECK_INT(yyjson_arr_size(json_get(yyjson_doc_get_root(list), "items")), 5);
        RUN(&yaml, "backup", "get", "plain", "--from", BUCKET, "-o", "yaml");
        CHECK(strstr(yaml.out, "\nkind: Backup\n") != NULL || strncmp(yaml.out, "kind: Backup\n", 13) == 0);
}

static void logs_come_out_as_they_are(void **state) {
        const char *const names[] = { "plain", "hooked", "nothing", "labelled", "hook-fails" };
        AUTO(cli_run_clear) CliRun restore;

        (void) state;
        FOR_EACH_CASE(names, name) {
                AUTO(cli_run_clear) CliRun run;

                RUN(&run, "backup", "logs", *name, "--from", BUCKET);
                CHECK_INT(run.exit, EXIT_OK);
                CHECK(strncmp(run.out, "time=\"2026-11-22T", 17) == 0);
                CHECK(strlen(run.out) > 1000);
        }
        RUN(&restore, "restore", "logs", "plain-mapped", "--from", BUCKET);
        CHECK_INT(restore.exit, EXIT_OK);
        CHECK(strstr(restore.out, "level=") != NULL);
}

static void a_download_is_whole_and_replaces_nothing_unasked(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cli_run_clear) CliRun first, second, forced;
        const char *folder = new_folder(&arena);
        const char *path = arena_printf(&arena, "%s/x.tar.gz", folder);

        (void) state;
        RUN(&first, "backup", "download", "plain", "--from", BUCKET, "-o", path);
        CHECK_STR(first.err, "");
        CHECK_INT(first.exit, EXIT_OK);
        CHECK_INT(system(arena_printf(&arena, "cmp -s %s %s/backups/plain/plain.tar.gz", path, BUCKET)), 0);

        RUN(&second, "backup", "download", "plain", "--from", BUCKET, "-o", path);
        CHECK_INT(second.exit, EXIT_FAILED);
        CHECK_STR(second.err, arena_printf(&arena,
                                           "error: \"%s\" is there already\n"
                                           "hint: --force replaces it, -o FILE names another one\n",
                                           path));
        RUN(&forced, "backup", "download", "hooked", "--from", BUCKET, "-o", path, "--force");
        CHECK_INT(forced.exit, EXIT_OK);
        CHECK_INT(system(arena_printf(&arena, "cmp -s %s %s/backups/hooked/hooked.tar.gz", path, BUCKET)), 0);
        CHECK_INT(access(arena_printf(&arena, "%s.part", path), F_OK), -1);
        remove_folder(folder);
}

static void deleting_asks_and_nobody_to_ask_is_a_refusal(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = new_folder(&arena);
        AUTO(cli_run_clear) CliRun unsure, unknown, sure, left, all;

        (void) state;
        CHECK_INT(system(arena_printf(&arena, "cp -r %s/. %s", BUCKET, folder)), 0);
        RUN(&unsure, "backup", "delete", "plain", "--from", folder);
        CHECK_INT(unsure.exit, EXIT_USAGE);
        CHECK_STR(unsure.err, "error: nobody to ask: standard input is not a terminal\n"
                              "hint: --confirm deletes without asking\n");
        RUN(&unknown, "backup", "delete", "plain", "sunday", "--confirm", "--from", folder);
        CHECK_INT(unknown.exit, EXIT_FAILED);
        CHECK_INT(access(arena_printf(&arena, "%s/backups/plain", folder), F_OK), 0);
        RUN(&sure, "backup", "delete", "plain", "--confirm", "--from", folder);
        CHECK_STR(sure.out, "Backup plain deleted\n");
        RUN(&left, "backup", "get", "--from", folder);
        CHECK(strstr(left.out, "plain") == NULL);
        CHECK(strstr(left.out, "hooked") != NULL);
        RUN(&all, "backup", "delete", "--all", "--confirm", "--from", folder);
        CHECK_INT(all.exit, EXIT_OK);
        CHECK(strstr(all.out, "Backup nothing deleted\n") != NULL);
        remove_folder(folder);
}

static void restores_in_a_folder_are_deleted_with_their_logs(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = new_folder(&arena);
        AUTO(error_clear) Error err = { 0 };
        AUTO(store_freep) Store *store = NULL;
        AUTO(store_unlockp) StoreLock *lock = NULL;
        AUTO(cli_run_clear) CliRun unknown, busy, sure, left, none;

        (void) state;
        CHECK_INT(system(arena_printf(&arena,
                                      "mkdir -p %s/restores/r1 && touch %s/restores/r1/restore-r1-logs.gz "
                                      "%s/restores/r1/r1-hooks.json.gz",
                                      folder, folder, folder)),
                  0);
        RUN(&unknown, "restore", "delete", "r1", "sunday", "--confirm", "--from", folder);
        CHECK_INT(unknown.exit, EXIT_FAILED);
        CHECK_INT(access(arena_printf(&arena, "%s/restores/r1", folder), F_OK), 0);
        CHECK(store_open_directory(str_of(folder), false, NULL, &store, &err));
        CHECK(store_lock(store, STR("restores/r1"), &lock, &err));
        RUN(&busy, "restore", "delete", "r1", "--confirm", "--from", folder);
        CHECK_INT(busy.exit, EXIT_FAILED);
        CHECK(strstr(busy.err, "error: delete restore \"r1\": \"restores/r1\" in \"") != NULL);
        CHECK_INT(access(arena_printf(&arena, "%s/restores/r1", folder), F_OK), 0);
        store_unlock(TAKE(lock));
        RUN(&sure, "restore", "delete", "r1", "--confirm", "--from", folder);
        CHECK_STR(sure.out, "Restore r1 deleted\n");
        CHECK_INT(access(arena_printf(&arena, "%s/restores/r1", folder), F_OK), -1);
        RUN(&left, "restore", "get", "--from", folder);
        CHECK(strstr(left.out, "r1") == NULL);
        RUN(&none, "restore", "delete", "--all", "--confirm", "--from", folder);
        CHECK_STR(none.out, "No restores found\n");
        remove_folder(folder);
}

static void an_unfinished_backup_is_said_to_be_one_and_can_be_deleted(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = new_folder(&arena);
        AUTO(cli_run_clear) CliRun get, describe, delete;

        (void) state;
        CHECK_INT(system(arena_printf(&arena, "mkdir -p %s/backups/b1 && touch %s/backups/b1/b1.tar.gz",
                                      folder, folder)),
                  0);
        RUN(&get, "backup", "get", "--from", folder);
        CHECK_INT(get.exit, EXIT_OK);
        CHECK_STR(get.err, "warning: backup \"b1\" is unfinished or being written: it has files but no "
                           "velero-backup.json\n");
        RUN(&describe, "backup", "describe", "b1", "--from", folder);
        CHECK_INT(describe.exit, EXIT_FAILED);
        RUN(&delete, "backup", "delete", "b1", "--confirm", "--from", folder);
        CHECK_STR(delete.out, "Backup b1 deleted\n");
        remove_folder(folder);
}

static void scheduled_backups_are_listed_newest_first(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = new_folder(&arena);
        const char *const names[] = { "nightly-20261121000000", "nightly-20261123000000", "nightly", "a" };
        AUTO(cli_run_clear) CliRun run;

        (void) state;
        FOR_EACH_CASE(names, name)
        CHECK_INT(system(arena_printf(&arena,
                                      "mkdir -p %s/backups/%s && echo '{\"metadata\":{\"name\":\"%s\"}}' "
                                      "> %s/backups/%s/velero-backup.json",
                                      folder, *name, *name, folder, *name)),
                  0);
        RUN(&run, "backup", "get", "--from", folder);
        const char *newer = strstr(run.out, "nightly-20261123"), *older = strstr(run.out, "nightly-20261121");
        CHECK(newer && older && newer < older);
        CHECK(strstr(run.out, "\na ") < newer);
        remove_folder(folder);
}

static void the_version_is_printed_as_velero_prints_it(void **state) {
        AUTO(cli_run_clear) CliRun text, json, flag;

        (void) state;
        RUN(&text, "version", "--client-only");
        CHECK_STR(text.out, "Client:\n\tVersion: v" GRAPNEL_VERSION "\n");
        RUN(&flag, "--version");
        CHECK_STR(flag.out, text.out);
        RUN(&json, "version", "--client-only", "-o", "json");
        CHECK(strstr(json.out, "\"version\": \"v" GRAPNEL_VERSION "\"") != NULL);
}

static void help_is_found_in_every_usual_way(void **state) {
        AUTO(cli_run_clear) CliRun a, b, c, d, e, f, g, h, i, j, k;

        (void) state;
        RUN(&a, "help");
        RUN(&b, "--help");
        RUN(&c, "help", "backup");
        RUN(&d, "backup", "--help");
        RUN(&e, "help", "backup", "run");
        RUN(&f, "backup", "run", "-h");
        run_answered(&g, NULL, (const char *const[]) { NULL });
        CHECK_STR(a.out, b.out);
        CHECK_STR(c.out, d.out);
        CHECK_STR(e.out, f.out);
        CHECK_STR(g.out, a.out);
        CHECK_INT(g.exit, EXIT_USAGE);
        RUN(&h, "help", "client");
        RUN(&i, "client", "config", "--help");
        CHECK_STR(h.out, i.out);
        CHECK(strstr(h.out, "\n  get  ") != NULL && strstr(h.out, "\n  set  ") != NULL);
        RUN(&j, "help", "get", "backups");
        RUN(&k, "get", "backups", "--help");
        CHECK(strstr(k.out, "Usage:\n  grapnel backup get [NAME...] [flags]\n") != NULL);
        CHECK_STR(j.out, k.out);
        CHECK(strstr(a.out, "man-pages") == NULL);
        check_lines_fit(a.out, "overview");
        check_lines_fit(c.out, "group");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_command_explains_itself_with_an_example),
                cmocka_unit_test(no_command_has_a_flag_twice),
                cmocka_unit_test(flags_are_called_as_velero_calls_them),
                cmocka_unit_test(wrong_requests_exit_64_and_say_what_would_be_right),
                cmocka_unit_test(a_missing_folder_or_backup_is_a_failure_with_a_hint),
                cmocka_unit_test(backups_are_listed_as_velero_lists_them),
                cmocka_unit_test(one_object_is_printed_as_itself_and_several_as_a_list),
                cmocka_unit_test(logs_come_out_as_they_are),
                cmocka_unit_test(a_download_is_whole_and_replaces_nothing_unasked),
                cmocka_unit_test(deleting_asks_and_nobody_to_ask_is_a_refusal),
                cmocka_unit_test(restores_in_a_folder_are_deleted_with_their_logs),
                cmocka_unit_test(an_unfinished_backup_is_said_to_be_one_and_can_be_deleted),
                cmocka_unit_test(scheduled_backups_are_listed_newest_first),
                cmocka_unit_test(the_version_is_printed_as_velero_prints_it),
                cmocka_unit_test(help_is_found_in_every_usual_way),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
