/* delete.h - what the delete commands have in common: which objects, and whether the user is sure. */
#pragma once
#include "cli/choice.h"
#include "cli/origin.h"

typedef struct DeleteFlags {
        ChoiceFlags which;
        bool confirm;
} DeleteFlags;
extern const Option delete_flags[];

/* Asks on a terminal; elsewhere nobody could answer, and a script that means it says --confirm.
 * `more` goes on after "Delete 2 backups". */
bool delete_ask(Cli *cli, const DeleteFlags *flags, const Catalog *catalog, const char *noun,
                const char *more, bool *ret_yes, Error *err) MUST_CHECK;

typedef struct DeletedKind {
        const char *kind, *noun;              /* "Backup", "backup" */
        const char *more;                     /* as of delete_ask */
        const char *outcome;                  /* of each that was deleted, for programs */
        const char *before_name, *after_name; /* and what is printed of it for people */
        bool (*delete_one)(Cli *cli, const Velero *velero, JsonVal *object, Error *err);
        /* What goes with it, after that was printed; NULL: nothing. */
        bool (*delete_more)(Cli *cli, const Velero *velero, JsonVal *object, Changes *changes, Error *err);
} DeletedKind;

/* Asks, and deletes all that can be; what could not fails in the end. */
bool delete_in_cluster(Cli *cli, const Velero *velero, const DeletedKind *what, const CommandLine *line,
                       const DeleteFlags *flags, Error *err) MUST_CHECK;
/* A delete_one that deletes the object itself. */
bool delete_object(Cli *cli, const Velero *velero, const char *kind, JsonVal *object, Error *err) MUST_CHECK;

typedef struct DeletedFiles { /* of the same in a folder */
        CatalogKind kind;
        const char *folder; /* "backups": for the lock */
        bool (*delete_one)(Store *store, Str name, Error *err);
} DeletedFiles;

/* From the folder of --from, at once and each under its lock: what was never finished can be deleted by its name.  Else as
 * delete_in_cluster. */
bool delete_run(Cli *cli, const CommandLine *line, const OriginFlags *from, const DeleteFlags *flags,
                const DeletedFiles *files, const DeletedKind *what, Error *err) MUST_CHECK;
