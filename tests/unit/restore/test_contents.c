#include "restore/contents.h"

#include "check.h"
#include "data/tar.h"
#include "restore/contents_path.h"

typedef struct Bytes {
        Str rest;
} Bytes;

static bool take(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        Bytes *bytes = user;

        (void) err;
        *ret_size = bytes->rest.len < size ? bytes->rest.len : size;
        memcpy(into, bytes->rest.ptr, *ret_size);
        bytes->rest = str_skip(bytes->rest, *ret_size);
        return true;
}

static bool read_packed(Str packed, const ContentsLimits *limits, Contents **ret_contents, Error *err) {
        Bytes bytes = { packed };

        return contents_read(take, &bytes, limits, ret_contents, err);
}

static void pack(Str tar, Buf *into) {
        AUTO(gzip_workspace_freep) GzipWorkspace *workspace = gzip_workspace_new();

        gzip_member(workspace, tar, into);
}

static void add(Buf *tar, const char *name, const char *content) {
        tar_add(tar, str_of(name), str_of(content), 0);
}

static void a_path_says_what_a_file_is(void **state) {
        static const struct {
                const char *path;
                ContentsPlace place;
                const char *resource, *namespace, *name;
        } cases[] = {
                { "resources/pods/namespaces/shop/web.json", PLACE_ITEM, "pods", "shop", "web" },
                { "resources/nodes/cluster/n1.json", PLACE_ITEM, "nodes", "", "n1" },
                { "resources/roles.rbac.authorization.k8s.io/namespaces/s/system:x.json", PLACE_ITEM,
                  "roles.rbac.authorization.k8s.io", "s", "system:x" },
                { "resources/pods/namespaces/cluster/a.b.json", PLACE_ITEM, "pods", "cluster", "a.b" },
                { "resources/pods/v1-preferredversion/namespaces/shop/web.json", PLACE_VERSIONED, "pods",
                  "shop", "web" },
                { "resources/nodes/v1/cluster/n1.json", PLACE_VERSIONED, "nodes", "", "n1" },
                { "metadata/version", PLACE_FORMAT, "", "", "" },
                { "metadata/other", PLACE_OTHER, "", "", "" },
                { "resources/pods/namespaces/shop/web.yaml", PLACE_OTHER, "", "", "" },
                { "resources/pods/odd/web.json", PLACE_OTHER, NULL, NULL, NULL },
                { "x/pods/cluster/web.json", PLACE_OTHER, "", "", "" },
                { "a/b/c/d/e/f/g.json", PLACE_OTHER, "", "", "" },
                { "", PLACE_OTHER, "", "", "" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                ContentsPath path;

                CHECK(contents_path_parse(str_of(c->path), &path, &err));
                CHECK_INT(path.place, c->place);
                if (!c->name)
                        continue;
                CHECK(str_equal(path.resource, str_of(c->resource)));
                CHECK(str_equal(path.namespace, str_of(c->namespace)));
                CHECK(str_equal(path.name, str_of(c->name)));
        }
}

static void a_name_that_kubernetes_cannot_have_is_refused(void **state) {
        static const struct {
                const char *path, *message;
        } cases[] = {
                { "resources/pods/namespaces/shop/..json", "\"resources/pods/namespaces/shop/..json\" in the "
                                                           "archive: its name cannot be one of Kubernetes" },
                { "resources/pods/namespaces/shop/.json", "\"resources/pods/namespaces/shop/.json\" in the "
                                                          "archive: its name cannot be one of Kubernetes" },
                { "resources/../cluster/a.json", "\"resources/../cluster/a.json\" in the archive: its "
                                                 "resource cannot be one of Kubernetes" },
                { "resources/pods/namespaces/../a.json",
                  "\"resources/pods/namespaces/../a.json\" in the archive: its namespace cannot be one of "
                  "Kubernetes" },
                { "resources/pods/namespaces//a.json",
                  "\"resources/pods/namespaces//a.json\" in the archive: its namespace is empty" },
                { "resources/pods/cluster/a%2fb.json", "\"resources/pods/cluster/a%2fb.json\" in the "
                                                       "archive: its name cannot be one of Kubernetes" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(error_clear) Error err = { 0 };
                ContentsPath path;

                CHECK(!contents_path_parse(str_of(c->path), &path, &err));
                CHECK_INT(err.code, ERROR_CORRUPT);
                CHECK_STR(err.message, c->message);
        }
}

static void what_was_packed_is_found_again(void **state) {
        AUTO(contents_freep) Contents *contents = NULL;
        AUTO(buf_clear) Buf tar = { 0 }, packed = { 0 }, text = { 0 };
        AUTO(error_clear) Error err = { 0 };
        const ContentsLimits limits = { 0 };
        ContentsGroup *group;
        size_t len;

        (void) state;
        add(&tar, "metadata/version", "1.1.0\n");
        add(&tar, "resources/pods/namespaces/shop/web.json", "old");
        add(&tar, "resources/pods/v1-preferredversion/namespaces/shop/web.json", "versioned");
        add(&tar, "resources/pods/namespaces/shop/db.json", "{\"post.hook.restore.velero.io/command\":1}");
        add(&tar, "resources/nodes/cluster/n.json", "node");
        add(&tar, "resources/jobs.batch/namespaces/shop/j.json", "\"post.hook.restore.velero.io/command\"");
        add(&tar, "resources/pods/namespaces/shop/web.json", "new");
        tar_finish(&tar);
        pack(buf_str(&tar), &packed);
        CHECK(read_packed(buf_str(&packed), &limits, &contents, &err));

        ContentsGroup *groups = contents_groups(contents, &len);
        CHECK_INT(len, 3);
        CHECK(str_equal(groups[1].resource, STR("nodes")) && str_equal(groups[2].resource, STR("pods")));
        CHECK(groups[0].has_exec_annotation && !groups[1].has_exec_annotation &&
              groups[2].has_exec_annotation);
        CHECK_INT(groups[2].len, 2);
        CHECK(str_equal(contents_item_name(&groups[2].items[0]), STR("db")));
        ContentsItem *web = contents_find(contents, STR("pods"), STR("shop"), STR("web"), &group);
        CHECK(web != NULL && group == &groups[2]);
        CHECK(contents_read_item(contents, web, &text, &err));
        CHECK(str_equal(buf_str(&text), STR("new")));
        CHECK(!contents_find(contents, STR("pods"), STR("shop"), STR("nothing"), &group));
        CHECK(!contents_find(contents, STR("pods"), STR("other"), STR("web"), &group));
}

static void an_empty_backup_is_read(void **state) {
        AUTO(contents_freep) Contents *contents = NULL;
        AUTO(buf_clear) Buf tar = { 0 }, packed = { 0 };
        AUTO(error_clear) Error err = { 0 };
        const ContentsLimits limits = { 0 };
        size_t len;

        (void) state;
        tar_finish(&tar);
        pack(buf_str(&tar), &packed);
        CHECK(read_packed(buf_str(&packed), &limits, &contents, &err));
        (void) contents_groups(contents, &len);
        CHECK_INT(len, 0);
}

static void hostile_input_is_refused_with_a_reason(void **state) {
        static const struct {
                const char *name, *content;
                ContentsLimits limits;
                const char *part; /* of the message */
        } cases[] = {
                { "../../etc/passwd", "x", { 0 }, "../../etc/passwd" },
                { "/etc/passwd", "x", { 0 }, "/etc/passwd" },
                { "metadata/version",
                  "2.0.0",
                  { 0 },
                  "the archive has format \"2.0.0\", but only formats 1.x can be read" },
                { "resources/pods/cluster/a.json", "0123456789", { .item_bytes = 9 }, "9" },
                { "resources/pods/cluster/a.json", "0123456789", { .spool_bytes = 5 }, "5" },
                { "resources/pods/cluster/%.json", "x", { 0 }, "cannot be one of Kubernetes" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(contents_freep) Contents *contents = NULL;
                AUTO(buf_clear) Buf tar = { 0 }, packed = { 0 };
                AUTO(error_clear) Error err = { 0 };

                add(&tar, c->name, c->content);
                tar_finish(&tar);
                pack(buf_str(&tar), &packed);
                CHECK(!read_packed(buf_str(&packed), &c->limits, &contents, &err));
                if (!strstr(err.message, c->part) || !strstr(err.message, "read the backup's archive: "))
                        fail_msg("%s: %s", c->name, err.message);
        }
}

static void too_many_files_are_refused(void **state) {
        AUTO(contents_freep) Contents *contents = NULL;
        AUTO(buf_clear) Buf tar = { 0 }, packed = { 0 };
        AUTO(error_clear) Error err = { 0 };
        const ContentsLimits limits = { .items = 2 };

        (void) state;
        for (int i = 0; i < 3; i++)
                add(&tar, "resources/pods/cluster/a.json", "x");
        tar_finish(&tar);
        pack(buf_str(&tar), &packed);
        CHECK(!read_packed(buf_str(&packed), &limits, &contents, &err));
        CHECK(strstr(err.message, "2") != NULL);
}

/* However much of it is missing: never a crash, never half a backup. */
static void an_archive_that_was_cut_off_is_refused(void **state) {
        AUTO(buf_clear) Buf tar = { 0 }, packed = { 0 };

        (void) state;
        add(&tar, "resources/pods/namespaces/shop/web.json", "some content that does not compress: 8c2e7a91");
        add(&tar, "resources/pods/namespaces/shop/db.json", "some more");
        tar_finish(&tar);
        pack(buf_str(&tar), &packed);
        for (size_t len = 0; len < packed.len; len++) {
                AUTO(contents_freep) Contents *contents = NULL;
                AUTO(error_clear) Error err = { 0 };
                const ContentsLimits limits = { 0 };

                CHECK(!read_packed((Str) { packed.ptr, len }, &limits, &contents, &err));
                CHECK_INT(err.code, ERROR_CORRUPT);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_path_says_what_a_file_is),
                cmocka_unit_test(a_name_that_kubernetes_cannot_have_is_refused),
                cmocka_unit_test(what_was_packed_is_found_again),
                cmocka_unit_test(an_empty_backup_is_read),
                cmocka_unit_test(hostile_input_is_refused_with_a_reason),
                cmocka_unit_test(too_many_files_are_refused),
                cmocka_unit_test(an_archive_that_was_cut_off_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
