/* error.h - why an operation failed, in words a user can act on.
 *
 * A function that can fail returns bool, is MUST_CHECK, and takes `Error *err`
 * as its last parameter.  It sets *err exactly when it returns false; its other
 * outputs are written exactly when it returns true.  `err` is never NULL. */
#pragma once
#include "base/cleanup.h"
#include <stdbool.h>

typedef enum ErrorCode {
        ERROR_NONE,
        ERROR_INVALID, /* the request is wrong; retrying cannot help */
        ERROR_NOT_FOUND,
        ERROR_EXISTS,   /* something of that name is already there */
        ERROR_CONFLICT, /* somebody changed it first; read again and retry */
        ERROR_GONE,     /* a continue token or resource version is too old; start over */
        ERROR_FORBIDDEN,
        ERROR_UNAVAILABLE, /* transport or server trouble; back off and retry */
        ERROR_TIMEOUT,
        ERROR_CANCELED,
        ERROR_CORRUPT, /* stored data does not parse or verify */
} ErrorCode;

typedef struct Error {
        ErrorCode code;
        char *message; /* owned; NULL exactly when code is ERROR_NONE */
} Error;

/* Both return false, so that a failing function can end in one line. */
bool error_set(Error *err, ErrorCode code, const char *format, ...) PRINTF_LIKE(3, 4);
bool error_prefix(Error *err, const char *format, ...) PRINTF_LIKE(2, 3);

void error_clear(Error *err);
bool error_is_retryable(const Error *err);
