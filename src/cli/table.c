#include "cli/table.h"

#include <assert.h>

#include "cli/tabs.h"

enum { GAP = 3 };

Table table_new(Arena *arena, const char *const *headings) {
        Table table = { .arena = arena, .headings = headings };

        while (headings[table.columns])
                table.columns++;
        return table;
}

void table_add(Table *table, const Str *row) {
        if (table->cells_len + table->columns > table->cells_capacity) {
                size_t capacity = (table->cells_capacity + table->columns) * 2;
                Str *grown = arena_alloc(table->arena, capacity * sizeof *grown);

                if (table->cells_len)
                        memcpy(grown, table->cells, table->cells_len * sizeof *grown);
                table->cells = grown;
                table->cells_capacity = capacity;
        }
        memcpy(table->cells + table->cells_len, row, table->columns * sizeof *row);
        table->cells_len += table->columns;
}

static size_t column_width(const Table *table, size_t column) {
        size_t widest = strlen(table->headings[column]);

        for (size_t i = column; i < table->cells_len; i += table->columns) {
                size_t width = text_columns(table->cells[i]);

                widest = width > widest ? width : widest;
        }
        return widest;
}

static void write_cell(Str cell, size_t width, bool is_last, Buf *into) {
        buf_add(into, cell);
        if (is_last)
                buf_add_char(into, '\n');
        else
                buf_printf(into, "%*s", (int) (width + GAP - text_columns(cell)), "");
}

void table_write(const Table *table, Buf *into) {
        size_t *widths = arena_alloc(table->arena, table->columns * sizeof *widths);

        assert(table->columns > 0);
        for (size_t i = 0; i < table->columns; i++)
                widths[i] = column_width(table, i);
        for (size_t i = 0; i < table->columns; i++)
                write_cell(str_of(table->headings[i]), widths[i], i + 1 == table->columns, into);
        for (size_t i = 0; i < table->cells_len; i++) {
                size_t column = i % table->columns;

                write_cell(table->cells[i], widths[column], column + 1 == table->columns, into);
        }
}
