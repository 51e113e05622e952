/* journal_cluster.h - journals in the API server: one ConfigMap a run, in the server's own namespace.
 *
 * Key "run" says whose it is, "fence" the number of the leader that writes it, "pod.UID" what may be frozen and what
 * thaws it.  The first begin makes the object, each later one is a merge patch that also takes out what has ended
 * since; it goes when nothing is open.  A write counts only on the version that the last one left: the leader that takes
 * a run over changes that, so that one that was deposed without knowing it freezes nothing more.
 * Of pre hooks only what recovery asks of them is kept, no command.  What is frozen at one time: 900 KiB at most. */
#pragma once
#include "hooks/journal.h"
#include "kube/client.h"

typedef struct JournalClusterOptions {
        KubeClient *client;
        Str namespace;
        int64_t fence;    /* of the lease that this process holds (lease_fence) */
        const Stop *lost; /* that lease is lost: nothing is written any more */
} JournalClusterOptions;

JournalCluster *journal_cluster_new(const JournalClusterOptions *options);
void journal_cluster_free(JournalCluster *cluster); /* after all its journals have been closed */
DEFINE_AUTO(JournalCluster, journal_cluster_free)

/* Writes nothing yet.  `stop` ends a begin, never an end. */
Journal *journal_open_in_cluster(JournalCluster *cluster, const JournalRun *run, const Stop *stop);

/* The runs of earlier leaders, and those of this process that have ended without thawing all. */
bool journal_debts_in_cluster(JournalCluster *cluster, const Stop *stop, Arena *arena,
                              JournalDebts *ret_debts, Error *err) MUST_CHECK;
