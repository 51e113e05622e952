/* backup_queue.h - which queued backups may start, and where the others stand.
 *
 * The plan is pure.  A backup starts when there is room, when nothing that runs or waits before it shares a namespace with it, and
 * in the order in which they came.  Source: spec/backup-behaviour.md 2.6. */
#pragma once
#include "server/server.h"

typedef enum QueueState {
        QUEUE_NEW,     /* not seen before */
        QUEUE_QUEUED,  /* waits */
        QUEUE_RUNNING, /* ReadyToStart or InProgress */
        QUEUE_OTHER,   /* of no matter here */
} QueueState;

typedef struct QueueEntry {
        Str name;
        QueueState state;
        int64_t position; /* status.queuePosition; 0: none */
        int64_t created_ms;
        Strs namespaces; /* those that exist and are included */
        /* what the plan says */
        bool starts;
        int64_t new_position; /* of one that goes on waiting */
} QueueEntry;

/* Sorts the entries into the order of the queue and fills in what is to be done. */
void backup_queue_plan(QueueEntry *entries, size_t len, unsigned concurrent);

/* What is told of a Backup that is FailedValidation: an Event and the counter. */
void backup_tell_invalid(const Server *server, JsonVal *object, const Strs *errors);
