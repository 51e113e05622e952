/* strategic.h - Kubernetes' strategic merge patch for built-in kinds.
 *
 * Pure.  A merge patch in which the lists that matter in pods and services (containers, env, ports, volumes, …) are
 * merged element by element, by the key that Kubernetes has for them, with `$patch: delete|replace|merge`.  Other
 * lists are replaced.  Other directives ($setElementOrder, $retainKeys, …) are refused by name. */
#pragma once
#include "data/json.h"

/* The result belongs to `doc`; `target` is changed in place where it can be. */
bool strategic_merge(JsonMutDoc *doc, JsonMutVal *target, JsonVal *patch, JsonMutVal **ret_value, Error *err)
        MUST_CHECK;
/* Whether the merge keys above hold for such objects: core, apps and batch. */
bool strategic_supports(Str api_version);
