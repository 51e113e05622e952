/* names.h - the names of everything that was backed up, for the resource list.
 *
 * Names go to a temporary file, kind by kind; the list is made at the end with the names of one kind in
 * memory at a time (about 60 bytes a name, refused above NAMES_KIND_LIMIT), since Velero writes them sorted.
 * Many threads may add. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "backup/gzip_file.h"

enum { NAMES_KIND_LIMIT = 1024 * 1024 * 1024 };

typedef struct Names Names;

/* Kinds are numbered from 0. */
bool names_new(size_t kinds, Names **ret_names, Error *err) MUST_CHECK;
void names_free(Names *names);
DEFINE_AUTO(Names, names_free)

bool names_add(Names *names, size_t kind, Str namespace, Str name, Error *err) MUST_CHECK;
uint64_t names_count(Names *names, size_t kind);
uint64_t names_total(const Names *names);

/* NAME-resource-list.json.gz: {"v1/Pod":["ns/a",…],…}; `keys[i]` is kind i's "apiVersion/Kind". */
bool names_write(Names *names, const Str *keys, GzipPart *part, Error *err) MUST_CHECK;
