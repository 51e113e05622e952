/* claims.h - pods that a label selector did not choose and that are backed up all the same.
 *
 * A volume claim comes with every running pod that mounts it, a pod with its claims, and so on: the pods that
 * would be frozen together are stored together.  Only with selectors is there anything to find; it costs
 * lists of the pods until nothing is added, and memory for the names' hashes.  Source:
 * spec/backup-behaviour.md 1.6, 3.9. */
#pragma once
#include "backup/collect.h"

/* *ret_claims: (namespace, claim) of those that are chosen or mounted by what is; NULL when there are none. */
void claims_find(Engine *engine, HashSet **ret_claims);
/* The pod runs and mounts one of them. */
bool claims_pull(HashSet *claims, JsonVal *pod);
