#include "check.h"

#include <signal.h>

#include "base/clock.h"
#include "cli/notes.h"
#include "cli/run_cli.h"
#include "cli/signals.h"
#include "cli/state.h"
#include "cli/summary.h"

static void the_state_folder_is_where_xdg_says_and_private(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        const char *folder = new_folder(&arena);
        struct stat found;
        Str path;

        (void) state;
        setenv("XDG_STATE_HOME", arena_printf(&arena, "%s/a/b", folder), 1);
        CHECK(state_folder(STR(""), &arena, &path, &err));
        CHECK_STR(path.ptr, arena_printf(&arena, "%s/a/b/grapnel", folder));
        CHECK_INT(stat(path.ptr, &found), 0);
        CHECK_INT(found.st_mode & 0777, 0700);

        setenv("XDG_STATE_HOME", "relative", 1); /* to be ignored, says the specification */
        setenv("HOME", folder, 1);
        CHECK(state_folder(STR(""), &arena, &path, &err));
        CHECK_STR(path.ptr, arena_printf(&arena, "%s/.local/state/grapnel", folder));
        CHECK(state_folder(str_of(arena_printf(&arena, "%s/own", folder)), &arena, &path, &err));
        CHECK_STR(path.ptr, arena_printf(&arena, "%s/own", folder));

        unsetenv("XDG_STATE_HOME");
        unsetenv("HOME");
        CHECK(!state_folder(STR(""), &arena, &path, &err));
        CHECK_STR(err.message,
                  "no folder for the journal: neither $XDG_STATE_HOME nor $HOME is set; give --state DIR");
        remove_folder(folder);
}

static void a_state_folder_that_cannot_be_is_named(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Str path;

        (void) state;
        CHECK(!state_folder(STR("/dev/null/x"), &arena, &path, &err));
        CHECK_STR(err.message, "state folder \"/dev/null\" can't be made: Not a directory");
}

static void notes_keep_the_first_of_each_kind(void **state) {
        AUTO(notes_clear) Notes notes = { 0 };
        const LogField fields[] = { FIELD("namespace", STR("shop")), FIELD("name", STR("db-0")),
                                    FIELD("error", STR("exit code 3")) };
        const LogRecord full = { LOG_ERROR, STR("hook failed"), fields, 3 };
        const LogRecord plain = { LOG_WARN, STR("odd \033[2J"), NULL, 0 };
        const LogRecord quiet = { LOG_INFO, STR("never kept"), NULL, 0 };

        (void) state;
        for (int i = 0; i < 10; i++) {
                notes_sink(&notes, STR(""), &full);
                notes_sink(&notes, STR(""), &plain);
                notes_sink(&notes, STR(""), &quiet);
        }
        CHECK_INT(notes.errors.len, NOTES_MAX);
        CHECK_INT(notes.warnings.len, NOTES_MAX);
        CHECK(str_equal(notes.errors.items[0], STR("shop/db-0: hook failed: exit code 3")));
        CHECK(str_equal(notes.warnings.items[0], STR("odd \\x1b[2J")));
}

static void the_summary_says_what_happened_and_where_to_look(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str errors[] = { { "shop/db-0: hook failed", 22 } };
        const Notes notes = { .errors = { errors, 1, 1 } };
        SummaryInput input = {
                .name = STR("b1"), .folder = STR("./st"), .notes = &notes, .elapsed_ms = 12345
        };
        BackupOutcome outcome = { .status = { .phase = "PartiallyFailed",
                                              .items_backed_up = 12345,
                                              .total_items = 12345,
                                              .errors = 3,
                                              .hooks_attempted = 4,
                                              .hooks_failed = 1,
                                              .failure_reason = STR("") },
                                  .bytes = 3 * 1024 * 1024,
                                  .freeze_p50_ms = 210,
                                  .freeze_max_ms = 400 };

        (void) state;
        CHECK_STR(summary_backup(&input, &outcome, &arena).ptr,
                  "backup \"b1\": PartiallyFailed, 12,345 items, 3.0 MiB in 12.3s\n"
                  "  hooks:    4 attempted, 1 failed; frozen for 210ms (p50), 400ms at most\n"
                  "  errors:   3\n"
                  "    shop/db-0: hook failed\n"
                  "    … and 2 more\n"
                  "  details:  grapnel backup describe b1 --from ./st\n");
        CHECK_INT(summary_exit("Completed"), EXIT_OK);
        CHECK_INT(summary_exit("PartiallyFailed"), EXIT_PARTIAL);
        CHECK_INT(summary_exit("Failed"), EXIT_FAILED);
        CHECK_INT(summary_exit("FailedValidation"), EXIT_FAILED);
}

