#include "check.h"

#include "cli/flags.h"
#include "cli/request.h"
#include "cli/run_cli.h"

typedef struct Case {
        const char *file, *words;
        ManifestKind kind;
        const char *name;
} Case;

typedef struct Asked {
        Arena arena;
        CommandLine line;
        Request request;
        Error err;
        Cli cli;
        char *text; /* standard error */
        size_t text_len;
        bool is_good;
} Asked;

static void asked_clear(Asked *asked) {
        request_clear(&asked->request);
        error_clear(&asked->err);
        fclose(asked->cli.err);
        free(asked->text);
        arena_clear(&asked->arena);
}

static const Option restore_rows[] = {
        { OPT_FIELD(OPTION_FIELD_TEXT, "spec.backupName", "backup", "NAME", "the backup"),
          .alias = "from-backup" },
        { OPT_FIELD(OPTION_FIELD_TEXT, "spec.scheduleName", "schedule", "NAME", "its schedule") },
        OPT_ROWS(restore_fields, "What to restore"),
        OPT_END,
};

/* `words` are separated by '|', since selectors have blanks. */
static void ask(Asked *asked, const Case *c) {
        Strs words = { 0 };
        char unused;
        RequestInput input = { .kind = c->kind, .name = str_of(c->name ? c->name : "") };

        *asked = (Asked) { 0 };
        asked->line.arena = &asked->arena;
        asked->cli = (Cli) { .err = open_memstream(&asked->text, &asked->text_len), .arena = &asked->arena };
        strs_split(str_of(c->words), '|', &asked->arena, &words);
        for (size_t i = 0; i < words.len; i++)
                words.items[i] = arena_copy(&asked->arena, words.items[i]);
        assert_true(options_parse(c->kind == MANIFEST_RESTORE ? restore_rows : backup_fields, &unused, words,
                                  &asked->line, &asked->err));
        if (c->file) {
                const char *path = arena_printf(&asked->arena, "%s/m.yaml", new_folder(&asked->arena));
                FILE *file = fopen(path, "w");

                fputs(c->file, file);
                fclose(file);
                input.path = str_of(path);
        }
        input.line = &asked->line;
        asked->is_good = request_read(&asked->cli, &input, &asked->request, &asked->err);
        fflush(asked->cli.err);
}

static void check_object(const Asked *asked, const char *expected) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        AUTO_JSON *doc = NULL;

        if (!asked->is_good)
                fail_msg("%s", asked->err.message);
        assert_true(json_parse(str_of(expected), "expected", &doc, &err));
        json_write(yyjson_doc_get_root(asked->request.object), &text);
        if (!json_equal(yyjson_doc_get_root(asked->request.object), yyjson_doc_get_root(doc)))
                fail_msg(STR_FMT " is not %s", STR_ARG(buf_str(&text)), expected);
}

#define BACKUP(metadata, spec)                                                                               \
        "{\"apiVersion\":\"velero.io/v1\",\"kind\":\"Backup\",\"metadata\":{\"name\":\"b1\"" metadata        \
        "},\"spec\":{" spec "}}"

static void flags_become_the_fields_that_they_stand_for(void **state) {
        const struct {
                const char *words, *object;
        } cases[] = {
                { "", BACKUP("", "") },
                { "--include-namespaces=a,b|--include-namespaces|c",
                  BACKUP("", "\"includedNamespaces\":[\"a\",\"b\",\"c\"]") },
                { "--include-cluster-resources|--snapshot-volumes=false",
                  BACKUP("", "\"includeClusterResources\":true,\"snapshotVolumes\":false") },
                { "--ttl=36h", BACKUP("", "\"ttl\":\"36h\"") },
                { "-l|app=shop", BACKUP("", "\"labelSelector\":{\"matchLabels\":{\"app\":\"shop\"}}") },
                { "--or-selector|a=b or c=d",
                  BACKUP("", "\"orLabelSelectors\":[{\"matchLabels\":{\"a\":\"b\"}},"
                             "{\"matchLabels\":{\"c\":\"d\"}}]") },
                { "--ordered-resources|pods=ns/a,ns/b;persistentvolumes=v1",
                  BACKUP("", "\"orderedResources\":{\"pods\":\"ns/a,ns/b\",\"persistentvolumes\":\"v1\"}") },
                { "--resource-policies-configmap=rules",
                  BACKUP("", "\"resourcePolicy\":{\"kind\":\"configmap\",\"name\":\"rules\"}") },
                { "--labels=a=b,c=d=e|--labels=f=|-n|backups",
                  BACKUP(",\"labels\":{\"a\":\"b\",\"c\":\"d=e\",\"f\":\"\"},\"namespace\":\"backups\"",
                         "") },
                { "--storage-location=x|--storage-location=y", BACKUP("", "\"storageLocation\":\"y\"") },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(asked_clear) Asked asked;

                ask(&asked, &(Case) { .words = c->words, .kind = MANIFEST_BACKUP, .name = "b1" });
                check_object(&asked, c->object);
        }
}

