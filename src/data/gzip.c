#include "data/gzip.h"

#include <assert.h>
#include <isa-l/igzip_lib.h>

#include "base/mem.h"

/* Level 2 has the best ratio of ISA-L's fast levels at the same speed. */
enum {
        LEVEL = 2,
        STEP = 16 * 1024,
        IN_SIZE = 64 * 1024,
        FEED_MAX = 1 << 30, /* the library counts in 32 bits */
};

struct GzipWorkspace {
        struct isal_zstream stream;
        uint8_t level_buf[ISAL_DEF_LVL2_DEFAULT];
        uint8_t out[STEP];
};

GzipWorkspace *gzip_workspace_new(void) {
        GzipWorkspace *workspace = xcalloc(1, sizeof *workspace);

        isal_deflate_init(&workspace->stream);
        return workspace;
}

void gzip_workspace_free(GzipWorkspace *workspace) {
        free(workspace);
}

void gzip_member(GzipWorkspace *workspace, Str bytes, Buf *into) {
        struct isal_zstream *stream = &workspace->stream;

        isal_deflate_reset(stream);
        stream->level = LEVEL;
        stream->level_buf = workspace->level_buf;
        stream->level_buf_size = sizeof workspace->level_buf;
        stream->gzip_flag = IGZIP_GZIP;
        /* The library only reads what it calls uint8_t *. */
        stream->next_in = (uint8_t *) (uintptr_t) bytes.ptr;
        stream->avail_in = 0;
        stream->end_of_stream = 0;

        size_t left = bytes.len;
        while (stream->internal_state.state != ZSTATE_END) {
                if (stream->avail_in == 0) {
                        stream->avail_in = (uint32_t) (left < FEED_MAX ? left : FEED_MAX);
                        left -= stream->avail_in;
                        stream->end_of_stream = left == 0;
                }
                stream->next_out = workspace->out;
                stream->avail_out = sizeof workspace->out;

                int result = isal_deflate(stream);
                assert(result == COMP_OK);
                buf_add(into, (Str) { (char *) workspace->out, sizeof workspace->out - stream->avail_out });
        }
}

typedef enum Place { BETWEEN_MEMBERS, IN_HEADER, IN_CONTENT } Place;

struct GzipReader {
        struct inflate_state inflate;
        struct isal_gzip_header header;
        Place place;
        GzipSource source;
        void *user;
        uint64_t limit, total;
        bool is_source_spent;
        bool has_member; /* at least one was read to its end */
        uint8_t in[IN_SIZE];
};

GzipReader *gzip_reader_new(GzipSource source, void *user, uint64_t limit) {
        GzipReader *reader = xmalloc(sizeof *reader);

        reader->source = source;
        reader->user = user;
        reader->limit = limit;
        reader->total = 0;
        reader->place = BETWEEN_MEMBERS;
        reader->is_source_spent = reader->has_member = false;
        isal_inflate_init(&reader->inflate);
        return reader;
}

void gzip_reader_free(GzipReader *reader) {
        free(reader);
}

static bool fill(GzipReader *reader, Error *err) {
        size_t size;

        if (reader->inflate.avail_in || reader->is_source_spent)
                return true;
        if (!reader->source(reader->user, reader->in, sizeof reader->in, &size, err))
                return false;
        reader->inflate.next_in = reader->in;
        reader->inflate.avail_in = (uint32_t) size;
        reader->is_source_spent = size == 0;
        return true;
}

static bool refuse(const GzipReader *reader, int result, Error *err) {
        if (result == ISAL_INCORRECT_CHECKSUM)
                return error_set(err, ERROR_CORRUPT,
                                 "gzip checksum is wrong: the content was changed or damaged");
        if (result == ISAL_INVALID_WRAPPER && reader->has_member)
                return error_set(err, ERROR_CORRUPT,
                                 "there are other bytes after the end of the gzip stream");
        if (result == ISAL_INVALID_WRAPPER)
                return error_set(err, ERROR_CORRUPT, "not gzip: its first bytes are not 1f 8b");
        return error_set(err, ERROR_CORRUPT, "gzip content is damaged after %llu plain bytes",
                         (unsigned long long) reader->total);
}

