/* prepare.h - what a run needs to know before it reads the first object.
 *
 * Namespaces, resource policy, filters, the kinds in their order, role bindings.  Source:
 * spec/backup-behaviour.md 2.4, 3.1, 3.3, 3.6, 3.10. */
#pragma once
#include "backup/engine.h"

/* `arena` lives as long as the engine.  What makes the backup invalid is added to `ret_faults` (FailedValidation);
 * false when the cluster could not be asked. */
bool prepare_run(Engine *engine, Arena *arena, Strs *ret_faults, Error *err) MUST_CHECK;

/* The kinds that can be backed up, in Velero's order: of kinds that cohabit only the first is listed. */
EngineKind *prepare_kinds(const Discovery *discovery, Arena *arena, size_t *ret_count);
