/* priority.h - in which order the resources of a backup are restored.  Pure.
 *
 * First those that others need, in a fixed order; then the rest by name; last those that must find
 * all else in place.  Source: spec/restore-behaviour.md 3.3. */
#pragma once
#include "base/error.h"
#include "base/strs.h"

typedef struct RestorePriorities {
        Strs first, last; /* as users name resources, or folder names of the archive */
} RestorePriorities;

/* "a,b,-,c": a and b first, c last.  Without "-" the last ones are Velero's; an empty text is Velero's whole list.
 * Names are borrowed from the text.  ERROR_INVALID: two "-", or what cannot be a resource's name. */
bool restore_priorities_parse(Str text, Arena *arena, RestorePriorities *ret_priorities, Error *err)
        MUST_CHECK;

/* `resources` and the priorities are folder names of the archive; a name may be given more than once.  Each comes out
 * once. */
Strs restore_order(const RestorePriorities *priorities, const Strs *resources, Arena *arena);
