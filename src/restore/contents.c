#include "restore/contents.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "data/tar.h"
#include "restore/contents_path.h"

enum { ITEMS_MAX = 10 * 1000 * 1000, ITEM_BYTES_MAX = 64 * 1024 * 1024, FORMAT_BYTES_MAX = 64 };

static const uint64_t spool_bytes_max = (uint64_t) 64 << 30;

struct Contents {
        Arena arena;
        Spool *spool;
        ContentsGroup *groups;
        size_t len, capacity;
        StrMap by_place; /* "resource/namespace" to the group's number + 1 */
};

void contents_free(Contents *contents) {
        if (!contents)
                return;
        for (size_t i = 0; i < contents->len; i++)
                free(contents->groups[i].items);
        free(contents->groups);
        str_map_clear(&contents->by_place);
        spool_free(contents->spool);
        arena_clear(&contents->arena);
        free(contents);
}

static bool pull(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        return gzip_read(user, into, size, ret_size, err);
}

static Str place_key(Str resource, Str namespace, Arena *arena) {
        return str_of(arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(resource), STR_ARG(namespace)));
}

static ContentsGroup *group_of(Contents *contents, const ContentsPath *path, Buf *key) {
        buf_reset(key);
        buf_add(key, path->resource);
        buf_add_char(key, '/');
        buf_add(key, path->namespace);

        uintptr_t number = (uintptr_t) str_map_get(&contents->by_place, buf_str(key));
        if (number > 0)
                return &contents->groups[number - 1];
        if (contents->len == contents->capacity) {
                contents->capacity = contents->capacity ? contents->capacity * 2 : 64;
                contents->groups =
                        xrealloc_array(contents->groups, contents->capacity, sizeof(*contents->groups));
        }
        contents->groups[contents->len++] = (ContentsGroup) {
                .resource = arena_copy(&contents->arena, path->resource),
                .namespace = arena_copy(&contents->arena, path->namespace),
        };
        str_map_put(&contents->by_place, arena_copy(&contents->arena, buf_str(key)),
                    (void *) (uintptr_t) contents->len);
        return &contents->groups[contents->len - 1];
}

static ContentsItem *add_item(ContentsGroup *group) {
        if (group->len == group->capacity) {
                group->capacity = group->capacity ? group->capacity + group->capacity / 2 : 4;
                group->items = xrealloc_array(group->items, group->capacity, sizeof(*group->items));
        }
        return &group->items[group->len++];
}

static bool has_exec_annotation(Str content) {
        const Str prefix = STR("\"post.hook.restore.velero.io/command\"");

        return content.len > 0 && memmem(content.ptr, content.len, prefix.ptr, prefix.len) != NULL;
}

static bool keep_item(Contents *contents, const ContentsPath *path, Str content, Buf *key, Error *err) {
        uint64_t offset = 0;

        if (!spool_append(contents->spool, content, &offset, err))
                return false;
        ContentsGroup *group = group_of(contents, path, key);
        *add_item(group) = (ContentsItem) {
                .name = arena_copy(&contents->arena, path->name).ptr,
                .name_len = (uint8_t) path->name.len,
                .offset = offset,
                .size = (uint32_t) content.len,
        };
        group->has_exec_annotation = group->has_exec_annotation || has_exec_annotation(content);
        return true;
}

static bool check_format(Str content, Error *err) {
        Str format = str_trim(content);

        if (str_starts_with(format, STR("1.")) || str_equal(format, STR("1")))
                return true;
        return error_set(err, ERROR_CORRUPT,
                         "the archive has format \"" STR_FMT "\", but only formats 1.x can be read",
                         (int) (format.len < FORMAT_BYTES_MAX ? format.len : FORMAT_BYTES_MAX), format.ptr);
}

static bool read_entries(Contents *contents, TarReader *tar, Error *err) {
        AUTO(buf_clear) Buf content = { .limit = ITEM_BYTES_MAX };
        AUTO(buf_clear) Buf key = { 0 };
        const TarEntry *entry = NULL;

        for (;;) {
                ContentsPath path = { 0 };

                if (!tar_next(tar, &entry, err))
                        return false;
                if (!entry)
                        return true;
                if (entry->is_folder)
                        continue;
                AUTO(buf_clear) Buf name = { 0 };
                buf_add(&name, entry->name);
                if (!contents_path_parse(buf_str(&name), &path, err))
                        return false;
                if (path.place != PLACE_ITEM && path.place != PLACE_FORMAT)
                        continue;
                buf_reset(&content);
                if (!tar_content(tar, &content, err) || !buf_check(&content, "a file of the archive", err))
                        return false;
                if (path.place == PLACE_FORMAT ? !check_format(buf_str(&content), err)
                                               : !keep_item(contents, &path, buf_str(&content), &key, err))
                        return false;
        }
}

