#include "check.h"

#include "cli/man.h"
#include "cli/run_cli.h"

static void completion_knows_every_command_and_flag(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cli_run_clear) CliRun bash, zsh, fish;

        (void) state;
        RUN(&bash, "completion", "bash");
        RUN(&zsh, "completion", "zsh");
        RUN(&fish, "completion", "fish");
        CHECK(strncmp(zsh.out, "#compdef grapnel\n", 17) == 0);
        for (const Command *const *c = commands_all; *c; c++)
                if (!(*c)->is_hidden)
                        CHECK(strstr(bash.out, arena_printf(&arena, "    '%s')\n", (*c)->name)) != NULL);
        CHECK(strstr(bash.out, " --namespace-mappings ") != NULL);
        CHECK(strstr(bash.out, "--output|-o) words=\"table json yaml\"") != NULL);
        CHECK(strstr(fish.out, "-l namespace-mappings -x") != NULL);
        CHECK(strstr(fish.out, "-a 'table json yaml'") != NULL);

        CHECK(strstr(fish.out, "-n '__grapnel_at get' -f -a 'backups restores schedules backup-locations "
                               "snapshot-locations'\n") != NULL);

        const char *path = new_folder(&arena);
        FILE *file = fopen(arena_printf(&arena, "%s/c", path), "w");
        fputs(bash.out, file);
        fclose(file);
        const char *script =
                arena_printf(&arena,
                             "bash -c '. %s/c; COMP_WORDS=(grapnel backup de); COMP_CWORD=2; _grapnel; "
                             "[ \"${COMPREPLY[*]}\" = \"describe delete\" ] && "
                             "COMP_WORDS=(grapnel backup logs --from %s pl); COMP_CWORD=5; _grapnel; "
                             "[ \"${COMPREPLY[*]}\" = plain ] && "
                             "COMP_WORDS=(grapnel client config \"\"); COMP_CWORD=3; _grapnel; "
                             "[ \"${COMPREPLY[*]}\" = \"get set\" ] && "
                             "COMP_WORDS=(grapnel get sch); COMP_CWORD=2; _grapnel; "
                             "[ \"${COMPREPLY[*]}\" = schedules ] && "
                             "COMP_WORDS=(grapnel get backups --from %s pl); COMP_CWORD=5; _grapnel; "
                             "[ \"${COMPREPLY[*]}\" = plain ] && "
                             "COMP_WORDS=(grapnel cl); COMP_CWORD=1; _grapnel; "
                             "[ \"${COMPREPLY[*]}\" = client ] && "
                             "COMP_WORDS=(grapnel client config get --o); COMP_CWORD=4; _grapnel; "
                             "[ \"${COMPREPLY[*]}\" = --output ] && "
                             "COMP_WORDS=(grapnel restore run --name); COMP_CWORD=3; _grapnel; "
                             "[ \"${COMPREPLY[*]}\" = \"--namespace-mappings --namespace\" ]'",
                             path, BUCKET, BUCKET);
        CHECK_INT(system(script), 0);
        remove_folder(path);
}

/* Only where fish is installed. */
static void fish_completes_both_orders_of_words(void **state) {
        const char *const cases[][2] = { { "grapnel get sch", "schedules" },
                                         { "grapnel get backups ", "" },
                                         { "grapnel backup de", "delete describe" },
                                         { "grapnel get backups -o ", "json table yaml" },
                                         { "grapnel get backup --show", "--show-labels" },
                                         { "grapnel backup get --show", "--show-labels" },
                                         { "grapnel client config ", "get set" } };
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(cli_run_clear) CliRun fish;
        const char *home = new_folder(&arena);
        FILE *file = fopen(arena_printf(&arena, "%s/c", home), "we");

        (void) state;
        RUN(&fish, "completion", "fish");
        fputs(fish.out, file);
        FOR_EACH_CASE(cases, c)
        fprintf(file,
                "set got (complete -C'%s' | string replace -r '\\t.*' '')\n"
                "test \"$got\" = '%s'\n"
                "or begin; echo '%s'; exit 1; end\n",
                (*c)[0], (*c)[1], (*c)[0]);
        fclose(file);
        if (system("command -v fish >/dev/null") == 0)
                CHECK_INT(system(arena_printf(&arena,
                                              "XDG_CONFIG_HOME=%s XDG_DATA_HOME=%s fish --no-config %s/c",
                                              home, home, home)),
                          0);
        remove_folder(home);
}

static void every_command_has_a_manual_page(void **state) {
        (void) state;
        for (const Command *const *c = commands_all; *c; c++) {
                AUTO(arena_clear) Arena arena = { 0 };
                char *text = NULL;
                size_t len = 0;
                FILE *out = open_memstream(&text, &len);

                man_write(*c, out);
                fclose(out);
                CHECK(strncmp(text, ".TH \"grapnel-", 13) == 0);
                CHECK(strstr(text, ".SH EXAMPLES\n") != NULL);
                CHECK(memchr(man_page_name(*c, &arena).ptr, ' ', man_page_name(*c, &arena).len) == NULL);
                free(text);
        }
}

static void the_build_is_told_when_a_page_is_missing(void **state) {
        AUTO(cli_run_clear) CliRun run;

        (void) state;
        RUN(&run, "man-pages", "/nonexistent/grapnel.1");
        CHECK_INT(run.exit, EXIT_FAILED);
        CHECK(strncmp(run.err, "error: \"/nonexistent/grapnel.1\": ", 33) == 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(completion_knows_every_command_and_flag),
                cmocka_unit_test(fish_completes_both_orders_of_words),
                cmocka_unit_test(every_command_has_a_manual_page),
                cmocka_unit_test(the_build_is_told_when_a_page_is_missing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
