#include "hooks/run.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"
#include "fake_pods.h"

typedef struct Case {
        Arena arena;
        char state[64];
        FakePods fake;
        HookResults *results;
        Journal *journal;
        Log *log;
        Buf lines, captures, text;
        HookGauges gauges;
        HookRun run;
        bool capture_fails;
        PodPlan plans[FAKE_PODS_MAX];
        size_t plans_len;
} Case;

static void keep_line(void *user, Str line, const LogRecord *record) {
        Case *c = user;

        (void) line;
        for (size_t i = 0; i < record->field_count; i++)
                if (strcmp(record->fields[i].key, "pod") == 0 || strcmp(record->fields[i].key, "name") == 0)
                        buf_printf(&c->lines, STR_FMT ": ", STR_ARG(record->fields[i].value));
        buf_add(&c->lines, record->message);
        for (size_t i = 0; i < record->field_count; i++)
                if (strcmp(record->fields[i].key, "error") == 0 ||
                    strcmp(record->fields[i].key, "reason") == 0)
                        buf_printf(&c->lines, " (" STR_FMT ")", STR_ARG(record->fields[i].value));
        buf_add_char(&c->lines, '\n');
}

static void case_begin(Case *c) {
        AUTO(error_clear) Error err = { 0 };

        snprintf(c->state, sizeof c->state, "/tmp/grapnel-hooks-XXXXXX");
        CHECK(mkdtemp(c->state));
        mutex_init(&c->fake.lock);
        c->fake.stop = stop_new();
        c->log = log_new(LOG_TEXT, LOG_DEBUG);
        log_add_sink(c->log, keep_line, c);
        CHECK(hook_results_new(&c->results, &err));
        JournalRun who = { STR("b1"), STR("https://here"), STR("cluster-1") };
        CHECK(journal_open(str_of(c->state), &who, &c->journal, &err));
        c->run = (HookRun) {
                .port = fake_port(&c->fake),
                .journal = c->journal,
                .results = c->results,
                .gauges = &c->gauges,
                .log = c->log,
                .workers = 16,
                .post_retry_ms = 600,
                .stop = c->fake.stop,
        };
}

static void remove_state(const char *state) {
        AUTO_FREE char *folder = xasprintf("%s/journal", state);
        DIR *listing = opendir(folder);
        const struct dirent *entry;

        while (listing && (entry = readdir(listing))) {
                AUTO_FREE char *path = xasprintf("%s/%s", folder, entry->d_name);
                unlink(path);
        }
        if (listing)
                closedir(listing);
        rmdir(folder);
        rmdir(state);
}

static void case_end(Case *c) {
        journal_close(c->journal);
        hook_results_free(c->results);
        log_free(c->log);
        stop_free(c->fake.stop);
        buf_clear(&c->fake.events);
        buf_clear(&c->lines);
        buf_clear(&c->captures);
        buf_clear(&c->text);
        mutex_destroy(&c->fake.lock);
        arena_clear(&c->arena);
        remove_state(c->state);
}

/* "freeze; fail 3? ; ok" - commands by semicolon; ? is onError Continue */
static HookCall *calls_of(Case *c, const char *text, HookPhase phase, size_t *ret_len) {
        HookCall *calls = arena_alloc(&c->arena, 8 * sizeof *calls);
        Str rest = str_of(text), field;

        *ret_len = 0;
        while (*text && str_cut(&rest, ';', &field)) {
                bool is_soft = str_ends_with(field, STR("?"));
                HookCall *call = &calls[*ret_len];

                if (is_soft)
                        field.len--;
                *call = (HookCall) {
                        .name = str_trim(field),
                        .phase = phase,
                        .index = (*ret_len)++,
                        .container = STR("main"),
                        .on_error = is_soft ? ON_ERROR_CONTINUE : ON_ERROR_FAIL,
                        .timeout_ms = 300,
                        .restarts = -1,
                };
                strs_split(field, ' ', &c->arena, &call->command);
                for (size_t i = 0; i < call->command.len; i++)
                        call->command.items[i] = arena_copy(&c->arena, call->command.items[i]);
        }
        return calls;
}

