#include <signal.h>
#include <sys/wait.h>

#include "../hooks/fake_pods.h"
#include "hooks/run.h"
#include "server_fixture.h"

#define MAPS "/api/v1/namespaces/velero/configmaps"

typedef struct Journals { /* two leaders, one after the other, and pods that can freeze */
        ObjectCluster cluster;
        Stop *lost_first, *lost_second;
        JournalCluster *first, *second;
        FakePods fake;
        Arena arena;
        Log *log;
        PodPlan plans[3];
} Journals;

static const JournalRun who = { { "b1", 2 }, { "server", 6 }, { "cluster-uid", 11 } };

static JournalCluster *leader(Journals *j, int64_t fence, Stop **ret_lost) {
        *ret_lost = stop_new();
        return journal_cluster_new(&(JournalClusterOptions) {
                .client = j->cluster.client, .namespace = STR("velero"), .fence = fence, .lost = *ret_lost });
}

static HookCall call_of(Journals *j, const char *name, HookPhase phase, const char *command) {
        HookCall call = {
                .name = str_of(name), .phase = phase, .container = STR("c"), .timeout_ms = 1000, .restarts = 0
        };

        strs_split(str_of(command), ' ', &j->arena, &call.command);
        return call;
}

static void add_plan(Journals *j, size_t i, const char *name) {
        HookCall *calls = arena_alloc(&j->arena, 2 * sizeof *calls);

        fake_add(&j->fake, name);
        calls[0] = call_of(j, "pre", HOOK_PRE, "freeze --password=open-sesame");
        calls[1] = call_of(j, "post", HOOK_POST, "thaw");
        j->plans[i] = (PodPlan) { .namespace = STR("shop"),
                                  .name = str_of(name),
                                  .node = STR("n"),
                                  .uid = str_of(j->fake.pods[i].uid),
                                  .pre = &calls[0],
                                  .pre_len = 1,
                                  .post = &calls[1],
                                  .post_len = 1 };
}

static void journals_open(Journals *j) {
        cluster_open(&j->cluster);
        mutex_init(&j->fake.lock);
        j->fake.stop = stop_new();
        j->log = log_new(LOG_TEXT, LOG_INFO);
        j->first = leader(j, 1, &j->lost_first);
        j->second = leader(j, 2, &j->lost_second);
        add_plan(j, 0, "db-0");
        add_plan(j, 1, "db-1");
        add_plan(j, 2, "db-2");
}

static void journals_clear(Journals *j) {
        journal_cluster_free(j->first);
        journal_cluster_free(j->second);
        stop_free(j->lost_first);
        stop_free(j->lost_second);
        cluster_clear(&j->cluster);
        log_free(j->log);
        stop_free(j->fake.stop);
        buf_clear(&j->fake.events);
        mutex_destroy(&j->fake.lock);
        arena_clear(&j->arena);
}

static void begin(Journal *journal, const Journals *j, size_t from, size_t count) {
        AUTO(error_clear) Error err = { 0 };
        const PodPlan *plans[] = { &j->plans[0], &j->plans[1], &j->plans[2] };

        if (!journal_begin(journal, plans + from, count, &err))
                fail_msg("%s", err.message);
}

static void end(Journal *journal, const Journals *j, size_t i) {
        AUTO(error_clear) Error err = { 0 };

        CHECK(journal_end(journal, &j->plans[i], &err));
}

static size_t count_writes(Journals *j) {
        size_t lines = 0;

        mutex_lock(&j->cluster.lock);
        for (size_t i = 0; i < j->cluster.writes.len; i++)
                lines += j->cluster.writes.ptr[i] == '\n';
        mutex_unlock(&j->cluster.lock);
        return lines;
}

/* The only map, as text. */
static Str map_text(Journals *j) {
        AUTO(buf_clear) Buf text = { 0 };
        Str name = cluster_names(&j->cluster, MAPS, &j->arena);
        AUTO_JSON *doc = cluster_get(&j->cluster, arena_printf(&j->arena, MAPS "/" STR_FMT, STR_ARG(name)));

        CHECK(doc != NULL);
        json_write(yyjson_doc_get_root(doc), &text);
        buf_add_char(&text, '\0');
        return arena_copy(&j->arena, buf_str(&text));
}

