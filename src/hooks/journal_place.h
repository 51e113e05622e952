/* journal_place.h - where a journal's records are kept: a file, or an object of the cluster.
 *
 * Private to the journal, which calls `append` under its lock and `sync` once at a time, beside appends.  A `sync` that
 * has failed may have written all, some or none: no pod begins any more, but ends are still appended. */
#pragma once
#include "hooks/journal.h"

typedef enum JournalMark { JOURNAL_BEGUN, JOURNAL_ENDED } JournalMark;

typedef struct JournalPlaceKind {
        bool (*append)(void *place, const PodPlan *const *pods, size_t count, JournalMark mark, Error *err);
        bool (*sync)(void *place, Error *err);        /* what was appended before is durable */
        void (*close)(void *place, size_t open_pods); /* frees it; 0 open: nothing of it has to stay */
} JournalPlaceKind;

/* Takes the place over. */
Journal *journal_new(const JournalPlaceKind *kind, void *place, size_t open_pods);

bool journal_adopt_file(const JournalDebt *debt, Journal **ret_journal, Error *err) MUST_CHECK;
bool journal_adopt_in_cluster(const JournalDebt *debt, Journal **ret_journal, Error *err) MUST_CHECK;
