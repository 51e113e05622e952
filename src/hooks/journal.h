/* journal.h - what may be frozen, written down before it is, so that it is thawed whatever happens.
 *
 * "Begin" records (which pods, what undoes them) are durable before the first exec of a group; fan-out is batched:
 * groups that begin at the same moment share one write.  Here: one file a run, in the state folder
 * (STATE/journal/RUN.jsonl, mode 0600), JSON lines with a checksum, a torn last line is ignored.  The run
 * holds a lock on its file; a file whose lock is free belongs to a dead run and is undone by whoever finds it.
 * journal_cluster.h: the same in the API server. */
#pragma once
#include "hooks/plan.h"

typedef struct Journal Journal;
typedef struct JournalCluster JournalCluster;

typedef struct JournalRun { /* who is running, for recovery and messages */
        Str backup, server; /* backup name; API server address: undo only against the same cluster */
        Str cluster_uid;    /* uid of namespace kube-system */
} JournalRun;

bool journal_open(Str state_folder, const JournalRun *run, Journal **ret_journal, Error *err) MUST_CHECK;
/* Closes; removes the file when nothing is left to undo. */
void journal_close(Journal *journal);
DEFINE_AUTO(Journal, journal_close)

/* Durable when it returns true.  Many threads may call. */
bool journal_begin(Journal *journal, const PodPlan *const *pods, size_t count, Error *err) MUST_CHECK;
/* The pod's post hooks ran (or it needs none any more); durable with the next begin or settle. */
bool journal_end(Journal *journal, const PodPlan *pod, Error *err) MUST_CHECK;
/* No pod is about to begin: the ends are made durable. */
bool journal_settle(Journal *journal, Error *err) MUST_CHECK;
size_t journal_open_pods(Journal *journal); /* how many have begun and not ended */

/* Dead runs in the folder and what they left frozen. */
typedef struct JournalDebt {
        JournalRun run;
        JournalCluster *cluster; /* whose it is; NULL: a file */
        Str file;                /* or the ConfigMap's name */
        Str version;             /* of the ConfigMap as it was read */
        PodPlan *pods;           /* with the post hooks that are due; pre_len tells what ran */
        size_t len;
        size_t bad_lines; /* damaged ones (a torn last line is none): what they said is lost */
        uint64_t size;    /* of the file as it was read, without a torn last line */
        uint64_t torn;    /* bytes of that line */
} JournalDebt;
typedef struct JournalDebts {
        JournalDebt *items;
        size_t len;
        Strs problems; /* files that can't be read, and why */
} JournalDebts;
void journal_debts_add(JournalDebts *debts, Arena *arena, const JournalDebt *debt);
bool journal_debts(Str state_folder, Arena *arena, JournalDebts *ret_debts, Error *err) MUST_CHECK;
/* Takes a dead run over (ERROR_EXISTS when another process did or does) so that its pods can be ended one by one. */
bool journal_adopt(const JournalDebt *debt, Journal **ret_journal, Error *err) MUST_CHECK;

/* Pure, for tests and the fuzzer: the pods that a journal's text leaves open.  ERROR_CORRUPT when not even the line
 * that says whose it is can be read. */
bool journal_replay(Str text, Arena *arena, JournalDebt *ret_debt, Error *err) MUST_CHECK;
