/* location_change.h - what the commands that write BackupStorageLocations have in common.
 *
 * Source: spec/restore-behaviour.md 7.4. */
#pragma once
#include "cli/velero.h"

typedef struct LocationFlags {
        Str credential, ca_file;
} LocationFlags;
extern const Option location_flags[];

/* Writes what the flags say into the object.  An empty --cacert becomes null: a merge patch removes it. */
bool location_change(Cli *cli, const CommandLine *line, const LocationFlags *flags, JsonMutDoc *doc,
                     JsonMutVal *object, Error *err) MUST_CHECK;

/* A usage error that names what is missing of --provider and --bucket. */
bool location_has_place(Cli *cli, bool has_provider, bool has_bucket, Error *err) MUST_CHECK;

/* No other location than that one stays the default; says so of each that was. */
bool location_unset_default(Cli *cli, const Velero *velero, Str except, Error *err) MUST_CHECK;
