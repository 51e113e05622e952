#include "backup/names.h"

#include "backup/hooked.h"
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

/* What `names` writes, through a real gzip file in a real store. */
static void written(Names *names, const Str *keys, Buf *into) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(store_freep) Store *store = NULL;
        char folder[] = "/tmp/grapnel-names-XXXXXX";
        AUTO(buf_clear) Buf packed = { 0 };

        assert_non_null(mkdtemp(folder));
        CHECK(store_open_directory(str_of(folder), false, NULL, &store, &err));
        {
                AUTO(gzip_file_freep) GzipFile *file = NULL;
                AUTO(gzip_part_clear) GzipPart part = { 0 };

                CHECK(gzip_file_open(store, STR("list.gz"), &file, &err));
                gzip_part_init(&part, file);
                CHECK(names_write(names, keys, &part, &err));
                CHECK(gzip_part_flush(&part, &err));
                CHECK(gzip_file_finish(file, &err));
        }
        CHECK(store_get(store, STR("list.gz"), 1 << 20, &packed, &err));
        CHECK(gunzip(buf_str(&packed), 1 << 26, into, &err));
        buf_add_char(into, '\0');
        CHECK(store_delete(store, STR("list.gz"), &err));
        store_free(TAKE(store));
        rmdir(folder);
}

static void names_are_sorted_and_kinds_too(void **state) {
        static const Str keys[] = { STR("v1/Pod"), STR("apps/v1/Deployment"), STR("v1/Namespace") };
        AUTO(error_clear) Error err = { 0 };
        AUTO(names_freep) Names *names = NULL;
        AUTO(buf_clear) Buf text = { 0 };

        (void) state;
        CHECK(names_new(3, &names, &err));
        CHECK(names_add(names, 0, STR("b"), STR("x"), &err));
        CHECK(names_add(names, 0, STR("a"), STR("z"), &err));
        CHECK(names_add(names, 1, STR("a"), STR("web"), &err));
        CHECK(names_add(names, 0, STR("a"), STR("y"), &err));
        CHECK_INT(names_total(names), 4);
        CHECK_INT(names_count(names, 0), 3);
        CHECK_INT(names_count(names, 2), 0);
        written(names, keys, &text);
        CHECK_STR(text.ptr, "{\"apps/v1/Deployment\":[\"a/web\"],\"v1/Pod\":[\"a/y\",\"a/z\",\"b/x\"]}\n");
}

static void no_names_are_an_empty_object(void **state) {
        static const Str keys[] = { STR("v1/Pod") };
        AUTO(error_clear) Error err = { 0 };
        AUTO(names_freep) Names *names = NULL;
        AUTO(buf_clear) Buf text = { 0 };

        (void) state;
        CHECK(names_new(1, &names, &err));
        written(names, keys, &text);
        CHECK_STR(text.ptr, "{}\n");
}

/* More than fits into what is kept in memory for one kind. */
static void many_names_come_back_complete(void **state) {
        enum { COUNT = 5000 };
        static const Str keys[] = { STR("v1/Pod") };
        AUTO(error_clear) Error err = { 0 };
        AUTO(names_freep) Names *names = NULL;
        AUTO(buf_clear) Buf text = { 0 };
        const char *at;
        char name[32];

        (void) state;
        CHECK(names_new(1, &names, &err));
        for (unsigned i = COUNT; i-- > 0;) {
                snprintf(name, sizeof(name), "pod-%05u", i);
                CHECK(names_add(names, 0, STR(""), str_of(name), &err));
        }
        written(names, keys, &text);
        at = text.ptr + strlen("{\"v1/Pod\":[");
        for (unsigned i = 0; i < COUNT; i++) {
                snprintf(name, sizeof(name), "\"pod-%05u\"", i);
                CHECK(strncmp(at, name, strlen(name)) == 0);
                at += strlen(name) + 1;
        }
        CHECK_STR(at, "}\n");
}

static PodPlan plan_of(const char *name, const char *claim, Arena *arena) {
        PodPlan plan = { .namespace = STR("n"), .name = str_of(name) };

        if (claim)
                strs_add(&plan.volume_claims, arena, str_of(claim));
        return plan;
}

static void check_groups(PodPlan *plans, size_t len, const char *ordered, const char *expected) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        Strs names = { 0 };
        PodGroups groups;

        strs_split(str_of(ordered), ',', &arena, &names);
        groups = hooked_groups(plans, len, names.len ? &names : NULL, &arena);
        for (size_t i = 0; i < groups.len; i++) {
                for (size_t k = 0; k < groups.items[i].len; k++)
                        buf_printf(&text, STR_FMT " ", STR_ARG(groups.items[i].pods[k]->name));
                buf_add(&text, STR("| "));
        }
        buf_add_char(&text, '\0');
        CHECK_STR(text.ptr, expected);
}

static void ordered_pods_are_one_group_in_their_order(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        PodPlan alone[] = { plan_of("a", NULL, &arena), plan_of("b", NULL, &arena),
                            plan_of("c", NULL, &arena) };
        PodPlan shared[] = { plan_of("a", "x", &arena), plan_of("b", NULL, &arena),
                             plan_of("c", NULL, &arena), plan_of("d", "x", &arena) };

        (void) state;
        check_groups(alone, 3, "", "a | b | c | ");
        check_groups(alone, 3, "n/c,n/a,n/gone", "c a | b | ");
        /* "a" is frozen together with "d", so it comes along. */
        check_groups(shared, 4, "n/d,n/c", "d c a | b | ");
}

static void entries_of_ordered_resources_are_taken_apart(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        Str namespace, name;
        Strs names = { 0 };

        (void) state;
        order_split(STR("ns/name"), &namespace, &name);
        CHECK(str_equal(namespace, STR("ns")) && str_equal(name, STR("name")));
        order_split(STR("name"), &namespace, &name);
        CHECK(str_equal(namespace, STR("")) && str_equal(name, STR("name")));
        strs_split(STR("ns/b, ns/a"), ',', &arena, &names);
        CHECK_INT(order_rank(&names, STR("ns"), STR("a")), 1);
        CHECK(order_rank(&names, STR("other"), STR("a")) == SIZE_MAX);
        CHECK(order_rank(NULL, STR("ns"), STR("a")) == SIZE_MAX);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_are_sorted_and_kinds_too),
                cmocka_unit_test(no_names_are_an_empty_object),
                cmocka_unit_test(many_names_come_back_complete),
                cmocka_unit_test(ordered_pods_are_one_group_in_their_order),
                cmocka_unit_test(entries_of_ordered_resources_are_taken_apart),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
