/* glob.h - the name patterns of Velero: `*`, `?`, `[abc]`, `[a-z]`, `[!a]`.
 *
 * `*` matches any run of bytes, dots and the empty run too; everything else is
 * literal.  Linear time.  Source: spec/backup-behaviour.md 1.4, 2.4 rule 7, 3.3. */
#pragma once
#include "base/error.h"
#include "base/strs.h"

bool glob_matches(Str pattern, Str text);
bool glob_has_wildcard(Str pattern); /* one of * ? [ */
/* What Velero refuses in namespace patterns: | ( ) ! { } , and ** and empty or unbalanced brackets. */
bool glob_check(Str pattern, Error *err) MUST_CHECK;

/* Excludes win; then an empty include list, or one with `*`, or a match. */
bool glob_includes(const Strs *included, const Strs *excluded, Str text);
