#include "backup/names.h"

#include <stdatomic.h>

#include "base/mem.h"
#include "base/spool.h"
#include "base/thread.h"
#include "data/json.h"

enum { PENDING_BYTES = 16 * 1024 };
static const uint64_t SPOOL_LIMIT = UINT64_C(64) * 1024 * 1024 * 1024;

typedef struct Chunk {
        uint64_t offset;
        size_t len;
} Chunk;

typedef struct KindNames {
        Buf pending; /* names, each ended by a newline */
        Chunk *chunks;
        size_t chunk_count, chunk_capacity;
        uint64_t count;
} KindNames;

struct Names {
        Mutex lock;
        KindNames *kinds GUARDED_BY(&lock);
        size_t kind_count;
        Spool *spool;
        _Atomic uint64_t total;
};

bool names_new(size_t kinds, Names **ret_names, Error *err) {
        Spool *spool;
        Names *names;

        if (!spool_open(SPOOL_LIMIT, &spool, err))
                return false;
        names = xnew0(Names);
        mutex_init(&names->lock);
        names->spool = spool;
        names->kind_count = kinds;
        mutex_lock(&names->lock);
        names->kinds = xcalloc(kinds + 1, sizeof(*names->kinds));
        mutex_unlock(&names->lock);
        *ret_names = names;
        return true;
}

void names_free(Names *names) {
        if (!names)
                return;
        mutex_lock(&names->lock);
        for (size_t i = 0; i < names->kind_count; i++) {
                buf_clear(&names->kinds[i].pending);
                free(names->kinds[i].chunks);
        }
        free(names->kinds);
        mutex_unlock(&names->lock);
        mutex_destroy(&names->lock);
        spool_free(names->spool);
        free(names);
}

static bool spool_pending(Spool *spool, KindNames *kind, Error *err) {
        Chunk chunk = { .len = kind->pending.len };

        if (!spool_append(spool, buf_str(&kind->pending), &chunk.offset, err))
                return false;
        if (kind->chunk_count == kind->chunk_capacity) {
                kind->chunk_capacity = kind->chunk_capacity ? kind->chunk_capacity * 2 : 16;
                kind->chunks = xrealloc_array(kind->chunks, kind->chunk_capacity, sizeof(*kind->chunks));
        }
        kind->chunks[kind->chunk_count++] = chunk;
        buf_reset(&kind->pending);
        return true;
}

static bool add_locked(Spool *spool, KindNames *kind, Str namespace, Str name, Error *err) {
        if (namespace.len > 0) {
                buf_add(&kind->pending, namespace);
                buf_add_char(&kind->pending, '/');
        }
        buf_add(&kind->pending, name);
        buf_add_char(&kind->pending, '\n');
        kind->count++;
        return kind->pending.len < PENDING_BYTES || spool_pending(spool, kind, err);
}

bool names_add(Names *names, size_t kind, Str namespace, Str name, Error *err) {
        bool is_added;

        mutex_lock(&names->lock);
        is_added = add_locked(names->spool, &names->kinds[kind], namespace, name, err);
        mutex_unlock(&names->lock);
        names->total++;
        return is_added;
}

uint64_t names_count(Names *names, size_t kind) {
        uint64_t count;

        mutex_lock(&names->lock);
        count = names->kinds[kind].count;
        mutex_unlock(&names->lock);
        return count;
}

uint64_t names_total(const Names *names) {
        return names->total;
}

static bool read_kind(const Spool *spool, const KindNames *kind, Buf *into, Error *err) {
        for (size_t i = 0; i < kind->chunk_count; i++) {
                char *room = buf_reserve(into, kind->chunks[i].len);

                if (!room)
                        return buf_check(into, "the list of names of one kind", err);
                if (!spool_read(spool, kind->chunks[i].offset, room, kind->chunks[i].len, err))
                        return false;
                into->len += kind->chunks[i].len;
        }
        buf_add(into, buf_str(&kind->pending));
        return buf_check(into, "the list of names of one kind", err);
}

static int compare_names(const void *a, const void *b) {
        return str_compare(*(const Str *) a, *(const Str *) b);
}

static bool write_names(Str *sorted, size_t count, GzipPart *part, Error *err) {
        AUTO(buf_clear) Buf literal = { 0 };

        for (size_t i = 0; i < count; i++) {
                buf_reset(&literal);
                buf_add_char(&literal, i == 0 ? '[' : ',');
                json_write_string(sorted[i], &literal);
                if (!gzip_part_add(part, buf_str(&literal), err))
                        return false;
        }
        return gzip_part_add(part, STR("]"), err);
}

static bool write_kind(const Spool *spool, const KindNames *kind, Str key, GzipPart *part, Error *err) {
        AUTO(buf_clear) Buf text = { .limit = NAMES_KIND_LIMIT };
        AUTO(buf_clear) Buf literal = { 0 };
        AUTO_FREE Str *sorted = xcalloc(kind->count + 1, sizeof(*sorted));
        size_t count = 0;
        Str rest;

        if (!read_kind(spool, kind, &text, err))
                return false;
        rest = buf_str(&text);
        while (count < kind->count && str_cut(&rest, '\n', &sorted[count]))
                count++;
        qsort(sorted, count, sizeof(*sorted), compare_names);
        json_write_string(key, &literal);
        buf_add_char(&literal, ':');
        return gzip_part_add(part, buf_str(&literal), err) && write_names(sorted, count, part, err);
}

typedef struct KeyedKind {
        Str key;
        size_t kind;
} KeyedKind;

static int compare_keys(const void *a, const void *b) {
        return str_compare(((const KeyedKind *) a)->key, ((const KeyedKind *) b)->key);
}

bool names_write(Names *names, const Str *keys, GzipPart *part, Error *err) {
        AUTO_FREE KeyedKind *order = xcalloc(names->kind_count + 1, sizeof(*order));
        size_t count = 0;
        bool is_written = true;

        mutex_lock(&names->lock);
        for (size_t i = 0; i < names->kind_count; i++)
                if (names->kinds[i].count > 0)
                        order[count++] = (KeyedKind) { .key = keys[i], .kind = i };
        qsort(order, count, sizeof(*order), compare_keys);
        for (size_t i = 0; i < count && is_written; i++)
                is_written = gzip_part_add(part, i == 0 ? STR("{") : STR(","), err) &&
                             write_kind(names->spool, &names->kinds[order[i].kind], order[i].key, part, err);
        mutex_unlock(&names->lock);
        return is_written && gzip_part_add(part, count > 0 ? STR("}\n") : STR("{}\n"), err);
}
