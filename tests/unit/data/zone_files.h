/* zone_files.h - small time zone files, made here: what the machine has need not be what the tests expect. */
#pragma once
#include "base/buf.h"

static inline void put_number(Buf *into, int64_t number, unsigned size) {
        for (unsigned i = size; i-- > 0;)
                buf_add_char(into, (char) (uint8_t) ((uint64_t) number >> 8 * i));
}

typedef struct ZoneChange {
        int64_t at;
        int offset; /* seconds */
} ZoneChange;

static inline void put_block(Buf *into, const ZoneChange *changes, size_t count, int first_offset,
                             char version) {
        unsigned size = version ? 8 : 4;
        const int64_t counts[] = { 0, 0, 0, (int64_t) count, (int64_t) count + 1, 4 };

        buf_add(into, STR("TZif"));
        buf_add_char(into, version);
        for (int i = 0; i < 15; i++)
                buf_add_char(into, '\0');
        for (int i = 0; i < 6; i++)
                put_number(into, counts[i], 4);
        for (size_t i = 0; i < count; i++)
                put_number(into, changes[i].at, size);
        for (size_t i = 0; i < count; i++)
                buf_add_char(into, (char) (i + 1));
        for (size_t i = 0; i <= count; i++) {
                put_number(into, i ? changes[i - 1].offset : first_offset, 4);
                put_number(into, 0, 2);
        }
        buf_add(into, (Str) { "X\0X", 4 });
}

/* Version 2: an empty first block, the changes in the second, and a rule for what comes after. */
static inline void put_zone(Buf *into, const ZoneChange *changes, size_t count, int first_offset,
                            const char *rule) {
        size_t at = into->len;

        put_block(into, NULL, 0, first_offset, 0);
        into->ptr[at + 4] = '2';
        put_block(into, changes, count, first_offset, '2');
        buf_printf(into, "\n%s\n", rule);
}
