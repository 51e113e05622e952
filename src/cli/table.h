/* table.h - rows in columns, as kubectl prints them: capitals on top, three blanks between. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

typedef struct Table {
        Arena *arena;
        const char *const *headings; /* ends with NULL */
        Str *cells;
        size_t cells_len, cells_capacity;
        size_t columns;
} Table;

Table table_new(Arena *arena, const char *const *headings);
void table_add(Table *table, const Str *row); /* one Str for each heading, borrowed */
void table_write(const Table *table, Buf *into);
