/* spool.h - an unlinked temporary file: bytes that are too many for memory.
 *
 * Appends are atomic between threads; reads by offset may run at the same time.
 * The file lies in $TMPDIR (default /tmp) and has no name, so nothing is left
 * behind however the process ends. */
#pragma once
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

typedef struct Spool Spool;

/* `limit` is the largest size in bytes that it may grow to. */
bool spool_open(uint64_t limit, Spool **ret_spool, Error *err) MUST_CHECK;
void spool_free(Spool *spool);
DEFINE_AUTO(Spool, spool_free)

bool spool_append(Spool *spool, Str bytes, uint64_t *ret_offset, Error *err) MUST_CHECK;
/* Exactly `size` bytes from `offset` into `into`. */
bool spool_read(const Spool *spool, uint64_t offset, void *into, size_t size, Error *err) MUST_CHECK;
uint64_t spool_size(const Spool *spool);
