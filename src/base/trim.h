/* trim.h - memory that is not needed at this moment goes back to the system.
 *
 * For a process that waits most of its life: free heap, and the pages of programs and libraries that were read once,
 * at the start.  They come back from the page cache when they are used again.  Any thread may call. */
#pragma once
#include "base/str.h"

void trim_memory(void);

/* Pure, for tests: what the next line of /proc/self/smaps adds to a mapping.  True when the mapping is complete and may be
 * dropped: private, of a file, never written and not writable, so that the file has the same bytes. */
typedef struct TrimMapping {
        size_t start, end;
        bool is_candidate;
} TrimMapping;
bool trim_read_line(Str line, TrimMapping *mapping);
