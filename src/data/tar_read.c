#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <locale.h>

#include "base/mem.h"
#include "data/tar.h"

enum { BLOCK = 512, NAME_MAX_LEN = 1024, IN_SIZE = 64 * 1024 };

struct TarReader {
        struct archive *archive;
        TarSource source;
        void *user;
        Error source_error; /* on its way through the library */
        TarLimits limits;
        uint64_t entries_seen;
        uint64_t bytes_seen, zeros_at_end; /* of what the source gave */
        bool is_source_spent, is_open;
        locale_t utf8;
        Buf name; /* of the current entry */
        TarEntry entry;
        char in[IN_SIZE];
};

static bool pull(TarReader *reader, size_t *ret_size, Error *err) {
        size_t size = 0, zeros = 0;

        if (!reader->is_source_spent &&
            !reader->source(reader->user, reader->in, sizeof reader->in, &size, err))
                return false;
        reader->is_source_spent = size == 0;
        while (zeros < size && reader->in[size - 1 - zeros] == '\0')
                zeros++;
        reader->bytes_seen += size;
        reader->zeros_at_end = zeros + (zeros == size ? reader->zeros_at_end : 0);
        *ret_size = size;
        return true;
}

static la_ssize_t read_block(struct archive *archive, void *user, const void **ret_block) {
        TarReader *reader = user;
        size_t size;

        (void) archive;
        if (reader->source_error.code != ERROR_NONE || !pull(reader, &size, &reader->source_error))
                return ARCHIVE_FATAL;
        *ret_block = reader->in;
        return (la_ssize_t) size;
}

TarReader *tar_reader_new(TarSource source, void *user, TarLimits limits) {
        TarReader *reader = xcalloc(1, sizeof *reader);

        reader->source = source;
        reader->user = user;
        reader->limits = limits;
        reader->name.limit = 2 * NAME_MAX_LEN;
        reader->archive = archive_read_new();
        if (!reader->archive) {
                fputs("out of memory\n", stderr);
                abort();
        }
        archive_read_support_format_tar(reader->archive);
        /* The library converts names to the locale; names of Kubernetes objects are UTF-8. */
        reader->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
        return reader;
}

void tar_reader_free(TarReader *reader) {
        if (!reader)
                return;
        archive_read_free(reader->archive);
        if (reader->utf8)
                freelocale(reader->utf8);
        error_clear(&reader->source_error);
        buf_clear(&reader->name);
        free(reader);
}

/* The library's failure, or what the source said when that was the cause. */
static bool refuse(TarReader *reader, Error *err) {
        Str after = buf_str(&reader->name);

        if (reader->source_error.code != ERROR_NONE) {
                *err = reader->source_error;
                reader->source_error = (Error) { 0 };
                return false;
        }
        const char *reason = archive_error_string(reader->archive);
        if (reader->is_source_spent)
                return error_set(err, ERROR_CORRUPT, "tar archive is cut off after %" PRIu64 " bytes",
                                 reader->bytes_seen);
        if (after.len)
                return error_set(err, ERROR_CORRUPT, "tar archive is damaged after entry \"" STR_FMT "\": %s",
                                 STR_ARG(after), reason ? reason : "not a header");
        return error_set(err, ERROR_CORRUPT, "not a tar archive: %s", reason ? reason : "not a header");
}

/* Two zero blocks and nothing but zeros behind them.  The library is content with any end. */
static bool check_end(TarReader *reader, Error *err) {
        uint64_t end = (uint64_t) archive_read_header_position(reader->archive);
        size_t size;

        do {
                if (!pull(reader, &size, err))
                        return false;
        } while (size > 0);

        end = (end + BLOCK - 1) / BLOCK * BLOCK;
        if (reader->bytes_seen < end + 2 * BLOCK)
                return error_set(err, ERROR_CORRUPT,
                                 "tar archive is cut off after %" PRIu64 " bytes: its end mark is missing",
                                 reader->bytes_seen);
        if (reader->bytes_seen - reader->zeros_at_end > end)
                return error_set(err, ERROR_CORRUPT,
                                 "there are other bytes after the end of the tar archive");
        return true;
}

static bool check_name(Str name, Error *err) {
        Str rest = name, part;

        if (name.len > NAME_MAX_LEN)
                return error_set(err, ERROR_CORRUPT, "its name is longer than %d bytes", NAME_MAX_LEN);
        if (name.ptr[0] == '/')
                return error_set(err, ERROR_CORRUPT, "its name is absolute");
        for (size_t i = 0; i < name.len; i++)
                if ((unsigned char) name.ptr[i] < 0x20 || name.ptr[i] == 0x7f)
                        return error_set(err, ERROR_CORRUPT, "its name has the control character 0x%02x",
                                         (unsigned char) name.ptr[i]);
        while (str_cut(&rest, '/', &part)) {
                if (part.len == 0)
                        return error_set(err, ERROR_CORRUPT, "its name has an empty part");
                if (str_equal(part, STR(".")) || str_equal(part, STR("..")))
                        return error_set(err, ERROR_CORRUPT, "its name has a \"" STR_FMT "\" part",
                                         STR_ARG(part));
        }
        return true;
}

