#include "data/tar.h"
#include "fuzz.h"
#include "restore/contents.h"

typedef struct Bytes {
        Str rest;
} Bytes;

static bool take(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        Bytes *bytes = user;

        (void) err;
        *ret_size = bytes->rest.len < size ? bytes->rest.len : size;
        if (*ret_size > 0)
                memcpy(into, bytes->rest.ptr, *ret_size);
        bytes->rest = str_skip(bytes->rest, *ret_size);
        return true;
}

/* The input is a tar stream, packed here so that the fuzzer need not learn gzip. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(gzip_workspace_freep) GzipWorkspace *workspace = gzip_workspace_new();
        AUTO(contents_freep) Contents *contents = NULL;
        AUTO(buf_clear) Buf packed = { 0 };
        AUTO(error_clear) Error err = { 0 };
        const ContentsLimits limits = { .items = 1000, .item_bytes = 1 << 16, .spool_bytes = 1 << 20 };
        size_t len;

        gzip_member(workspace, (Str) { (const char *) data, size }, &packed);
        Bytes bytes = { buf_str(&packed) };
        if (!contents_read(take, &bytes, &limits, &contents, &err))
                return 0;
        ContentsGroup *groups = contents_groups(contents, &len);
        for (size_t g = 0; g < len; g++)
                for (size_t i = 0; i < groups[g].len; i++) {
                        AUTO(buf_clear) Buf text = { 0 };
                        ContentsGroup *group = NULL;
                        ContentsItem *found = contents_find(contents, groups[g].resource, groups[g].namespace,
                                                            contents_item_name(&groups[g].items[i]), &group);

                        if (found != &groups[g].items[i] || group != &groups[g] ||
                            !contents_read_item(contents, found, &text, &err))
                                abort();
                }
        return 0;
}
