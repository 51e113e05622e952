/* request.h - the Backup or Restore that a command line asks for: a file, flags, a name, or a mixture. */
#pragma once
#include "api/manifest.h"
#include "cli/cli.h"

typedef struct Request {
        JsonDoc *object;      /* as it will run */
        Manifest file;        /* empty without -f */
        Str path;             /* of the file, as the user gave it; empty without -f */
        unsigned other_names; /* that request_next_name will give; 0 when the user chose the name */
} Request;

typedef struct RequestInput {
        ManifestKind kind;       /* MANIFEST_BACKUP takes Schedules too */
        Str path;                /* -f; empty: none */
        Str name;                /* argument; empty: the file's, else generated */
        Str namespace;           /* where neither the file nor a flag names one; empty: left out */
        JsonVal *base;           /* what the flags are added to, without a file; NULL: nothing */
        const CommandLine *line; /* flags with fields */
} RequestInput;

/* Fails with exit 64. */
bool request_read(Cli *cli, const RequestInput *input, Request *ret_request, Error *err) MUST_CHECK;
void request_clear(Request *request);
/* Makes a Restore of a schedule's newest backup one of that backup. */
void request_set_backup(Request *request, Str backup);

/* After a failure.  When it is that the name is taken, and the name was made of the time: true, err and hint are
 * cleared, and *name is that of the next second. */
bool request_next_name(Cli *cli, Request *request, Str *name, Error *err) MUST_CHECK;
/* What was decoded from the object does not outlive that. */
void request_rename(Request *request, Str name);

/* Warnings go to standard error; errors fail with exit 64, one line each:
 * "backup.yaml:7: spec.ttl: …", or "--ttl: …" for what came from a flag; flags stand for such fields in the text too. */
bool request_check(Cli *cli, const Request *request, const CommandLine *line, Faults *faults, Error *err)
        MUST_CHECK;
