#include "check.h"

#include "cli/progress.h"
#include "cli/tabs.h"

static const char *line_of(const ProgressView *view, Arena *arena) {
        return arena_copy(arena, progress_line(view, arena)).ptr;
}

static void a_line_says_items_rate_hooks_and_frozen_pods(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        ProgressView view = { .items_done = 12345,
                              .items_total = 20000,
                              .step = "reading objects",
                              .hooks_running = 4,
                              .pods_frozen = 1,
                              .elapsed_ms = 5000 };

        (void) state;
        CHECK_STR(line_of(&view, &arena),
                  "reading objects: 12,345 of 20,000 items, 2,469/s, 4 hooks running, 1 pod frozen, 5.0s");
        view.hooks_running = view.pods_frozen = 0;
        CHECK_STR(line_of(&view, &arena), "reading objects: 12,345 of 20,000 items, 2,469/s, 5.0s");
}

static void what_is_not_known_yet_is_left_out(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const ProgressView view = { .elapsed_ms = 20 };

        (void) state;
        CHECK_STR(line_of(&view, &arena), "starting: 0 items, 20ms");
}

static void the_bar_fits_the_terminal(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const ProgressView view = { .items_done = 50, .items_total = 100, .step = "gr\xc3\xbc\xc3\x9f\x65" };

        (void) state;
        CHECK_STR(arena_copy(&arena, progress_bar(&view, 200, false, &arena)).ptr,
                  "[##########..........] gr\xc3\xbc\xc3\x9f\x65: 50 of 100 items, 0ms");
        for (unsigned columns = 1; columns < 100; columns++)
                CHECK(text_columns(progress_bar(&view, columns, false, &arena)) <= columns);
}

static void more_done_than_announced_is_a_full_bar(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const ProgressView view = { .items_done = 150, .items_total = 100, .step = "x" };

        (void) state;
        CHECK(strncmp(progress_bar(&view, 80, false, &arena).ptr, "[####################]", 22) == 0);
}

static void frozen_pods_are_coloured(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        const ProgressView view = { .pods_frozen = 2, .step = "x" };

        (void) state;
        CHECK(strstr(progress_bar(&view, 80, true, &arena).ptr, "\033[33m") != NULL);
        CHECK(strstr(arena_copy(&arena, progress_bar(&view, 80, false, &arena)).ptr, "\033") == NULL);
}

typedef struct Counters {
        _Atomic uint64_t total, done;
        _Atomic(const char *) step;
        HookGauges hooks;
} Counters;

static void messages_and_lines_do_not_mix(void **state) {
        Counters counters = { .total = 3, .done = 1 };
        const ProgressSource source = { &counters.total, &counters.done, &counters.step, &counters.hooks };
        const ProgressStyle styles[] = { PROGRESS_NONE, PROGRESS_LINES, PROGRESS_BAR };

        (void) state;
        FOR_EACH_CASE(styles, style) {
                char *text = NULL;
                size_t len = 0;
                FILE *out = open_memstream(&text, &len);
                Progress *progress = progress_new(&(ProgressOptions) { .out = out, .style = *style });

                progress_say(progress, STR("before\n"));
                progress_start(progress, &source);
                progress_say(progress, STR("during\n"));
                progress_free(progress);
                fclose(out);
                CHECK(strncmp(text, "before\n", 7) == 0);
                CHECK(strstr(text, "during\n") != NULL);
                if (*style == PROGRESS_NONE)
                        CHECK_STR(text, "before\nduring\n");
                if (*style != PROGRESS_BAR)
                        CHECK(strchr(text, '\r') == NULL);
                free(text);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_line_says_items_rate_hooks_and_frozen_pods),
                cmocka_unit_test(what_is_not_known_yet_is_left_out),
                cmocka_unit_test(the_bar_fits_the_terminal),
                cmocka_unit_test(more_done_than_announced_is_a_full_bar),
                cmocka_unit_test(frozen_pods_are_coloured),
                cmocka_unit_test(messages_and_lines_do_not_mix),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
