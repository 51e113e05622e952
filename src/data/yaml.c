#include "data/yaml.h"

#include <yaml.h>

#include "base/mem.h"
#include "data/yaml_build.h"

static int line_of_byte(Str text, size_t byte) {
        int line = 1;

        for (size_t i = 0; i < byte && i < text.len; i++)
                line += text.ptr[i] == '\n';
        return line;
}

static Str text_of_line(Str text, int line) {
        Str found = { 0 };

        while (line-- > 0 && str_cut(&text, '\n', &found))
                continue;
        return line < 0 ? found : STR("");
}

static bool is_indented_by_tab(Str line) {
        while (line.len && line.ptr[0] == ' ')
                line = str_skip(line, 1);
        return line.len && line.ptr[0] == '\t';
}

/* libyaml's own words are about its grammar; the most frequent mistakes deserve plain ones. */
static bool fail_parse(const yaml_parser_t *parser, Str text, const char *what, Error *err) {
        AUTO_FREE char *context = NULL;
        size_t column = parser->problem_mark.column;
        int lines = line_of_byte(text, text.len), line = (int) parser->problem_mark.line + 1;
        int context_line = (int) parser->context_mark.line + 1;

        if (parser->error == YAML_READER_ERROR)
                line = line_of_byte(text, parser->problem_offset);
        if (line > lines)
                line = lines;

        Str broken = text_of_line(text, line);
        if (parser->error != YAML_READER_ERROR && is_indented_by_tab(broken))
                return error_set(err, ERROR_INVALID,
                                 "%s: line %d: a tab is used for indentation, where YAML wants spaces", what,
                                 line);
        if (strcmp(parser->problem, "found character that cannot start any token") == 0 &&
            column < broken.len && broken.ptr[column] > ' ')
                return error_set(err, ERROR_INVALID,
                                 "%s: line %d: \"%c\" cannot start a value: put the value in quotes", what,
                                 line, broken.ptr[column]);
        if (parser->context && context_line < line)
                context = xasprintf(" %s that starts on line %d", parser->context, context_line);
        else if (parser->context)
                context = xasprintf(" %s", parser->context);
        return error_set(err, ERROR_INVALID, "%s: line %d: %s%s", what, line, parser->problem,
                         context ? context : "");
}

static bool add_document(YamlBuild *build, YamlDocs *docs, size_t *count, Error *err) {
        YamlDoc doc = yaml_build_take(build);

        if (++*count > YAML_DOCS_MAX) {
                yyjson_doc_free(doc.json);
                str_map_clear(&doc.lines);
                arena_clear(&doc.arena);
                return error_set(err, ERROR_INVALID, "more than %d documents", YAML_DOCS_MAX);
        }
        if (doc.json) {
                docs->items = xrealloc_array(docs->items, docs->len + 1, sizeof *docs->items);
                docs->items[docs->len++] = doc;
        }
        return true;
}

static bool parse_events(yaml_parser_t *parser, Str text, const char *what, YamlDocs *docs, Error *err) {
        AUTO(yaml_build_freep) YamlBuild *build = yaml_build_new();
        size_t count = 0;

        for (bool at_end = false; !at_end;) {
                AUTO(yaml_event_delete) yaml_event_t event = { 0 };

                if (!yaml_parser_parse(parser, &event)) {
                        if (parser->error == YAML_MEMORY_ERROR)
                                out_of_memory();
                        return fail_parse(parser, text, what, err);
                }
                at_end = event.type == YAML_STREAM_END_EVENT;

                bool ok = event.type == YAML_DOCUMENT_END_EVENT ? add_document(build, docs, &count, err)
                                                                : yaml_build_event(build, &event, err);
                if (!ok)
                        return error_prefix(err, "%s: line %zu", what, event.start_mark.line + 1);
        }
        return true;
}

/* The code unit of "\uXXXX" at the front, 0 when there is none. */
static unsigned escaped_unit(Str text) {
        unsigned unit = 0;

        if (text.len < 6 || text.ptr[0] != '\\' || text.ptr[1] != 'u')
                return 0;
        for (size_t i = 2; i < 6; i++) {
                char c = text.ptr[i];
                unsigned digit = c <= '9' ? (unsigned) (c - '0') : (unsigned) ((c | 0x20) - 'a' + 10);

                unit = unit << 4 | (digit & 0xf); /* the text is valid JSON: these are hex digits */
        }
        return unit;
}

/* JSON escapes a character past U+FFFF as a pair, "\ud83d\ude00"; YAML knows only "\U0001f600". */
static void join_surrogates(Str json, Buf *into) {
        while (json.len) {
                unsigned high = escaped_unit(json);
                size_t len = json.ptr[0] == '\\' && json.len > 1 ? 2 : 1;

                if (high >= 0xd800 && high < 0xdc00) {
                        unsigned low = escaped_unit(str_skip(json, 6));

                        buf_printf(into, "\\U%08x", 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
                        len = 12;
                } else {
                        buf_add(into, (Str) { json.ptr, len });
                }
                json = str_skip(json, len);
        }
}

/* True when the text is JSON and has pairs; then `into` has it without them. */
static bool has_joined_surrogates(Str text, Buf *into) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;
        Str trimmed = str_trim(text);

        if (trimmed.len == 0 || (trimmed.ptr[0] != '{' && trimmed.ptr[0] != '[') ||
            (memmem(text.ptr, text.len, "\\ud", 3) == NULL &&
             memmem(text.ptr, text.len, "\\uD", 3) == NULL) ||
            !json_parse(text, "", &doc, &err))
                return false;
        join_surrogates(text, into);
        return true;
}

bool yaml_parse(Str text, const char *what, YamlDocs *ret_docs, Error *err) {
        AUTO(yaml_parser_delete) yaml_parser_t parser = { 0 };
        AUTO(yaml_docs_clear) YamlDocs docs = { 0 };
        AUTO(buf_clear) Buf joined = { 0 };

        if (text.len > YAML_BYTES_MAX)
                return error_set(err, ERROR_INVALID, "%s: larger than %d bytes", what, YAML_BYTES_MAX);
        if (has_joined_surrogates(text, &joined))
                text = buf_str(&joined);

        if (!yaml_parser_initialize(&parser))
                out_of_memory();
        yaml_parser_set_input_string(&parser, (const unsigned char *) text.ptr, text.len);
        if (!parse_events(&parser, text, what, &docs, err))
                return false;
        *ret_docs = docs;
        docs = (YamlDocs) { 0 };
        return true;
}

void yaml_docs_clear(YamlDocs *docs) {
        for (size_t i = 0; i < docs->len; i++) {
                yyjson_doc_free(docs->items[i].json);
                str_map_clear(&docs->items[i].lines);
                arena_clear(&docs->items[i].arena);
        }
        free(docs->items);
        *docs = (YamlDocs) { 0 };
}

int yaml_line_of(const YamlDoc *doc, Str path) {
        for (;;) {
                void *line = str_map_get(&doc->lines, path);

                if (line || path.len == 0)
                        return (int) (intptr_t) line;
                do
                        path.len--;
                while (path.len && path.ptr[path.len] != '.' && path.ptr[path.len] != '[');
        }
}

void yaml_add_lines(const YamlDoc *doc, Faults *faults) {
        for (size_t i = 0; i < faults->len; i++)
                if (faults->items[i].line == 0)
                        faults->items[i].line = yaml_line_of(doc, faults->items[i].path);
}
