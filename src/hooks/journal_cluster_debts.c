#include "hooks/journal_cluster_private.h"
#include "hooks/journal_record.h"
#include "kube/list.h"
#include "kube/object.h"

typedef struct DebtSearch {
        JournalCluster *cluster;
        Arena *arena;
        JournalDebts *debts;
} DebtSearch;

/* Whoever has a lower number leads no more; the same: this process, which knows what it has open. */
static bool is_dead(JournalCluster *cluster, JsonVal *map) {
        Str fence = json_str(json_at(map, "data", "fence"));

        return strtoll(fence.len ? fence.ptr : "0", NULL, 10) <= cluster->options.fence &&
               !journal_cluster_has(cluster, object_name(map));
}

static void add_problem(const DebtSearch *search, Str name, const char *what) {
        strs_add(
                &search->debts->problems, search->arena,
                str_of(arena_printf(search->arena,
                                    "journal, ConfigMap \"" STR_FMT
                                    "\": %s: pods that it names may still be frozen (remove it once you have "
                                    "looked)",
                                    STR_ARG(name), what)));
}

static void read_map(const DebtSearch *search, JsonVal *map) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        Str name = arena_copy(search->arena, object_name(map));
        JsonVal *data = json_get(map, "data"), *key, *value;
        size_t i, max;
        JournalDebt debt;

        buf_add(&text, json_get_str(data, "run"));
        yyjson_obj_foreach(data, i, max, key, value) {
                if (str_starts_with(json_str(key), STR(JOURNAL_POD_KEY)))
                        buf_add(&text, json_str(value));
        }
        if (!journal_replay(buf_str(&text), search->arena, &debt, &err)) {
                add_problem(search, name, err.message);
                return;
        }
        debt.bad_lines += debt.torn > 0; /* a value is written as a whole or not at all */
        debt.cluster = search->cluster;
        debt.file = name;
        debt.version = arena_copy(search->arena, json_str(json_at(map, "metadata", "resourceVersion")));
        if (debt.bad_lines > 0)
                add_problem(search, name, "it is damaged");
        if (debt.len > 0 || debt.bad_lines == 0)
                journal_debts_add(search->debts, search->arena, &debt);
}

static bool read_page(void *user, const KubePage *page, Error *err) {
        const DebtSearch *search = user;
        size_t i, max;
        JsonVal *map;

        (void) err;
        if (page->is_restart)
                search->debts->len = 0;
        yyjson_arr_foreach(page->items, i, max, map) {
                if (json_get(object_labels(map), JOURNAL_LABEL) && is_dead(search->cluster, map))
                        read_map(search, map);
        }
        return true;
}

bool journal_debts_in_cluster(JournalCluster *cluster, const Stop *stop, Arena *arena,
                              JournalDebts *ret_debts, Error *err) {
        JournalDebts debts = { 0 };
        DebtSearch search = { cluster, arena, &debts };
        const KubeList list = { .resource = &journal_config_maps,
                                .namespace = cluster->options.namespace,
                                .label_selector = STR(JOURNAL_LABEL "=true") };

        if (!kube_list(cluster->options.client, &list, read_page, &search, stop, err))
                return error_prefix(err, "look for pods that an earlier server has left frozen");
        *ret_debts = debts;
        return true;
}
