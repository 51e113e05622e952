/* gc.h - which backups have lived long enough: pure, for tests.
 *
 * Source: spec/backup-behaviour.md 7.5. */
#pragma once
#include "server/change.h"

#define GC_FAILURE_LABEL "velero.io/gc-failure"

/* In how many ms it expires; 0: it has; -1: never. */
int64_t gc_due_ms(JsonVal *backup, int64_t now_ms);
/* A request that is not done yet asks for just this backup's deletion. */
bool gc_is_requested_by(JsonVal *backup, JsonVal *request);
JsonMutDoc *gc_make_request(JsonVal *backup);
