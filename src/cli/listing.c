#include "cli/listing.h"

#include <ctype.h>

#include "cli/flags.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/words.h"
#include "kube/object.h"

const Option listing_flags[] = {
        { OPT_ROW(OPTION_CHOICE, ListingFlags, format, "output", "table|json|yaml", "format of the output"),
          .letter = 'o', .otherwise = "table" },
        { OPT_ROW(OPTION_LIST, ListingFlags, label_columns, "label-columns", "LABELS",
                  "show these labels as columns of the table"),
          .letter = 'L' },
        { OPT_ROW(OPTION_BOOL, ListingFlags, show_labels, "show-labels", NULL,
                  "show all labels in the last column") },
        OPT_END,
};

/* The last part of the label's name, in capitals. */
static const char *label_heading(Str label, Arena *arena) {
        const char *slash = memrchr(label.ptr, '/', label.len);
        Str part = slash ? str_skip(label, (size_t) (slash + 1 - label.ptr)) : label;
        char *heading = arena_alloc(arena, part.len + 1);

        for (size_t i = 0; i < part.len; i++)
                heading[i] = (char) toupper((unsigned char) part.ptr[i]);
        heading[part.len] = '\0';
        return heading;
}

static size_t count_headings(const char *const *headings) {
        size_t count = 0;

        while (headings[count])
                count++;
        return count;
}

static const char *const *all_headings(const ListingTable *how, const ListingFlags *flags, Arena *arena) {
        size_t len = count_headings(how->headings);
        const char **all = arena_alloc(arena, (len + flags->label_columns.len + 2) * sizeof *all);

        memcpy(all, how->headings, len * sizeof *all);
        for (size_t i = 0; i < flags->label_columns.len; i++)
                all[len++] = label_heading(flags->label_columns.items[i], arena);
        if (flags->show_labels)
                all[len++] = "LABELS";
        all[len] = NULL;
        return all;
}

static Str labels_text(JsonVal *labels, Arena *arena) {
        Strs pairs = { 0 };
        size_t i, count;
        JsonVal *key, *value;

        if (yyjson_is_obj(labels))
                yyjson_obj_foreach(labels, i, count, key, value) {
                        Str name = json_str(key), text = json_str(value);

                        strs_add(&pairs, arena,
                                 str_of(arena_printf(arena, STR_FMT "=" STR_FMT, STR_ARG(name),
                                                     STR_ARG(text))));
                }
        strs_sort(&pairs);
        return pairs.len ? strs_join(&pairs, STR(","), arena) : STR("<none>");
}

static void add_row(Table *table, const ListingTable *how, const ListingFlags *flags, JsonVal *object) {
        Arena *arena = table->arena;
        Str *row = arena_alloc(arena, table->columns * sizeof *row);
        size_t at = count_headings(how->headings);
        JsonVal *labels = object_labels(object);

        how->fill(object, arena, row);
        for (size_t i = 0; i < flags->label_columns.len; i++)
                row[at++] = json_str(json_get_key(labels, flags->label_columns.items[i]));
        if (flags->show_labels)
                row[at++] = labels_text(labels, arena);
        for (size_t i = 0; i < at; i++)
                row[i] = words_printable(row[i], arena);
        table_add(table, row);
}

void listing_print_objects(Cli *cli, int format, const Catalog *catalog) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *items = yyjson_mut_arr(doc);

        for (size_t i = 0; i < catalog->len; i++)
                yyjson_mut_arr_append(items,
                                      yyjson_val_mut_copy(doc, yyjson_doc_get_root(catalog->items[i].doc)));
        output_list(cli, format, doc, items);
}

void listing_print(Cli *cli, const ListingTable *how, const ListingFlags *flags, const Catalog *catalog) {
        AUTO(buf_clear) Buf text = { .limit = SIZE_MAX };

        if (flags->format != OUTPUT_TABLE) {
                listing_print_objects(cli, flags->format, catalog);
                return;
        }

        Table table = table_new(cli->arena, all_headings(how, flags, cli->arena));
        for (size_t i = 0; i < catalog->len; i++)
                add_row(&table, how, flags, yyjson_doc_get_root(catalog->items[i].doc));
        table_write(&table, &text);
        output_text(cli, buf_str(&text));
}
