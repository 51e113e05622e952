/* archive_path.h - what a file in a backup's tarball is, by its path.  Pure. */
#pragma once
#include "base/error.h"
#include "base/str.h"

typedef enum ArchivePlace {
        PLACE_ITEM,      /* resources/pods/namespaces/shop/web.json, resources/nodes/cluster/n1.json */
        PLACE_VERSIONED, /* the same below v1-preferredversion or v1beta1: another copy */
        PLACE_FORMAT,    /* metadata/version */
        PLACE_OTHER,     /* nothing that a restore reads */
} ArchivePlace;

typedef struct ArchivePath {
        ArchivePlace place;
        Str resource, namespace, name; /* of an item */
} ArchivePath;

/* ERROR_CORRUPT when a name in it cannot be one of Kubernetes. */
bool archive_path_parse(Str path, ArchivePath *ret_path, Error *err) MUST_CHECK;
