/* order.h - orderedResources: which objects of a kind come first.
 *
 * Pure.  Keys are plural names ("pods"); any other name that means the kind is taken too, where Velero would
 * silently ignore it.  Source: spec/backup-behaviour.md 3.8. */
#pragma once
#include "data/json.h"
#include "kube/resource.h"

typedef struct OrderedKind {
        Str key;    /* as written */
        Strs names; /* "ns/name", or "name" for cluster-scoped kinds */
} OrderedKind;

typedef struct Order {
        OrderedKind *items;
        size_t len;
} Order;

Order order_decode(JsonVal *ordered_resources, Arena *arena);
/* NULL when nothing of that kind is ordered. */
const Strs *order_of(const Order *order, const Discovery *discovery, const KubeResource *resource);
/* The place of "ns/name"; SIZE_MAX when it is not ordered. */
size_t order_rank(const Strs *names, Str namespace, Str name);
/* "ns/name" in two; the namespace is empty when there is no '/'. */
void order_split(Str entry, Str *ret_namespace, Str *ret_name);
/* Some kind that is served is called that. */
bool order_is_served(const OrderedKind *kind, const Discovery *discovery);