static PodPlan *add_pod(Case *c, const char *name, const char *pre, const char *post, const char *claim) {
        PodPlan *plan = &c->plans[c->plans_len++];

        fake_add(&c->fake, name);
        *plan = (PodPlan) {
                .namespace = STR("shop"),
                .name = str_of(c->fake.pods[c->fake.len - 1].name),
                .uid = str_of(c->fake.pods[c->fake.len - 1].uid),
                .node = STR("n1"),
        };
        plan->pre = calls_of(c, pre, HOOK_PRE, &plan->pre_len);
        plan->post = calls_of(c, post, HOOK_POST, &plan->post_len);
        if (claim)
                strs_add(&plan->volume_claims, &c->arena, str_of(claim));
        return plan;
}

static bool capture(void *user, const PodPlan *plan, JsonVal *pod, Error *err) {
        Case *c = user;
        const FakePod *fake = fake_find(&c->fake, plan->name);

        mutex_lock(&c->fake.lock);
        buf_printf(&c->captures, STR_FMT ":%s ", STR_ARG(plan->name),
                   !pod              ? "gone"
                   : fake->is_frozen ? "frozen"
                                     : "running");
        buf_printf(&c->fake.events, STR_FMT ":capture ", STR_ARG(plan->name));
        mutex_unlock(&c->fake.lock);
        return !c->capture_fails || error_set(err, ERROR_UNAVAILABLE, "disk full");
}

static bool run(Case *c, Error *err) {
        PodGroups groups = hook_groups(c->plans, c->plans_len, &c->arena);

        return hook_run_groups(&c->run, &groups, capture, c, err);
}

static bool keep_bytes(void *user, Str bytes, Error *err) {
        (void) err;
        buf_add(user, bytes);
        return true;
}

/* "pre freeze Succeeded; post thaw Failed x3 undo (message)" in the order of the file */
static const char *results_text(Case *c) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf json = { 0 };
        AUTO_JSON *doc = NULL;
        JsonVal *result;
        size_t i, max;

        buf_reset(&c->text);
        CHECK(hook_results_write(c->results, keep_bytes, &json, &err));
        CHECK(json_parse(buf_str(&json), "results", &doc, &err));
        yyjson_arr_foreach(json_get(yyjson_doc_get_root(doc), "hooks"), i, max, result) {
                Str message = json_get_str(result, "message");
                int64_t attempts = json_get_int(result, "attempts", 0);

                buf_printf(&c->text, "%s %s %s", json_get_str(result, "phase").ptr,
                           json_get_str(result, "name").ptr, json_get_str(result, "outcome").ptr);
                if (attempts > 1)
                        buf_printf(&c->text, " x%lld", (long long) attempts);
                if (json_get_bool(result, "undo", false))
                        buf_add(&c->text, STR(" undo"));
                if (message.len)
                        buf_printf(&c->text, " (" STR_FMT ")", STR_ARG(message));
                if (json_get(result, "process"))
                        buf_printf(&c->text, " [%s]", json_get_str(result, "process").ptr);
                buf_add_char(&c->text, '\n');
        }
        return c->text.ptr ? arena_copy(&c->arena, buf_str(&c->text)).ptr : "";
}

static const char *text_of(Case *c, const Buf *buf) {
        return arena_copy(&c->arena, buf_str(buf)).ptr;
}

#define GONE "the pod is gone, or was replaced by another of the same name"

