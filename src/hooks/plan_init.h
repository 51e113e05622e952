/* plan_init.h - the init containers that hooks put into a restored pod, as calls whose end can be seen.
 *
 * Private to the planner.  Pure. */
#pragma once
#include "hooks/annotation.h"

/* One for each that the pod has; an annotation's replaces the spec's, as where they are put in.  In the
 * annotations' arena. */
size_t hook_plan_init_calls(const HookSpec *spec, const Annotations *annotations, JsonVal *pod,
                            HookCall **ret_calls);
