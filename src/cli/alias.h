/* alias.h - Velero's other order of words: "get backups" is "backup get".
 *
 * Verbs are create, get, describe and delete; the noun may be in the plural but for create, as Velero has it. */
#pragma once
#include "base/strs.h"

/* `words` in the order of our commands, where they are such words; else as they are. */
Strs alias_resolve(Strs words, Arena *arena);
/* NULL at the end. */
const char *alias_verb(size_t i);
/* What may follow the verb: "backups", "restores", …; adds nothing when it is none. */
void alias_add_nouns(Str verb, Arena *arena, Strs *nouns);
