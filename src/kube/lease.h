/* lease.h - one leader among several processes, by a Lease of coordination.k8s.io/v1.
 *
 * The rules are client-go's: a candidate takes a lease that nobody renewed for its duration, judged by its own clock
 * from when it saw the last change, so that clocks need not agree.  A leader that cannot renew within
 * `renew_deadline_ms` gives up before the lease ends: `lost` is set, and whoever writes under it stops first.  A process that
 * stood still sees `lost` as set from the end of its lease on, before any of its threads has looked. */
#pragma once
#include "kube/client.h"

typedef struct LeaseOptions {
        KubeClient *client;
        Str namespace, name;
        Str identity;              /* of this process: pod name and a random part */
        int64_t duration_ms;       /* 0: 15 s */
        int64_t renew_deadline_ms; /* 0: 10 s; less than the duration */
        int64_t retry_ms;          /* 0: 2 s */
        /* Who leads now, whenever that changes; empty: nobody.  May be NULL. */
        void (*on_leader)(void *user, Str identity);
        void *user;
} LeaseOptions;

typedef struct Lease Lease;

/* Waits until this process leads, then keeps the lease in a thread of its own.  `lost` is set when it is lost.
 * False: stopped first, or the Lease may not be read or written (the error names the RBAC rule). */
bool lease_acquire(const LeaseOptions *options, Stop *lost, const Stop *stop, Lease **ret_lease, Error *err)
        MUST_CHECK;
/* How often the lease has changed hands: a number that grows with each leader (leaseTransitions). */
int64_t lease_fence(const Lease *lease);
/* Gives the lease up at once, when still held, so that a standby need not wait for its end. */
void lease_free(Lease *lease);
DEFINE_AUTO(Lease, lease_free)
