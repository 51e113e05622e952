/* hooked.h - all pods: those without hooks are written as they are listed, the others run their hooks.
 *
 * Pods are listed once.  What stays in memory is the plan of each pod that has hooks.
 * Source: spec/backup-behaviour.md 1.4, 1.6, 3.9. */
#pragma once
#include "backup/collect.h"

/* Failures of single pods are in the log; false ends the run (everything that was frozen is thawed by then). */
bool hooked_store_pods(Engine *engine, Error *err) MUST_CHECK;

/* Pods of orderedResources form one group in their order, with the pods that share volumes with them; pure. */
PodGroups hooked_groups(PodPlan *plans, size_t len, const Strs *ordered, Arena *arena);
