#include "check.h"
#include "data/gzip.h"
#include "data/tar.h"

enum { BLOCK = 512 };

typedef struct Slices { /* gives at most `step` bytes at a time; fails after `fail_at` bytes */
        Str rest;
        size_t step, given, fail_at;
} Slices;

static bool give_slice(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        Slices *slices = user;
        size_t len = slices->rest.len < slices->step ? slices->rest.len : slices->step;

        if (slices->given >= slices->fail_at)
                return error_set(err, ERROR_UNAVAILABLE, "the disk is gone");
        len = len < size ? len : size;
        if (len)
                memcpy(into, slices->rest.ptr, len);
        slices->rest = str_skip(slices->rest, len);
        slices->given += len;
        *ret_size = len;
        return true;
}

static const TarLimits wide = { .entry_bytes = 1 << 20, .entries = 10000 };

/* Every entry as "name=content;", folders as "name/;". */
static bool read_all(Str archive, size_t step, TarLimits limits, Buf *into, Error *err) {
        Slices slices = { archive, step, 0, SIZE_MAX };
        AUTO(tar_reader_freep) TarReader *reader = tar_reader_new(give_slice, &slices, limits);
        const TarEntry *entry;

        for (;;) {
                if (!tar_next(reader, &entry, err))
                        return false;
                if (!entry)
                        return true;
                buf_add(into, entry->name);
                buf_add_char(into, entry->is_folder ? '/' : '=');
                if (!entry->is_folder && !tar_content(reader, into, err))
                        return false;
                buf_add_char(into, ';');
        }
}

static void check_read(Str archive, const char *expected) {
        const size_t steps[] = { 1, 511, 512, 1000, 100000 };

        FOR_EACH_CASE(steps, step) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf text = { 0 };

                if (!read_all(archive, *step, wide, &text, &err))
                        fail_msg("%s", err.message);
                buf_add_char(&text, '\0');
                CHECK_STR(text.ptr, expected);
        }
}

static void check_refused(Str archive, const char *message) {
        AUTO(error_clear) Error err = { 0 };
        AUTO(buf_clear) Buf text = { 0 };

        if (read_all(archive, 1000, wide, &text, &err))
                fail_msg("not refused: %s", message);
        CHECK_STR(err.message, message);
        CHECK_INT(err.code, ERROR_CORRUPT);
}

/* A record that tar_add would never write. */
typedef struct Strange {
        const char *name, *link;
        char type;
        uint64_t size;
        const char *content; /* padded to a block */
} Strange;

static void set_checksum(char *header) {
        unsigned sum = 0;

        memset(header + 148, ' ', 8);
        for (int i = 0; i < BLOCK; i++)
                sum += (unsigned char) header[i];
        snprintf(header + 148, 8, "%06o", sum);
}

static void add_strange(Buf *into, Strange strange) {
        char header[BLOCK] = { 0 }, content[BLOCK] = { 0 };
        size_t len = strange.content ? strlen(strange.content) : 0;

        memcpy(header, strange.name, strlen(strange.name));
        memcpy(header + 100, "0000644", 7);
        snprintf(header + 124, 12, "%011llo", (unsigned long long) (strange.size ? strange.size : len));
        memcpy(header + 136, "00000000000", 11);
        header[156] = strange.type;
        if (strange.link)
                memcpy(header + 157, strange.link, strlen(strange.link));
        memcpy(header + 257,
               "ustar\0"
               "00",
               8);
        set_checksum(header);
        buf_add(into, (Str) { header, BLOCK });
        if (len) {
                memcpy(content, strange.content, len);
                buf_add(into, (Str) { content, BLOCK });
        }
}