static void a_failure_says_its_reason(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str errors[] = { { "both selectors", 14 } };
        const Notes notes = { 0 };
        const SummaryInput input = {
                .name = STR("r1"), .folder = STR("st"), .notes = &notes, .colour = true
        };
        const RestoreOutcome outcome = { .status = { .phase = "FailedValidation",
                                                     .failure_reason = STR("bad"),
                                                     .validation_errors = { errors, 1, 1 } } };

        (void) state;
        CHECK_STR(summary_restore(&input, &outcome, &arena).ptr,
                  "restore \"r1\": \033[31mFailedValidation\033[0m, 0 items in 0ms\n"
                  "  reason:   bad\n"
                  "  invalid:  both selectors\n"
                  "  details:  grapnel restore describe r1 --from st\n");
}

static void a_dry_run_is_a_table_and_says_that_it_was_one(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const Notes notes = { 0 };
        const SummaryInput input = { .name = STR("b1"), .notes = &notes, .dry_run = true };
        ResourceCount counts[] = { { STR("pods"), 1200 } };
        RestoreCount restored[] = { { STR("pods"), 1, 2, 3, 4 } };
        const BackupOutcome backup = { .status = { .phase = "Completed", .items_backed_up = 1200 },
                                       .counts = counts,
                                       .counts_len = 1,
                                       .freeze_max_ms = -1 };
        const RestoreOutcome restore = { .status = { .phase = "Completed" },
                                         .counts = restored,
                                         .counts_len = 1 };

        (void) state;
        CHECK_STR(summary_backup(&input, &backup, &arena).ptr,
                  "RESOURCE   ITEMS\n"
                  "pods       1,200\n\n"
                  "backup \"b1\": Completed, 1,200 items in 0ms\n"
                  "  dry run: nothing was run or stored\n");
        CHECK_STR(summary_restore(&input, &restore, &arena).ptr,
                  "RESOURCE   TO CREATE   TO UPDATE   TO SKIP   REFUSED\n"
                  "pods       1           2           3         4\n\n"
                  "restore \"b1\": Completed, 0 items in 0ms\n"
                  "  dry run: nothing was run or created\n");
}

static void the_summary_has_a_form_for_programs(void **state) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        const Notes notes = { 0 };
        const SummaryInput input = { .name = STR("b1"), .notes = &notes, .elapsed_ms = 5 };
        ResourceCount counts[] = { { STR("pods"), 12 } };
        RestoreCount restored[] = { { STR("pods"), 1, 2, 3, 4 } };
        const BackupOutcome backup = { .status = { .phase = "Failed", .failure_reason = STR("why") },
                                       .counts = counts,
                                       .counts_len = 1,
                                       .bytes = 7,
                                       .freeze_p50_ms = 1,
                                       .freeze_max_ms = 2 };
        const RestoreOutcome restore = { .status = { .phase = "Completed" },
                                         .counts = restored,
                                         .counts_len = 1 };
        AUTO(buf_clear) Buf text = { 0 };
        JsonMutVal *object = summary_backup_json(&input, &backup, doc);

        (void) state;
        CHECK_INT(yyjson_mut_get_uint(json_mut_at(object, "resources", "pods")), 12);
        CHECK_INT(yyjson_mut_get_sint(json_mut_at(object, "freeze", "maxMs")), 2);
        CHECK(str_equal(json_mut_str(json_mut_at(object, "failureReason")), STR("why")));
        json_write_mut(summary_restore_json(&input, &restore, doc), &text);
        CHECK(memmem(text.ptr, text.len, "\"skipped\":3", 11) != NULL);
}

