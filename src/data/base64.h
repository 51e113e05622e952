/* base64.h - RFC 4648, standard alphabet with padding. */
#pragma once
#include "base/buf.h"

void base64_encode(Str bytes, Buf *into);
/* White space is passed over; ERROR_INVALID names the byte that is wrong. */
bool base64_decode(Str text, Buf *into, Error *err) MUST_CHECK;
