/* schedule.h - the Schedule resource: decode, validate; when it is due, and the Backup that it makes.
 *
 * Source: spec/backup-behaviour.md 6.  Text is borrowed from the document or lives in the arena. */
#pragma once
#include "api/backup.h"
#include "data/cron.h"

typedef struct Schedule {
        const Cron *cron; /* NULL when it is wrong */
        bool is_paused;
        int skip_immediately; /* -1 not set, 0, 1 */
        int64_t created_ms;
        int64_t last_backup_ms, last_skipped_ms; /* wall; 0: never */
} Schedule;

/* `object` is a whole Schedule.  What is wrong with the Backup that it makes is a matter of backup_decode. */
Schedule schedule_decode(JsonVal *object, Arena *arena, Faults *faults);

/* When the next backup is due, which may be in the past; 0: never (6.2 step 6). */
int64_t schedule_due_ms(const Schedule *schedule);

/* The Backup of that time: its template, with hooks from spec.template (Velero) or spec.template.spec (the reference
 * page); one field in both places is a fault.  Its name ends with the time in UTC (6.4).
 * With useOwnerReferencesInBackup the Schedule owns it. */
JsonDoc *schedule_make_backup(JsonVal *schedule, int64_t due_ms, Arena *arena, Faults *faults);
