/* pause.h - what schedule pause and schedule unpause have in common. */
#pragma once
#include "cli/choice.h"

typedef struct PauseFlags {
        ChoiceFlags which;
        int skip_immediately; /* counts only when it was given; 0: true */
        VeleroFlags velero;
} PauseFlags;
extern const Option pause_flags[];

bool pause_schedules(Cli *cli, const CommandLine *line, const PauseFlags *flags, bool is_paused, Error *err)
        MUST_CHECK;
