#include "cli/pause.h"

#include "kube/object.h"

const Option pause_flags[] = {
        { OPT_ROW(OPTION_BOOL, PauseFlags, which.all, "all", NULL, "every schedule") },
        OPT_SELECTOR(PauseFlags, which.selector, "schedules"),
        { OPT_ROW(OPTION_CHOICE, PauseFlags, skip_immediately, "skip-immediately", "true|false",
                  "whether a backup that is due when the schedule goes on is left out") },
        OPT_GROUP(PauseFlags, which.output, output_flags, "Output"),
        OPT_GROUP(PauseFlags, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool change(Cli *cli, const Velero *velero, const CommandLine *line, const PauseFlags *flags,
                   bool is_paused, JsonVal *schedule, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc), *spec = json_mut_object(doc, root, "spec");

        yyjson_mut_obj_add_bool(doc, spec, "paused", is_paused);
        if (options_given(line, "skip-immediately"))
                yyjson_mut_obj_add_bool(doc, spec, "skipImmediately", flags->skip_immediately == 0);
        return velero_patch(cli, velero, "Schedule", object_name(schedule), root, err);
}

bool pause_schedules(Cli *cli, const CommandLine *line, const PauseFlags *flags, bool is_paused, Error *err) {
        const char *word = is_paused ? "paused" : "unpaused";
        AUTO(velero_clear) Velero velero = { 0 };
        AUTO(choice_clear) Choice choice = { 0 };

        if (!choice_check(cli, line, &flags->which, err) || !velero_open(cli, &flags->velero, &velero, err) ||
            !choice_find(cli, &velero, "Schedule", "schedule", line, &flags->which, &choice, err))
                return false;
        for (size_t i = 0; i < choice.catalog.len; i++) {
                AUTO(error_clear) Error reason = { 0 };
                JsonVal *schedule = yyjson_doc_get_root(choice.catalog.items[i].doc);
                Str name = object_name(schedule);

                if (json_get_bool(json_get(schedule, "spec"), "paused", false) == is_paused)
                        changes_add(&choice.changes, STR("Schedule"), name, "Unchanged",
                                    "Schedule " STR_FMT " is already %s, skip", STR_ARG(name), word);
                else if (change(cli, &velero, line, flags, is_paused, schedule, &reason))
                        changes_add(&choice.changes, STR("Schedule"), name, is_paused ? "Paused" : "Unpaused",
                                    "Schedule " STR_FMT " %s successfully", STR_ARG(name), word);
                else
                        choice_add_problem(cli, &choice, &reason);
        }
        return choice_end(cli, &choice, err);
}
