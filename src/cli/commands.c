#include "cli/commands.h"

const Command *const commands_all[] = {
        &cmd_backup_create,
        &cmd_backup_run,
        &cmd_backup_get,
        &cmd_backup_describe,
        &cmd_backup_logs,
        &cmd_backup_download,
        &cmd_backup_delete,
        &cmd_restore_create,
        &cmd_restore_run,
        &cmd_restore_get,
        &cmd_restore_describe,
        &cmd_restore_logs,
        &cmd_restore_delete,
        &cmd_schedule_create,
        &cmd_schedule_get,
        &cmd_schedule_describe,
        &cmd_schedule_pause,
        &cmd_schedule_unpause,
        &cmd_schedule_delete,
        &cmd_location_create,
        &cmd_location_get,
        &cmd_location_set,
        &cmd_location_delete,
        &cmd_snapshot_location_create,
        &cmd_snapshot_location_get,
        &cmd_snapshot_location_set,
        &cmd_hooks_plan,
        &cmd_hooks_lint,
        &cmd_hooks_undo,
        &cmd_hooks_logs,
        &cmd_client_config_get,
        &cmd_client_config_set,
        &cmd_server,
        &cmd_install,
        &cmd_uninstall,
        &cmd_version,
        &cmd_completion,
        &cmd_help,
        &cmd_man,
        NULL,
};

const Command *command_find(Str name) {
        for (const Command *const *c = commands_all; *c; c++)
                if (str_equal(str_of((*c)->name), name))
                        return *c;
        return NULL;
}