static void restore_flags_become_fields_too(void **state) {
        AUTO(asked_clear) Asked asked;

        (void) state;
        ask(&asked,
            &(Case) { .words = "--from-backup=b1|--namespace-mappings=a:b,c:d|--restore-volumes=false|"
                               "--existing-resource-policy=update|--status-include-resources=x|"
                               "--status-exclude-resources=y|--resource-modifier-configmap=m|"
                               "--preserve-nodeports",
                      .kind = MANIFEST_RESTORE,
                      .name = "r1" });
        check_object(&asked,
                     "{\"apiVersion\":\"velero.io/v1\",\"kind\":\"Restore\",\"metadata\":{\"name\":\"r1\"},"
                     "\"spec\":{\"backupName\":\"b1\",\"namespaceMapping\":{\"a\":\"b\",\"c\":\"d\"},"
                     "\"restorePVs\":false,\"existingResourcePolicy\":\"update\",\"restoreStatus\":"
                     "{\"includedResources\":[\"x\"],\"excludedResources\":[\"y\"]},\"resourceModifier\":"
                     "{\"kind\":\"configmap\",\"name\":\"m\"},\"preserveNodePorts\":true}}");
}

#define FILE_TEXT                                                                                            \
        "apiVersion: velero.io/v1\nkind: Backup\nmetadata: {name: filed}\nspec:\n"                           \
        "  includedNamespaces: [shop]\n  ttl: null\n"

static void a_file_and_flags_add_up(void **state) {
        AUTO(asked_clear) Asked asked, renamed;

        (void) state;
        ask(&asked, &(Case) { .file = FILE_TEXT, .words = "--ttl=1h", .kind = MANIFEST_BACKUP });
        check_object(&asked,
                     "{\"apiVersion\":\"velero.io/v1\",\"kind\":\"Backup\",\"metadata\":{\"name\":\"filed\"},"
                     "\"spec\":{\"includedNamespaces\":[\"shop\"],\"ttl\":\"1h\"}}");
        ask(&renamed, &(Case) { .file = FILE_TEXT, .words = "", .kind = MANIFEST_BACKUP, .name = "b1" });
        CHECK(str_equal(
                json_get_str(json_get(yyjson_doc_get_root(renamed.request.object), "metadata"), "name"),
                STR("b1")));
}

