/* velero_config.h - what Velero's own CLI keeps about its user, which we share with it.
 *
 * Source: spec/restore-behaviour.md 7.1; ~/.config/velero/config.json, at most 1 MiB. */
#pragma once
#include "base/arena.h"
#include "base/error.h"

/* The namespace of Velero's objects: `given` (a flag) when it is not empty, else the file's, else $VELERO_NAMESPACE,
 * else "velero".  The file beats the environment, as in Velero. */
bool velero_config_namespace(Str given, Arena *arena, Str *ret_namespace, Error *err) MUST_CHECK;
