/* tar.h - tar records as Velero writes them, and a reader that trusts nothing.
 *
 * Writing: regular files, mode 0755, uid and gid 0, ustar; a name that does not
 * fit is given in a PAX header.  Source: spec/backup-behaviour.md 4.2.
 * Reading: ustar, PAX and GNU long names; a "./" in front is dropped.  An entry that is no regular file or
 * folder (link, device, sparse), an absolute name, a `.`, `..` or empty part, a name over 1,024 bytes or with a
 * control character, a size over the limit, a checksum that is wrong, bytes after the end: ERROR_CORRUPT with
 * the entry's name and the reason.  (A NUL ends a name.)  Why writing is ours: docs/decisions/0002-tar.md. */
#pragma once
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"

/* One whole record (header, content, padding) at the end of `into`. */
void tar_add(Buf *into, Str name, Str content, int64_t mtime_seconds);
void tar_finish(Buf *into); /* the two zero blocks */

typedef bool (*TarSource)(void *user, void *into, size_t size, size_t *ret_size, Error *err);

typedef struct TarEntry {
        Str name; /* lives until the next call */
        uint64_t size;
        bool is_folder;
} TarEntry;

typedef struct TarLimits {
        uint64_t entry_bytes; /* the largest file */
        uint64_t entries;     /* how many */
} TarLimits;

typedef struct TarReader TarReader;
TarReader *tar_reader_new(TarSource source, void *user, TarLimits limits);
void tar_reader_free(TarReader *reader);
DEFINE_AUTO(TarReader, tar_reader_free)

/* *ret_entry is NULL at the end.  A stream that ends without the two zero blocks is ERROR_CORRUPT ("cut off"). */
bool tar_next(TarReader *reader, const TarEntry **ret_entry, Error *err) MUST_CHECK;
/* The whole content of the current entry, at the end of `into`. */
bool tar_content(TarReader *reader, Buf *into, Error *err) MUST_CHECK;
