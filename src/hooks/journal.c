#include "hooks/journal.h"

#include "base/mem.h"
#include "base/thread.h"
#include "hooks/journal_place.h"

struct Journal {
        const JournalPlaceKind *kind;
        void *place;
        Mutex lock;
        Cond synced;
        uint64_t written GUARDED_BY(&lock), durable GUARDED_BY(&lock); /* begin calls, counted */
        bool is_syncing GUARDED_BY(&lock);
        Error failure
                GUARDED_BY(&lock); /* after a failed sync nothing is known of earlier writes: no more begins */
        size_t open_pods GUARDED_BY(&lock);
};

Journal *journal_new(const JournalPlaceKind *kind, void *place, size_t open_pods) {
        Journal *journal = xnew0(Journal);

        journal->kind = kind;
        journal->place = place;
        mutex_init(&journal->lock);
        cond_init(&journal->synced);
        mutex_lock(&journal->lock);
        journal->open_pods = open_pods;
        mutex_unlock(&journal->lock);
        return journal;
}

void journal_close(Journal *journal) {
        if (!journal)
                return;
        mutex_lock(&journal->lock);
        journal->kind->close(journal->place, journal->open_pods);
        error_clear(&journal->failure);
        mutex_unlock(&journal->lock);
        cond_destroy(&journal->synced);
        mutex_destroy(&journal->lock);
        free(journal);
}

#define NEEDS_LOCK THREAD_ANNOTATION(requires_capability(journal->lock))

/* One of those that wait syncs for all that was written by then; the others wait for it or for the next. */
static bool wait_durable(Journal *journal, uint64_t ticket, Error *err) NEEDS_LOCK {
        while (journal->durable < ticket && journal->failure.code == ERROR_NONE) {
                if (journal->is_syncing) {
                        cond_wait(&journal->synced, &journal->lock);
                        continue;
                }
                AUTO(error_clear) Error failure = { 0 };
                uint64_t covers = journal->written;

                journal->is_syncing = true;
                mutex_unlock(&journal->lock);
                bool is_durable = journal->kind->sync(journal->place, &failure);
                mutex_lock(&journal->lock);
                journal->is_syncing = false;
                if (is_durable)
                        journal->durable = covers;
                else
                        journal->failure = failure, failure = (Error) { 0 };
                cond_broadcast(&journal->synced);
        }
        return journal->durable >= ticket ||
               error_set(err, journal->failure.code, "%s", journal->failure.message);
}

bool journal_begin(Journal *journal, const PodPlan *const *pods, size_t count, Error *err) {
        mutex_lock(&journal->lock);
        bool ok = journal->kind->append(journal->place, pods, count, JOURNAL_BEGUN, err);
        if (ok) {
                journal->open_pods += count; /* even if the sync fails: they may be on the disk */
                ok = wait_durable(journal, ++journal->written, err);
        }
        mutex_unlock(&journal->lock);
        return ok;
}

bool journal_end(Journal *journal, const PodPlan *pod, Error *err) {
        mutex_lock(&journal->lock);
        bool ok = journal->kind->append(journal->place, &pod, 1, JOURNAL_ENDED, err);
        if (ok && journal->open_pods)
                journal->open_pods--;
        mutex_unlock(&journal->lock);
        return ok;
}

bool journal_settle(Journal *journal, Error *err) {
        mutex_lock(&journal->lock);
        bool ok = wait_durable(journal, ++journal->written, err);
        mutex_unlock(&journal->lock);
        return ok;
}

size_t journal_open_pods(Journal *journal) {
        mutex_lock(&journal->lock);
        size_t count = journal->open_pods;
        mutex_unlock(&journal->lock);
        return count;
}

void journal_debts_add(JournalDebts *debts, Arena *arena, const JournalDebt *debt) {
        JournalDebt *items = arena_alloc(arena, (debts->len + 1) * sizeof *items);

        if (debts->len)
                memcpy(items, debts->items, debts->len * sizeof *items);
        items[debts->len++] = *debt;
        debts->items = items;
}

bool journal_adopt(const JournalDebt *debt, Journal **ret_journal, Error *err) {
        return debt->cluster ? journal_adopt_in_cluster(debt, ret_journal, err)
                             : journal_adopt_file(debt, ret_journal, err);
}
