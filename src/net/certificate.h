/* certificate.h - what PEM texts hold, told before they are used.
 *
 * Messages say what is wrong with the text; the caller puts in front where it came from. */
#pragma once
#include <stdint.h>

#include "base/error.h"
#include "base/secret.h"

typedef struct CertificateTimes {
        int64_t not_before_ms, not_after_ms; /* since 1970 */
} CertificateTimes;

/* At least one certificate, and every one parses: "holds no PEM certificate". */
bool certificate_check(Str pem, Error *err) MUST_CHECK;
/* Of the first certificate. */
bool certificate_times(Str pem, CertificateTimes *ret_times, Error *err) MUST_CHECK;
/* The key parses, needs no passphrase, and belongs to the first certificate. */
bool certificate_check_key(Str cert_pem, const Secret *key_pem, Error *err) MUST_CHECK;