static void what_a_flag_cannot_be_is_said_with_its_name(void **state) {
        const struct {
                const char *file, *words;
                ManifestKind kind;
                const char *message; /* its end */
        } cases[] = {
                { FILE_TEXT, "--include-namespaces=x", MANIFEST_BACKUP,
                  "m.yaml already; give it in one place" },
                { NULL, "--labels=a", MANIFEST_BACKUP, "--labels: \"a\" is not NAME=VALUE" },
                { NULL, "--labels==b", MANIFEST_BACKUP, "--labels: \"=b\" is not NAME=VALUE" },
                { NULL, "--namespace-mappings=a=b", MANIFEST_RESTORE,
                  "--namespace-mappings: \"a=b\" is not NAME:VALUE" },
                { NULL, "--ordered-resources=pods", MANIFEST_BACKUP,
                  "--ordered-resources: \"pods\" is not NAME=VALUE" },
                { FILE_TEXT, "", MANIFEST_RESTORE, "m.yaml holds a Backup, not a Restore" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(asked_clear) Asked asked;

                ask(&asked, &(Case) { c->file, c->words, c->kind, NULL });
                CHECK(!asked.is_good);
                CHECK_INT(asked.cli.exit, EXIT_USAGE);
                CHECK(str_ends_with(str_of(asked.err.message), str_of(c->message)));
        }
}

static void selectors_that_are_none_name_their_flag(void **state) {
        const char *const words[] = { "--selector|a in", "--or-selector|a=b or in (" };

        (void) state;
        FOR_EACH_CASE(words, w) {
                AUTO(asked_clear) Asked asked;

                ask(&asked, &(Case) { .words = *w, .kind = MANIFEST_BACKUP });
                CHECK(!asked.is_good);
                CHECK(strncmp(asked.err.message, *w, strcspn(*w, "|")) == 0);
        }
}

static void a_missing_name_is_made_from_the_time(void **state) {
        const struct {
                const char *words;
                ManifestKind kind;
                const char *stem;
        } cases[] = {
                { "", MANIFEST_BACKUP, "backup-" },
                { "--backup=monday", MANIFEST_RESTORE, "monday-" },
                { "--schedule=nightly", MANIFEST_RESTORE, "nightly-" },
                { "", MANIFEST_RESTORE, "restore-" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(asked_clear) Asked asked;

                ask(&asked, &(Case) { .words = c->words, .kind = c->kind });
                CHECK(asked.is_good);
                Str name =
                        json_get_str(json_get(yyjson_doc_get_root(asked.request.object), "metadata"), "name");
                CHECK(str_starts_with(name, str_of(c->stem)));
                CHECK_INT(name.len, strlen(c->stem) + strlen("20261123044500"));
        }
}

/* Only of a name that was made of the time, and only when that name is the trouble. */
static void a_taken_name_gives_way_to_that_of_the_next_second(void **state) {
        const struct {
                const char *name, *file;
                ErrorCode code;
                unsigned others;
        } cases[] = {
                { NULL, NULL, ERROR_EXISTS, 60 },
                { NULL, NULL, ERROR_FORBIDDEN, 0 },
                { "b-20261122171634", NULL, ERROR_EXISTS, 0 },
                { NULL,
                  "apiVersion: velero.io/v1\nkind: Backup\nmetadata: {name: b-20261122171634}\nspec: {}\n",
                  ERROR_EXISTS, 0 },
                { NULL, "apiVersion: velero.io/v1\nkind: Backup\nmetadata: {generateName: b-}\nspec: {}\n",
                  ERROR_EXISTS, 60 },
                { NULL,
                  "apiVersion: velero.io/v1\nkind: Schedule\nmetadata: {name: nightly}\n"
                  "spec: {schedule: '@daily', template: {}}\n",
                  ERROR_EXISTS, 60 },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(asked_clear) Asked asked;
                Str name = STR("b-20261122171634");
                unsigned others = 0;

                ask(&asked,
                    &(Case) { .file = c->file, .words = "", .kind = MANIFEST_BACKUP, .name = c->name });
                CHECK(asked.is_good);
                for (;; others++) {
                        AUTO(error_clear) Error err = { 0 };

                        (void) !error_set(&err, c->code, "no");
                        asked.cli.hint = STR("give it another NAME");
                        if (!request_next_name(&asked.cli, &asked.request, &name, &err)) {
                                CHECK_INT(err.code, c->code);
                                CHECK(asked.cli.hint.len > 0);
                                break;
                        }
                        CHECK_INT(err.code, ERROR_NONE);
                        CHECK_INT(asked.cli.hint.len, 0);
                }
                CHECK_INT(others, c->others);
                CHECK(str_equal(name, others ? STR("b-20261122171734") : STR("b-20261122171634")));
        }
}

static void faults_are_told_where_they_were_made(void **state) {
        AUTO(asked_clear) Asked asked;
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        ask(&asked,
            &(Case) { .file = FILE_TEXT, .words = "--exclude-namespaces=x", .kind = MANIFEST_BACKUP });

        Faults faults = { .arena = &asked.arena };
        faults_add(&faults, FAULT_ERROR, STR("spec.includedNamespaces[0]"),
                   "is odd beside spec.excludedNamespaces and spec.ttl");
        faults_add(&faults, FAULT_WARNING, STR("spec.excludedNamespaces[0]"), "is odder");
        faults_add(&faults, FAULT_ERROR, STR("spec.excludedNamespacesX"), "is unknown");
        faults_add(&faults, FAULT_ERROR, STR(""), "all is wrong");
        CHECK(!request_check(&asked.cli, &asked.request, &asked.line, &faults, &err));
        CHECK_INT(asked.cli.exit, EXIT_USAGE);
        fflush(asked.cli.err);
        CHECK_STR(asked.text, "warning: --exclude-namespaces: is odder\n");
        CHECK(strstr(err.message, "m.yaml:5: spec.includedNamespaces[0]: is odd beside --exclude-namespaces "
                                  "and spec.ttl\n") != NULL);
        CHECK(strstr(err.message, ": spec.excludedNamespacesX: is unknown\n") != NULL);
        CHECK(str_ends_with(str_of(err.message), STR(": all is wrong")));
}

static void no_errors_are_no_failure(void **state) {
        AUTO(asked_clear) Asked asked;
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        ask(&asked, &(Case) { .words = "", .kind = MANIFEST_BACKUP });
        Faults faults = { .arena = &asked.arena };
        faults_add(&faults, FAULT_WARNING, STR("spec.ttl"), "is long");
        CHECK(request_check(&asked.cli, &asked.request, &asked.line, &faults, &err));
        fflush(asked.cli.err);
        CHECK_STR(asked.text, "warning: spec.ttl: is long\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(flags_become_the_fields_that_they_stand_for),
                cmocka_unit_test(restore_flags_become_fields_too),
                cmocka_unit_test(a_file_and_flags_add_up),
                cmocka_unit_test(what_a_flag_cannot_be_is_said_with_its_name),
                cmocka_unit_test(selectors_that_are_none_name_their_flag),
                cmocka_unit_test(a_missing_name_is_made_from_the_time),
                cmocka_unit_test(a_taken_name_gives_way_to_that_of_the_next_second),
                cmocka_unit_test(faults_are_told_where_they_were_made),
                cmocka_unit_test(no_errors_are_no_failure),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