static bool check_entry(const TarReader *reader, struct archive_entry *entry, Error *err) {
        mode_t type = archive_entry_filetype(entry);

        if (archive_entry_hardlink(entry) || archive_entry_symlink(entry))
                return error_set(err, ERROR_CORRUPT, "it is a link");
        if (type != AE_IFREG && type != AE_IFDIR)
                return error_set(err, ERROR_CORRUPT, "it is neither a file nor a folder");
        if (archive_entry_sparse_count(entry) > 0)
                return error_set(err, ERROR_CORRUPT, "it is a sparse file");
        if (reader->entry.size > reader->limits.entry_bytes)
                return error_set(err, ERROR_CORRUPT,
                                 "it has %" PRIu64 " bytes, more than the limit of %" PRIu64,
                                 reader->entry.size, reader->limits.entry_bytes);
        return check_name(reader->entry.name, err);
}

/* For messages: a name may hold anything. */
static Str shown_name(Str name, char shown[static 256]) {
        size_t len = name.len < 256 ? name.len : 256;

        for (size_t i = 0; i < len; i++)
                shown[i] = (unsigned char) name.ptr[i] < 0x20 || name.ptr[i] == 0x7f ? '?' : name.ptr[i];
        return (Str) { shown, len };
}

/* *ret_skip: the entry is the top folder "./" itself. */
static bool take_entry(TarReader *reader, struct archive_entry *entry, bool *ret_skip, Error *err) {
        const char *path = archive_entry_pathname(entry);
        char shown[256];

        if (!path)
                return error_set(err, ERROR_CORRUPT, "entry %" PRIu64 " has no name that is UTF-8",
                                 reader->entries_seen);
        Str name = str_of(path);
        bool is_folder = archive_entry_filetype(entry) == AE_IFDIR;

        /* `tar -c .` begins every name with it. */
        if (str_starts_with(name, STR("./")))
                name = str_skip(name, 2);
        if (is_folder && str_ends_with(name, STR("/")))
                name.len--;
        *ret_skip = is_folder && (name.len == 0 || str_equal(name, STR(".")));
        if (*ret_skip)
                return true;
        if (name.len == 0)
                return error_set(err, ERROR_CORRUPT, "entry %" PRIu64 " has an empty name",
                                 reader->entries_seen);

        la_int64_t size = archive_entry_size(entry);
        buf_reset(&reader->name);
        buf_add(&reader->name, (Str) { name.ptr, name.len < NAME_MAX_LEN + 1 ? name.len : NAME_MAX_LEN + 1 });
        reader->entry = (TarEntry) {
                .name = buf_str(&reader->name),
                .size = size > 0 ? (uint64_t) size : 0,
                .is_folder = is_folder,
        };
        return check_entry(reader, entry, err) ||
               error_prefix(err, "entry \"" STR_FMT "\"", STR_ARG(shown_name(name, shown)));
}

static bool next_entry(TarReader *reader, const TarEntry **ret_entry, Error *err) {
        struct archive_entry *entry;
        bool is_skipped = true;

        if (!reader->is_open &&
            archive_read_open2(reader->archive, reader, NULL, read_block, NULL, NULL) != ARCHIVE_OK)
                return refuse(reader, err);
        reader->is_open = true;
        while (is_skipped) {
                int result = archive_read_next_header(reader->archive, &entry);

                if (result == ARCHIVE_EOF) {
                        *ret_entry = NULL;
                        return check_end(reader, err);
                }
                if (result != ARCHIVE_OK)
                        return refuse(reader, err);
                if (reader->entries_seen++ == reader->limits.entries)
                        return error_set(err, ERROR_CORRUPT, "tar archive has more than %" PRIu64 " entries",
                                         reader->limits.entries);
                if (!take_entry(reader, entry, &is_skipped, err))
                        return false;
        }
        *ret_entry = &reader->entry;
        return true;
}

bool tar_next(TarReader *reader, const TarEntry **ret_entry, Error *err) {
        locale_t before = reader->utf8 ? uselocale(reader->utf8) : (locale_t) 0;
        bool is_ok = next_entry(reader, ret_entry, err);

        if (before)
                uselocale(before);
        return is_ok;
}

bool tar_content(TarReader *reader, Buf *into, Error *err) {
        uint64_t left = reader->entry.size;
        char *room = buf_reserve(into, left);

        if (!room)
                return buf_check(into, "the entry", err) ||
                       error_prefix(err, "entry \"" STR_FMT "\"", STR_ARG(reader->entry.name));
        while (left > 0) {
                la_ssize_t size = archive_read_data(reader->archive, room, left);

                if (size <= 0)
                        return refuse(reader, err) ||
                               error_prefix(err, "entry \"" STR_FMT "\"", STR_ARG(reader->entry.name));
                room += size;
                into->len += (size_t) size;
                left -= (uint64_t) size;
        }
        return true;
}
