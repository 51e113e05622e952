#include "base/clock.h"
#include "data/xml.h"
#include "net/url.h"
#include "store/s3_internal.h"

enum { KEYS_MAX = 1000 * 1000, PAGE_LIMIT = 8 * 1024 * 1024 };

typedef struct Page { /* of a list, as the server wrote it */
        Arena *arena;
        Strs keys, folders; /* as they are in the reply: perhaps escaped */
        bool is_escaped, is_cut;
        Str next;
} Page;

static bool see_list(void *user, Str path, Str text, Error *err) {
        Page *page = user;

        (void) err;
        if (str_equal(path, STR("ListBucketResult/Contents/Key")))
                strs_add(&page->keys, page->arena, arena_copy(page->arena, text));
        else if (str_equal(path, STR("ListBucketResult/CommonPrefixes/Prefix")))
                strs_add(&page->folders, page->arena, arena_copy(page->arena, text));
        else if (str_equal(path, STR("ListBucketResult/EncodingType")))
                page->is_escaped = str_equal(str_trim(text), STR("url"));
        else if (str_equal(path, STR("ListBucketResult/IsTruncated")))
                page->is_cut = str_equal(str_trim(text), STR("true"));
        else if (str_equal(path, STR("ListBucketResult/NextContinuationToken")))
                page->next = arena_copy(page->arena, text);
        return true;
}

static void add_query(Buf *query, const char *key, Str value) {
        buf_printf(query, "%s%s=", query->len > 0 ? "&" : "", key);
        url_escape(value, query);
}

static Str whole_key(const S3 *s3, Str key, Arena *arena) {
        return str_of(arena_printf(arena, STR_FMT STR_FMT, STR_ARG(s3->prefix), STR_ARG(key)));
}

typedef struct Listing {
        S3 *s3;
        Str prefix; /* in the store */
        bool by_folder;
        int limit; /* of keys in a page; 0: the server's */
        const char *verb;
} Listing;

static bool get_page(const Listing *listing, Str token, Page *page, Error *err) {
        AUTO(buf_clear) Buf query = { 0 };
        AUTO(http_reply_clear) HttpReply reply = { 0 };
        S3Call call = { .method = "GET",
                        .verb = listing->verb,
                        .element = "ListBucketResult",
                        .stop = listing->s3->store.stop,
                        .body_limit = PAGE_LIMIT };

        if (token.len > 0)
                add_query(&query, "continuation-token", token);
        if (listing->by_folder)
                add_query(&query, "delimiter", STR("/"));
        add_query(&query, "encoding-type", STR("url"));
        add_query(&query, "list-type", STR("2"));
        if (listing->limit > 0)
                buf_printf(&query, "&max-keys=%d", listing->limit);
        add_query(&query, "prefix", whole_key(listing->s3, listing->prefix, page->arena));
        call.query = buf_str(&query);
        return s3_call(listing->s3, &call, &reply, err) &&
               (xml_read(buf_str(&reply.body), "the answer", see_list, page, err) ||
                error_prefix(err, "%s \"%s\"", listing->verb, listing->s3->store.name));
}

static int digit_of(char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                      : -1;
}

/* As a form is escaped: "+" is a space. */
static Str unescape(Str text, Arena *arena) {
        char *plain = arena_alloc(arena, text.len + 1);
        size_t len = 0;

        for (size_t i = 0; i < text.len; i++) {
                bool is_hex = text.ptr[i] == '%' && text.len - i > 2 && digit_of(text.ptr[i + 1]) >= 0 &&
                              digit_of(text.ptr[i + 2]) >= 0;

                plain[len++] = is_hex ? (char) (digit_of(text.ptr[i + 1]) * 16 + digit_of(text.ptr[i + 2]))
                               : text.ptr[i] == '+' ? ' '
                                                    : text.ptr[i];
                i += is_hex ? 2 : 0;
        }
        plain[len] = '\0';
        return (Str) { plain, len };
}

/* What of them is below the store's prefix, without it. */
static void take(const Listing *listing, const Page *page, Strs *found) {
        const Strs *texts = listing->by_folder ? &page->folders : &page->keys;
        Str before = listing->by_folder ? whole_key(listing->s3, listing->prefix, page->arena)
                                        : listing->s3->prefix;

        for (size_t i = 0; i < texts->len; i++) {
                Str key = page->is_escaped ? unescape(texts->items[i], page->arena) : texts->items[i];

                if (!str_starts_with(key, before) || key.len == before.len)
                        continue;
                key = str_skip(key, before.len);
                if (listing->by_folder)
                        key.len -= str_ends_with(key, STR("/"));
                else if (str_ends_with(key, STR("/")))
                        continue; /* a console made it to show an empty folder */
                strs_add(found, page->arena, key);
        }
}

static bool list_all(const Listing *listing, Arena *arena, Strs *ret_found, Error *err) {
        Strs found = { 0 };
        Str token = STR("");

        do {
                Page page = { .arena = arena, .next = STR("") };

                if (!get_page(listing, token, &page, err))
                        return false;
                take(listing, &page, &found);
                if (found.len > KEYS_MAX)
                        return error_set(err, ERROR_INVALID, "list \"" STR_FMT "\": more than %d in \"%s\"",
                                         STR_ARG(listing->prefix), KEYS_MAX, listing->s3->store.name);
                token = page.is_cut ? page.next : STR("");
                if (page.is_cut && token.len == 0)
                        return error_set(err, ERROR_CORRUPT,
                                         "list \"%s\": the server says that there is more, but not where",
                                         listing->s3->store.name);
        } while (token.len > 0);
        strs_sort(&found);
        *ret_found = found;
        return true;
}

