/* s3_checksum.h - the checksum that a server of objects compares with what arrived.
 *
 * Source: spec/backup-behaviour.md 7.2, checksumAlgorithm. */
#pragma once
#include "base/arena.h"

typedef enum S3Checksum {
        S3_CHECKSUM_NONE,
        S3_CHECKSUM_CRC32,
        S3_CHECKSUM_CRC32C,
        S3_CHECKSUM_SHA1,
        S3_CHECKSUM_SHA256,
        S3_CHECKSUM_CRC64NVME
} S3Checksum;

/* "" is none; false: no such algorithm here. */
bool s3_checksum_parse(Str name, S3Checksum *ret_checksum);
const char *s3_checksum_name(S3Checksum checksum);    /* "CRC32C"; "" for none */
const char *s3_checksum_header(S3Checksum checksum);  /* "x-amz-checksum-crc32c" */
const char *s3_checksum_element(S3Checksum checksum); /* "ChecksumCRC32C", in the list of an upload's parts */

/* In base64, as the header has it. */
Str s3_checksum_of(S3Checksum checksum, Str bytes, Arena *arena);
/* The MD5 of a customer's key, in base64. */
Str s3_md5_of(Str bytes, Arena *arena);
