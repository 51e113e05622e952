/* changes.h - what a command did to objects: a line for each as it is done, or one JSON or YAML value in the end.
 *
 * The value is {"objects": [{"kind", "name", "outcome"}]}, in the order in which it was done (docs/cli-output.md).  What
 * could not be done is an error as ever, on standard error.  One thread. */
#pragma once
#include "cli/output.h"

typedef struct Changes {
        Cli *cli;
        int format;       /* OutputFormat */
        JsonMutDoc *doc;  /* its root is the value */
        JsonMutVal *list; /* of `doc` */
} Changes;

Changes changes_new(Cli *cli, int format);
void changes_clear(Changes *changes);

/* `outcome` is for programs; the rest is the whole line for people, without its end. */
void changes_add(Changes *changes, Str kind, Str name, const char *outcome, const char *format, ...)
        PRINTF_LIKE(5, 6);
/* A line that is for people only, such as that there was nothing to do. */
void changes_say(const Changes *changes, const char *format, ...) PRINTF_LIKE(2, 3);
/* How many were added. */
size_t changes_count(const Changes *changes);
/* Prints the value, once; to be called when an error cut the work short too. */
void changes_end(Changes *changes);
