/* describe.h - a backup, restore or schedule in words, laid out as Velero's `describe` lays it out.
 *
 * Pure: JSON in, text out.  Hook results come after what Velero prints.  Source: spec/restore-behaviour.md 7.6. */
#pragma once
#include "data/json.h"

typedef struct DescribeInput {
        JsonVal *object; /* the Backup or Restore */
        /* the other files of the run; NULL: not there */
        JsonVal *results, *resource_list, *volumes, *hooks;
        JsonVal *deletions; /* array of DeleteBackupRequests; NULL: none */
        bool details, colour;
} DescribeInput;

void describe_backup(const DescribeInput *input, Arena *arena, Buf *into);
void describe_restore(const DescribeInput *input, Arena *arena, Buf *into);
/* Of `input` only the object, details and colour count. */
void describe_schedule(const DescribeInput *input, Arena *arena, Buf *into);

/* The schema of docs/cli-output.md: Velero's keys, and `hooks`. */
JsonMutVal *describe_backup_json(const DescribeInput *input, Arena *arena, JsonMutDoc *doc);
JsonMutVal *describe_restore_json(const DescribeInput *input, Arena *arena, JsonMutDoc *doc);
