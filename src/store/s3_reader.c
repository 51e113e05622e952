#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "store/s3_internal.h"

/* Most objects are small and come with the first request. */
enum { FIRST_PIECE = 1024 * 1024, PIECE = 4 * 1024 * 1024 };
enum { REFUSAL_LIMIT = 64 * 1024 }; /* an error may be longer than the piece that was asked for */

typedef struct S3Reader {
        StoreReader base;
        HttpReply piece;
        char *etag;           /* of the version that is read; NULL before the first piece */
        size_t taken;         /* of the piece */
        uint64_t next, total; /* where the next piece starts; of the object */
} S3Reader;

void s3_reader_free(StoreReader *base) {
        S3Reader *reader = (S3Reader *) base;

        http_reply_clear(&reader->piece);
        free(reader->etag);
        free(base->key);
        free(reader);
}

/* A number and the mark after it. */
static bool take_number(const char **text, char mark, uint64_t *ret_number) {
        char *end = NULL;

        errno = 0;
        *ret_number = strtoull(*text, &end, 10);
        if (errno != 0 || end == *text || *end != mark)
                return false;
        *text = end + 1;
        return true;
}

/* "bytes 0-99/1234" */
static bool parse_range(const char *text, uint64_t *ret_first, uint64_t *ret_last, uint64_t *ret_total) {
        if (!text || strncmp(text, "bytes ", 6) != 0)
                return false;
        text += 6;
        return take_number(&text, '-', ret_first) && take_number(&text, '/', ret_last) &&
               take_number(&text, '\0', ret_total);
}

static bool read_range(const S3Reader *reader, uint64_t *ret_total, Error *err) {
        uint64_t first, last, total;

        if (!parse_range(reader->piece.kept[S3_KEPT_RANGE], &first, &last, &total) || first != reader->next ||
            last - first + 1 != reader->piece.body.len || last >= total)
                return error_set(err, ERROR_CORRUPT,
                                 "read \"%s\" in \"%s\": the server sent another range than was asked for",
                                 reader->base.key, reader->base.store->name);
        *ret_total = total;
        return true;
}

static bool get_piece(S3Reader *reader, size_t size, Error *err) {
        char text[64];
        HttpHeader match = { "if-match", reader->etag ? str_of(reader->etag) : STR("") };
        const HttpHeader range = { "range",
                                   { text,
                                     (size_t) snprintf(text, sizeof text, "bytes=%llu-%llu",
                                                       (unsigned long long) reader->next,
                                                       (unsigned long long) reader->next + size - 1) } };
        const S3Call call = { .method = "GET",
                              .verb = "read",
                              .key = str_of(reader->base.key),
                              .extra = { &range, &match },
                              .sends = S3_SENDS_KEY,
                              .stop = reader->base.store->stop,
                              .needs_etag = true,
                              .body_limit = size > REFUSAL_LIMIT ? size : REFUSAL_LIMIT,
                              .status_taken = reader->next == 0 ? 416 : 0 };

        http_reply_clear(&reader->piece);
        reader->taken = 0;
        if (!s3_call((S3 *) reader->base.store, &call, &reader->piece, err))
                return false;
        if (reader->piece.status == 206)
                return read_range(reader, &reader->total, err);
        /* 416: it is empty; 200: all of it, since the server knows no ranges. */
        if (reader->piece.status == 416)
                buf_reset(&reader->piece.body);
        reader->total = reader->piece.body.len;
        return true;
}

static bool open_reader(S3Reader *reader, Error *err) {
        if (!get_piece(reader, FIRST_PIECE, err))
                return false;
        reader->next = reader->piece.body.len;
        if (reader->piece.kept[S3_KEPT_ETAG])
                reader->etag = xasprintf("%s", reader->piece.kept[S3_KEPT_ETAG]);
        return true;
}

bool s3_read_begin(Store *store, Str key, StoreReader **ret_reader, Error *err) {
        S3Reader *reader = xnew0(S3Reader);

        reader->base = (StoreReader) { store, xasprintf(STR_FMT, STR_ARG(key)) };
        if (!open_reader(reader, err)) {
                s3_reader_free(&reader->base);
                return false;
        }
        *ret_reader = &reader->base;
        return true;
}

static bool next_piece(S3Reader *reader, Error *err) {
        uint64_t left = reader->total - reader->next, before = reader->total;

        if (!get_piece(reader, left < PIECE ? (size_t) left : PIECE, err))
                return false;
        if (reader->total != before || reader->piece.body.len == 0)
                return error_set(err, ERROR_CONFLICT,
                                 "read \"%s\" in \"%s\": somebody else changed it meanwhile",
                                 reader->base.key, reader->base.store->name);
        reader->next += reader->piece.body.len;
        return true;
}

bool s3_read(StoreReader *base, void *into, size_t size, size_t *ret_size, Error *err) {
        S3Reader *reader = (S3Reader *) base;
        size_t done = 0;

        while (done < size) {
                Str rest = str_skip(buf_str(&reader->piece.body), reader->taken);
                size_t len = rest.len < size - done ? rest.len : size - done;

                if (!stop_check(base->store->stop, err))
                        return false;
                memcpy((char *) into + done, rest.ptr, len);
                done += len;
                reader->taken += len;
                if (done == size || reader->next == reader->total)
                        break;
                if (!next_piece(reader, err))
                        return false;
        }
        *ret_size = done;
        return true;
}
