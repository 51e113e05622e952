/* controllers.h - the rows of all controllers; controllers_all (controller.h) lists them. */
#pragma once
#include "server/controller.h"

extern const Controller controller_hook_undo;      /* "hook-undo" */
extern const Controller controller_location;       /* "backup-storage-location" */
extern const Controller controller_backup_queue;   /* "backup-queue" */
extern const Controller controller_backup;         /* "backup" */
extern const Controller controller_restore;        /* "restore" */
extern const Controller controller_schedule;       /* "schedule" */
extern const Controller controller_sync;           /* "backup-sync" */
extern const Controller controller_gc;             /* "gc" */
extern const Controller controller_deletion;       /* "backup-deletion" */
extern const Controller controller_download;       /* "download-request" */
extern const Controller controller_status_request; /* "server-status-request" */
extern const Controller controller_not_served;     /* "not-served" */
