/* s3_config.h - spec.config of a location with provider "aws", as Velero's plugin reads it.
 *
 * Every key is taken, or refused with a reason.  Text is borrowed from the document.
 * Source: spec/backup-behaviour.md 7.2. */
#pragma once
#include "base/faults.h"
#include "data/json.h"
#include "store/s3_checksum.h"

typedef struct S3Config {
        Str region, url, public_url; /* URLs without '/' at the end */
        Str kms_key_id, server_side_encryption, tagging, profile;
        Str credentials_file, customer_key_file;       /* paths of the server's */
        Str customer_secret_name, customer_secret_key; /* both empty: none */
        bool path_style, insecure_skip_verify;
        S3Checksum checksum;
} S3Config;

/* Pure; faults have paths such as "spec.config.s3Url". */
S3Config s3_config_read(JsonVal *config, Faults *faults);
