/* create.h - a Backup or Restore for a server to carry out: printed, or created and waited for.
 *
 * Waiting ends with the exit code of the run: 0 Completed, 2 PartiallyFailed, 1 everything else.
 * Source: spec/restore-behaviour.md 7.2, 7.3. */
#pragma once
#include "cli/listing.h"
#include "cli/request.h"
#include "cli/velero.h"

typedef struct CreateFlags {
        Str file;
        bool wait;
        ListingFlags listing; /* counts only when -o was given */
        ClusterFlags cluster;
} CreateFlags;
extern const Option create_flags[];        /* -f, --wait, -o and its companions */
extern const Option create_output_flags[]; /* of ListingFlags: those companions alone */

typedef struct Creating {
        const char *kind;          /* "Backup" */
        const ListingTable *table; /* for -o table */
        const CommandLine *line;
        const CreateFlags *flags;
        Velero velero;
} Creating;

/* `creating` starts with `velero` zeroed; clear it in any case. */
void creating_clear(Creating *creating);

/* The namespace that neither a flag nor a file names. */
bool create_namespace(Cli *cli, Str *ret_namespace, Error *err) MUST_CHECK;
/* Opens the cluster, once. */
bool create_open(Cli *cli, Creating *creating, Str namespace, Error *err) MUST_CHECK;
/* -o was given: the object is printed and nothing is created. */
bool create_is_dry(const Creating *creating);
void create_print_one(Cli *cli, const ListingTable *table, const ListingFlags *flags, JsonDoc *object);
void create_print(Cli *cli, const Creating *creating, JsonDoc *object);
/* Wrong names of locations are told at once; a server would tell them in the backup's status. */
bool create_check_locations(Cli *cli, const Velero *velero, JsonVal *spec, Error *err) MUST_CHECK;
/* Creates it and, with --wait, follows it to its end.  A name that was made of the time gives way to one that is there. */
bool create_submit(Cli *cli, const Creating *creating, Request *manifest, Error *err) MUST_CHECK;
