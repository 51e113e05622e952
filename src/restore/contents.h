/* contents.h - the contents of a backup: spooled once, found again by resource, namespace and name.
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

typedef struct ContentsItem {
        const char *name;
        uint64_t offset;
        uint32_t size;
        uint16_t type; /* of the report: its apiVersion/Kind */
        uint8_t name_len, action : 7, is_selected : 1;
} ContentsItem;

typedef struct ContentsGroup {
        Str resource;        /* the folder's name: "pods", "deployments.apps" */
        Str namespace;       /* empty: cluster-scoped */
        ContentsItem *items; /* in order of names */
        size_t len, capacity;
        bool has_exec_annotation; /* the text of an object in it names the annotation of an exec hook */
} ContentsGroup;

static inline Str contents_item_name(const ContentsItem *item) {
        return (Str) { item->name, item->name_len };
}

typedef struct ContentsLimits { /* 0: the default */
        uint64_t items;         /* files in the tarball, 10 million: each object is there twice */
        uint64_t item_bytes;    /* 64 MiB */
        uint64_t spool_bytes;   /* 64 GiB */
} ContentsLimits;

typedef struct Contents Contents;

/* ERROR_CORRUPT for what no backup holds: with the entry and the reason. */
bool contents_read(GzipSource source, void *user, const ContentsLimits *limits, Contents **ret_contents,
                   Error *err) MUST_CHECK;
void contents_free(Contents *contents);
DEFINE_AUTO(Contents, contents_free)

/* In order of resource, then namespace. */
ContentsGroup *contents_groups(Contents *contents, size_t *ret_len);
ContentsItem *contents_find(Contents *contents, Str resource, Str namespace, Str name,
                            ContentsGroup **ret_group);
bool contents_read_item(const Contents *contents, const ContentsItem *item, Buf *into, Error *err) MUST_CHECK;
