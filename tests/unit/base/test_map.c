#include "check.h"

#include "base/arena.h"
#include "base/hashset.h"
#include "base/map.h"
#include "base/siphash.h"
#include "base/thread.h"

static void an_empty_map_has_nothing(void **state) {
        AUTO(str_map_clear) StrMap map = { 0 };

        (void) state;
        CHECK(str_map_get(&map, STR("a")) == NULL);
        CHECK(str_map_get(&map, STR("")) == NULL);
}

static void entries_stay_in_order_of_insertion(void **state) {
        AUTO(str_map_clear) StrMap map = { 0 };
        int one, two, three;

        (void) state;
        str_map_put(&map, STR("z"), &one);
        str_map_put(&map, STR("a"), &two);
        str_map_put(&map, STR(""), &two);
        str_map_put(&map, STR("z"), &three);
        CHECK_INT(map.len, 3);
        CHECK(str_equal(map.entries[0].key, STR("z")));
        CHECK(map.entries[0].value == &three);
        CHECK(str_map_get(&map, STR("a")) == &two);
        CHECK(str_map_get(&map, STR("")) == &two);
        CHECK(str_map_get(&map, STR("aa")) == NULL);
}

static void a_large_map_finds_every_key(void **state) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(str_map_clear) StrMap map = { 0 };

        (void) state;
        for (intptr_t i = 1; i <= 20000; i++)
                str_map_put(&map, str_of(arena_printf(&arena, "ns/%ld", (long) i)), (void *) i);
        CHECK_INT(map.len, 20000);
        for (intptr_t i = 1; i <= 20000; i++)
                CHECK_INT((intptr_t) str_map_get(&map, str_of(arena_printf(&arena, "ns/%ld", (long) i))), i);
        CHECK(str_map_get(&map, STR("ns/0")) == NULL);
}

static void siphash_tells_parts_and_keys_apart(void **state) {
        const SipKey key = { 1, 2 };
        const Str lists[][3] = {
                { STR("ab"), STR("c"), STR("") },       { STR("a"), STR("bc"), STR("") },
                { STR("abc"), STR(""), STR("") },       { STR(""), STR("abc"), STR("") },
                { STR("12345678"), STR(""), STR("") },  { STR("1234567"), STR("8"), STR("") },
                { STR("1234567\0"), STR(""), STR("") },
        };
        size_t count = sizeof lists / sizeof *lists;

        (void) state;
        for (size_t i = 0; i < count; i++) {
                SipHash a = sip_hash(key, lists[i], 3), again = sip_hash(key, lists[i], 3);
                SipHash shorter = sip_hash(key, lists[i], 2),
                        other = sip_hash((SipKey) { 2, 2 }, lists[i], 3);

                CHECK(a.low == again.low && a.high == again.high);
                CHECK(a.low != shorter.low && a.low != other.low && a.low != a.high);
                for (size_t j = 0; j < i; j++)
                        CHECK(sip_hash(key, lists[j], 3).low != a.low);
        }
}

static void a_set_says_whether_a_thing_is_new(void **state) {
        AUTO(hash_set_freep) HashSet *set = hash_set_new();
        const Str pod[] = { STR("v1/Pod"), STR("ns"), STR("name") };
        const Str shifted[] = { STR("v1/Pod"), STR("nsn"), STR("ame") };

        (void) state;
        CHECK(!hash_set_has(set, pod, 3));
        CHECK(hash_set_add(set, pod, 3));
        CHECK(!hash_set_add(set, pod, 3));
        CHECK(hash_set_has(set, pod, 3));
        CHECK(!hash_set_has(set, shifted, 3));
        CHECK(hash_set_add(set, shifted, 3));
        CHECK(hash_set_add(set, pod, 2));
        CHECK(hash_set_add(set, NULL, 0));
        CHECK_INT(hash_set_len(set), 4);
        hash_set_free(NULL);
}

typedef struct Race {
        HashSet *set;
        Mutex lock;
        unsigned added;
} Race;

static void add_numbers(void *user) {
        Race *race = user;
        unsigned added = 0;

        for (unsigned i = 0; i < 5000; i++) {
                char name[16];
                int len = snprintf(name, sizeof name, "%u", i);

                added += hash_set_add(race->set, &(Str) { name, (size_t) len }, 1);
        }
        mutex_lock(&race->lock);
        race->added += added;
        mutex_unlock(&race->lock);
}

static void each_thing_is_new_to_one_thread_only(void **state) {
        AUTO(hash_set_freep) HashSet *set = hash_set_new();
        Race race = { .set = set, .lock = MUTEX_INIT };

        (void) state;
        thread_run_many(4, add_numbers, &race);
        CHECK_INT(race.added, 5000);
        CHECK_INT(hash_set_len(set), 5000);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_empty_map_has_nothing),
                cmocka_unit_test(entries_stay_in_order_of_insertion),
                cmocka_unit_test(a_large_map_finds_every_key),
                cmocka_unit_test(siphash_tells_parts_and_keys_apart),
                cmocka_unit_test(a_set_says_whether_a_thing_is_new),
                cmocka_unit_test(each_thing_is_new_to_one_thread_only),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
