/* utf8.h - text of which nobody promised that it is UTF-8, such as a command's output. */
#pragma once
#include <stdint.h>

#include "base/buf.h"

/* The character at the front and its length in bytes; -1 and 1 where it is not UTF-8.
 * `text` is not empty. */
int32_t utf8_first(Str text, size_t *ret_len);

bool utf8_is_valid(Str text);

/* With U+FFFD in place of each byte that is wrong. */
void utf8_mend(Str text, Buf *into);
