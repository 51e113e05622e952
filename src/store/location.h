/* location.h - the Store that a BackupStorageLocation describes.
 *
 * Providers: aws (velero.io/aws) and filesystem (a folder of the server: config.path, with bucket and prefix below
 * it).  Every key of config is taken or refused with a reason; all faults at once.
 * Source: spec/backup-behaviour.md 5.2, 7.1, 7.2. */
#pragma once
#include "base/faults.h"
#include "base/secret.h"
#include "data/json.h"
#include "store/store.h"

typedef struct StoreLocation {
        Str provider, bucket, prefix;
        JsonVal *config;      /* object of strings; NULL: none */
        Str ca_pem;           /* plain text */
        Secret credentials;   /* text of the credentials file; empty: the environment's */
        Str credentials_name; /* for messages */
        Secret customer_key; /* what config.customerKeyEncryptionSecret names, read by the caller; else empty */
} StoreLocation;

/* Pure: what is wrong with it, each with its path below the resource ("spec.config.region"). */
void store_location_check(const StoreLocation *location, Faults *faults);
/* Secret name and key of config.customerKeyEncryptionSecret ("name/key"); both empty when it is not set. */
void store_location_customer_secret(const StoreLocation *location, Str *ret_name, Str *ret_key);

bool store_open_location(const StoreLocation *location, const Stop *stop, Store **ret_store, Error *err)
        MUST_CHECK;

/* Velero takes a location with any foreign folder right below its prefix for unusable, and so do we:
 * ERROR_INVALID names the folders.  Fails also when the store cannot be reached. */
bool store_location_validate(Store *store, Error *err) MUST_CHECK;
