#include "store/store_kind.h"

enum { STEP = 16 * 1024 };

bool store_check_key(Str key, Error *err) {
        Str rest = key, part;

        if (key.len == 0 || key.len > KEY_MAX_LEN)
                return error_set(err, ERROR_INVALID, "a key has 1 to %d bytes, not %zu", KEY_MAX_LEN,
                                 key.len);
        if (memchr(key.ptr, '\0', key.len))
                return error_set(err, ERROR_INVALID, "a key has no NUL");
        while (str_cut(&rest, '/', &part)) {
                if (part.len == 0 || str_equal(part, STR(".")) || str_equal(part, STR("..")))
                        return error_set(err, ERROR_INVALID,
                                         "\"" STR_FMT "\" is not a key: it has the part \"" STR_FMT "\"",
                                         STR_ARG(key), STR_ARG(part));
                if (str_starts_with(part, STR(HIDDEN_PREFIX)))
                        return error_set(err, ERROR_INVALID,
                                         "\"" STR_FMT "\" is not a key: names that start with \"%s\" "
                                         "are reserved",
                                         STR_ARG(key), HIDDEN_PREFIX);
        }
        return true;
}

void store_free(Store *store) {
        if (store)
                store->kind->free(store);
}

Str store_name(const Store *store) {
        return str_of(store->name);
}

bool store_list(Store *store, Str prefix, Arena *arena, Strs *ret_keys, Error *err) {
        return stop_check(store->stop, err) && store->kind->list(store, prefix, arena, ret_keys, err);
}

bool store_list_folders(Store *store, Str prefix, Arena *arena, Strs *ret_names, Error *err) {
        return stop_check(store->stop, err) &&
               store->kind->list_folders(store, prefix, arena, ret_names, err);
}

bool store_delete(Store *store, Str key, Error *err) {
        return store_check_key(key, err) && store->kind->delete(store, key, err);
}

bool store_exists(Store *store, Str key, bool *ret_exists, Error *err) {
        return stop_check(store->stop, err) && store_check_key(key, err) &&
               store->kind->exists(store, key, ret_exists, err);
}

bool store_begin(Store *store, Str key, StoreWriter **ret_writer, Error *err) {
        return stop_check(store->stop, err) && store_check_key(key, err) &&
               store->kind->begin(store, key, ret_writer, err);
}

bool store_write(StoreWriter *writer, Str bytes, Error *err) {
        return writer->store->kind->write(writer, bytes, err);
}

bool store_finish(StoreWriter *writer, Error *err) {
        return stop_check(writer->store->stop, err) && writer->store->kind->finish(writer, err);
}

void store_writer_free(StoreWriter *writer) {
        if (writer)
                writer->store->kind->writer_free(writer);
}

bool store_put(Store *store, Str key, Str bytes, Error *err) {
        AUTO(store_writer_freep) StoreWriter *writer = NULL;

        return store_begin(store, key, &writer, err) && store_write(writer, bytes, err) &&
               store_finish(writer, err);
}

bool store_sweep(Store *store, Str prefix, int64_t older_ms, Error *err) {
        return !store->kind->sweep ||
               (stop_check(store->stop, err) && store->kind->sweep(store, prefix, older_ms, err));
}

bool store_read_begin(Store *store, Str key, StoreReader **ret_reader, Error *err) {
        return stop_check(store->stop, err) && store_check_key(key, err) &&
               store->kind->read_begin(store, key, ret_reader, err);
}

bool store_read(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        StoreReader *reader = user;

        return reader->store->kind->read(reader, into, size, ret_size, err);
}

void store_reader_free(StoreReader *reader) {
        if (reader)
                reader->store->kind->reader_free(reader);
}

bool store_get(Store *store, Str key, size_t limit, Buf *into, Error *err) {
        AUTO(store_reader_freep) StoreReader *reader = NULL;
        char bytes[STEP];
        size_t size, total = 0;

        if (!store_read_begin(store, key, &reader, err))
                return false;
        do {
                if (!store_read(reader, bytes, sizeof bytes, &size, err))
                        return false;
                total += size;
                if (total > limit)
                        return error_set(err, ERROR_INVALID,
                                         "read \"" STR_FMT "\": it is larger than %zu bytes", STR_ARG(key),
                                         limit);
                buf_add(into, (Str) { bytes, size });
        } while (size == sizeof bytes);
        return buf_check(into, reader->key, err);
}

bool store_lock(Store *store, Str name, StoreLock **ret_lock, Error *err) {
        return store->kind->lock(store, name, ret_lock, err);
}

void store_unlock(StoreLock *lock) {
        if (lock)
                lock->store->kind->unlock(lock);
}

bool store_presign(Store *store, Str key, int64_t seconds, Arena *arena, Str *ret_url, Error *err) {
        if (!store->kind->presign)
                return error_set(err, ERROR_INVALID, "\"%s\" is a directory, whose objects have no URL",
                                 store->name);
        return store_check_key(key, err) && store->kind->presign(store, key, seconds, arena, ret_url, err);
}
