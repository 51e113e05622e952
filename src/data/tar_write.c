#include <stdio.h>

#include "data/tar.h"

enum { BLOCK = 512, NAME_SIZE = 100, PREFIX_SIZE = 155 };

typedef struct Header { /* ustar; POSIX.1-1988 */
        char name[NAME_SIZE];
        char mode[8], uid[8], gid[8];
        char size[12], mtime[12];
        char checksum[8];
        char type;
        char link[100];
        char magic[8];
        char uname[32], gname[32];
        char dev_major[8], dev_minor[8];
        char prefix[PREFIX_SIZE];
        char rest[12];
} Header;
_Static_assert(sizeof(Header) == BLOCK, "a header is one block");

static void put_octal(char *field, size_t size, uint64_t value) {
        uint64_t max = (1ull << 3 * (size - 1)) - 1;

        snprintf(field, size, "%0*llo", (int) size - 1, (unsigned long long) (value < max ? value : max));
}

static bool is_ascii(Str name) {
        for (size_t i = 0; i < name.len; i++)
                if ((unsigned char) name.ptr[i] >= 0x80)
                        return false;
        return true;
}

/* The longest prefix that fits, as Go's archive/tar splits; false when no place fits. */
static bool split_name(Str name, Str *ret_prefix, Str *ret_name) {
        size_t slash = name.len > PREFIX_SIZE + 1 ? PREFIX_SIZE + 1 : name.len;

        if (name.len <= NAME_SIZE && is_ascii(name)) {
                *ret_prefix = STR("");
                *ret_name = name;
                return true;
        }
        while (slash > 0 && name.ptr[slash - 1] != '/')
                slash--;
        if (slash < 2 || name.len == slash || name.len - slash > NAME_SIZE || !is_ascii(name))
                return false;
        *ret_prefix = (Str) { name.ptr, slash - 1 };
        *ret_name = str_skip(name, slash);
        return true;
}

/* What is ASCII of the name, cut to the field: for readers that do not know PAX. */
static void put_ascii(char *field, size_t size, Str name) {
        size_t len = 0;

        for (size_t i = 0; i < name.len && len < size; i++)
                if ((unsigned char) name.ptr[i] < 0x80)
                        field[len++] = name.ptr[i];
        /* Some readers take an entry for a folder when its cut name ends with a slash. */
        while (len > 0 && field[len - 1] == '/')
                field[--len] = '\0';
}

static void add_header(Buf *into, Header *header) {
        const unsigned char *bytes = (const unsigned char *) header;
        unsigned sum = 0;

        memcpy(header->magic,
               "ustar\0"
               "00",
               sizeof header->magic);
        memset(header->checksum, ' ', sizeof header->checksum);
        for (size_t i = 0; i < sizeof *header; i++)
                sum += bytes[i];
        put_octal(header->checksum, 7, sum);
        buf_add(into, (Str) { (const char *) header, sizeof *header });
}

static void add_padding(Buf *into, size_t len) {
        static const char zeros[BLOCK];

        buf_add(into, (Str) { zeros, -len % BLOCK });
}

/* "30 path=…\n": the number counts itself. */
static size_t pax_record_len(Str name) {
        size_t rest = sizeof " path=\n" - 1 + name.len, len = rest;

        for (int i = 0; i < 3; i++)
                len = rest + (size_t) snprintf(NULL, 0, "%zu", len);
        return len;
}

/* dir/PaxHeaders.0/file, as Go names it. */
static void add_pax(Buf *into, Str name) {
        Header header = { .type = 'x' };
        size_t len = pax_record_len(name), slash = name.len;
        AUTO(buf_clear) Buf title = { 0 };

        while (slash > 0 && name.ptr[slash - 1] != '/')
                slash--;
        buf_add(&title, (Str) { name.ptr, slash });
        buf_add(&title, STR("PaxHeaders.0/"));
        buf_add(&title, str_skip(name, slash));
        put_ascii(header.name, sizeof header.name, buf_str(&title));
        put_octal(header.mode, sizeof header.mode, 0);
        put_octal(header.uid, sizeof header.uid, 0);
        put_octal(header.gid, sizeof header.gid, 0);
        put_octal(header.size, sizeof header.size, len);
        put_octal(header.mtime, sizeof header.mtime, 0);
        add_header(into, &header);
        buf_printf(into, "%zu path=", len);
        buf_add(into, name);
        buf_add_char(into, '\n');
        add_padding(into, len);
}

void tar_add(Buf *into, Str name, Str content, int64_t mtime_seconds) {
        Header header = { .type = '0' };
        Str prefix, base;

        if (split_name(name, &prefix, &base)) {
                memcpy(header.name, base.ptr, base.len);
                memcpy(header.prefix, prefix.ptr, prefix.len);
        } else {
                add_pax(into, name);
                put_ascii(header.name, sizeof header.name, name);
        }
        /* 0755: Velero makes folders with the mode of the file that needs them. */
        put_octal(header.mode, sizeof header.mode, 0755);
        put_octal(header.uid, sizeof header.uid, 0);
        put_octal(header.gid, sizeof header.gid, 0);
        put_octal(header.size, sizeof header.size, content.len);
        put_octal(header.mtime, sizeof header.mtime, mtime_seconds > 0 ? (uint64_t) mtime_seconds : 0);
        put_octal(header.dev_major, sizeof header.dev_major, 0);
        put_octal(header.dev_minor, sizeof header.dev_minor, 0);
        add_header(into, &header);
        buf_add(into, content);
        add_padding(into, content.len);
}

void tar_finish(Buf *into) {
        for (int i = 0; i < 2; i++) {
                add_padding(into, 1);
                buf_add_char(into, '\0');
        }
}
