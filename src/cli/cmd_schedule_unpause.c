#include "cli/commands.h"
#include "cli/pause.h"

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        return pause_schedules(cli, line, request, false, err);
}

const Command cmd_schedule_unpause = {
        .name = "schedule unpause",
        .arguments = "[NAME...]",
        .summary = "Let schedules make backups again",
        .details = "A backup that was due meanwhile is made at once, unless --skip-immediately is true. A "
                   "schedule that is not paused is left as it is.",
        .example = "# One schedule.\n"
                   "grapnel schedule unpause nightly\n\n"
                   "# All of one team.\n"
                   "grapnel schedule unpause -l team=ops",
        .options = pause_flags,
        .request_size = sizeof(PauseFlags),
        .max_arguments = 1000,
        .run = run,
};
