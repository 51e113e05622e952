/* choice.h - which objects of the cluster a command is about: names, --all or --selector.
 *
 * What is done to them is done to all that it can be done to; what could not be done fails in the end. */
#pragma once
#include "cli/changes.h"
#include "cli/velero.h"

typedef struct ChoiceFlags {
        Str selector;
        bool all;
        OutputFlags output;
} ChoiceFlags;

typedef struct Choice {
        Catalog catalog;
        Changes changes; /* what was done to them */
        Strs problems;   /* names that are not there, and what was added since; in the command's arena */
} Choice;

/* Exactly one of the three was given. */
bool choice_check(Cli *cli, const CommandLine *line, const ChoiceFlags *flags, Error *err) MUST_CHECK;
/* `noun`: "No backups found" is said when there are none. */
bool choice_find(Cli *cli, const Velero *velero, const char *kind, const char *noun, const CommandLine *line,
                 const ChoiceFlags *flags, Choice *ret_choice, Error *err) MUST_CHECK;
void choice_clear(Choice *choice);
void choice_add_problem(Cli *cli, Choice *choice, const Error *reason);
/* Prints the changes; fails with all problems, a line each. */
bool choice_end(Cli *cli, Choice *choice, Error *err) MUST_CHECK;
