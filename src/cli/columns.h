/* columns.h - how Velero's resources look in a table, as Velero shows them.
 *
 * Source: spec/restore-behaviour.md 7.2-7.4. */
#pragma once
#include "cli/listing.h"

extern const ListingTable columns_backup, columns_restore, columns_schedule, columns_location,
        columns_snapshot_location;