static void what_was_written_is_read(void **state) {
        static const char dir[] = "resources/customresourcedefinitions.apiextensions.k8s.io/cluster/";
        AUTO(buf_clear) Buf archive = { 0 }, name = { 0 }, expected = { 0 };

        (void) state;
        tar_add(&archive, STR("metadata/version"), STR("1.1.0\n"), 1763831794);
        tar_add(&archive, STR("resources/x/cluster/system:node.json"), STR("{}"), 0);
        tar_add(&archive, STR("empty"), STR(""), -5);
        tar_add(&archive, STR("resources/x/cluster/r\xc3\xb6le.json"), STR("[1]"), 1);
        buf_add(&expected, STR("metadata/version=1.1.0\n;resources/x/cluster/system:node.json={};empty=;"
                               "resources/x/cluster/r\xc3\xb6le.json=[1];"));

        buf_add(&name, str_of(dir));
        for (int i = 0; i < 12; i++) /* past 100, then past 255 bytes */
                buf_printf(&name, "segment-number-%02d-", i);
        for (size_t len = 90; len < name.len; len += 7) {
                tar_add(&archive, (Str) { name.ptr, len }, STR("x"), 1);
                buf_printf(&expected, STR_FMT "=x;", (int) len, name.ptr);
        }
        tar_finish(&archive);
        CHECK(archive.len % BLOCK == 0);
        buf_add_char(&expected, '\0');
        check_read(buf_str(&archive), expected.ptr);
}

static void any_name_and_content_come_back(void **state) {
        (void) state;
        FOR_ALL_RANDOM(100, rng) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf archive = { 0 }, expected = { 0 }, text = { 0 };

                for (uint64_t i = random_u64(&rng) % 5; i < 5; i++) {
                        char name[1000], content[3000];
                        size_t len = 1 + random_u64(&rng) % sizeof name,
                               size = random_u64(&rng) % sizeof content;

                        for (size_t at = 0; at < len; at++) {
                                bool may_be_slash = at > 0 && at + 1 < len && name[at - 1] != '/';
                                name[at] = may_be_slash && random_u64(&rng) % 9 == 0
                                                   ? '/'
                                                   : (char) ('a' + random_u64(&rng) % 26);
                        }
                        for (size_t at = 0; at < size; at++)
                                content[at] = (char) random_u64(&rng);
                        tar_add(&archive, (Str) { name, len }, (Str) { content, size },
                                (int64_t) random_u64(&rng) >> 1);
                        buf_add(&expected, (Str) { name, len });
                        buf_add_char(&expected, '=');
                        buf_add(&expected, (Str) { content, size });
                        buf_add_char(&expected, ';');
                }
                tar_finish(&archive);
                if (!read_all(buf_str(&archive), 1 + random_u64(&rng) % 5000, wide, &text, &err))
                        fail_msg("%s", err.message);
                CHECK(str_equal(buf_str(&text), buf_str(&expected)));
        }
}

static bool read_file(const char *path, Buf *into) {
        FILE *file = fopen(path, "rb");
        char bytes[4096];
        size_t size;

        if (!file)
                return false;
        while ((size = fread(bytes, 1, sizeof bytes, file)) > 0)
                buf_add(into, (Str) { bytes, size });
        fclose(file);
        return true;
}

/* Writes each entry of Velero's tarball again with the same name, content and time. */
static size_t rewrite(Str golden, Buf *into) {
        Slices slices = { golden, 100000, 0, SIZE_MAX };
        AUTO(tar_reader_freep) TarReader *reader = tar_reader_new(give_slice, &slices, wide);
        AUTO(error_clear) Error err = { 0 };
        const TarEntry *entry;
        size_t count = 0;

        while (tar_next(reader, &entry, &err) && entry) {
                AUTO(buf_clear) Buf content = { 0 };

                CHECK(tar_content(reader, &content, &err));
                /* Where the record starts is where ours ends; a PAX header has no time. */
                bool is_pax = golden.ptr[into->len + 156] == 'x';
                int64_t mtime = strtoll(golden.ptr + into->len + (is_pax ? 2 * BLOCK : 0) + 136, NULL, 8);
                tar_add(into, entry->name, buf_str(&content), mtime);
                count++;
        }
        CHECK_INT(err.code, ERROR_NONE);
        tar_finish(into);
        return count;
}

