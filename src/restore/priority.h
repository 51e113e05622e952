/* priority.h - in which order the resources of a backup are restored.  Pure.
 *
 * First those that others need, in a fixed order; then the rest by name; last those that must find
 * all else in place.  Source: spec/restore-behaviour.md 3.3. */
#pragma once
#include "base/strs.h"

/* `resources` are folder names of the archive; a name may be given more than once.  Each comes out once. */
Strs restore_order(const Strs *resources, Arena *arena);
