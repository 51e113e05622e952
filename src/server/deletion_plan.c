#include "server/deletion.h"

#include "server/objects.h"

enum { NAMED_MAX = 10 };

DeletionStep deletion_step(JsonVal *request, int64_t now_ms) {
        Str phase = object_phase(request);

        if (str_equal(phase, STR("Processed")))
                return now_ms - object_time_ms(request, "metadata", "creationTimestamp") > DELETION_KEPT_MS
                               ? DELETION_FORGET
                               : DELETION_KEEP;
        if (json_get_str(json_get(request, "spec"), "backupName").len == 0)
                return DELETION_NAMELESS;
        return str_equal(phase, STR("InProgress")) ? DELETION_RESUME : DELETION_BEGIN;
}

bool deletion_has_files(JsonVal *backup) {
        static const char *const before[] = { "New", "Queued", "ReadyToStart", "FailedValidation" };
        Str phase = object_phase(backup);

        /* While it is being deleted the phase no longer tells; when it has begun does. */
        if (str_equal(phase, STR("Deleting")))
                return json_get_str(json_get(backup, "status"), "startTimestamp").len > 0;
        for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++)
                if (str_equal(phase, str_of(before[i])))
                        return false;
        return true;
}

typedef struct Leftovers {
        Arena *arena;
        Strs handles; /* the first of them */
        size_t count;
} Leftovers;

static void add(Leftovers *leftovers, Str handle) {
        leftovers->count++;
        if (handle.len > 0 && leftovers->handles.len < NAMED_MAX)
                strs_add(&leftovers->handles, leftovers->arena, handle);
}

static void add_volumes(JsonVal *volume_info, Leftovers *snapshots, Leftovers *files) {
        JsonVal *volume;
        size_t i, count;

        yyjson_arr_foreach(volume_info, i, count, volume) {
                Str method = json_get_str(volume, "backupMethod");

                if (json_get_bool(volume, "skipped", false))
                        continue;
                if (str_equal(method, STR("PodVolumeBackup")))
                        add(files, json_get_str(json_get(volume, "pvbInfo"), "snapshotHandle"));
                else if (json_get_bool(volume, "snapshotDataMoved", false))
                        add(files,
                            json_get_str(json_get(volume, "snapshotDataMovementInfo"), "snapshotHandle"));
                else if (str_equal(method, STR("CSISnapshot")))
                        add(snapshots, json_get_str(json_get(volume, "csiSnapshotInfo"), "snapshotHandle"));
        }
}

static void add_snapshots(JsonVal *list, Leftovers *snapshots) {
        JsonVal *snapshot;
        size_t i, count;

        yyjson_arr_foreach(list, i, count, snapshot)
                add(snapshots, json_get_str(json_get(snapshot, "status"), "providerSnapshotID"));
}

static const char *part(const Leftovers *leftovers, const char *what) {
        Str named = strs_join(&leftovers->handles, STR(", "), leftovers->arena);

        return arena_printf(leftovers->arena, "%zu %s%s%s" STR_FMT "%s%s", leftovers->count, what,
                            leftovers->count == 1 ? "" : "s", named.len > 0 ? " (" : "", STR_ARG(named),
                            leftovers->count > leftovers->handles.len && named.len > 0 ? ", …" : "",
                            named.len > 0 ? ")" : "");
}

Str deletion_leftovers(JsonVal *volume_info, JsonVal *snapshots, Arena *arena) {
        Leftovers provider = { .arena = arena }, repository = { .arena = arena };
        const char *both;

        add_volumes(volume_info, &provider, &repository);
        add_snapshots(snapshots, &provider);
        if (provider.count + repository.count == 0)
                return STR("");
        both = provider.count > 0 && repository.count > 0 ? " and " : "";
        return str_of(arena_printf(arena, "%s%s%s stay%s behind: this server deletes no volume data",
                                   provider.count > 0 ? part(&provider, "volume snapshot") : "", both,
                                   repository.count > 0 ? part(&repository, "kopia snapshot") : "",
                                   provider.count + repository.count == 1 ? "s" : ""));
}
