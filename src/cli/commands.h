/* commands.h - every command, one file each. */
#pragma once
#include "cli/cli.h"

extern const Command cmd_backup_run, cmd_backup_create, cmd_backup_get, cmd_backup_describe, cmd_backup_logs,
        cmd_backup_download, cmd_backup_delete;
extern const Command cmd_restore_run, cmd_restore_create, cmd_restore_get, cmd_restore_describe,
        cmd_restore_logs, cmd_restore_delete;
extern const Command cmd_schedule_create, cmd_schedule_get, cmd_schedule_describe, cmd_schedule_pause,
        cmd_schedule_unpause, cmd_schedule_delete;
extern const Command cmd_location_create, cmd_location_get, cmd_location_set, cmd_location_delete;
extern const Command cmd_snapshot_location_create, cmd_snapshot_location_get, cmd_snapshot_location_set;
extern const Command cmd_hooks_plan, cmd_hooks_lint, cmd_hooks_undo, cmd_hooks_logs;
extern const Command cmd_client_config_get, cmd_client_config_set;
extern const Command cmd_server, cmd_install, cmd_uninstall;
extern const Command cmd_version, cmd_completion, cmd_help, cmd_man;
