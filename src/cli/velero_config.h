/* velero_config.h - what Velero's own CLI keeps about its user, which we share with it.
 *
 * Source: spec/restore-behaviour.md 7.1; ~/.config/velero/config.json, at most 1 MiB. */
#pragma once
#include "data/json.h"

/* The namespace of Velero's objects: `given` (a flag) when it is not empty, else the file's, else $VELERO_NAMESPACE,
 * else "velero".  The file beats the environment, as in Velero. */
bool velero_config_namespace(Str given, Arena *arena, Str *ret_namespace, Error *err) MUST_CHECK;

/* The file's object; *ret_doc is NULL where there is no file. */
bool velero_config_read(Arena *arena, JsonDoc **ret_doc, Error *err) MUST_CHECK;
/* As a whole or not at all; for the user alone. */
bool velero_config_write(JsonMutVal *config, Arena *arena, Error *err) MUST_CHECK;