static void a_pod_is_frozen_captured_and_thawed_whatever_its_hooks_do(void **state) {
        static const struct {
                const char *pre, *post, *events, *captures, *results;
                unsigned attempted, failed;
        } cases[] = {
                { "freeze", "thaw", "p:freeze p:capture p:thaw ", "p:frozen ",
                  "pre freeze Succeeded\npost thaw Succeeded\n", 2, 0 },
                { "freeze; ok", "thaw; ok", "p:freeze p:ok p:capture p:thaw p:ok ", "p:frozen ",
                  "pre freeze Succeeded\npre ok Succeeded\npost thaw Succeeded\npost ok Succeeded\n", 4, 0 },
                { "", "ok", "p:capture p:ok ", "p:running ", "post ok Succeeded\n", 1, 0 },
                { "freeze", "", "p:freeze p:capture ", "p:frozen ", "pre freeze Succeeded\n", 1, 0 },
                { "", "", "p:capture ", "p:running ", "", 0, 0 },
                /* its own second pre hook fails: not captured, thawed all the same */
                { "freeze; fail 3; ok", "thaw", "p:freeze p:fail p:thaw ", "",
                  "pre freeze Succeeded\npre fail 3 Failed (command terminated with exit code 3)\n"
                  "pre ok NotRun (hook \"fail 3\" failed before it)\npost thaw Succeeded undo\n",
                  4, 1 },
                { "freeze; fail 3?; ok", "thaw", "p:freeze p:fail p:ok p:capture p:thaw ", "p:frozen ",
                  "pre freeze Succeeded\npre fail 3 Failed (command terminated with exit code 3)\npre ok "
                  "Succeeded\n"
                  "post thaw Succeeded\n",
                  4, 1 },
                /* the first one may have frozen it before it failed */
                { "fail 1", "thaw", "p:fail p:thaw ", "",
                  "pre fail 1 Failed (command terminated with exit code 1)\npost thaw Succeeded undo\n", 2,
                  1 },
                { "freeze; hang", "thaw", "p:freeze p:hang p:thaw ", "",
                  "pre freeze Succeeded\npre hang TimedOut (timed out after 300ms) [was gone already]\n"
                  "post thaw Succeeded undo\n",
                  3, 1 },
                { "freeze; break", "thaw", "p:freeze p:break p:thaw ", "",
                  "pre freeze Succeeded\npre break Failed (the stream ended without the command's exit "
                  "status (it may have "
                  "run, wholly or in part)) [was gone already]\npost thaw Succeeded undo\n",
                  3, 1 },
                { "refuse", "thaw", "p:refuse p:thaw ", "",
                  "pre refuse Failed (OCI runtime exec failed: executable file not found)\npost thaw "
                  "Succeeded undo\n",
                  2, 1 },
                /* a post hook that failed in the course of things is not run again; the next one is run */
                { "freeze", "fail 2; thaw", "p:freeze p:capture p:fail p:thaw ", "p:frozen ",
                  "pre freeze Succeeded\npost fail 2 Failed (command terminated with exit code 2)\npost thaw "
                  "Succeeded\n",
                  3, 1 },
                /* as an undo it is tried three times */
                { "fail 1", "fail 2; thaw", "p:fail p:fail p:fail p:fail p:thaw ", "",
                  "pre fail 1 Failed (command terminated with exit code 1)\n"
                  "post fail 2 Failed x3 undo (command terminated with exit code 2)\npost thaw Succeeded "
                  "undo\n",
                  3, 2 },
                { "gone; ok", "thaw", "p:gone ", "",
                  "pre gone Failed (the pod was deleted while the hook ran)\npre ok Skipped (the pod is "
                  "gone)\n"
                  "post thaw Skipped (the pod is gone)\n",
                  3, 1 },
                { "gone?", "thaw", "p:gone p:capture ", "p:gone ",
                  "pre gone Failed (the pod was deleted while the hook ran)\npost thaw Skipped (the pod is "
                  "gone)\n",
                  2, 1 },
                { "freeze", "gone", "p:freeze p:capture p:gone ", "p:frozen ",
                  "pre freeze Succeeded\npost gone Skipped (the pod is gone)\n", 2, 0 },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(case_end) Case k = { 0 };
                AUTO(error_clear) Error err = { 0 };
                uint64_t attempted, failed;

                case_begin(&k);
                add_pod(&k, "p", c->pre, c->post, NULL);
                CHECK(run(&k, &err));
                CHECK_STR(text_of(&k, &k.fake.events), c->events);
                CHECK_STR(text_of(&k, &k.captures), c->captures);
                CHECK_STR(results_text(&k), c->results);
                hook_results_count(k.results, &attempted, &failed);
                CHECK_INT(attempted, c->attempted);
                CHECK_INT(failed, c->failed);
                CHECK_INT(journal_open_pods(k.journal), 0);
                CHECK_INT(k.gauges.pods_frozen, 0);
                CHECK_INT(k.gauges.hooks_running, 0);
                CHECK_INT(k.gauges.pods_done, 1);
        }
}

