/* journal_record.h - the lines of a journal.
 *
 *   {"crc":"1c291ca3","begin":{"namespace":"shop","pod":"db-0","uid":"…","pre":[…],"post":[…]}}
 *
 * Private to the journal.  The checksum (CRC-32) is of all that follows its comma, without the line's end. */
#pragma once
#include "hooks/journal.h"

/* `body` is an object's inside: "run":{…} */
void journal_record_add(Str body, Buf *into);
void journal_record_run(const JournalRun *run, Buf *into);
void journal_record_begin(const PodPlan *pod, Buf *into);
void journal_record_end(const PodPlan *pod, Buf *into);
