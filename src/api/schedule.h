/* schedule.h - the Schedule resource: decode, default, validate; and when it is due.
 *
 * Source: spec/backup-behaviour.md 6.  Text is borrowed from the document or lives in the arena. */
#pragma once
#include "base/faults.h"
#include "data/cron.h"
#include "data/json.h"
#include "data/zone.h"

typedef struct Schedule {
        Str name, namespace, uid;
        JsonVal *labels, *annotations;
        JsonVal *template_spec; /* the BackupSpec, hooks in their place (see manifest.h) */
        JsonVal *template_labels, *template_annotations; /* of template.metadata; NULL: not given */
        Str schedule;
        bool is_paused;
        int skip_immediately, use_owner_references; /* -1 not set, 0, 1 */
        int64_t created_ms;
        Str phase;                               /* status */
        int64_t last_backup_ms, last_skipped_ms; /* wall; 0: never */
        JsonDoc *
                own; /* what template_spec borrows from, when the hooks had to be moved; free with schedule_clear */
} Schedule;

Schedule schedule_decode(JsonVal *object, Arena *arena, Faults *faults);
void schedule_clear(Schedule *schedule);

/* When the next backup is due, which may be in the past; 0: never. */
int64_t schedule_due_ms(const Schedule *schedule, const Cron *cron);
/* "NAME-20261125211033" in that zone. */
Str schedule_backup_name(const Schedule *schedule, int64_t now_ms, const Zone *zone, Arena *arena);
