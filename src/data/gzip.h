/* gzip.h - gzip in members, so that workers compress in parallel.
 *
 * Every gzip reader accepts members one after another as one stream.  Library:
 * ISA-L.  Header bytes as Velero's: no name, mtime 0 (spec/backup-behaviour.md 4.2). */
#pragma once
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"

/* One whole member at the end of `into`.  A GzipWorkspace (about 400 KiB) is reused by one thread. */
typedef struct GzipWorkspace GzipWorkspace;
GzipWorkspace *gzip_workspace_new(void);
void gzip_workspace_free(GzipWorkspace *workspace);
DEFINE_AUTO(GzipWorkspace, gzip_workspace_free)
void gzip_member(GzipWorkspace *workspace, Str bytes, Buf *into);

/* Reading: pulls compressed bytes from `read`, gives plain ones.  ERROR_CORRUPT for
 * anything that is not gzip, cut off, or past `limit` plain bytes (a zip bomb). */
typedef bool (*GzipSource)(void *user, void *into, size_t size, size_t *ret_size, Error *err);
typedef struct GzipReader GzipReader;
GzipReader *gzip_reader_new(GzipSource source, void *user, uint64_t limit);
void gzip_reader_free(GzipReader *reader);
DEFINE_AUTO(GzipReader, gzip_reader_free)
/* Less than `size` only at the end; 0 there. */
bool gzip_read(GzipReader *reader, void *into, size_t size, size_t *ret_size, Error *err) MUST_CHECK;

/* A small file at once. */
bool gunzip(Str bytes, size_t limit, Buf *into, Error *err) MUST_CHECK;
