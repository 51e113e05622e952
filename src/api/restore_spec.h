/* restore_spec.h - words of the Restore resource that decoding and encoding share. */
#pragma once
#include "base/str.h"

/* The fields of Restore.spec in the order in which Velero writes them; ends with NULL. */
extern const char *const restore_spec_fields[];

/* What a restore leaves alone always (spec/restore-behaviour.md 2.2); ends with NULL. */
extern const char *const restore_never_restored[];
/* Also by their short and singular names. */
bool restore_is_never_restored(Str resource);
