/* location.h - the BackupStorageLocation resource: decode, default, validate.
 *
 * Source: spec/backup-behaviour.md 7.1.  Text is borrowed from the document or lives in the arena. */
#pragma once
#include "base/faults.h"
#include "data/json.h"

typedef struct Location {
        Str name, namespace;
        Str provider;
        JsonVal *config;                     /* object of strings; NULL: none */
        Str credential_name, credential_key; /* of a Secret; empty: none given */
        Str bucket, prefix;                  /* prefix without slashes at its ends */
        Str ca_pem;                          /* caCert, decoded; empty: none */
        Str ca_secret_name, ca_secret_key;   /* caCertRef */
        bool is_default, is_read_only;
        int64_t sync_period_ms, validation_frequency_ms; /* -1: not given */
        Str phase, message;                              /* status */
        int64_t last_synced_ms, last_validation_ms;      /* wall; 0: never */
} Location;

Location location_decode(JsonVal *object, Arena *arena, Faults *faults);