/* What follows the last record is padding; reading it proves that the compressed stream is whole. */
static bool read_rest(GzipReader *gzip, Error *err) {
        char bytes[16 * 1024];
        size_t size = 1;

        while (size > 0)
                if (!gzip_read(gzip, bytes, sizeof(bytes), &size, err))
                        return false;
        return true;
}

static int compare_items(const void *a, const void *b) {
        const ContentsItem *x = a, *y = b;
        int order = str_compare(contents_item_name(x), contents_item_name(y));

        return order ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

/* A file that is there twice counts as its last copy, as it would after extraction. */
static void sort_items(ContentsGroup *group) {
        size_t kept = 0;

        qsort(group->items, group->len, sizeof(*group->items), compare_items);
        for (size_t i = 0; i < group->len; i++) {
                if (kept > 0 && str_equal(contents_item_name(&group->items[kept - 1]),
                                          contents_item_name(&group->items[i])))
                        kept--;
                group->items[kept++] = group->items[i];
        }
        group->len = group->capacity = kept;
        group->items = xrealloc_array(group->items, kept, sizeof(*group->items));
}

static int compare_groups(const void *a, const void *b) {
        const ContentsGroup *x = a, *y = b;
        int order = str_compare(x->resource, y->resource);

        return order ? order : str_compare(x->namespace, y->namespace);
}

static void sort_groups(Contents *contents) {
        if (contents->len == 0)
                return;
        for (size_t i = 0; i < contents->len; i++)
                sort_items(&contents->groups[i]);
        qsort(contents->groups, contents->len, sizeof(*contents->groups), compare_groups);
        str_map_clear(&contents->by_place);
        contents->by_place = (StrMap) { 0 };
        for (size_t i = 0; i < contents->len; i++)
                str_map_put(&contents->by_place,
                            place_key(contents->groups[i].resource, contents->groups[i].namespace,
                                      &contents->arena),
                            (void *) (uintptr_t) (i + 1));
}

bool contents_read(GzipSource source, void *user, const ContentsLimits *limits, Contents **ret_contents,
                   Error *err) {
        const uint64_t spool_bytes = limits->spool_bytes ? limits->spool_bytes : spool_bytes_max;
        const TarLimits tar_limits = { .entry_bytes =
                                               limits->item_bytes ? limits->item_bytes : ITEM_BYTES_MAX,
                                       .entries = limits->items ? limits->items : ITEMS_MAX };
        AUTO(contents_freep) Contents *contents = xnew0(Contents);
        /* Each object is there twice, and the spool's own limit names itself. */
        AUTO(gzip_reader_freep) GzipReader *gzip = gzip_reader_new(source, user, spool_bytes * 3);
        AUTO(tar_reader_freep) TarReader *tar = tar_reader_new(pull, gzip, tar_limits);

        if (!spool_open(spool_bytes, &contents->spool, err) || !read_entries(contents, tar, err) ||
            !read_rest(gzip, err))
                return error_prefix(err, "read the backup's archive");
        sort_groups(contents);
        *ret_contents = TAKE(contents);
        return true;
}

ContentsGroup *contents_groups(Contents *contents, size_t *ret_len) {
        *ret_len = contents->len;
        return contents->groups;
}

ContentsItem *contents_find(Contents *contents, Str resource, Str namespace, Str name,
                            ContentsGroup **ret_group) {
        AUTO(arena_clear) Arena arena = { 0 };
        uintptr_t number =
                (uintptr_t) str_map_get(&contents->by_place, place_key(resource, namespace, &arena));
        ContentsGroup *group = number > 0 ? &contents->groups[number - 1] : NULL;

        for (size_t low = 0, high = group ? group->len : 0; low < high;) {
                size_t middle = low + (high - low) / 2;
                int order = str_compare(contents_item_name(&group->items[middle]), name);

                if (order == 0) {
                        *ret_group = group;
                        return &group->items[middle];
                }
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}

bool contents_read_item(const Contents *contents, const ContentsItem *item, Buf *into, Error *err) {
        char *at = buf_reserve(into, item->size);

        if (!at)
                return buf_check(into, "a file of the archive", err);
        if (!spool_read(contents->spool, item->offset, at, item->size, err))
                return false;
        into->len += item->size;
        return true;
}
