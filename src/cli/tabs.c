#include "cli/tabs.h"

#include "cli/words.h"

enum { PADDING = 2 };

typedef struct Line {
        Str text;
        size_t first_cell, cells; /* only those that end with a tab */
} Line;

typedef struct Lines {
        Line *items;
        size_t len;
        size_t *widths; /* of all cells of all lines */
        size_t most_cells;
} Lines;

size_t text_columns(Str text) {
        size_t columns = 0;

        for (size_t i = 0; i < text.len; i++)
                columns += ((unsigned char) text.ptr[i] & 0xc0) != 0x80;
        return columns;
}

static size_t count_byte(Str text, char byte) {
        size_t count = 0;

        for (size_t i = 0; i < text.len; i++)
                count += text.ptr[i] == byte;
        return count;
}

static Lines split_lines(Str text, Arena *arena) {
        Lines lines = { 0 };
        size_t cells = 0;
        Str line, cell;

        lines.items = arena_alloc(arena, (count_byte(text, '\n') + 1) * sizeof *lines.items);
        lines.widths = arena_alloc(arena, (count_byte(text, '\t') + 1) * sizeof *lines.widths);
        while (words_cut_line(&text, &line)) {
                Line *made = &lines.items[lines.len++];

                *made = (Line) { .text = line, .first_cell = cells, .cells = count_byte(line, '\t') };
                for (size_t i = 0; i < made->cells && str_cut(&line, '\t', &cell); i++)
                        lines.widths[cells++] = text_columns(cell) + PADDING;
                if (made->cells > lines.most_cells)
                        lines.most_cells = made->cells;
        }
        return lines;
}

/* Gives the cells of one column, in the run of lines that begins at `first`, the width of the widest. */
static size_t widen_run(const Lines *lines, size_t column, size_t first) {
        size_t end = first, widest = 0;

        for (; end < lines->len && lines->items[end].cells > column; end++) {
                size_t width = lines->widths[lines->items[end].first_cell + column];

                widest = width > widest ? width : widest;
        }
        for (size_t i = first; i < end; i++)
                lines->widths[lines->items[i].first_cell + column] = widest;
        return end;
}

static void write_line(const Lines *lines, const Line *line, Buf *into) {
        Str rest = line->text, cell;

        for (size_t i = 0; i < line->cells && str_cut(&rest, '\t', &cell); i++)
                buf_printf(into, STR_FMT "%*s", STR_ARG(cell),
                           (int) (lines->widths[line->first_cell + i] - text_columns(cell)), "");
        buf_add(into, rest);
        buf_add_char(into, '\n');
}

void tabs_align(Str text, Buf *into) {
        AUTO(arena_clear) Arena arena = { 0 };
        Lines lines = split_lines(text, &arena);

        for (size_t column = 0; column < lines.most_cells; column++)
                for (size_t i = 0; i < lines.len; i++)
                        if (lines.items[i].cells > column)
                                i = widen_run(&lines, column, i);
        for (size_t i = 0; i < lines.len; i++)
                write_line(&lines, &lines.items[i], into);
}
