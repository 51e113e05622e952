/* location_change.h - what the commands that write BackupStorageLocations and VolumeSnapshotLocations have in common.
 *
 * Source: spec/restore-behaviour.md 7.4. */
#pragma once
#include "cli/changes.h"
#include "cli/velero.h"

typedef struct LocationFlags {
        Str credential, ca_file;
} LocationFlags;
extern const Option credential_flags[]; /* of LocationFlags */
extern const Option location_flags[];   /* of BackupStorageLocations: those, --default and --cacert */

/* Writes what the flags say into the object.  An empty --cacert becomes null: a merge patch removes it.
 * What is wrong with them is a usage error. */
bool location_change(Cli *cli, const CommandLine *line, const LocationFlags *flags, JsonMutDoc *doc,
                     JsonMutVal *object, Error *err) MUST_CHECK;

typedef struct LocationSetFlags {
        LocationFlags location;
        OutputFlags output;
        VeleroFlags velero;
} LocationSetFlags;
/* Changes the object of that kind with the first argument as its name as the flags say, and tells it; `title` begins the
 * sentence ("Backup storage location"). */
bool location_set(Cli *cli, const CommandLine *line, const LocationSetFlags *flags, const char *kind,
                  const char *title, Error *err) MUST_CHECK;

/* The object of that kind, with the first argument as its name. */
bool location_make(Cli *cli, const CommandLine *line, const char *kind, const LocationFlags *flags,
                   Str namespace, JsonDoc **ret_doc, Error *err) MUST_CHECK;

/* A usage error that names what is missing of --provider and --bucket. */
bool location_has_place(Cli *cli, bool has_provider, bool has_bucket, Error *err) MUST_CHECK;

/* No other location than that one stays the default; says so of each that was. */
bool location_unset_default(Cli *cli, const Velero *velero, Str except, Changes *changes, Error *err)
        MUST_CHECK;