static void a_pod_that_is_not_what_was_planned_is_left_alone(void **state) {
        static const struct {
                const char *status, *uid;
                bool is_deleted;
                const char *captures, *results;
        } cases[] = {
                { "'phase':'Running'", "uid-p", true, "p:gone ",
                  "pre freeze Skipped (" GONE ")\npost thaw Skipped (the pod is gone)\n" },
                { "'phase':'Running'", "other", false, "p:gone ",
                  "pre freeze Skipped (" GONE ")\npost thaw Skipped (the pod is gone)\n" },
                { "'phase':'Succeeded'", "uid-p", false, "p:running ",
                  "pre freeze Skipped (the pod has ended (Succeeded))\npost thaw Skipped (the pod has "
                  "ended)\n" },
                { "'phase':'Pending','containerStatuses':[{'name':'main','state':{'waiting':{'reason':'"
                  "ImagePullBackOff'}}}]",
                  "uid-p", false, "",
                  "pre freeze Failed (container \"main\" is not running (waiting: ImagePullBackOff))\n"
                  "post thaw NotRun (its pre hooks did not begin)\n" },
                { "'phase':'Running','initContainerStatuses':[{'name':'main','state':{'terminated':{}}}]",
                  "uid-p", false, "",
                  "pre freeze Failed (container \"main\" is not running (terminated))\n"
                  "post thaw NotRun (its pre hooks did not begin)\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(case_end) Case k = { 0 };
                AUTO(error_clear) Error err = { 0 };

                case_begin(&k);
                add_pod(&k, "p", "freeze", "thaw", NULL);
                k.fake.pods[0].status = c->status;
                k.fake.pods[0].is_deleted = c->is_deleted;
                k.plans[0].uid = STR("uid-p");
                snprintf(k.fake.pods[0].uid, sizeof k.fake.pods[0].uid, "%s", c->uid);
                CHECK(run(&k, &err));
                CHECK_INT(k.fake.execs, 0);
                CHECK_STR(text_of(&k, &k.captures), c->captures);
                CHECK_STR(results_text(&k), c->results);
                CHECK_INT(journal_open_pods(k.journal), 0);
        }
}

static void a_mistake_in_the_plan_fails_the_pod_before_it_is_frozen(void **state) {
        AUTO(case_end) Case k = { 0 };
        AUTO(error_clear) Error err = { 0 };
        HookSkip skip = {
                .name = STR("h"),
                .phase = HOOK_PRE,
                .container = STR("nope"),
                .reason = STR("no such container: \"nope\" (the pod has main)"),
                .is_fault = true,
        };
        uint64_t attempted, failed;

        (void) state;
        case_begin(&k);
        PodPlan *plan = add_pod(&k, "p", "freeze", "thaw", NULL);
        plan->skips = &skip;
        plan->skips_len = 1;
        CHECK(run(&k, &err));
        CHECK_INT(k.fake.execs, 0);
        CHECK_STR(text_of(&k, &k.captures), "");
        CHECK_STR(
                results_text(&k),
                "pre h Failed (no such container: \"nope\" (the pod has main))\n"
                "pre freeze NotRun (hook \"h\" cannot run: no such container: \"nope\" (the pod has main))\n"
                "post thaw NotRun (hook \"h\" cannot run: no such container: \"nope\" (the pod has main))\n");
        CHECK_STR(
                text_of(&k, &k.lines),
                "p: Error executing hook (no such container: \"nope\" (the pod has main))\n"
                "p: Error running pre hooks for pod (no such container: \"nope\" (the pod has main))\n"
                "p: hook is not run: hook \"h\" cannot run: no such container: \"nope\" (the pod has main)\n"
                "p: hook is not run: hook \"h\" cannot run: no such container: \"nope\" (the pod has "
                "main)\n");
        hook_results_count(k.results, &attempted, &failed);
        CHECK_INT(attempted, 2);
        CHECK_INT(failed, 1);
}

static void the_log_says_what_velero_says_and_names_the_pod(void **state) {
        AUTO(case_end) Case k = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        case_begin(&k);
        add_pod(&k, "p", "talk 4; fail 3", "thaw", NULL);
        CHECK(run(&k, &err));
        CHECK_STR(text_of(&k, &k.lines),
                  "p: running exec hook\np: stdout: xx\np: stderr: xx\n"
                  "p: running exec hook\np: stdout: \np: stderr: \n"
                  "p: Error executing hook (command terminated with exit code 3)\n"
                  "p: Error running pre hooks for pod (command terminated with exit code 3)\n"
                  "p: running exec hook\np: stdout: \np: stderr: \n");
}

static void a_capture_that_fails_is_thawed_and_said(void **state) {
        AUTO(case_end) Case k = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        case_begin(&k);
        k.capture_fails = true;
        add_pod(&k, "p", "freeze", "thaw", NULL);
        CHECK(run(&k, &err));
        CHECK(!k.fake.pods[0].is_frozen);
        CHECK(strstr(text_of(&k, &k.lines), "p: Error backing up item (disk full)\n"));
        CHECK_STR(results_text(&k), "pre freeze Succeeded\npost thaw Succeeded undo\n");
}

static void pods_that_share_a_volume_are_all_frozen_before_any_is_captured(void **state) {
        AUTO(case_end) Case k = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        case_begin(&k);
        add_pod(&k, "a", "freeze; sleep 50", "thaw", "data");
        add_pod(&k, "b", "freeze", "thaw", "data");
        add_pod(&k, "c", "", "", "data");
        CHECK(run(&k, &err));
        CHECK_STR(text_of(&k, &k.captures), "a:frozen b:frozen c:running ");
        const char *events = text_of(&k, &k.fake.events);
        CHECK(strstr(events, "a:capture b:capture c:capture "));
        CHECK(strstr(events, "thaw") > strstr(events, "c:capture"));
        CHECK(!k.fake.pods[0].is_frozen && !k.fake.pods[1].is_frozen);
}

static void a_pod_of_a_group_that_fails_does_not_stop_the_others(void **state) {
        AUTO(case_end) Case k = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        case_begin(&k);
        add_pod(&k, "a", "freeze; fail 1", "thaw", "data");
        add_pod(&k, "b", "freeze", "thaw", "data");
        CHECK(run(&k, &err));
        CHECK_STR(text_of(&k, &k.captures), "b:frozen ");
        CHECK(!k.fake.pods[0].is_frozen && !k.fake.pods[1].is_frozen);
}

static void past_the_longest_freeze_a_pod_is_thawed_before_it_is_captured(void **state) {
        static const struct {
                const char *pre, *claim, *captures, *results;
        } cases[] = {
                { "freeze; sleep 250", NULL, "",
                  "pre freeze Succeeded\npre sleep 250 TimedOut (the longest freeze allowed (100ms) is over) "
                  "[ended (TERM)]\n"
                  "post thaw Succeeded undo\n" },
                { "freeze; sleep 250?; ok", NULL, "p:running ",
                  "pre freeze Succeeded\npre sleep 250 TimedOut (the longest freeze allowed (100ms) is over) "
                  "[ended (TERM)]\n"
                  "pre ok NotRun (the longest freeze allowed (100ms) is over)\npost thaw Succeeded undo\n" },
                { "freeze; sleep 250?", "data", "p:running q:running ", NULL },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(case_end) Case k = { 0 };
                AUTO(error_clear) Error err = { 0 };

                case_begin(&k);
                k.run.max_freeze_ms = 100;
                k.fake.is_process_found = true;
                add_pod(&k, "p", c->pre, "thaw", c->claim);
                if (c->claim)
                        add_pod(&k, "q", "freeze", "thaw", c->claim);
                CHECK(run(&k, &err));
                CHECK_STR(text_of(&k, &k.captures), c->captures);
                if (c->results)
                        CHECK_STR(results_text(&k), c->results);
                CHECK(!k.fake.pods[0].is_frozen && !k.fake.pods[1].is_frozen);
                CHECK(strstr(text_of(&k, &k.lines), "p: Pod was thawed before it was backed up"));
        }
}

static void a_stop_thaws_first_and_begins_nothing_more(void **state) {
        AUTO(case_end) Case k = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        case_begin(&k);
        k.run.workers = 1;
        k.fake.stop_at = 2;
        add_pod(&k, "a", "freeze; hang; ok", "thaw", NULL);
        add_pod(&k, "b", "freeze", "thaw", NULL);
        CHECK(!run(&k, &err));
        CHECK_INT(err.code, ERROR_CANCELED);
        CHECK_STR(err.message, "interrupted");
        CHECK_STR(text_of(&k, &k.fake.events), "a:freeze a:hang a:thaw ");
        CHECK_STR(results_text(&k), "pre freeze Succeeded\npre hang Failed (interrupted) [was gone "
                                    "already]\npre ok NotRun (interrupted)\n"
                                    "post thaw Succeeded undo\npre freeze NotRun (interrupted)\npost thaw "
                                    "NotRun (interrupted)\n");
        CHECK_INT(journal_open_pods(k.journal), 0);
}

static void a_post_hook_is_brought_to_its_pod_when_the_way_is_broken_for_a_while(void **state) {
        AUTO(case_end) Case k = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        case_begin(&k);
        k.fake.lose_from = 2;
        k.fake.lose_to = 2;
        add_pod(&k, "p", "freeze", "thaw", NULL);
        CHECK(run(&k, &err));
        CHECK_STR(results_text(&k), "pre freeze Succeeded\npost thaw Succeeded x2\n");
        CHECK(!k.fake.pods[0].is_frozen);
        CHECK_INT(journal_open_pods(k.journal), 0);
}

static void what_cannot_be_thawed_stays_in_the_journal_and_undo_finishes_it(void **state) {
        AUTO(case_end) Case k = { 0 };
        AUTO(error_clear) Error err = { 0 };
        JournalDebts debts;
        HookUndo undone;

        (void) state;
        case_begin(&k);
        k.fake.lose_from = 2;
        k.fake.lose_to = 1000;
        add_pod(&k, "p", "freeze", "thaw", NULL);
        CHECK(run(&k, &err));
        CHECK(k.fake.pods[0].is_frozen);
        CHECK(strstr(results_text(&k), "`grapnel hooks undo` will finish it"));
        CHECK(strstr(text_of(&k, &k.lines), "p: Pod may still be frozen: run `grapnel hooks undo`\n"));
        CHECK_INT(journal_open_pods(k.journal), 1);
        journal_close(TAKE(k.journal));

        CHECK(journal_debts(str_of(k.state), &k.arena, &debts, &err));
        CHECK_INT(debts.len, 1);
        k.fake.lose_to = 0;
        CHECK(hook_undo(&k.run, &debts, STR("another cluster"), &undone, &err));
        CHECK_INT(undone.thawed + undone.closed + undone.failed, 0);
        CHECK(k.fake.pods[0].is_frozen);
        CHECK(hook_undo(&k.run, &debts, STR("cluster-1"), &undone, &err));
        CHECK_INT(undone.thawed, 1);
        CHECK(!k.fake.pods[0].is_frozen);
        CHECK(journal_debts(str_of(k.state), &k.arena, &debts, &err));
        CHECK_INT(debts.len, 0);
}

static void undo_closes_what_needs_no_thawing_and_says_why(void **state) {
        static const struct {
                const char *pre, *post, *status;
                bool is_deleted;
                unsigned thawed, closed, failed;
                const char *line;
        } cases[] = {
                { "freeze", "thaw", "", true, 0, 1, 0, "p: Nothing to thaw (the pod is gone)\n" },
                { "freeze", "thaw", "'phase':'Failed'", false, 0, 1, 0,
                  "p: Nothing to thaw (the pod has ended)\n" },
                { "freeze", "thaw", "'containerStatuses':[{'name':'main','restartCount':5}]", false, 0, 1, 0,
                  "p: Nothing to thaw (its containers were started anew since)\n" },
                { "fsfreeze -f", "thaw", "'containerStatuses':[{'name':'main','restartCount':5}]", false, 1,
                  0, 0, "p: Thawed what an earlier run had left frozen (b1)\n" },
                { "freeze", "thaw", "'containerStatuses':[{'name':'main','restartCount':4}]", false, 1, 0, 0,
                  "p: Thawed what an earlier run had left frozen (b1)\n" },
                { "freeze", "fail 1", "", false, 0, 0, 1,
                  "p: Pod may still be frozen (a post hook failed)\n" },
                { "freeze", "gone", "", false, 0, 1, 0, "p: hook is skipped: the pod is gone\n" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(case_end) Case k = { 0 };
                AUTO(error_clear) Error err = { 0 };
                JournalDebts debts, left;
                HookUndo undone;

                case_begin(&k);
                PodPlan *plan = add_pod(&k, "p", c->pre, c->post, NULL);
                plan->pre[0].restarts = 4;
                k.fake.pods[0].status = c->status;
                k.fake.pods[0].is_deleted = c->is_deleted;
                CHECK(journal_begin(k.journal, &(const PodPlan *) { plan }, 1, &err));
                journal_close(TAKE(k.journal));

                CHECK(journal_debts(str_of(k.state), &k.arena, &debts, &err));
                CHECK_INT(debts.len, 1);
                CHECK(hook_undo(&k.run, &debts, STR("cluster-1"), &undone, &err));
                CHECK_INT(undone.thawed, c->thawed);
                CHECK_INT(undone.closed, c->closed);
                CHECK_INT(undone.failed, c->failed);
                CHECK(strstr(text_of(&k, &k.lines), c->line));
                CHECK(journal_debts(str_of(k.state), &k.arena, &left, &err));
                CHECK_INT(left.len, c->failed);
        }
}

static void a_pod_that_cannot_be_read_is_not_touched(void **state) {
        AUTO(case_end) Case k = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        case_begin(&k);
        k.fake.lose_read = 1;
        add_pod(&k, "p", "freeze; ok", "thaw", NULL);
        CHECK(run(&k, &err));
        CHECK_INT(k.fake.execs, 0);
        CHECK_STR(text_of(&k, &k.captures), "");
        CHECK_STR(results_text(&k),
                  "pre freeze Failed (the pod cannot be read before its hooks: connection refused)\n"
                  "pre ok NotRun (the pod cannot be read before its hooks: connection refused)\n"
                  "post thaw NotRun (the pod cannot be read before its hooks: connection refused)\n");
}

static void a_pod_that_cannot_be_read_in_its_window_is_thawed(void **state) {
        AUTO(case_end) Case k = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        case_begin(&k);
        k.fake.lose_read = 2;
        add_pod(&k, "p", "freeze", "thaw", NULL);
        CHECK(run(&k, &err));
        CHECK_STR(results_text(&k), "pre freeze Succeeded\npost thaw Succeeded undo\n");
        CHECK(strstr(text_of(&k, &k.lines), "p: Error backing up item (connection refused)\n"));
}

static void a_journal_that_cannot_be_written_ends_the_run_before_anything_is_frozen(void **state) {
        AUTO(case_end) Case k = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        case_begin(&k);
        k.run.workers = 1;
        add_pod(&k, "a", "freeze", "thaw", NULL);
        add_pod(&k, "b", "freeze", "thaw", NULL);
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit before, small;
        getrlimit(RLIMIT_FSIZE, &before);
        small = (struct rlimit) { 64, before.rlim_max };
        setrlimit(RLIMIT_FSIZE, &small); /* a full disk */
        PodGroups groups = hook_groups(k.plans, k.plans_len, &k.arena);
        k.run.results = NULL; /* its spool is a file as well */
        bool ok = hook_run_groups(&k.run, &groups, capture, &k, &err);
        setrlimit(RLIMIT_FSIZE, &before);
        CHECK(!ok);
        CHECK_INT(err.code, ERROR_UNAVAILABLE);
        CHECK(strstr(err.message, "write journal \""));
        CHECK_INT(k.fake.execs, 0);
}

/* Whatever breaks, at whichever exec: nothing stays frozen, nothing stays in the journal. */
static void nothing_stays_frozen_whichever_exec_breaks(void **state) {
        (void) state;
        for (unsigned n = 1; n <= 8; n++) {
                AUTO(case_end) Case k = { 0 };
                AUTO(error_clear) Error err = { 0 };

                case_begin(&k);
                k.fake.lose_from = k.fake.lose_to = n;
                add_pod(&k, "a", "freeze; ok", "thaw", NULL);
                add_pod(&k, "b", "freeze; ok?", "thaw", "data");
                add_pod(&k, "c", "freeze", "thaw", "data");
                CHECK(run(&k, &err));
                for (size_t i = 0; i < 3; i++)
                        CHECK(!k.fake.pods[i].is_frozen);
                CHECK_INT(journal_open_pods(k.journal), 0);
        }
}

static void nothing_stays_frozen_whenever_it_is_stopped(void **state) {
        (void) state;
        for (unsigned n = 1; n <= 9; n++) {
                AUTO(case_end) Case k = { 0 };
                AUTO(error_clear) Error err = { 0 };

                case_begin(&k);
                k.fake.stop_at = n;
                add_pod(&k, "a", "freeze; ok", "thaw", NULL);
                add_pod(&k, "b", "freeze; ok", "thaw", "data");
                add_pod(&k, "c", "freeze; ok", "thaw", "data");
                CHECK(!run(&k, &err));
                CHECK_INT(err.code, ERROR_CANCELED);
                for (size_t i = 0; i < 3; i++)
                        CHECK(!k.fake.pods[i].is_frozen);
                CHECK_INT(journal_open_pods(k.journal), 0);
        }
}

static void many_pods_run_in_parallel_within_the_ceiling(void **state) {
        AUTO(case_end) Case k = { 0 };
        AUTO(error_clear) Error err = { 0 };
        HookFreeze freeze;

        (void) state;
        case_begin(&k);
        k.run.workers = 3;
        for (int i = 0; i < 12; i++) {
                char name[16];

                snprintf(name, sizeof name, "p%d", i);
                add_pod(&k, name, "freeze; sleep 20", "thaw", NULL);
        }
        CHECK(run(&k, &err));
        CHECK(k.fake.most_in_flight >= 2 && k.fake.most_in_flight <= 3);
        CHECK_INT(k.gauges.pods_done, 12);
        CHECK_INT(k.gauges.pods_total, 12);
        hook_results_freeze(k.results, &freeze);
        CHECK_INT(freeze.pods, 12);
        CHECK(freeze.p50_ms >= 20 && freeze.max_ms >= freeze.p50_ms);
}

static void no_groups_are_no_work(void **state) {
        AUTO(case_end) Case k = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        case_begin(&k);
        CHECK(run(&k, &err));
        CHECK_STR(results_text(&k), "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_pod_is_frozen_captured_and_thawed_whatever_its_hooks_do),
                cmocka_unit_test(a_pod_that_is_not_what_was_planned_is_left_alone),
                cmocka_unit_test(a_mistake_in_the_plan_fails_the_pod_before_it_is_frozen),
                cmocka_unit_test(the_log_says_what_velero_says_and_names_the_pod),
                cmocka_unit_test(a_capture_that_fails_is_thawed_and_said),
                cmocka_unit_test(pods_that_share_a_volume_are_all_frozen_before_any_is_captured),
                cmocka_unit_test(a_pod_of_a_group_that_fails_does_not_stop_the_others),
                cmocka_unit_test(past_the_longest_freeze_a_pod_is_thawed_before_it_is_captured),
                cmocka_unit_test(a_stop_thaws_first_and_begins_nothing_more),
                cmocka_unit_test(a_post_hook_is_brought_to_its_pod_when_the_way_is_broken_for_a_while),
                cmocka_unit_test(what_cannot_be_thawed_stays_in_the_journal_and_undo_finishes_it),
                cmocka_unit_test(undo_closes_what_needs_no_thawing_and_says_why),
                cmocka_unit_test(a_pod_that_cannot_be_read_is_not_touched),
                cmocka_unit_test(a_pod_that_cannot_be_read_in_its_window_is_thawed),
                cmocka_unit_test(a_journal_that_cannot_be_written_ends_the_run_before_anything_is_frozen),
                cmocka_unit_test(nothing_stays_frozen_whichever_exec_breaks),
                cmocka_unit_test(nothing_stays_frozen_whenever_it_is_stopped),
                cmocka_unit_test(many_pods_run_in_parallel_within_the_ceiling),
                cmocka_unit_test(no_groups_are_no_work),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
