#include "cli/commands.h"
#include "cli/pause.h"

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        return pause_schedules(cli, line, request, true, err);
}

const Command cmd_schedule_pause = {
        .name = "schedule pause",
        .arguments = "[NAME...]",
        .summary = "Keep schedules from making backups",
        .details = "Backups that have begun go on. A schedule that is paused already is left as it is.",
        .example = "# One schedule.\n"
                   "grapnel schedule pause nightly\n\n"
                   "# All of one team.\n"
                   "grapnel schedule pause -l team=ops",
        .options = pause_flags,
        .request_size = sizeof(PauseFlags),
        .max_arguments = 1000,
        .run = run,
};
