#include "data/xml.h"

#include <expat.h>
#include <limits.h>

#include "base/buf.h"

typedef struct XmlReader {
        XML_Parser parser;
        const char *what;
        XmlElement element;
        void *user;
        Error *err;
        bool is_stopped; /* and why is in *err */
        unsigned depth;
        size_t texts[XML_DEPTH_MAX]; /* where the text of each open element starts in `text` */
        size_t names[XML_DEPTH_MAX]; /* where its name, with the slash before it, starts in `path` */
        Buf path, text;
} XmlReader;

static void stop(XmlReader *reader) {
        reader->is_stopped = true;
        XML_StopParser(reader->parser, XML_FALSE);
}

/* expat 2.9 has another name for it, and calls the first deprecated. */
static unsigned long line_number(XML_Parser parser) {
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9
        return (unsigned long) XML_GetCurrentLineNumber64(parser);
#else
        return (unsigned long) XML_GetCurrentLineNumber(parser);
#endif
}

static void refuse(XmlReader *reader, const char *reason) {
        if (reader->is_stopped)
                return;
        error_set(reader->err, ERROR_CORRUPT, "%s is not XML: %s in line %lu", reader->what, reason,
                  line_number(reader->parser));
        stop(reader);
}

static Str local_name(const XML_Char *name) {
        const char *colon = strrchr(name, ':');

        return str_of(colon && colon[1] ? colon + 1 : name);
}

static void on_start(void *user, const XML_Char *name, const XML_Char **attributes) {
        XmlReader *reader = user;

        (void) attributes;
        if (reader->depth == XML_DEPTH_MAX) {
                refuse(reader, "more than 16 elements in one another");
                return;
        }
        reader->names[reader->depth] = reader->path.len;
        reader->texts[reader->depth++] = reader->text.len;
        if (reader->path.len > 0)
                buf_add_char(&reader->path, '/');
        buf_add(&reader->path, local_name(name));
        if (reader->path.overflowed)
                refuse(reader, "names that are too long");
}

static void on_text(void *user, const XML_Char *bytes, int len) {
        XmlReader *reader = user;

        buf_add(&reader->text, (Str) { bytes, (size_t) len });
}

/* expat may call once more after it was told to stop. */
static void on_end(void *user, const XML_Char *name) {
        XmlReader *reader = user;

        (void) name;
        if (reader->is_stopped)
                return;
        reader->depth--;
        size_t start = reader->texts[reader->depth];
        Str text = str_skip(buf_str(&reader->text), start);

        if (!reader->element(reader->user, buf_str(&reader->path), text, reader->err)) {
                stop(reader);
                return;
        }
        reader->text.len = start;
        reader->path.len = reader->names[reader->depth];
}

static void on_entity(void *user, const XML_Char *name, int is_parameter, const XML_Char *value, int len,
                      const XML_Char *base, const XML_Char *system, const XML_Char *public,
                      const XML_Char *notation) {
        (void) name, (void) is_parameter, (void) value, (void) len, (void) base, (void) system, (void) public;
        (void) notation;
        refuse(user, "it declares entities");
}

bool xml_read(Str document, const char *what, XmlElement element, void *user, Error *err) {
        XmlReader reader = { .what = what, .element = element, .user = user, .err = err };

        if (document.len > INT_MAX)
                return error_set(err, ERROR_CORRUPT, "%s is too large", what);
        reader.path.limit = XML_PATH_MAX;
        reader.text.limit = document.len + 1;
        reader.parser = XML_ParserCreate(NULL);
        if (!reader.parser)
                abort(); /* out of memory, which ends the process (mem.h) */
        XML_SetUserData(reader.parser, &reader);
        XML_SetElementHandler(reader.parser, on_start, on_end);
        XML_SetCharacterDataHandler(reader.parser, on_text);
        XML_SetEntityDeclHandler(reader.parser, on_entity);
        if (XML_Parse(reader.parser, document.ptr, (int) document.len, XML_TRUE) != XML_STATUS_OK)
                refuse(&reader, XML_ErrorString(XML_GetErrorCode(reader.parser)));
        XML_ParserFree(reader.parser);
        buf_clear(&reader.path);
        buf_clear(&reader.text);
        return !reader.is_stopped;
}
