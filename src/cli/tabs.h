/* tabs.h - columns from tabs, as Go's text/tabwriter makes them (padding 2, blanks).
 *
 * A cell ends with a tab; a column is a run of neighbouring lines that have a cell there, as wide as the
 * widest of them plus 2.  `describe` looks like Velero's because of this rule. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

void tabs_align(Str text, Buf *into);

/* How many columns of a terminal the text takes: code points, as Go counts. */
size_t text_columns(Str text);
