/* status.h - what a reply that is no success means: the server's Status as an Error.
 *
 * Pure.  The code is decided by the HTTP status and the Status' reason, the message is the
 * server's own words; a 403 that is a missing RBAC rule is told as that rule.  Bodies that
 * are not a Status (a proxy's page) are shown trimmed to STATUS_BODY_SHOWN bytes. */
#pragma once
#include "data/json.h"

enum { STATUS_BODY_SHOWN = 200, STATUS_MESSAGE_SHOWN = 2000 };

/* Always false, with err set. */
bool status_error(int http_status, Str body, Error *err);
/* The same for a Status object that came in a stream: its own `code` counts. */
bool status_object_error(JsonVal *status, Error *err);

/* The same when the words were taken out of the reply already. */
bool status_words_error(int http_status, Str words, Error *err);
