#include "server/controllers.h"

const Controller *const controllers_all[] = {
        &controller_hook_undo,
        &controller_location,
        &controller_backup_queue,
        &controller_backup,
        &controller_restore,
        &controller_schedule,
        &controller_sync,
        &controller_gc,
        &controller_deletion,
        &controller_download,
        &controller_status_request,
        &controller_not_served,
        NULL,
};
