#include "base/trim.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/cleanup.h"

enum { LINE_MAX_LEN = 4096, MODE_LEN = 4 };

static void close_filep(FILE **file) {
        if (*file)
                (void) fclose(*file);
}

/* "7f00-7f10 r-xp 00000000 fe:01 1234   /usr/lib/x.so" */
static void begin_mapping(Str line, TrimMapping *mapping) {
        char *end;
        const char *mode;

        mapping->start = strtoul(line.ptr, &end, 16);
        mapping->end = *end == '-' ? strtoul(end + 1, &end, 16) : 0;
        mode = end + 1;
        mapping->is_candidate = *end == ' ' && (size_t) (mode - line.ptr) + MODE_LEN < line.len &&
                                mode[0] == 'r' && mode[1] == '-' && mode[3] == 'p' &&
                                memchr(line.ptr, '/', line.len) != NULL;
}

/* A mapping begins with its address; keys begin with a capital. */
static bool is_address(Str line) {
        return line.len > 0 &&
               ((line.ptr[0] >= '0' && line.ptr[0] <= '9') || (line.ptr[0] >= 'a' && line.ptr[0] <= 'f'));
}

bool trim_read_line(Str line, TrimMapping *mapping) {
        Str rest = line, key, value;

        if (is_address(line)) {
                begin_mapping(line, mapping);
                return false;
        }
        if (!str_cut(&rest, ':', &key) || !str_equal(key, STR("Anonymous")))
                return false;
        value = str_trim(rest);
        return mapping->is_candidate && str_equal(value, STR("0 kB"));
}

void trim_memory(void) {
        AUTO(close_filep) FILE *maps = fopen("/proc/self/smaps", "re");
        char line[LINE_MAX_LEN];
        TrimMapping mapping = { 0 };

        (void) malloc_trim(0);
        if (!maps)
                return;
        while (fgets(line, sizeof(line), maps)) {
                if (!trim_read_line(str_of(line), &mapping))
                        continue;
                /* An address of a mapping of our own, as the kernel tells it: there is no pointer to derive it from. */
                (void) madvise((void *) mapping.start,
                               mapping.end - mapping.start, /* NOLINT(performance-no-int-to-ptr) */
                               MADV_DONTNEED);
        }
}
