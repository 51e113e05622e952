#include "base/map.h"
#include "hooks/plan.h"

/* The first pod of its group, by number; the way there is shortened. */
static size_t first_of(size_t *parents, size_t pod) {
        while (parents[pod] != pod)
                pod = parents[pod] = parents[parents[pod]];
        return pod;
}

static void join(size_t *parents, size_t a, size_t b) {
        size_t first_a = first_of(parents, a), first_b = first_of(parents, b);

        if (first_a < first_b)
                parents[first_b] = first_a;
        else
                parents[first_a] = first_b;
}

static void join_by_claims(const PodPlan *plans, size_t len, size_t *parents, Arena *arena) {
        AUTO(str_map_clear) StrMap seen = { 0 };

        for (size_t pod = 0; pod < len; pod++) {
                for (size_t i = 0; i < plans[pod].volume_claims.len; i++) {
                        Str claim =
                                str_of(arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(plans[pod].namespace),
                                                    STR_ARG(plans[pod].volume_claims.items[i])));
                        const size_t *other = str_map_get(&seen, claim);

                        if (other)
                                join(parents, (size_t) (other - parents), pod);
                        else
                                str_map_put(&seen, claim, &parents[pod]);
                }
        }
}

PodGroups hook_groups(const PodPlan *plans, size_t len, Arena *arena) {
        PodGroups groups = { 0 };

        if (len == 0)
                return groups;

        size_t *parents = arena_alloc(arena, len * sizeof *parents);
        size_t *sizes = arena_alloc(arena, len * sizeof *sizes);
        size_t *numbers = arena_alloc(arena, len * sizeof *numbers);

        for (size_t pod = 0; pod < len; pod++) {
                parents[pod] = pod;
                sizes[pod] = 0;
        }
        join_by_claims(plans, len, parents, arena);
        for (size_t pod = 0; pod < len; pod++)
                sizes[first_of(parents, pod)]++;

        groups.items = arena_alloc(arena, len * sizeof *groups.items);
        for (size_t pod = 0; pod < len; pod++) {
                size_t first = first_of(parents, pod);

                if (first == pod) {
                        numbers[pod] = groups.len;
                        groups.items[groups.len++] = (PodGroup) {
                                .pods = arena_alloc(arena, sizes[pod] * sizeof(PodPlan *)),
                        };
                }
                PodGroup *group = &groups.items[numbers[first]];
                group->pods[group->len++] = &plans[pod];
        }
        return groups;
}
