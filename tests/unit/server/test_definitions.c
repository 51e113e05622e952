#include "api/crd.h"
#include "server/definitions.h"
#include "server_fixture.h"

#define DEFINITIONS "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

static const char *const plurals[] = { "backups",
                                       "restores",
                                       "schedules",
                                       "backupstoragelocations",
                                       "deletebackuprequests",
                                       "downloadrequests",
                                       "serverstatusrequests" };

/* Our definitions, as text with ' for ". */
static const char *built(const char *plural, Arena *arena) {
        const char *name = arena_printf(arena, "%s.velero.io", plural);

        for (size_t i = 0; i < CRD_COUNT; i++) {
                AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
                AUTO(buf_clear) Buf text = { 0 };
                JsonMutVal *made = crd_build(i, doc);

                if (!str_equal(json_mut_str(json_mut_at(made, "metadata", "name")), str_of(name)))
                        continue;
                json_write_mut(made, &text);
                for (size_t k = 0; k < text.len; k++)
                        if (text.ptr[k] == '\'' || text.ptr[k] == '"')
                                text.ptr[k] = text.ptr[k] == '"' ? '\'' : ' ';
                return arena_copy(arena, buf_str(&text)).ptr;
        }
        fail_msg("there is no %s", plural);
        return NULL;
}

/* The text without its first `part`, which must be there. */
static const char *without(const char *text, const char *part, const char *instead, Arena *arena) {
        const char *at = strstr(text, part);

        assert_non_null(at);
        return arena_printf(arena, "%.*s%s%s", (int) (at - text), text, instead, at + strlen(part));
}

static void old_definitions_are_told_by_what_they_lack(void **state) {
        static const struct {
                const char *plural, *part, *instead; /* taken out of ours, and put in its place */
                const char *error, *said;            /* what stops the server; a line of its log */
        } cases[] = {
                { "backups", "", "", "", NULL },
                { "backups", "'Queued','ReadyToStart',", "",
                  "custom resource definitions of the cluster are too old: backups.velero.io (status.phase "
                  "can't be Queued, ReadyToStart there); \"grapnel install --crds-only\" installs those that "
                  "this server needs",
                  NULL },
                { "downloadrequests", ",'Failed'", "", "", NULL },
                { "backups", "'queuePosition':{'type':'integer'},", "", "",
                  "level=warning msg=\"The custom resource definition does not know all fields: what is "
                  "written there is lost; \\\"grapnel install --crds-only\\\" adds them\" "
                  "definition=backups.velero.io fields=status.queuePosition" },
                { "restores", "'timeout':{'description'", "'another':{'description'", "",
                  "definition=restores.velero.io "
                  "fields=\"spec.hooks.resources[].postHooks[].exec.timeout\"" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(fixture_clear) ServerFixture f = { 0 };
                AUTO(arena_clear) Arena arena = { 0 };
                AUTO(error_clear) Error err = { 0 };

                fixture_open(&f, "2026-11-20T10:00:00Z");
                FOR_EACH_CASE(plurals, plural) {
                        const char *text = built(*plural, &arena);

                        if (strcmp(*plural, c->plural) == 0)
                                text = without(text, c->part, c->instead, &arena);
                        cluster_add(&f.cluster, DEFINITIONS, text);
                }
                CHECK(definitions_check(&f.server, &err) == (c->error[0] == '\0'));
                CHECK_STR(err.message ? err.message : "", c->error);
                CHECK(c->said ? fixture_said(&f, c->said) : f.log.len == 0);
        }
}

static void definitions_that_cannot_be_read_stop_nothing(void **state) {
        AUTO(fixture_clear) ServerFixture f = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        fixture_open(&f, "2026-11-20T10:00:00Z");
        f.cluster.refused = DEFINITIONS;
        f.cluster.refused_status = 403;
        CHECK(definitions_check(&f.server, &err));
        CHECK(fixture_said(&f, "Whether a custom resource definition is new enough can't be told"));
}

static void a_cluster_without_them_is_told_what_is_missing(void **state) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(discovery_freep) Discovery *discovery = NULL;
        AUTO_JSON *core = quoted_json("{'kind':'APIGroupDiscoveryList','items':[]}");
        Kinds *kinds = NULL;

        (void) state;
        CHECK(discovery_from_json(yyjson_doc_get_root(core), yyjson_doc_get_root(core), &discovery, &err));
        CHECK(!kinds_open(&(KindsOptions) { .discovery = discovery, .namespace = STR("velero") }, &kinds,
                          &err));
        CHECK_STR(err.message,
                  "the cluster does not serve backups.velero.io, restores.velero.io, schedules.velero.io, "
                  "backupstoragelocations.velero.io, deletebackuprequests.velero.io, "
                  "downloadrequests.velero.io, serverstatusrequests.velero.io: the custom resource "
                  "definitions are missing or too old; \"grapnel install --crds-only\" installs them");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(old_definitions_are_told_by_what_they_lack),
                cmocka_unit_test(definitions_that_cannot_be_read_stop_nothing),
                cmocka_unit_test(a_cluster_without_them_is_told_what_is_missing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
