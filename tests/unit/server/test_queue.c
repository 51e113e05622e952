#include "server/backup_queue.h"

#include "base/str.h"
#include "check.h"

typedef struct Case {
        const char *why;
        unsigned concurrent;
        struct {
                const char *name;
                QueueState state;
                int64_t position, created_ms;
                const char *namespaces;
        } entries[4];
        const char *expected; /* in the order of the queue: name! starts, name=N waits at N */
} Case;

static void check_case(const Case *c) {
        AUTO(arena_clear) Arena arena = { 0 };
        QueueEntry entries[4];
        const char *result = "";
        size_t len = 0;

        for (; len < 4 && c->entries[len].name; len++) {
                entries[len] = (QueueEntry) { .name = str_of(c->entries[len].name),
                                              .state = c->entries[len].state,
                                              .position = c->entries[len].position,
                                              .created_ms = c->entries[len].created_ms };
                strs_split(str_of(c->entries[len].namespaces), ',', &arena, &entries[len].namespaces);
        }
        backup_queue_plan(entries, len, c->concurrent);
        for (size_t i = 0; i < len; i++) {
                if (entries[i].starts)
                        result = arena_printf(&arena, "%s" STR_FMT "! ", result, STR_ARG(entries[i].name));
                else if (entries[i].new_position)
                        result = arena_printf(&arena, "%s" STR_FMT "=%d ", result, STR_ARG(entries[i].name),
                                              (int) entries[i].new_position);
        }
        if (strcmp(result, c->expected) != 0)
                fail_msg("%s: \"%s\" and not \"%s\"", c->why, result, c->expected);
}

static void backups_start_in_their_order_as_far_as_there_is_room_and_nothing_overlaps(void **state) {
        static const Case cases[] = {
                { "the only one starts at once", 1, { { "a", QUEUE_NEW, 0, 1, "shop" } }, "a! " },
                { "the older one comes first",
                  1,
                  { { "b", QUEUE_NEW, 0, 2, "shop" }, { "a", QUEUE_NEW, 0, 1, "shop" } },
                  "a! b=1 " },
                { "of the same age by name",
                  1,
                  { { "b", QUEUE_NEW, 0, 1, "x" }, { "a", QUEUE_NEW, 0, 1, "y" } },
                  "a! b=1 " },
                { "no room",
                  1,
                  { { "a", QUEUE_RUNNING, 0, 1, "x" },
                    { "b", QUEUE_QUEUED, 1, 2, "y" },
                    { "c", QUEUE_NEW, 0, 3, "z" } },
                  "b=1 c=2 " },
                { "0 means 1",
                  0,
                  { { "a", QUEUE_NEW, 0, 1, "x" }, { "b", QUEUE_NEW, 0, 2, "y" } },
                  "a! b=1 " },
                { "two at once, of different namespaces",
                  2,
                  { { "a", QUEUE_NEW, 0, 1, "x" }, { "b", QUEUE_NEW, 0, 2, "y" } },
                  "a! b! " },
                { "not of the same",
                  2,
                  { { "a", QUEUE_RUNNING, 0, 1, "x,y" }, { "b", QUEUE_QUEUED, 1, 2, "y" } },
                  "b=1 " },
                { "one that waits is not overtaken by one that shares a namespace with it",
                  3,
                  { { "a", QUEUE_RUNNING, 0, 1, "x" },
                    { "b", QUEUE_QUEUED, 1, 2, "x,y" },
                    { "c", QUEUE_QUEUED, 2, 3, "y" },
                    { "d", QUEUE_QUEUED, 3, 4, "z" } },
                  "b=1 c=2 d! " },
                { "who waits comes before who is new, and moves up",
                  1,
                  { { "new", QUEUE_NEW, 0, 1, "x" }, { "old", QUEUE_QUEUED, 4, 9, "x" } },
                  "old! new=1 " },
                { "others are of no matter", 1, { { "a", QUEUE_OTHER, 0, 1, "x" } }, "" },
                { "a backup of nothing overlaps with nothing",
                  2,
                  { { "a", QUEUE_RUNNING, 0, 1, "x" }, { "b", QUEUE_NEW, 0, 2, "" } },
                  "b! " },
        };

        (void) state;
        FOR_EACH_CASE(cases, c)
        check_case(c);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(backups_start_in_their_order_as_far_as_there_is_room_and_nothing_overlaps),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
