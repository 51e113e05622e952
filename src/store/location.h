/* location.h - the Store that a BackupStorageLocation describes.
 *
 * Providers: aws (velero.io/aws), and filesystem: a folder of the server (config.path), with bucket and prefix below it.
 * Every key of config is taken or refused with a reason; all faults at once.
 * Source: spec/backup-behaviour.md 5.2, 7.1, 7.2. */
#pragma once
#include "base/faults.h"
#include "base/secret.h"
#include "data/json.h"
#include "store/store.h"

typedef struct StoreLocation {
        Str provider, bucket, prefix;
        JsonVal *config;      /* object of strings; NULL: none */
        Str ca_pem;           /* plain text; empty: the system's */
        Secret credentials;   /* text of a credentials file */
        Str credentials_name; /* of it, for messages; empty: what the environment has */
        Secret customer_key;  /* what store_location_customer_secret names; else empty */
        int64_t retry_ms;     /* how long one request is tried; 0: 60 s */
} StoreLocation;              /* everything is borrowed */

/* Pure: what is wrong with it, each with its path in the resource ("spec.config.region"). */
void store_location_check(const StoreLocation *location, Faults *faults);

/* "aws" and "filesystem", also as "velero.io/aws"; ERROR_INVALID says what there is. */
bool store_provider_check(Str provider, Error *err) MUST_CHECK;
bool store_location_is_folder(const StoreLocation *location);
/* The Secret that holds the customer's key, and the key in it; both empty when there is none. */
void store_location_customer_secret(const StoreLocation *location, Str *ret_name, Str *ret_key);

/* The folder is made when it is missing.  ERROR_INVALID with all faults. */
bool store_open_location(const StoreLocation *location, const Stop *stop, Store **ret_store, Error *err)
        MUST_CHECK;

/* Velero takes a location with any foreign folder right below its prefix for unusable, and so do we:
 * ERROR_INVALID names the folders.  Fails also when the store cannot be read. */
bool store_location_validate(Store *store, Error *err) MUST_CHECK;
