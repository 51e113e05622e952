#include "check.h"

#include "cli/run_cli.h"
#include "cli/velero_only.h"
#include "cli/words.h"

/* Lines as "  -n, --namespace string   The namespace …". */
static void check_flags_are_known(const char *command, Str help) {
        const Command *ours = command_find(str_of(command));
        Str line;
        unsigned flags = 0;

        while (words_cut_line(&help, &line)) {
                const char *dashes = memmem(line.ptr, line.len < 10 ? line.len : 10, "--", 2);
                Str rest, name;

                if (!dashes || line.ptr[0] != ' ')
                        continue;
                rest = (Str) { dashes + 2, (size_t) (line.ptr + line.len - dashes - 2) };
                (void) str_cut(&rest, ' ', &name);
                flags++;
                if (!str_equal(name, STR("help")) && !options_find(ours->options, name) &&
                    !velero_only_flag(name))
                        fail_msg("%s --" STR_FMT, command, STR_ARG(name));
        }
        CHECK(flags > 10);
}

static void every_flag_of_veleros_is_taken_or_answered(void **state) {
        const struct {
                const char *command, *file;
        } cases[] = {
                { "install", "cli/help-install.txt" },
                { "backup create", "cli/help-backup-create.txt" },
                { "backup describe", "cli/help-backup-describe.txt" },
                { "backup-location create", "cli/help-backup-location-create.txt" },
                { "restore create", "cli/help-restore-create.txt" },
                { "schedule create", "cli/help-schedule-create.txt" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(arena_clear) Arena arena = { 0 };

                check_flags_are_known(c->command, golden_file(c->file, &arena));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_flag_of_veleros_is_taken_or_answered),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
