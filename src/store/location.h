/* location.h - the Store that a BackupStorageLocation describes.
 *
 * Provider: filesystem, a folder of the server (config.path), with bucket and prefix below it.  Every key of config
 * is taken or refused with a reason; all faults at once.  Source: spec/backup-behaviour.md 5.2, 7.1. */
#pragma once
#include "base/faults.h"
#include "data/json.h"
#include "store/store.h"

typedef struct StoreLocation {
        Str provider, bucket, prefix;
        JsonVal *config; /* object of strings; NULL: none */
} StoreLocation;

/* Pure: what is wrong with it, each with its path in the resource ("spec.config.region"). */
void store_location_check(const StoreLocation *location, Faults *faults);

/* The folder is made when it is missing.  ERROR_INVALID with all faults. */
bool store_open_location(const StoreLocation *location, const Stop *stop, Store **ret_store, Error *err)
        MUST_CHECK;

/* Velero takes a location with any foreign folder right below its prefix for unusable, and so do we:
 * ERROR_INVALID names the folders.  Fails also when the store cannot be read. */
bool store_location_validate(Store *store, Error *err) MUST_CHECK;
