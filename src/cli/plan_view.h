/* plan_view.h - what hooks would do, as a table or as JSON.  Pure. */
#pragma once
#include "hooks/plan.h"

typedef struct PlannedPod {
        PodPlan plan;
        Strs init; /* restore: names of the init containers that would be put in, in order */
} PlannedPod;

typedef struct PlannedPods {
        PlannedPod *items;
        size_t len, capacity;
        size_t without_hooks; /* selected pods that no hook concerns; not among the items */
} PlannedPods;

void planned_pods_add(PlannedPods *pods, const PlannedPod *pod, Arena *arena);
bool planned_pod_is_empty(const PlannedPod *pod);
bool planned_pods_fail(const PlannedPods *pods); /* one of the hooks is certain to fail */

Str plan_view_text(const PlannedPods *pods, Arena *arena);
JsonMutVal *plan_view_json(const PlannedPods *pods, Arena *arena, JsonMutDoc *doc);
