/* ini.h - a file of sections and settings, as AWS writes credentials and config.
 *
 * Comments (# and ;) are lines of their own or follow a blank.  A setting below one without a value and indented deeper
 * belongs to that one, and such a line without '=' to any setting: both are passed over.  Errors name the line, never
 * what is in it: it may be a secret. */
#pragma once
#include "base/error.h"
#include "base/str.h"

/* All borrowed for the call; `section` is "" before the first.  False, with err set, ends the reading. */
typedef bool (*IniSetting)(void *user, Str section, Str key, Str value, Error *err);

/* ERROR_INVALID "<what>, line N: expected [section] or key = value". */
bool ini_read(Str text, const char *what, IniSetting setting, void *user, Error *err) MUST_CHECK;