static JournalDebts debts_of(Journals *j, JournalCluster *cluster) {
        AUTO(error_clear) Error err = { 0 };
        JournalDebts debts;

        if (!journal_debts_in_cluster(cluster, NULL, &j->arena, &debts, &err))
                fail_msg("%s", err.message);
        return debts;
}

static HookUndo undo(Journals *j, const JournalDebts *debts) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(hook_results_freep) HookResults *results = NULL;
        HookGauges gauges = { 0 };
        HookUndo undone = { 0 };

        CHECK(hook_results_new(&results, &err));
        HookRun run = { .port = fake_port(&j->fake),
                        .results = results,
                        .gauges = &gauges,
                        .log = j->log,
                        .workers = 4,
                        .post_retry_ms = 100,
                        .stop = j->fake.stop };
        if (!hook_undo(&run, debts, STR("cluster-uid"), &undone, &err))
                fail_msg("%s", err.message);
        return undone;
}

static void a_group_is_written_in_one_write_and_the_object_goes_with_the_last_end(void **state) {
        AUTO(journals_clear) Journals j = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        journals_open(&j);
        AUTO(journal_closep) Journal *journal = journal_open_in_cluster(j.first, &who, NULL);
        CHECK_INT(count_writes(&j), 0); /* a backup without hooks writes nothing */
        begin(journal, &j, 0, 2);
        CHECK_INT(count_writes(&j), 1);
        Str text = map_text(&j);
        CHECK(strstr(text.ptr, "\"hooks.grapnel.dev/journal\":\"true\""));
        CHECK(strstr(text.ptr, "\"velero.io/exclude-from-backup\":\"true\""));
        CHECK(strstr(text.ptr, "\"fence\":\"1\""));
        CHECK(strstr(text.ptr, "\"pod.uid-db-0\":") && strstr(text.ptr, "\"pod.uid-db-1\":"));
        CHECK(strstr(text.ptr, "thaw") && !strstr(text.ptr, "open-sesame"));

        end(journal, &j, 0);
        CHECK_INT(count_writes(&j), 1); /* goes with the next begin */
        begin(journal, &j, 2, 1);
        CHECK_INT(count_writes(&j), 2);
        text = map_text(&j);
        CHECK(!strstr(text.ptr, "pod.uid-db-0") && strstr(text.ptr, "pod.uid-db-2"));
        end(journal, &j, 1);
        end(journal, &j, 2);
        CHECK(journal_settle(journal, &err));
        CHECK_TEXT(cluster_names(&j.cluster, MAPS, &j.arena), "");
        CHECK_INT(count_writes(&j), 3);

        begin(journal, &j, 0, 1); /* a second part of the same run */
        CHECK_INT(journal_open_pods(journal), 1);
        end(journal, &j, 0);
        journal_close(TAKE(journal));
        CHECK_TEXT(cluster_names(&j.cluster, MAPS, &j.arena), "");
}

static void a_leader_that_was_deposed_without_knowing_it_freezes_nothing_more(void **state) {
        AUTO(journals_clear) Journals j = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        journals_open(&j);
        AUTO(journal_closep) Journal *journal = journal_open_in_cluster(j.first, &who, NULL);
        begin(journal, &j, 0, 1);
        CHECK_INT(debts_of(&j, j.first).len, 0); /* its own, and alive */
        JournalDebts debts = debts_of(&j, j.second);
        CHECK_INT(debts.len, 1);
        AUTO(journal_closep) Journal *taken = NULL;
        CHECK(journal_adopt(&debts.items[0], &taken, &err));

        const PodPlan *more = &j.plans[1];
        CHECK(!journal_begin(journal, &more, 1, &err));
        CHECK_INT(err.code, ERROR_CONFLICT);
        CHECK(strstr(err.message, "another server leads by now, and has taken over"));
        error_clear(&err);
        CHECK(!strstr(map_text(&j).ptr, "uid-db-1"));
        CHECK(!journal_begin(journal, &more, 1, &err)); /* nor ever again */
        error_clear(&err);
        CHECK_INT(debts_of(&j, j.first).len, 0); /* and it undoes nothing of its successor */
        stop_set(j.lost_first);
        journal_close(TAKE(journal));
        CHECK(strstr(map_text(&j).ptr, "uid-db-0"));
        end(taken, &j, 0);
        journal_close(TAKE(taken));
        CHECK_TEXT(cluster_names(&j.cluster, MAPS, &j.arena), "");
}

