/* namespaces.h - the namespaces that objects go to: there before the first object, and not on their way out.
 *
 * A missing one is made with the labels and annotations of the one that was backed up; one that is there stays as it
 * is; one that is being deleted is waited for.  Source: spec/restore-behaviour.md 3.6. */
#pragma once
#include "kube/resource.h"

typedef struct NamespaceWish {
        Str name;        /* in the cluster */
        JsonVal *backup; /* the Namespace that was backed up, or NULL */
        bool is_dry;     /* only look */
        int64_t wait_ms; /* for one that is being deleted */
} NamespaceWish;

/* *ret_created: it was (or, dry, would be) made. */
bool namespace_ensure(KubeClient *client, const NamespaceWish *wish, const Stop *stop, bool *ret_created,
                      Error *err) MUST_CHECK;

/* Pure: the body of a new namespace. */
void namespace_body(const NamespaceWish *wish, Buf *into);
