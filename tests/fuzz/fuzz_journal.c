#include "fuzz.h"

#include <assert.h>

#include "hooks/journal_record.h"

/* A line that begins with '!' is taken as it is; any other is a record's inside and gets its checksum. */
static void add_line(Str line, Buf *text) {
        if (line.len && line.ptr[0] == '!') {
                buf_add(text, str_skip(line, 1));
                buf_add_char(text, '\n');
        } else {
                journal_record_add(line, text);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf text = { 0 };
        AUTO(buf_clear) Buf again = { 0 };
        Str rest = { (const char *) data, size }, line;
        JournalDebt debt, copy;

        while (str_cut(&rest, '\n', &line))
                add_line(line, &text);
        if (!journal_replay(buf_str(&text), &arena, &debt, &err))
                return 0;

        /* What was read can be written and read again. */
        journal_record_run(&debt.run, &again);
        for (size_t i = 0; i < debt.len; i++)
                journal_record_begin(&debt.pods[i], &again);
        bool ok = journal_replay(buf_str(&again), &arena, &copy, &err);
        assert(ok && copy.bad_lines == 0 && copy.len <= debt.len);
        for (size_t i = 0; i < copy.len; i++)
                for (size_t k = 0; k < copy.pods[i].post_len; k++)
                        assert(copy.pods[i].post[k].timeout_ms > 0 &&
                               copy.pods[i].post[k].timeout_ms <= HOOK_TIMEOUT_MAX_MS);
        return 0;
}
