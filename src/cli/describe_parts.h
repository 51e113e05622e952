/* describe_parts.h - the blocks that backups and restores have in common.
 *
 * Blocks are written with tabs between cells; the whole is aligned once (tabs.h). */
#pragma once
#include "cli/describe.h"

#define EMPTY_WORD "<none>"

typedef struct Describer {
        Buf *out;
        Arena *arena;
        bool details, colour;
} Describer;

/* Strings of an array joined by ", "; `otherwise` when there are none. */
Str part_list(const Describer *d, JsonVal *array, const char *otherwise);
/* The words for true, false and absent. */
const char *part_tristate(JsonVal *value, const char *yes, const char *no, const char *absent);
/* describe_selector.c: the text form; EMPTY_WORD for none. */
Str part_selector(const Describer *d, JsonVal *selector);
Str part_or_selectors(const Describer *d, JsonVal *selectors);
Str part_text(JsonVal *value, const char *otherwise);

void part_metadata(const Describer *d, JsonVal *object);
/* k=v lines in order of keys. */
void part_map(const Describer *d, const char *name, JsonVal *map);
void part_phase(const Describer *d, JsonVal *object, const char *kind);
void part_validation_errors(const Describer *d, JsonVal *status);
/* "Warnings:" and "Errors:", each after a blank line, where there are any. */
void part_results(const Describer *d, JsonVal *status, JsonVal *results);
/* "Deletion Attempts:", after a blank line, where there are any. */
void part_deletions(const Describer *d, JsonVal *deletions);
/* How many of them ended with errors. */
int64_t part_failed_deletions(JsonVal *deletions);
void part_times(const Describer *d, JsonVal *status);
void part_included(const Describer *d, const char *indent, Str included, Str excluded);
void part_resource_list(const Describer *d, JsonVal *list);
/* describe_spec.c: what a Backup, or the template of a Schedule, asks for. */
void part_backup_spec(const Describer *d, JsonVal *spec);
void part_resource_policy(const Describer *d, JsonVal *spec);
/* As Velero prints a duration field: normalised, 0s when it is not set. */
Str part_duration(JsonVal *value, Arena *arena);
/* describe_hooks.c: one block a pod, below the heading "Hook results:". */
void part_hook_results(const Describer *d, JsonVal *hooks);
/* describe_volumes.c */
void part_volumes(const Describer *d, JsonVal *volumes);
