#include <stdio.h>

#include "base/mem.h"
#include "data/xml.h"
#include "net/url.h"
#include "store/s3_internal.h"

/* S3 takes 10,000 parts.  Parts get larger as the object does, a first size more every two thousand: 146 GiB with 5 MiB. */
enum { PARTS_MAX = 10000, PARTS_OF_A_SIZE = 2000, ABORT_MS = 10 * 1000 };
/* A server may put a large object together before it answers. */
enum { COMPLETE_MS = 10 * 60 * 1000 };

typedef struct S3Writer {
        StoreWriter base;
        S3 *s3;
        Buf part; /* what is not sent yet */
        size_t part_size;
        char *upload_id; /* NULL: no upload was begun, or it has ended */
        unsigned parts;  /* sent */
        Buf list;        /* of them, for the end */
        uint64_t bytes;  /* of the object, until now */
} S3Writer;

static Str upload_query(Str id, Buf *query) {
        buf_add(query, STR("uploadId="));
        url_escape(id, query);
        return buf_str(query);
}

bool s3_abort_upload(S3 *s3, Str key, Str id, Error *err) {
        AUTO(buf_clear) Buf query = { 0 };
        AUTO(http_reply_clear) HttpReply reply = { 0 };
        const S3Call call = { .method = "DELETE",
                              .verb = "abort the upload of",
                              .key = key,
                              .query = upload_query(id, &query),
                              .retry_ms = ABORT_MS,
                              .status_taken = 404 };

        return s3_call(s3, &call, &reply, err);
}

void s3_writer_free(StoreWriter *base) {
        S3Writer *writer = (S3Writer *) base;
        AUTO(error_clear) Error err = { 0 };

        /* What cannot be aborted now, a later sweep ends. */
        if (writer->upload_id &&
            !s3_abort_upload(writer->s3, str_of(base->key), str_of(writer->upload_id), &err))
                error_clear(&err);
        free(writer->upload_id);
        buf_clear(&writer->part);
        buf_clear(&writer->list);
        free(base->key);
        free(writer);
}

static size_t next_part_size(const S3Writer *writer) {
        return writer->s3->part_bytes * (1 + writer->parts / PARTS_OF_A_SIZE);
}

bool s3_begin(Store *store, Str key, StoreWriter **ret_writer, Error *err) {
        S3Writer *writer = xnew0(S3Writer);

        (void) err;
        writer->base = (StoreWriter) { store, xasprintf(STR_FMT, STR_ARG(key)) };
        writer->s3 = (S3 *) store;
        writer->part_size = next_part_size(writer);
        writer->list.limit = PARTS_MAX * 400;
        *ret_writer = &writer->base;
        return true;
}

static bool see_upload(void *user, Str path, Str text, Error *err) {
        char **id = user;

        (void) err;
        if (!*id && str_equal(path, STR("InitiateMultipartUploadResult/UploadId")))
                *id = xasprintf(STR_FMT, STR_ARG(text));
        return true;
}

static bool begin_upload(S3Writer *writer, Error *err) {
        AUTO(http_reply_clear) HttpReply reply = { 0 };
        const HttpHeader algorithm = { "x-amz-checksum-algorithm",
                                       str_of(s3_checksum_name(writer->s3->checksum)) };
        const S3Call call = { .method = "POST",
                              .verb = "write",
                              .key = str_of(writer->base.key),
                              .query = STR("uploads="),
                              .element = "InitiateMultipartUploadResult",
                              .extra = { &algorithm },
                              .sends = S3_SENDS_KEY | S3_SENDS_OPTIONS,
                              .stop = writer->base.store->stop };

        if (!s3_call(writer->s3, &call, &reply, err) ||
            !xml_read(buf_str(&reply.body), "the answer", see_upload, &writer->upload_id, err))
                return false;
        return writer->upload_id ||
               error_set(err, ERROR_CORRUPT, "write \"%s\" in \"%s\": the server named no upload",
                         writer->base.key, writer->s3->store.name);
}

static void add_escaped(Buf *into, const char *text) {
        for (const char *c = text; *c; c++)
                if (*c == '"')
                        buf_add(into, STR("&quot;"));
                else if (*c == '&')
                        buf_add(into, STR("&amp;"));
                else if (*c == '<')
                        buf_add(into, STR("&lt;"));
                else
                        buf_add_char(into, *c);
}

/* Of what is not sent yet. */
static HttpHeader checksum_header(const S3Writer *writer, Arena *arena) {
        S3Checksum checksum = writer->s3->checksum;

        return (HttpHeader) { s3_checksum_header(checksum),
                              s3_checksum_of(checksum, buf_str(&writer->part), arena) };
}

static bool note_part(S3Writer *writer, const char *etag, Str checksum, Error *err) {
        const char *element = s3_checksum_element(writer->s3->checksum);

        buf_printf(&writer->list, "<Part><PartNumber>%u</PartNumber><ETag>", ++writer->parts);
        add_escaped(&writer->list, etag);
        buf_add(&writer->list, STR("</ETag>"));
        if (*element)
                buf_printf(&writer->list, "<%s>" STR_FMT "</%s>", element, STR_ARG(checksum), element);
        buf_add(&writer->list, STR("</Part>"));
        return buf_check(&writer->list, "the list of parts", err);
}

