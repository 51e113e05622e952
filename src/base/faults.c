#include "base/faults.h"

#include <stdarg.h>

#include "base/buf.h"
#include "base/mem.h"

enum { FIRST_CAPACITY = 8 };

void faults_add(Faults *faults, FaultLevel level, Str path, const char *format, ...) {
        AUTO_FREE char *message = NULL;
        va_list args;

        va_start(args, format);
        message = xvasprintf(format, args);
        va_end(args);

        if (faults->len == faults->capacity) {
                size_t capacity = faults->capacity ? 2 * faults->capacity : FIRST_CAPACITY;
                Fault *items = arena_alloc(faults->arena, capacity * sizeof *items);

                if (faults->len)
                        memcpy(items, faults->items, faults->len * sizeof *items);
                faults->items = items;
                faults->capacity = capacity;
        }
        faults->items[faults->len++] = (Fault) {
                .level = level,
                .path = arena_copy(faults->arena, path),
                .message = arena_copy(faults->arena, str_of(message)),
        };
        faults->errors += level == FAULT_ERROR;
}

static void add_fault(const Fault *fault, Buf *into) {
        if (fault->line)
                buf_printf(into, "line %d: ", fault->line);
        if (fault->path.len) {
                buf_add(into, fault->path);
                buf_add(into, STR(": "));
        }
        buf_add(into, fault->message);
}

static void add_faults(const Faults *faults, FaultLevel level, Str separator, Buf *into) {
        bool first = true;

        for (size_t i = 0; i < faults->len; i++) {
                if (faults->items[i].level != level)
                        continue;
                if (!first)
                        buf_add(into, separator);
                add_fault(&faults->items[i], into);
                first = false;
        }
}

Str faults_text(const Faults *faults, FaultLevel level, Arena *arena) {
        AUTO(buf_clear) Buf text = { 0 };

        add_faults(faults, level, STR("\n"), &text);
        return arena_copy(arena, buf_str(&text));
}

bool faults_check(const Faults *faults, Error *err) {
        AUTO(buf_clear) Buf text = { 0 };

        if (faults->errors == 0)
                return true;
        add_faults(faults, FAULT_ERROR, STR("; "), &text);
        return error_set(err, ERROR_INVALID, STR_FMT, STR_ARG(buf_str(&text)));
}

void faults_add_texts(const Faults *faults, FaultLevel level, Arena *arena, Strs *texts) {
        for (size_t i = 0; i < faults->len; i++) {
                AUTO(buf_clear) Buf text = { 0 };

                if (faults->items[i].level != level)
                        continue;
                add_fault(&faults->items[i], &text);
                strs_add(texts, arena, arena_copy(arena, buf_str(&text)));
        }
}
