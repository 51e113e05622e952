/* target.h - the Store under test, from the file of a BackupStorageLocation's spec; and bytes that tell where they belong.
 *
 * {"provider": …, "objectStorage": {"bucket": …, "prefix": …}, "config": {…}, "retryMs": …, "files": {…}}, where the files
 * "credentials", "ca" and "customerKey" stand for what a server reads from Secrets. */
#pragma once
#include <stdio.h>

#include "base/mem.h"
#include "base/secret.h"
#include "store/location.h"

enum { PART = 5 * 1024 * 1024 }; /* what a bucket takes as one part, at least */

typedef struct Target {
        JsonDoc *doc;
        Buf ca;
        Secret credentials, customer_key;
        StoreLocation location; /* below it, `folder` is the prefix of one test */
} Target;

static inline void target_clear(Target *target) {
        yyjson_doc_free(target->doc);
        buf_clear(&target->ca);
        secret_clear(&target->credentials);
        secret_clear(&target->customer_key);
}

static inline bool target_read_file(const char *path, Buf *into, Error *err) {
        FILE *file = fopen(path, "r");
        char piece[4096];

        if (!file)
                return error_set(err, ERROR_NOT_FOUND, "cannot open \"%s\"", path);
        for (size_t got; (got = fread(piece, 1, sizeof(piece), file)) > 0;)
                buf_add(into, (Str) { piece, got });
        fclose(file);
        return true;
}

static inline bool target_read_secret(const char *path, Secret *secret, Error *err) {
        AUTO(buf_clear) Buf text = { 0 };

        if (path && !target_read_file(path, &text, err))
                return false;
        *secret = secret_copy(buf_str(&text));
        return true;
}

static inline bool target_read_files(JsonVal *files, Target *target, Error *err) {
        const char *ca = yyjson_get_str(json_get(files, "ca"));

        return (!ca || target_read_file(ca, &target->ca, err)) &&
               target_read_secret(yyjson_get_str(json_get(files, "credentials")), &target->credentials,
                                  err) &&
               target_read_secret(yyjson_get_str(json_get(files, "customerKey")), &target->customer_key, err);
}

static inline bool target_read(const char *path, Target *target, Error *err) {
        AUTO(buf_clear) Buf text = { 0 };
        JsonVal *root, *storage;

        if (!target_read_file(path, &text, err) || !json_parse(buf_str(&text), path, &target->doc, err))
                return false;
        root = yyjson_doc_get_root(target->doc);
        storage = json_get(root, "objectStorage");
        if (!target_read_files(json_get(root, "files"), target, err))
                return false;
        target->location = (StoreLocation) {
                .provider = json_get_str(root, "provider"),
                .bucket = json_get_str(storage, "bucket"),
                .prefix = json_get_str(storage, "prefix"),
                .config = json_get(root, "config"),
                .ca_pem = buf_str(&target->ca),
                .credentials = target->credentials,
                .credentials_name =
                        secret_is_empty(&target->credentials) ? STR("") : STR("the test's credentials"),
                .customer_key = target->customer_key,
                .retry_ms = json_get_int(root, "retryMs", 0),
        };
        return true;
}

static inline bool target_open(const Target *target, const char *folder, const Stop *stop, Store **ret_store,
                               Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        StoreLocation location = target->location;

        if (*folder)
                location.prefix = str_of(arena_printf(&arena, STR_FMT "%s%s", STR_ARG(location.prefix),
                                                      location.prefix.len > 0 ? "/" : "", folder));
        return store_open_location(&location, stop, ret_store, err);
}

/* The bytes of version `seed` at `offset`: two versions differ in nearly every byte, and so do two places of one. */
static inline void pattern_fill(char *into, size_t size, uint64_t seed, uint64_t offset) {
        for (size_t i = 0; i < size; i++) {
                uint64_t z = ((offset + i) / 8 + seed * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;

                z ^= z >> 29;
                into[i] = (char) (z >> (8 * ((offset + i) % 8)));
        }
}

static inline bool pattern_is(const char *bytes, size_t size, uint64_t seed, uint64_t offset) {
        char wanted[4096];

        for (size_t at = 0; at < size; at += sizeof(wanted)) {
                size_t len = size - at < sizeof(wanted) ? size - at : sizeof(wanted);

                pattern_fill(wanted, len, seed, offset + at);
                if (memcmp(wanted, bytes + at, len) != 0)
                        return false;
        }
        return true;
}

/* Writes `size` bytes of version `seed` from `offset` on, `step` bytes at a time. */
static inline bool pattern_write(StoreWriter *writer, uint64_t size, uint64_t seed, uint64_t offset,
                                 size_t step, Error *err) {
        char *piece = xmalloc(step);
        bool is_ok = true;

        for (uint64_t at = 0; at < size && is_ok; at += step) {
                size_t len = size - at < step ? (size_t) (size - at) : step;

                pattern_fill(piece, len, seed, offset + at);
                is_ok = store_write(writer, (Str) { piece, len }, err);
        }
        free(piece);
        return is_ok;
}

static inline bool pattern_put(Store *store, Str key, uint64_t size, uint64_t seed, Error *err) {
        AUTO(store_writer_freep) StoreWriter *writer = NULL;

        return store_begin(store, key, &writer, err) &&
               pattern_write(writer, size, seed, 0, 128 * 1024, err) && store_finish(writer, err);
}

/* Reads from `offset` on to the end; *ret_is_pattern: whether all of it was version `seed`, of `size` bytes in all. */
static inline bool pattern_read(StoreReader *reader, uint64_t size, uint64_t seed, uint64_t offset,
                                bool *ret_is_pattern, Error *err) {
        char piece[64 * 1024];
        uint64_t at = offset;
        bool is_pattern = true;

        for (size_t got;; at += got) {
                if (!store_read(reader, piece, sizeof(piece), &got, err))
                        return false;
                if (got == 0)
                        break;
                is_pattern = is_pattern && pattern_is(piece, got, seed, at);
        }
        *ret_is_pattern = is_pattern && at == size;
        return true;
}

static inline bool pattern_get(Store *store, Str key, uint64_t size, uint64_t seed, bool *ret_is_pattern,
                               Error *err) {
        AUTO(store_reader_freep) StoreReader *reader = NULL;

        return store_read_begin(store, key, &reader, err) &&
               pattern_read(reader, size, seed, 0, ret_is_pattern, err);
}