static void what_was_read_before_somebody_wrote_is_not_taken_over(void **state) {
        AUTO(journals_clear) Journals j = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(journal_closep) Journal *taken = NULL;

        (void) state;
        journals_open(&j);
        AUTO(journal_closep) Journal *journal = journal_open_in_cluster(j.first, &who, NULL);
        begin(journal, &j, 0, 1);
        JournalDebts debts = debts_of(&j, j.second);
        begin(journal, &j, 1, 1);
        CHECK(!journal_adopt(&debts.items[0], &taken, &err));
        CHECK_INT(err.code, ERROR_EXISTS);
        CHECK(strstr(err.message, ": another server undoes it"));
        error_clear(&err);
        end(journal, &j, 0);
        end(journal, &j, 1);
}

/* Somebody edits the object by hand, or the reply to a write is lost. */
static void a_write_that_meets_another_version_of_its_own_object_is_written_again(void **state) {
        AUTO(journals_clear) Journals j = { 0 };

        (void) state;
        journals_open(&j);
        AUTO(journal_closep) Journal *journal = journal_open_in_cluster(j.first, &who, NULL);
        begin(journal, &j, 0, 1);
        Str name = cluster_names(&j.cluster, MAPS, &j.arena);
        cluster_change(&j.cluster, arena_printf(&j.arena, MAPS "/" STR_FMT, STR_ARG(name)),
                       "{'metadata':{'annotations':{'seen':'yes'}}}");
        begin(journal, &j, 1, 1);
        CHECK(strstr(map_text(&j).ptr, "uid-db-1"));
        end(journal, &j, 0);
        end(journal, &j, 1);
}

static void what_cannot_be_written_is_not_frozen(void **state) {
        AUTO(journals_clear) Journals j = { 0 };
        AUTO(error_clear) Error err = { 0 };
        const PodPlan *first = &j.plans[0], *second = &j.plans[1];

        (void) state;
        journals_open(&j);
        AUTO(journal_closep) Journal *journal = journal_open_in_cluster(j.first, &who, NULL);
        j.cluster.refused = "POST " MAPS;
        j.cluster.refused_status = 403;
        CHECK(!journal_begin(journal, &first, 1, &err));
        CHECK_INT(err.code, ERROR_FORBIDDEN);
        CHECK(strstr(err.message, "write the journal, ConfigMap \"grapnel-journal-"));
        error_clear(&err);
        j.cluster.refused = NULL;
        CHECK(!journal_begin(journal, &second, 1, &err));
        error_clear(&err);
        journal_close(TAKE(journal));
        CHECK_TEXT(cluster_names(&j.cluster, MAPS, &j.arena), "");

        journal = journal_open_in_cluster(j.first, &who, NULL);
        AUTO_FREE char *large = xmalloc(901 * 1024);
        memset(large, 'x', 901 * 1024 - 1);
        large[901 * 1024 - 1] = '\0';
        j.plans[0].post[0].command.items[0] = str_of(large);
        CHECK(!journal_begin(journal, &first, 1, &err));
        CHECK_TEXT(str_of(err.message),
                   "the journal of what is frozen at one time would be larger than 921600 bytes");
}

