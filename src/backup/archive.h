/* archive.h - one gzip file in the store, made of members that many threads compress at the same time.
 *
 * A thread fills its own ArchiveMember; every megabyte it becomes one gzip member at the end of the file.  Whole
 * records only, so that a tar record never spans two members.  Nothing is visible in the store before
 * archive_finish.  Memory: about 3 MiB for each open ArchiveMember. */
#pragma once
#include <stdint.h>

#include "data/gzip.h"
#include "store/store.h"

typedef struct Archive Archive;

bool archive_open(Store *store, Str key, Archive **ret_archive, Error *err) MUST_CHECK;
/* After the last member was flushed. */
bool archive_finish(Archive *archive, Error *err) MUST_CHECK;
/* Abandons what was not finished. */
void archive_free(Archive *archive);
DEFINE_AUTO(Archive, archive_free)
uint64_t archive_bytes(const Archive *archive); /* compressed, until now */

typedef struct ArchiveMember { /* one thread's */
        Archive *archive;      /* NULL: what is added goes nowhere, as in a dry run */
        GzipWorkspace *workspace;
        Buf plain, packed;
} ArchiveMember;

void archive_member_init(ArchiveMember *member, Archive *archive);
void archive_member_clear(ArchiveMember *member); /* drops what was not flushed */

/* `member` is an ArchiveMember; the signature is that of hook_results_write's sink. */
bool archive_member_add(void *member, Str bytes, Error *err) MUST_CHECK;
bool archive_member_add_file(ArchiveMember *member, Str name, Str content, Error *err) MUST_CHECK;
bool archive_member_flush(ArchiveMember *member, Error *err) MUST_CHECK;

/* A small gzip file, written by `write_to` and finished. */
typedef bool (*ArchiveWrite)(void *user, ArchiveMember *member, Error *err);
bool archive_put(Store *store, Str key, ArchiveWrite write, void *user, Error *err) MUST_CHECK;
