/* archive.h - the contents of a backup: spooled once, found again by resource, namespace and name.
 *
 * The tarball is hostile input.  It is read as a stream, its files go decompressed into a spool, and what stays in
 * memory is 32 bytes and the name of each.  Only the unversioned copies are kept.  Once read, many threads may
 * look things up and read contents.  Source: spec/restore-behaviour.md 3.2. */
#pragma once
#include "base/spool.h"
#include "data/gzip.h"

typedef enum ItemAction {
        ITEM_UNTOUCHED,
        ITEM_CREATED,
        ITEM_UPDATED,
        ITEM_FAILED,
        ITEM_SKIPPED,
        ITEM_DIFFERENT, /* exists, differs, and was left alone: "failed" in Velero 1.18's list */
} ItemAction;

typedef struct ArchiveItem {
        const char *name;
        uint64_t offset;
        uint32_t size;
        uint16_t type; /* of the report: its apiVersion/Kind */
        uint8_t name_len, action : 7, is_selected : 1;
} ArchiveItem;

typedef struct ArchiveGroup {
        Str resource;       /* the folder's name: "pods", "deployments.apps" */
        Str namespace;      /* empty: cluster-scoped */
        ArchiveItem *items; /* in order of names */
        size_t len, capacity;
        bool has_exec_annotation; /* a pod in it carries an annotation for an exec hook */
} ArchiveGroup;

static inline Str archive_item_name(const ArchiveItem *item) {
        return (Str) { item->name, item->name_len };
}

typedef struct ArchiveLimits { /* 0: the default */
        uint64_t items;        /* files in the tarball, 10 million: each object is there twice */
        uint64_t item_bytes;   /* 64 MiB */
        uint64_t spool_bytes;  /* 64 GiB */
} ArchiveLimits;

typedef struct Archive Archive;

/* ERROR_CORRUPT for what no backup holds: with the entry and the reason. */
bool archive_read(GzipSource source, void *user, const ArchiveLimits *limits, Archive **ret_archive,
                  Error *err) MUST_CHECK;
void archive_free(Archive *archive);
DEFINE_AUTO(Archive, archive_free)

/* In order of resource, then namespace. */
ArchiveGroup *archive_groups(Archive *archive, size_t *ret_len);
ArchiveItem *archive_find(Archive *archive, Str resource, Str namespace, Str name, ArchiveGroup **ret_group);
bool archive_content(const Archive *archive, const ArchiveItem *item, Buf *into, Error *err) MUST_CHECK;
