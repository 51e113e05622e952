#include "base/trim.h"

#include "check.h"

static void only_what_the_file_has_as_well_is_dropped(void **state) {
        static const struct {
                const char *mapping, *anonymous;
                bool is_dropped;
        } cases[] = {
                { "7f10-7f20 r-xp 00001000 fe:01 7  /usr/lib/libx.so\n", "Anonymous:             0 kB\n",
                  true },
                { "7f10-7f20 r--p 00001000 fe:01 7  /usr/lib/libx.so\n", "Anonymous:             0 kB\n",
                  true },
                { "7f10-7f20 r--p 00001000 fe:01 7  /usr/lib/libx.so\n", "Anonymous:             8 kB\n",
                  false },
                { "7f10-7f20 rw-p 00001000 fe:01 7  /usr/lib/libx.so\n", "Anonymous:             0 kB\n",
                  false },
                { "7f10-7f20 r--s 00001000 fe:01 7  /usr/lib/libx.so\n", "Anonymous:             0 kB\n",
                  false },
                { "7f10-7f20 r--p 00000000 00:00 0\n", "Anonymous:             0 kB\n", false },
                { "7f10-7f20 r-xp 00000000 00:00 0  [vdso]\n", "Anonymous:             0 kB\n", false },
                { "7f10 r\n", "Anonymous:             0 kB\n", false },
                { "7f10-7f20 r-xp 00001000 fe:01 7  /usr/lib/libx.so\n", "AnonHugePages:         0 kB\n",
                  false },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                TrimMapping mapping = { 0 };

                CHECK(!trim_read_line(str_of(c->mapping), &mapping));
                CHECK(!trim_read_line(STR("Size:                  4 kB\n"), &mapping));
                CHECK_INT(trim_read_line(str_of(c->anonymous), &mapping), c->is_dropped);
                if (c->is_dropped) {
                        CHECK_INT(mapping.start, 0x7f10);
                        CHECK_INT(mapping.end, 0x7f20);
                }
        }
}

static void the_program_goes_on_as_before(void **state) {
        (void) state;
        for (int i = 0; i < 3; i++)
                trim_memory();
        CHECK(true);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(only_what_the_file_has_as_well_is_dropped),
                cmocka_unit_test(the_program_goes_on_as_before),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
