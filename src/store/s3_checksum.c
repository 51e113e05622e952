#include "store/s3_checksum.h"

#include <assert.h>
#include <endian.h>
#include <isa-l/crc.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdint.h>

#include "data/base64.h"

static const struct {
        const char *name, *header, *element;
} checksums[] = {
        [S3_CHECKSUM_NONE] = { "", "", "" },
        [S3_CHECKSUM_CRC32] = { "CRC32", "x-amz-checksum-crc32", "ChecksumCRC32" },
        [S3_CHECKSUM_CRC32C] = { "CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C" },
        [S3_CHECKSUM_SHA1] = { "SHA1", "x-amz-checksum-sha1", "ChecksumSHA1" },
        [S3_CHECKSUM_SHA256] = { "SHA256", "x-amz-checksum-sha256", "ChecksumSHA256" },
        [S3_CHECKSUM_CRC64NVME] = { "CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME" },
};

bool s3_checksum_parse(Str name, S3Checksum *ret_checksum) {
        for (size_t i = 0; i < sizeof checksums / sizeof *checksums; i++)
                if (str_equal(name, str_of(checksums[i].name))) {
                        *ret_checksum = (S3Checksum) i;
                        return true;
                }
        return false;
}

const char *s3_checksum_name(S3Checksum checksum) {
        return checksums[checksum].name;
}

const char *s3_checksum_header(S3Checksum checksum) {
        return checksums[checksum].header;
}

const char *s3_checksum_element(S3Checksum checksum) {
        return checksums[checksum].element;
}

static Str in_base64(Str bytes, Arena *arena) {
        AUTO(buf_clear) Buf text = { 0 };

        base64_encode(bytes, &text);
        return arena_copy(arena, buf_str(&text));
}

static Str digest_of(const EVP_MD *kind, Str bytes, Arena *arena) {
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned len = 0;

        if (EVP_Digest(bytes.ptr, bytes.len, digest, &len, kind, NULL) != 1)
                abort(); /* out of memory, which ends the process (mem.h) */
        return in_base64((Str) { (const char *) digest, len }, arena);
}

static Str crc_text(uint64_t crc, size_t len, Arena *arena) {
        uint64_t bytes = htobe64(crc);

        return in_base64((Str) { (const char *) &bytes + sizeof bytes - len, len }, arena);
}

/* Not in ISA-L before 2.31.  The table costs less than a thousandth of a part. */
static uint64_t crc64_nvme(Str bytes) {
        uint64_t table[256], crc = UINT64_MAX;

        for (unsigned i = 0; i < 256; i++) {
                table[i] = i;
                for (int bit = 0; bit < 8; bit++)
                        table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x9A6C9329AC4BC9B5 : 0);
        }
        for (size_t i = 0; i < bytes.len; i++)
                crc = crc >> 8 ^ table[(crc ^ (unsigned char) bytes.ptr[i]) & 0xff];
        return ~crc;
}

Str s3_checksum_of(S3Checksum checksum, Str bytes, Arena *arena) {
        assert(bytes.len <= INT_MAX);
        switch (checksum) {
        case S3_CHECKSUM_CRC32:
                return crc_text(crc32_gzip_refl(0, (const unsigned char *) bytes.ptr, bytes.len), 4, arena);
        case S3_CHECKSUM_CRC32C: {
                /* The library's parameter is not const, but only read. */
                unsigned char *start = (unsigned char *) (uintptr_t) bytes.ptr;

                return crc_text(~crc32_iscsi(start, (int) bytes.len, UINT32_MAX), 4, arena);
        }
        case S3_CHECKSUM_SHA1:
                return digest_of(EVP_sha1(), bytes, arena);
        case S3_CHECKSUM_SHA256:
                return digest_of(EVP_sha256(), bytes, arena);
        case S3_CHECKSUM_CRC64NVME:
                return crc_text(crc64_nvme(bytes), 8, arena);
        case S3_CHECKSUM_NONE:
                break;
        }
        return STR("");
}

Str s3_md5_of(Str bytes, Arena *arena) {
        return digest_of(EVP_md5(), bytes, arena);
}