static bool cut_off(const GzipReader *reader, Error *err) {
        return error_set(err, ERROR_CORRUPT, "gzip stream is cut off after %llu plain bytes",
                         (unsigned long long) reader->total);
}

static bool start_member(GzipReader *reader, bool *ret_end, Error *err) {
        *ret_end = reader->is_source_spent;
        if (reader->is_source_spent)
                return reader->has_member || error_set(err, ERROR_CORRUPT, "not gzip: it is empty");
        isal_inflate_reset(&reader->inflate);
        isal_gzip_header_init(&reader->header);
        reader->place = IN_HEADER;
        return true;
}

/* isal_inflate would read headers too, but forgets in the middle of one what it has when its input ends. */
static bool read_header(GzipReader *reader, Error *err) {
        int result = isal_read_gzip_header(&reader->inflate, &reader->header);

        if (result < 0)
                return refuse(reader, result, err);
        if (result == ISAL_DECOMP_OK) {
                reader->inflate.crc_flag = ISAL_GZIP_NO_HDR_VER; /* the checksum is verified */
                reader->place = IN_CONTENT;
        } else if (reader->is_source_spent) {
                return cut_off(reader, err);
        }
        return true;
}

static bool read_content(GzipReader *reader, Error *err) {
        struct inflate_state *inflate = &reader->inflate;
        uint32_t room = inflate->avail_out;
        int result = isal_inflate(inflate);

        if (result < 0 || result == ISAL_NEED_DICT)
                return refuse(reader, result, err);
        reader->total += room - inflate->avail_out;
        if (inflate->block_state == ISAL_BLOCK_FINISH) {
                reader->place = BETWEEN_MEMBERS;
                reader->has_member = true;
        } else if (reader->is_source_spent && inflate->avail_out == room) {
                return cut_off(reader, err);
        }
        return true;
}

/* Goes on by one piece of input, into what the library was told to write to.  *ret_end: no further member. */
static bool step(GzipReader *reader, bool *ret_end, Error *err) {
        *ret_end = false;
        if (!fill(reader, err))
                return false;
        switch (reader->place) {
        case BETWEEN_MEMBERS:
                return start_member(reader, ret_end, err);
        case IN_HEADER:
                return read_header(reader, err);
        case IN_CONTENT:
                return read_content(reader, err);
        }
        return true;
}

bool gzip_read(GzipReader *reader, void *into, size_t size, size_t *ret_size, Error *err) {
        struct inflate_state *inflate = &reader->inflate;
        size_t done = 0;
        bool is_end = false;

        while (done < size && !is_end) {
                uint32_t room = (uint32_t) (size - done < FEED_MAX ? size - done : FEED_MAX);

                inflate->next_out = (uint8_t *) into + done;
                inflate->avail_out = room;
                if (!step(reader, &is_end, err))
                        return false;
                if (reader->total > reader->limit)
                        return error_set(err, ERROR_CORRUPT, "gzip stream unpacks to more than %llu bytes",
                                         (unsigned long long) reader->limit);
                done += room - inflate->avail_out;
        }
        *ret_size = done;
        return true;
}

static bool read_str(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        Str *rest = user;

        (void) err;
        *ret_size = rest->len < size ? rest->len : size;
        if (*ret_size)
                memcpy(into, rest->ptr, *ret_size);
        *rest = str_skip(*rest, *ret_size);
        return true;
}

bool gunzip(Str bytes, size_t limit, Buf *into, Error *err) {
        AUTO(gzip_reader_freep) GzipReader *reader = gzip_reader_new(read_str, &bytes, limit);
        char plain[STEP];
        size_t size = 0;

        do {
                if (!gzip_read(reader, plain, sizeof plain, &size, err))
                        return false;
                buf_add(into, (Str) { plain, size });
        } while (size == sizeof plain && !into->overflowed);
        return buf_check(into, "the unpacked gzip stream", err);
}
