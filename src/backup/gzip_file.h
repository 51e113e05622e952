/* gzip_file.h - one gzip file in the store, made of members that many threads compress at the same time.
 *
 * A thread fills its own GzipPart; every megabyte it becomes one gzip member at the end of the file.  Whole
 * records only, so that a tar record never spans two members.  Nothing is visible in the store before
 * gzip_file_finish.  Memory: about 3 MiB for each open GzipPart. */
#pragma once
#include <stdint.h>

#include "data/gzip.h"
#include "store/store.h"

typedef struct GzipFile GzipFile;

bool gzip_file_open(Store *store, Str key, GzipFile **ret_file, Error *err) MUST_CHECK;
/* After the last member was flushed. */
bool gzip_file_finish(GzipFile *file, Error *err) MUST_CHECK;
/* Abandons what was not finished. */
void gzip_file_free(GzipFile *file);
DEFINE_AUTO(GzipFile, gzip_file_free)
uint64_t gzip_file_bytes(const GzipFile *file); /* compressed, until now */

typedef struct GzipPart { /* one thread's */
        GzipFile *file;   /* NULL: what is added goes nowhere, as in a dry run */
        GzipWorkspace *workspace;
        Buf plain, packed;
} GzipPart;

void gzip_part_init(GzipPart *part, GzipFile *file);
void gzip_part_clear(GzipPart *part); /* drops what was not flushed */

/* `part` is a GzipPart; the signature is that of hook_results_write's sink. */
bool gzip_part_add(void *part, Str bytes, Error *err) MUST_CHECK;
bool gzip_part_add_file(GzipPart *part, Str name, Str content, Error *err) MUST_CHECK;
/* The two zero blocks that end a tar file, and flushes. */
bool gzip_part_end_tar(GzipPart *part, Error *err) MUST_CHECK;
/* After something was added to `plain` directly. */
bool gzip_part_flush_when_full(GzipPart *part, Error *err) MUST_CHECK;
bool gzip_part_flush(GzipPart *part, Error *err) MUST_CHECK;

/* A small gzip file, written by `write_to` and finished. */
typedef bool (*GzipFileWrite)(void *user, GzipPart *part, Error *err);
bool gzip_file_put(Store *store, Str key, GzipFileWrite write, void *user, Error *err) MUST_CHECK;
