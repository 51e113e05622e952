/* columns.h - how backups and restores look in a table, as Velero shows them.
 *
 * Source: spec/restore-behaviour.md 7.2, 7.3. */
#pragma once
#include "cli/listing.h"

extern const ListingTable columns_backup, columns_restore;
