/* fields.h - flags that stand for fields of a manifest, put into its JSON.
 *
 * What they mean is then checked once, by the decoding of the manifest; its faults are told in words of flags. */
#pragma once
#include "cli/options.h"
#include "data/json.h"

/* A field that `file` (may be NULL) sets already is ERROR_INVALID: neither of the two is silently lost. */
bool fields_apply(const CommandLine *line, JsonMutDoc *doc, JsonMutVal *object, const char *file, Error *err)
        MUST_CHECK;

/* What the user gave for that field, the last time; empty when it was not given. */
Str fields_given(const CommandLine *line, const char *field);
/* The first flag that was given for a field below `prefix` ("spec."); NULL: none. */
const Option *fields_given_below(const CommandLine *line, const char *prefix);

/* "--include-namespaces" for "spec.includedNamespaces[0]" when that flag was given; else empty. */
Str fields_flag_of(const CommandLine *line, Str path, Arena *arena);
