#include "kube/workqueue.h"

#include "base/clock.h"
#include "base/thread.h"
#include "check.h"

static Str take(WorkQueue *queue, Arena *arena) {
        Str name = STR("(closed)");

        (void) work_queue_take(queue, arena, &name);
        return name;
}

static void names_come_in_the_order_in_which_they_were_added_and_each_once(void **state) {
        AUTO(work_queue_freep) WorkQueue *queue = work_queue_new();
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        work_queue_add(queue, STR("a"));
        (void) stop_sleep_ms(NULL, 2);
        work_queue_add(queue, STR("b"));
        work_queue_add(queue, STR("a"));
        CHECK_INT(work_queue_len(queue), 2);
        CHECK_TEXT(take(queue, &arena), "a");
        CHECK_TEXT(take(queue, &arena), "b");
        CHECK_INT(work_queue_len(queue), 0);
}

static void a_name_that_is_worked_on_comes_again_only_after(void **state) {
        AUTO(work_queue_freep) WorkQueue *queue = work_queue_new();
        AUTO(arena_clear) Arena arena = { 0 };

        (void) state;
        work_queue_add(queue, STR("a"));
        CHECK_TEXT(take(queue, &arena), "a");
        work_queue_add(queue, STR("a"));
        CHECK_INT(work_queue_len(queue), 0);
        (void) stop_sleep_ms(NULL, 2);
        work_queue_add(queue, STR("b"));
        CHECK_TEXT(take(queue, &arena), "b");
        work_queue_done(queue, STR("b"));
        work_queue_done(queue, STR("a"));
        CHECK_TEXT(take(queue, &arena), "a");
}

static void of_several_delays_the_earliest_counts(void **state) {
        AUTO(work_queue_freep) WorkQueue *queue = work_queue_new();
        AUTO(arena_clear) Arena arena = { 0 };
        int64_t start_ms = clock_ms();

        (void) state;
        work_queue_add_after(queue, STR("a"), 60 * 1000);
        work_queue_add_after(queue, STR("a"), 30);
        work_queue_add_after(queue, STR("a"), 60 * 1000);
        CHECK_TEXT(take(queue, &arena), "a");
        CHECK(clock_ms() - start_ms >= 30);
        CHECK(clock_ms() - start_ms < 30 * 1000);
}

static void failures_make_pauses_that_grow_until_it_goes_well(void **state) {
        AUTO(work_queue_freep) WorkQueue *queue = work_queue_new();
        AUTO(arena_clear) Arena arena = { 0 };
        int64_t waited_ms[3];

        (void) state;
        for (size_t i = 0; i < 3; i++) {
                int64_t start_ms = clock_ms();

                if (i == 2)
                        work_queue_forget(queue, STR("a"));
                work_queue_retry(queue, STR("a"));
                CHECK_TEXT(take(queue, &arena), "a");
                work_queue_done(queue, STR("a"));
                waited_ms[i] = clock_ms() - start_ms;
        }
        CHECK(waited_ms[0] >= 150);
        CHECK(waited_ms[1] >= 300);
        CHECK(waited_ms[2] >= 150);
        CHECK(waited_ms[2] < 30 * 1000);
}

static void close_queue(void *user) {
        (void) stop_sleep_ms(NULL, 20);
        work_queue_close(user);
}

static void closing_ends_every_wait_now_and_later(void **state) {
        AUTO(work_queue_freep) WorkQueue *queue = work_queue_new();
        AUTO(arena_clear) Arena arena = { 0 };
        Thread closer = thread_start(close_queue, queue);

        (void) state;
        CHECK_TEXT(take(queue, &arena), "(closed)");
        thread_join(closer);
        work_queue_add(queue, STR("a"));
        CHECK_TEXT(take(queue, &arena), "(closed)");
}

static void what_is_not_known_may_be_done_and_forgotten(void **state) {
        AUTO(work_queue_freep) WorkQueue *queue = work_queue_new();

        (void) state;
        work_queue_done(queue, STR("a"));
        work_queue_forget(queue, STR("a"));
        CHECK_INT(work_queue_len(queue), 0);
        work_queue_free(NULL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_come_in_the_order_in_which_they_were_added_and_each_once),
                cmocka_unit_test(a_name_that_is_worked_on_comes_again_only_after),
                cmocka_unit_test(of_several_delays_the_earliest_counts),
                cmocka_unit_test(failures_make_pauses_that_grow_until_it_goes_well),
                cmocka_unit_test(closing_ends_every_wait_now_and_later),
                cmocka_unit_test(what_is_not_known_may_be_done_and_forgotten),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