static bool send_part(S3Writer *writer, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(buf_clear) Buf query = { 0 };
        AUTO(http_reply_clear) HttpReply reply = { 0 };
        const HttpHeader checksum = checksum_header(writer, &arena);
        S3Call call = { .method = "PUT",
                        .verb = "write",
                        .key = str_of(writer->base.key),
                        .extra = { &checksum },
                        .sends = S3_SENDS_KEY,
                        .needs_etag = true,
                        .body = buf_str(&writer->part),
                        .stop = writer->base.store->stop };

        if (writer->parts == PARTS_MAX)
                return error_set(err, ERROR_INVALID,
                                 "write \"%s\" in \"%s\": it is larger than an upload of %d parts can be",
                                 writer->base.key, writer->s3->store.name, PARTS_MAX);
        if (!writer->upload_id && !begin_upload(writer, err))
                return false;
        buf_printf(&query, "partNumber=%u&", writer->parts + 1);
        call.query = upload_query(str_of(writer->upload_id), &query);
        if (!s3_call(writer->s3, &call, &reply, err) ||
            !note_part(writer, reply.kept[S3_KEPT_ETAG], checksum.value, err))
                return false;
        buf_reset(&writer->part);
        writer->part_size = next_part_size(writer);
        return true;
}

bool s3_write(StoreWriter *base, Str bytes, Error *err) {
        S3Writer *writer = (S3Writer *) base;

        while (bytes.len > 0) {
                /* A full part waits for the byte that follows it: an object of one part is one request. */
                if (writer->part.len == writer->part_size && !send_part(writer, err))
                        return false;
                size_t room = writer->part_size - writer->part.len;
                Str piece = { bytes.ptr, bytes.len < room ? bytes.len : room };

                writer->part.limit = writer->part_size;
                buf_add(&writer->part, piece);
                writer->bytes += piece.len;
                bytes = str_skip(bytes, piece.len);
        }
        return stop_check(base->store->stop, err);
}

static bool put_whole(S3Writer *writer, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        const HttpHeader checksum = checksum_header(writer, &arena);
        AUTO(http_reply_clear) HttpReply reply = { 0 };
        const S3Call call = { .method = "PUT",
                              .verb = "write",
                              .key = str_of(writer->base.key),
                              .extra = { &checksum },
                              .sends = S3_SENDS_KEY | S3_SENDS_OPTIONS,
                              .needs_etag = true,
                              .body = buf_str(&writer->part),
                              .stop = writer->base.store->stop };

        return s3_call(writer->s3, &call, &reply, err);
}

/* The answer to an earlier try was lost, and the upload is no more: then that try may have made the object whole. */
static bool is_whole(S3Writer *writer) {
        AUTO(http_reply_clear) HttpReply reply = { 0 };
        AUTO(error_clear) Error ignored = { 0 };
        char wanted[32];
        const HttpHeader range = { "range", STR("bytes=0-0") };
        const S3Call call = { .method = "GET",
                              .verb = "read",
                              .key = str_of(writer->base.key),
                              .extra = { &range },
                              .sends = S3_SENDS_KEY,
                              .stop = writer->base.store->stop };

        snprintf(wanted, sizeof wanted, "/%llu", (unsigned long long) writer->bytes);
        return s3_call(writer->s3, &call, &reply, &ignored) && reply.kept[S3_KEPT_RANGE] &&
               str_ends_with(str_of(reply.kept[S3_KEPT_RANGE]), str_of(wanted));
}

static bool complete(S3Writer *writer, Error *err) {
        AUTO(buf_clear) Buf query = { 0 }, body = { .limit = writer->list.limit + 200 };
        AUTO(http_reply_clear) HttpReply reply = { 0 };
        bool was_repeated = false;
        S3Call call = { .method = "POST",
                        .verb = "write",
                        .key = str_of(writer->base.key),
                        .query = upload_query(str_of(writer->upload_id), &query),
                        .sends = S3_SENDS_KEY,
                        .stop = writer->base.store->stop,
                        .element = "CompleteMultipartUploadResult",
                        .idle_ms = COMPLETE_MS,
                        .was_repeated = &was_repeated };

        buf_add(&body, STR("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"));
        buf_add(&body, buf_str(&writer->list));
        buf_add(&body, STR("</CompleteMultipartUpload>"));
        call.body = buf_str(&body);
        if (!s3_call(writer->s3, &call, &reply, err)) {
                if (err->code != ERROR_CONFLICT || !was_repeated || !is_whole(writer))
                        return false;
                error_clear(err);
        }
        free(TAKE(writer->upload_id));
        return true;
}

bool s3_finish(StoreWriter *base, Error *err) {
        S3Writer *writer = (S3Writer *) base;

        if (!writer->upload_id)
                return put_whole(writer, err);
        return (writer->part.len == 0 || send_part(writer, err)) && complete(writer, err);
}