static void records_equal_those_of_velero_byte_for_byte(void **state) {
        const char *const names[] = { "plain", "labelled", "hooked", "hook-fails", "nothing" };
        size_t total = 0;

        (void) state;
        FOR_EACH_CASE(names, name) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf packed = { 0 }, golden = { 0 }, ours = { 0 };
                char path[1000];

                snprintf(path, sizeof path, "%s/velero-1.18.0/bucket/backups/%s/%s.tar.gz", GOLDEN_DIR, *name,
                         *name);
                CHECK(read_file(path, &packed));
                CHECK(gunzip(buf_str(&packed), 1 << 24, &golden, &err));
                total += rewrite(buf_str(&golden), &ours);
                CHECK(str_equal(buf_str(&ours), buf_str(&golden)));
        }
        CHECK(total > 100);
}

static void what_gnu_tar_writes_is_read(void **state) {
        AUTO(buf_clear) Buf archive = { 0 }, expected = { 0 };
        char name[201];

        (void) state;
        memset(name, 'n', 200);
        name[200] = '\0';
        add_strange(&archive, (Strange) { "./", NULL, '5', 0, NULL });
        add_strange(&archive, (Strange) { "./resources/", NULL, '5', 0, NULL });
        add_strange(&archive, (Strange) { "./resources/a.json", NULL, '0', 0, "{}" });
        add_strange(&archive, (Strange) { "old.json", NULL, '\0', 0, "[]" });
        add_strange(&archive, (Strange) { "././@LongLink", NULL, 'L', 201, name });
        add_strange(&archive, (Strange) { "nnn", NULL, '0', 0, "long" });
        for (int i = 0; i < 8; i++) /* padded to whole tape records */
                tar_finish(&archive);
        buf_printf(&expected, "resources/;resources/a.json={};old.json=[];%s=long;", name);
        buf_add_char(&expected, '\0');
        check_read(buf_str(&archive), expected.ptr);
}

static void a_hostile_entry_is_refused_with_the_reason(void **state) {
        const struct {
                Strange entry;
                const char *message;
        } cases[] = {
                { { "/etc/passwd", NULL, '0', 0, "x" }, "entry \"/etc/passwd\": its name is absolute" },
                { { "../x", NULL, '0', 0, "x" }, "entry \"../x\": its name has a \"..\" part" },
                { { "a/../../x", NULL, '0', 0, "x" }, "entry \"a/../../x\": its name has a \"..\" part" },
                { { "a/..", NULL, '5', 0, NULL }, "entry \"a/..\": its name has a \"..\" part" },
                { { "a/./x", NULL, '0', 0, "x" }, "entry \"a/./x\": its name has a \".\" part" },
                { { ".", NULL, '0', 0, "x" }, "entry \".\": its name has a \".\" part" },
                { { "a//x", NULL, '0', 0, "x" }, "entry \"a//x\": its name has an empty part" },
                { { "", NULL, '0', 0, "x" }, "entry 1 has an empty name" },
                { { ".//etc", NULL, '0', 0, "x" }, "entry \"/etc\": its name is absolute" },
                { { "a\nb", NULL, '0', 0, "x" }, "entry \"a?b\": its name has the control character 0x0a" },
                { { "a\x7f", NULL, '0', 0, "x" }, "entry \"a?\": its name has the control character 0x7f" },
                { { "s", "/etc", '2', 0, NULL }, "entry \"s\": it is a link" },
                { { "h", "/etc/passwd", '1', 0, NULL }, "entry \"h\": it is a link" },
                { { "c", NULL, '3', 0, NULL }, "entry \"c\": it is neither a file nor a folder" },
                { { "b", NULL, '4', 0, NULL }, "entry \"b\": it is neither a file nor a folder" },
                { { "f", NULL, '6', 0, NULL }, "entry \"f\": it is neither a file nor a folder" },
                { { "big", NULL, '0', (1 << 20) + 1, "x" },
                  "entry \"big\": it has 1048577 bytes, more than the limit of 1048576" },
        };

        (void) state;
        FOR_EACH_CASE(cases, c) {
                AUTO(buf_clear) Buf archive = { 0 };

                add_strange(&archive, c->entry);
                tar_finish(&archive);
                check_refused(buf_str(&archive), c->message);
        }
}

