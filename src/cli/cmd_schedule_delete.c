#include "cli/commands.h"
#include "cli/delete.h"

typedef struct ScheduleDeleteRequest {
        VeleroFlags velero;
        DeleteFlags choice;
} ScheduleDeleteRequest;

static const Option options[] = {
        OPT_GROUP(ScheduleDeleteRequest, choice, delete_flags, "Which"),
        OPT_GROUP(ScheduleDeleteRequest, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool delete_schedule(Cli *cli, const Velero *velero, JsonVal *schedule, Error *err) {
        return delete_object(cli, velero, "Schedule", schedule, err);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        static const DeletedKind what = {
                .kind = "Schedule",
                .noun = "schedule",
                .more = "",
                .outcome = "Deleted",
                .before_name = "Schedule deleted: ",
                .after_name = "",
                .delete_one = delete_schedule,
        };
        const ScheduleDeleteRequest *flags = request;
        AUTO(velero_clear) Velero velero = { 0 };

        return choice_check(cli, line, &flags->choice.which, err) &&
               velero_open(cli, &flags->velero, &velero, err) &&
               delete_in_cluster(cli, &velero, &what, line, &flags->choice, err);
}

const Command cmd_schedule_delete = {
        .name = "schedule delete",
        .arguments = "[NAME...]",
        .summary = "Delete schedules",
        .details = "The backups of a schedule stay, unless it was created with "
                   "--use-owner-references-in-backup: then they leave the cluster with it.",
        .example = "# Delete schedule nightly; ask first.\n"
                   "grapnel schedule delete nightly\n\n"
                   "# Delete all schedules in a script.\n"
                   "grapnel schedule delete --all --confirm",
        .options = options,
        .request_size = sizeof(ScheduleDeleteRequest),
        .max_arguments = 1000,
        .run = run,
};
