#include "data/ini.h"

static bool is_blank(char c) {
        return c == ' ' || c == '\t';
}

/* A '#' or ';' after a blank starts a comment. */
static Str without_comment(Str text) {
        for (size_t i = 1; i < text.len; i++)
                if ((text.ptr[i] == '#' || text.ptr[i] == ';') && is_blank(text.ptr[i - 1]))
                        return str_trim((Str) { text.ptr, i });
        return text;
}

typedef struct IniReader {
        const char *what;
        IniSetting setting;
        void *user;
        Str section;
        /* Of the last setting in the section, which deeper lines go on with. */
        bool has_setting, is_empty;
        size_t indent;
} IniReader;

static bool read_section(IniReader *reader, Str line) {
        line = without_comment(line);
        if (line.len < 2 || line.ptr[line.len - 1] != ']')
                return false;
        reader->section = str_trim((Str) { line.ptr + 1, line.len - 2 });
        reader->has_setting = reader->is_empty = false;
        return true;
}

static bool read_setting(IniReader *reader, Str line, size_t indent, bool *ret_ok, Error *err) {
        Str value = line, key;
        bool is_pair = memchr(line.ptr, '=', line.len) && str_cut(&value, '=', &key);

        if (reader->has_setting && indent > reader->indent && (reader->is_empty || !is_pair))
                return true;
        if (!is_pair)
                return false;
        key = str_trim(key);
        value = without_comment(str_trim(value));
        reader->has_setting = true;
        reader->is_empty = value.len == 0;
        reader->indent = indent;
        *ret_ok = reader->setting(reader->user, reader->section, key, value, err);
        return true;
}

bool ini_read(Str text, const char *what, IniSetting setting, void *user, Error *err) {
        IniReader reader = { .what = what, .setting = setting, .user = user, .section = STR("") };
        Str line;

        if (str_starts_with(text, STR("\xef\xbb\xbf")))
                text = str_skip(text, 3);
        for (unsigned number = 1; str_cut(&text, '\n', &line); number++) {
                size_t indent = 0;
                bool ok = true;
                Str inner = str_trim(line);

                if (inner.len == 0 || inner.ptr[0] == '#' || inner.ptr[0] == ';')
                        continue;
                while (is_blank(line.ptr[indent]))
                        indent++;
                bool is_known = inner.ptr[0] == '[' ? read_section(&reader, inner)
                                                    : read_setting(&reader, inner, indent, &ok, err);
                if (!ok)
                        return false;
                if (!is_known)
                        return error_set(err, ERROR_INVALID, "%s, line %u: expected [section] or key = value",
                                         what, number);
        }
        return true;
}