bool s3_list(Store *store, Str prefix, Arena *arena, Strs *ret_keys, Error *err) {
        const Listing listing = { .s3 = (S3 *) store, .prefix = prefix, .verb = "list" };

        return list_all(&listing, arena, ret_keys, err);
}

bool s3_list_folders(Store *store, Str prefix, Arena *arena, Strs *ret_names, Error *err) {
        const Listing listing = { .s3 = (S3 *) store, .prefix = prefix, .by_folder = true, .verb = "list" };

        return list_all(&listing, arena, ret_names, err);
}

/* Not by HEAD: its answer has no body, so a bucket that is not there would look like an object that is not there.
 * The first key that starts with `key` is `key` itself. */
bool s3_exists(Store *store, Str key, bool *ret_exists, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        const Listing listing = { .s3 = (S3 *) store, .prefix = key, .limit = 1, .verb = "look into" };
        Page page = { .arena = &arena, .next = STR("") };
        Strs found = { 0 };

        if (!get_page(&listing, STR(""), &page, err))
                return false;
        take(&listing, &page, &found);
        *ret_exists = found.len > 0 && str_equal(found.items[0], key);
        return true;
}

typedef struct Uploads { /* a page of those that were begun and not ended */
        Arena *arena;
        Strs keys, ids, begun;
        bool is_escaped, is_cut;
        Str next_key, next_id;
} Uploads;

static bool see_uploads(void *user, Str path, Str text, Error *err) {
        Uploads *uploads = user;
        const struct {
                Str path;
                Strs *list;
                Str *value;
        } places[] = {
                { STR("ListMultipartUploadsResult/Upload/Key"), &uploads->keys, NULL },
                { STR("ListMultipartUploadsResult/Upload/UploadId"), &uploads->ids, NULL },
                { STR("ListMultipartUploadsResult/Upload/Initiated"), &uploads->begun, NULL },
                { STR("ListMultipartUploadsResult/NextKeyMarker"), NULL, &uploads->next_key },
                { STR("ListMultipartUploadsResult/NextUploadIdMarker"), NULL, &uploads->next_id },
        };

        (void) err;
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
                if (!str_equal(path, places[i].path))
                        continue;
                if (places[i].list)
                        strs_add(places[i].list, uploads->arena, arena_copy(uploads->arena, text));
                else
                        *places[i].value = arena_copy(uploads->arena, text);
        }
        if (str_equal(path, STR("ListMultipartUploadsResult/IsTruncated")))
                uploads->is_cut = str_equal(str_trim(text), STR("true"));
        if (str_equal(path, STR("ListMultipartUploadsResult/EncodingType")))
                uploads->is_escaped = str_equal(str_trim(text), STR("url"));
        return true;
}

static bool get_uploads(S3 *s3, Str prefix, Uploads *uploads, Error *err) {
        AUTO(buf_clear) Buf query = { 0 };
        AUTO(http_reply_clear) HttpReply reply = { 0 };
        S3Call call = { .method = "GET",
                        .verb = "list the uploads of",
                        .element = "ListMultipartUploadsResult",
                        .body_limit = PAGE_LIMIT };

        add_query(&query, "encoding-type", STR("url"));
        if (uploads->is_cut) {
                add_query(&query, "key-marker",
                          uploads->is_escaped ? unescape(uploads->next_key, uploads->arena)
                                              : uploads->next_key);
                add_query(&query, "upload-id-marker", uploads->next_id);
        }
        add_query(&query, "prefix", whole_key(s3, prefix, uploads->arena));
        buf_add(&query, STR("&uploads="));
        call.query = buf_str(&query);
        call.stop = s3->store.stop;
        *uploads = (Uploads) { .arena = uploads->arena };
        return s3_call(s3, &call, &reply, err) &&
               (xml_read(buf_str(&reply.body), "the answer", see_uploads, uploads, err) ||
                error_prefix(err, "list the uploads of \"%s\"", s3->store.name));
}

/* By the server's clock, which is the one that wrote when it was begun. */
static bool is_old(S3 *s3, Str begun, int64_t older_ms) {
        AUTO(error_clear) Error ignored = { 0 };
        Str whole = str_trim(begun);
        int64_t begun_ms;

        return older_ms == 0 || (clock_parse_rfc3339(whole, &begun_ms, &ignored) &&
                                 clock_wall_ms() + s3->skew_ms - begun_ms > older_ms);
}

bool s3_sweep(Store *store, Str prefix, int64_t older_ms, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        S3 *s3 = (S3 *) store;
        Uploads uploads = { .arena = &arena };

        do {
                if (!get_uploads(s3, prefix, &uploads, err))
                        return false;
                for (size_t i = 0; i < uploads.keys.len && i < uploads.ids.len && i < uploads.begun.len;
                     i++) {
                        Str key = uploads.is_escaped ? unescape(uploads.keys.items[i], &arena)
                                                     : uploads.keys.items[i];

                        if (!str_starts_with(key, s3->prefix) ||
                            !is_old(s3, uploads.begun.items[i], older_ms))
                                continue;
                        if (!s3_abort_upload(s3, str_skip(key, s3->prefix.len), uploads.ids.items[i], err))
                                return false;
                }
        } while (uploads.is_cut);
        return true;
}
