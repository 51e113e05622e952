#include "cli/notes.h"

#include "cli/words.h"

/* The fields that say which object it was about, and why. */
static Str field_value(const LogRecord *record, const char *key) {
        for (size_t i = 0; i < record->field_count; i++)
                if (strcmp(record->fields[i].key, key) == 0)
                        return record->fields[i].value;
        return STR("");
}

void notes_sink(void *user, Str line, const LogRecord *record) {
        Notes *notes = user;
        Strs *list = record->level == LOG_ERROR ? &notes->errors : &notes->warnings;

        (void) line;
        if (record->level < LOG_WARN || list->len == NOTES_MAX)
                return;

        Str namespace = field_value(record, "namespace"), name = field_value(record, "name");
        Str hook = field_value(record, "hookName"), error = field_value(record, "error");

        if (name.len == 0)
                name = field_value(record, "pod"); /* lines about hooks name it so, as Velero's do */

        Str text = str_of(
                arena_printf(&notes->arena, STR_FMT "%s" STR_FMT "%s" STR_FMT "%s" STR_FMT "%s" STR_FMT,
                             STR_ARG(namespace), namespace.len && name.len ? "/" : "", STR_ARG(name),
                             namespace.len || name.len ? ": " : "", STR_ARG(record->message),
                             hook.len ? " " : "", STR_ARG(hook), error.len ? ": " : "", STR_ARG(error)));
        strs_add(list, &notes->arena, words_printable(text, &notes->arena));
}

void notes_clear(Notes *notes) {
        arena_clear(&notes->arena);
        *notes = (Notes) { 0 };
}
