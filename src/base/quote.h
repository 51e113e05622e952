/* quote.h - text between double quotes, as Go programs write it.
 *
 * Users and their tools compare our logs and files with Velero's byte for byte.
 * Bytes that are not UTF-8 are allowed: they are escaped or replaced. */
#pragma once
#include "base/buf.h"

/* As encoding/json: \n, \u0001; `<>&`, U+2028 and U+2029 escaped too; not UTF-8 becomes \ufffd. */
void quote_json(Str text, Buf *into);

/* As fmt's %q: what cannot be printed as \n, \x01, \u00a0; not UTF-8 as \xff. */
void quote_go(Str text, Buf *into);