static void a_damaged_one_is_told_and_kept(void **state) {
        AUTO(journals_clear) Journals j = { 0 };

        (void) state;
        journals_open(&j);
        cluster_add(
                &j.cluster, MAPS,
                "{'metadata':{'name':'broken','labels':{'hooks.grapnel.dev/journal':'true'}},'data':{'run':"
                "'what','fence':'1'}}");
        cluster_add(&j.cluster, MAPS, "{'metadata':{'name':'foreign'},'data':{'run':'what'}}");
        AUTO(journal_closep) Journal *journal = journal_open_in_cluster(j.first, &who, NULL);
        begin(journal, &j, 0, 2);
        stop_set(j.lost_first);
        journal_close(TAKE(journal));
        Str names = cluster_names(&j.cluster, MAPS, &j.arena);
        const char *own = strstr(arena_printf(&j.arena, STR_FMT, STR_ARG(names)), "grapnel-journal-");
        cluster_change(&j.cluster, arena_printf(&j.arena, MAPS "/%s", own),
                       "{'data':{'pod.uid-db-1':'half'}}");

        JournalDebts debts = debts_of(&j, j.second);
        CHECK_INT(debts.problems.len, 2);
        CHECK_TEXT(
                debts.problems.items[0],
                "journal, ConfigMap \"broken\": the line that says which backup it belongs to is missing or "
                "damaged: pods that it names may still be frozen (remove it once you have looked)");
        CHECK_INT(debts.len, 1);
        j.fake.pods[0].is_frozen = true;
        CHECK_INT(undo(&j, &debts).thawed, 1);
        CHECK(!j.fake.pods[0].is_frozen);
        CHECK(str_equal(cluster_names(&j.cluster, MAPS, &j.arena), names));
        CHECK_INT(debts_of(&j, j.second).len, 0);
}

/* A process that freezes as a run does, and dies at one of the steps. */
static void freeze_and_die(const Journals *j, int step) {
        AUTO(error_clear) Error err = { 0 };
        const KubeOptions options = { .timeout_ms = 10 * 1000, .user_agent = "test" };
        KubeClient *client;
        Stop *stop = stop_new();

        CHECK(kube_client_new(&j->cluster.config, &options, stop, &client, &err));
        Journal *journal = journal_open_in_cluster(
                journal_cluster_new(&(JournalClusterOptions) {
                        .client = client, .namespace = STR("velero"), .fence = 1, .lost = stop }),
                &who, stop);
        for (int done = 0; done < step; done++) {
                if (done == 0)
                        begin(journal, j, 0, 2);
                else if (done == 1)
                        end(journal, j, 0);
                else if (done == 2)
                        begin(journal, j, 2, 1);
                else if (done == 3)
                        end(journal, j, 1);
                else if (done == 4)
                        end(journal, j, 2);
                else
                        CHECK(journal_settle(journal, &err));
        }
        (void) kill(getpid(), SIGKILL);
}

static void whatever_was_frozen_when_the_server_was_killed_is_thawed_by_the_next_one(void **state) {
        static const struct {
                int step;
                const char *frozen; /* the pods that are, in truth */
                unsigned thawed;    /* what had ended since the last write is thawed once more */
        } cases[] = {
                { 0, "", 0 },  { 1, "01", 2 }, { 2, "1", 2 }, { 3, "12", 2 },
                { 4, "2", 2 }, { 5, "", 2 },   { 6, "", 0 },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(journals_clear) Journals j = { 0 };

                journals_open(&j);
                pid_t child = fork();
                CHECK(child >= 0);
                if (child == 0)
                        freeze_and_die(&j, c->step);
                int status;
                CHECK_INT(waitpid(child, &status, 0), child);
                CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
                for (const char *number = c->frozen; *number; number++)
                        j.fake.pods[*number - '0'].is_frozen = true;

                JournalDebts debts = debts_of(&j, j.second);
                CHECK_INT(undo(&j, &debts).thawed, c->thawed);
                for (size_t i = 0; i < 3; i++)
                        CHECK(!j.fake.pods[i].is_frozen);
                CHECK_TEXT(cluster_names(&j.cluster, MAPS, &j.arena), "");
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_group_is_written_in_one_write_and_the_object_goes_with_the_last_end),
                cmocka_unit_test(a_leader_that_was_deposed_without_knowing_it_freezes_nothing_more),
                cmocka_unit_test(what_was_read_before_somebody_wrote_is_not_taken_over),
                cmocka_unit_test(a_write_that_meets_another_version_of_its_own_object_is_written_again),
                cmocka_unit_test(what_cannot_be_written_is_not_frozen),
                cmocka_unit_test(a_damaged_one_is_told_and_kept),
                cmocka_unit_test(whatever_was_frozen_when_the_server_was_killed_is_thawed_by_the_next_one),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