static void a_name_that_is_too_long_is_refused(void **state) {
        AUTO(buf_clear) Buf archive = { 0 }, good = { 0 }, text = { 0 };
        AUTO(error_clear) Error err = { 0 };
        char name[1025];

        (void) state;
        memset(name, 'n', sizeof name);
        tar_add(&good, (Str) { name, 1024 }, STR("x"), 0);
        tar_finish(&good);
        CHECK(read_all(buf_str(&good), 1000, wide, &text, &err));
        tar_add(&archive, (Str) { name, 1025 }, STR("x"), 0);
        tar_finish(&archive);
        CHECK(!read_all(buf_str(&archive), 1000, wide, &text, &err));
        CHECK(strstr(err.message, "nnn\": its name is longer than 1024 bytes"));
        CHECK(strlen(err.message) < 400);
}

static void too_many_entries_are_refused(void **state) {
        AUTO(buf_clear) Buf archive = { 0 }, text = { 0 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        tar_add(&archive, STR("a"), STR(""), 0);
        tar_add(&archive, STR("b"), STR(""), 0);
        tar_finish(&archive);
        CHECK(read_all(buf_str(&archive), 1000, (TarLimits) { .entry_bytes = 1, .entries = 2 }, &text, &err));
        CHECK(!read_all(buf_str(&archive), 1000, (TarLimits) { .entry_bytes = 1, .entries = 1 }, &text,
                        &err));
        CHECK_STR(err.message, "tar archive has more than 1 entries");
}

static void an_archive_that_is_cut_off_anywhere_is_found(void **state) {
        AUTO(buf_clear) Buf archive = { 0 };

        (void) state;
        tar_add(&archive, STR("resources/a.json"), STR("{\"a\":1}"), 0);
        tar_add(&archive, STR("resources/b.json"), STR(""), 0);
        tar_finish(&archive);
        for (size_t len = 0; len < archive.len; len++) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf text = { 0 };

                if (read_all((Str) { archive.ptr, len }, 300, wide, &text, &err))
                        fail_msg("%zu bytes of %zu", len, archive.len);
                CHECK_INT(err.code, ERROR_CORRUPT);
                if (!strstr(err.message, "is cut off after"))
                        fail_msg("%zu: %s", len, err.message);
        }
}

static void a_damaged_header_is_found(void **state) {
        AUTO(buf_clear) Buf archive = { 0 };

        (void) state;
        tar_add(&archive, STR("a"), STR("x"), 0);
        size_t second = archive.len;
        tar_add(&archive, STR("b"), STR("y"), 0);
        tar_finish(&archive);
        archive.ptr[second] = 'c';
        check_refused(buf_str(&archive), "tar archive is damaged after entry \"a\": Damaged tar archive");
        archive.ptr[0] = 'c';
        check_refused(buf_str(&archive), "not a tar archive: Unrecognized archive format");
}

static void other_bytes_are_no_archive(void **state) {
        AUTO(buf_clear) Buf text = { 0 };

        (void) state;
        for (int i = 0; i < 300; i++)
                buf_add(&text, STR("no tar "));
        check_refused(buf_str(&text), "not a tar archive: Unrecognized archive format");
}

