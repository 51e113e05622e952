/* notes.h - the first warnings and errors of a run, kept for its summary. */
#pragma once
#include "base/log.h"
#include "base/strs.h"

enum { NOTES_MAX = 5 }; /* of each kind */

typedef struct Notes {
        Arena arena;
        Strs warnings, errors; /* one line each */
} Notes;

void notes_sink(void *notes, Str line, const LogRecord *record); /* a LogSink */
void notes_clear(Notes *notes);
