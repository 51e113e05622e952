/* seen.h - what was seen last of each thing, to tell a change that its object does not tell.
 *
 * Many threads may call.  Of this process only: whoever starts sees everything anew. */
#pragma once
#include "base/str.h"

typedef struct Seen Seen;

Seen *seen_new(void);
void seen_free(Seen *seen);

/* True when it is not what was seen of `about` the last time; from now on it is. */
bool seen_is_change(Seen *seen, Str about, Str what);
