/* contents_path.h - what a file in a backup's tarball is, by its path.  Pure. */
#pragma once
#include "base/error.h"
#include "base/str.h"

typedef enum ContentsPlace {
        PLACE_ITEM,      /* resources/pods/namespaces/shop/web.json, resources/nodes/cluster/n1.json */
        PLACE_VERSIONED, /* the same below v1-preferredversion or v1beta1: another copy */
        PLACE_FORMAT,    /* metadata/version */
        PLACE_OTHER,     /* nothing that a restore reads */
} ContentsPlace;

typedef struct ContentsPath {
        ContentsPlace place;
        Str resource, namespace, name; /* of an item */
} ContentsPath;

/* ERROR_CORRUPT when a name in it cannot be one of Kubernetes. */
bool contents_path_parse(Str path, ContentsPath *ret_path, Error *err) MUST_CHECK;