static void bytes_after_the_end_are_refused(void **state) {
        AUTO(buf_clear) Buf archive = { 0 };

        (void) state;
        tar_add(&archive, STR("a"), STR("x"), 0);
        tar_finish(&archive);
        tar_add(&archive, STR("b"), STR("hidden"), 0);
        tar_finish(&archive);
        check_refused(buf_str(&archive), "there are other bytes after the end of the tar archive");
}

static void an_archive_without_entries_is_one(void **state) {
        AUTO(buf_clear) Buf archive = { 0 };

        (void) state;
        tar_finish(&archive);
        check_read(buf_str(&archive), "");
}

static void a_failing_source_is_the_cause(void **state) {
        AUTO(buf_clear) Buf archive = { 0 };

        (void) state;
        tar_add(&archive, STR("a"), STR("content"), 0);
        tar_finish(&archive);
        for (size_t at = 0; at <= archive.len; at += 100) {
                AUTO(error_clear) Error err = { 0 };
                AUTO(buf_clear) Buf text = { 0 };
                Slices slices = { buf_str(&archive), 100, 0, at };
                AUTO(tar_reader_freep) TarReader *reader = tar_reader_new(give_slice, &slices, wide);
                const TarEntry *entry;
                bool is_ok = true;

                while (is_ok) {
                        is_ok = tar_next(reader, &entry, &err);
                        if (is_ok && entry)
                                is_ok = tar_content(reader, &text, &err);
                        if (is_ok && !entry)
                                break;
                }
                CHECK(!is_ok);
                CHECK(strstr(err.message, "the disk is gone"));
                CHECK_INT(err.code, ERROR_UNAVAILABLE);
        }
}

static void content_that_does_not_fit_is_an_error(void **state) {
        AUTO(buf_clear) Buf archive = { 0 }, small = { .limit = 10 };
        AUTO(error_clear) Error err = { 0 };

        (void) state;
        tar_add(&archive, STR("a"), STR("more than ten bytes"), 0);
        tar_finish(&archive);
        CHECK(!read_all(buf_str(&archive), 1000, wide, &small, &err));
        CHECK_STR(err.message, "entry \"a\": the entry is larger than 10 bytes");
}

static void content_need_not_be_read(void **state) {
        AUTO(buf_clear) Buf archive = { 0 };
        AUTO(error_clear) Error err = { 0 };
        const TarEntry *entry;

        (void) state;
        tar_add(&archive, STR("a"), STR("passed over"), 0);
        tar_add(&archive, STR("b"), STR("passed over too"), 0);
        tar_finish(&archive);
        Slices slices = { buf_str(&archive), 1000, 0, SIZE_MAX };
        AUTO(tar_reader_freep) TarReader *reader = tar_reader_new(give_slice, &slices, wide);
        CHECK(tar_next(reader, &entry, &err) && entry->size == 11);
        CHECK(tar_next(reader, &entry, &err) && entry->size == 15 && str_equal(entry->name, STR("b")));
        CHECK(tar_next(reader, &entry, &err) && !entry);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_written_is_read),
                cmocka_unit_test(any_name_and_content_come_back),
                cmocka_unit_test(records_equal_those_of_velero_byte_for_byte),
                cmocka_unit_test(what_gnu_tar_writes_is_read),
                cmocka_unit_test(a_hostile_entry_is_refused_with_the_reason),
                cmocka_unit_test(a_name_that_is_too_long_is_refused),
                cmocka_unit_test(too_many_entries_are_refused),
                cmocka_unit_test(an_archive_that_is_cut_off_anywhere_is_found),
                cmocka_unit_test(a_damaged_header_is_found),
                cmocka_unit_test(other_bytes_are_no_archive),
                cmocka_unit_test(bytes_after_the_end_are_refused),
                cmocka_unit_test(an_archive_without_entries_is_one),
                cmocka_unit_test(a_failing_source_is_the_cause),
                cmocka_unit_test(content_that_does_not_fit_is_an_error),
                cmocka_unit_test(content_need_not_be_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