static void wait_for(const Stop *stop, bool wanted) {
        for (int i = 0; i < 500 && stop_is_set(stop) != wanted; i++)
                (void) stop_sleep_ms(NULL, 10);
        CHECK(stop_is_set(stop) == wanted);
}

static void interrupt(unsigned pods_frozen, const char *expected) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        HookGauges gauges = { .pods_frozen = pods_frozen };
        AUTO(stop_freep) Stop *stop = stop_new();
        Progress *progress = progress_new(&(ProgressOptions) { .out = out });
        Signals *signals = signals_start(stop, progress, &gauges);

        CHECK(!stop_is_set(stop));
        kill(getpid(), SIGINT);
        wait_for(stop, true);
        signals_stop(signals);
        progress_free(progress);
        fclose(out);
        CHECK_STR(text, expected);
        free(text);
}

static void an_interrupt_stops_and_says_what_is_thawed(void **state) {
        (void) state;
        interrupt(0, "interrupted: ending\n");
        interrupt(2, "interrupted: thawing 2 pods, then ending (a second Ctrl-C does not hurry it; it takes "
                     "as long "
                     "as their post hooks take)\n");
}

static void without_a_cluster_nothing_begins(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const char *folder = new_folder(&arena);
        const char *store = "/tmp/grapnel-cli-never-made";
        AUTO(cli_run_clear) CliRun backup, undo, version, plan, restore;

        (void) state;
        setenv("KUBECONFIG", "/nonexistent", 1);
        setenv("XDG_STATE_HOME", folder, 1);
        RUN(&backup, "backup", "run", "b1", "--to", store);
        CHECK_INT(backup.exit, EXIT_FAILED);
        CHECK(strstr(backup.err,
                     "hint: --kubeconfig FILE or $KUBECONFIG names the file that says where the cluster "
                     "is and who you are\n") != NULL);
        CHECK_INT(access(store, F_OK), -1);
        RUN(&undo, "hooks", "undo");
        CHECK_INT(undo.exit, EXIT_FAILED);
        RUN(&version, "version");
        CHECK_INT(version.exit, EXIT_OK);
        CHECK(strstr(version.err, "warning: the server's version is not known: ") == version.err);
        RUN(&plan, "hooks", "plan", "-f", GOLDEN_DIR "/velero-1.18.0/nothing.yaml");
        CHECK_INT(plan.exit, EXIT_USAGE);
        RUN(&restore, "restore", "run", "--from", BUCKET, "--backup", "plain");
        CHECK_INT(restore.exit, EXIT_FAILED);
        remove_folder(folder);
}

static void a_restore_needs_a_backup_or_a_schedule(void **state) {
        AUTO(cli_run_clear) CliRun none, schedule, wrong;

        (void) state;
        RUN(&none, "restore", "run", "--from", BUCKET);
        CHECK_INT(none.exit, EXIT_USAGE);
        CHECK_STR(none.err,
                  "error: --backup is missing\n"
                  "hint: --backup NAME says what to restore; \"grapnel backup get\" lists the names\n");
        RUN(&schedule, "restore", "run", "--from", BUCKET, "--schedule", "nightly",
            "--allow-partially-failed");
        CHECK_STR(schedule.err, "error: no completed or partially failed backup of schedule \"nightly\"\n");
        RUN(&wrong, "restore", "run", "--from", BUCKET, "--backup", "plain", "--existing-resource-policy",
            "maybe");
        CHECK_INT(wrong.exit, EXIT_USAGE);
        CHECK(strncmp(wrong.err, "error: --existing-resource-policy: ", 35) == 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_state_folder_is_where_xdg_says_and_private),
                cmocka_unit_test(a_state_folder_that_cannot_be_is_named),
                cmocka_unit_test(notes_keep_the_first_of_each_kind),
                cmocka_unit_test(the_summary_says_what_happened_and_where_to_look),
                cmocka_unit_test(a_failure_says_its_reason),
                cmocka_unit_test(a_dry_run_is_a_table_and_says_that_it_was_one),
                cmocka_unit_test(the_summary_has_a_form_for_programs),
                cmocka_unit_test(without_a_cluster_nothing_begins),
                cmocka_unit_test(a_restore_needs_a_backup_or_a_schedule),
                cmocka_unit_test(an_interrupt_stops_and_says_what_is_thawed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
