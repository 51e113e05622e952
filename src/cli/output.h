/* output.h - what a command found, as JSON or YAML on standard output. */
#pragma once
#include "cli/cli.h"
#include "cli/flags.h"
#include "data/json.h"

void output_text(Cli *cli, Str text);
/* `value` belongs to `doc`.  OUTPUT_JSON or OUTPUT_YAML. */
void output_value(Cli *cli, int format, JsonMutDoc *doc, JsonMutVal *value);
/* A list as kubectl prints one: {"apiVersion":"v1","kind":"List","items":[…]}; a single element as itself. */
void output_list(Cli *cli, int format, JsonMutDoc *doc, JsonMutVal *items);
