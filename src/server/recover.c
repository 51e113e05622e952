#include "server/recover.h"

#include "base/clock.h"
#include "hooks/journal_cluster.h"
#include "hooks/run.h"
#include "server/controllers.h"
#include "server/locations.h"
#include "server/objects.h"
#include "server/stored_end.h"
#include "store/layout.h"

enum { UNDO_AGAIN_MS = 30 * 1000 };

typedef struct Thaw { /* of the pods of one run */
        Str backup;
        HookUndo undone;
} Thaw;

typedef struct Thaws {
        Arena arena;
        Thaw *items;
        size_t len;
} Thaws;

static void thaws_clear(Thaws *thaws) {
        arena_clear(&thaws->arena);
}

static HookUndo thaws_of(const Thaws *thaws, Str backup) {
        HookUndo sum = { 0 };

        for (size_t i = 0; i < thaws->len; i++) {
                if (!str_equal(thaws->items[i].backup, backup))
                        continue;
                sum.thawed += thaws->items[i].undone.thawed;
                sum.closed += thaws->items[i].undone.closed;
                sum.failed += thaws->items[i].undone.failed;
        }
        return sum;
}

/* Those in the API server, and those in the state folder when there is one.  Journals whose owner lives are passed
 * over, so that this never thaws what a run of our own holds frozen. */
static bool read_debts(const Server *server, Arena *arena, JournalDebts *ret_debts, Error *err) {
        JournalDebts files = { 0 };

        if (!journal_debts_in_cluster(server->journals, server->stop, arena, ret_debts, err) ||
            (server->options->state.len > 0 && !journal_debts(server->options->state, arena, &files, err)))
                return false;
        for (size_t i = 0; i < files.len; i++)
                journal_debts_add(ret_debts, arena, &files.items[i]);
        for (size_t i = 0; i < files.problems.len; i++)
                strs_add(&ret_debts->problems, arena, files.problems.items[i]);
        return true;
}

static bool undo_run(const Server *server, const JournalDebt *debt, HookUndo *ret_undo, Error *err) {
        AUTO(hook_results_freep) HookResults *results = NULL;
        HookGauges gauges = { 0 };
        JournalDebt one = *debt;
        const JournalDebts debts = { .items = &one, .len = 1 };

        if (!hook_results_new(&results, err))
                return false;
        HookRun run = { .port = hook_port_kube(server->client),
                        .results = results,
                        .gauges = &gauges,
                        .log = server->log,
                        .workers = server->options->hook_workers,
                        .stop = server->stop };

        if (debt->len > 0 && str_equal(debt->run.cluster_uid, server->cluster_uid))
                log_warn(server->log, FIELDS(FIELD("backup", debt->run.backup)),
                         "An earlier run ended without thawing %zu pods; thawing first", debt->len);
        return hook_undo(&run, &debts, server->cluster_uid, ret_undo, err);
}

static bool undo(Server *server, Thaws *thaws, Error *err) {
        JournalDebts debts;
        unsigned pending = 0;

        if (!read_debts(server, &thaws->arena, &debts, err))
                return false;
        for (size_t i = 0; i < debts.problems.len; i++)
                if (server_is_news(server, "journal", STR(""), debts.problems.items[i]))
                        log_warn(server->log, NO_FIELDS, STR_FMT, STR_ARG(debts.problems.items[i]));
        thaws->items = arena_alloc(&thaws->arena, (debts.len + 1) * sizeof *thaws->items);
        for (; thaws->len < debts.len; thaws->len++) {
                Thaw *thaw = &thaws->items[thaws->len];

                thaw->backup = debts.items[thaws->len].run.backup;
                if (!undo_run(server, &debts.items[thaws->len], &thaw->undone, err))
                        return false;
                pending += thaw->undone.failed;
        }
        metrics_set(server->metrics, METRIC_HOOK_UNDO_PENDING, NULL, pending);
        return true;
}

static bool reconcile(Server *server, Str name, int64_t *ret_again_ms, Error *err) {
        AUTO(thaws_clear) Thaws thaws = { 0 };

        (void) name;
        (void) ret_again_ms;
        return undo(server, &thaws, err);
}

/* A pod whose node was away is thawed when it is back. */
const Controller controller_hook_undo = {
        .name = "hook-undo",
        .kind = KIND_BACKUP,
        .is_whole = true,
        .is_periodic = true,
        .resync_ms = UNDO_AGAIN_MS,
        .reconcile = reconcile,
};

typedef struct Orphans {
        Server *server;
        ServerKind kind;
        const Thaws *thaws;
        Error *err;
        bool has_failed;
} Orphans;

/* What a killed run left in the store has no velero-backup.json, so it never looks whole; the space is given back. */
static void remove_files(const Server *server, JsonVal *backup) {
        AUTO(open_location_clear) OpenLocation open = { 0 };
        AUTO(error_clear) Error err = { 0 };
        AUTO(arena_clear) Arena arena = { 0 };
        Str name = object_name(backup);
        bool is_whole = false;

        if (location_open(server, json_get_str(json_get(backup, "spec"), "storageLocation"), server->stop,
                          &open, &err) &&
            store_sweep(open.store, layout_backup_folder(name, &arena), 0, &err) &&
            store_exists(open.store, backup_key(name, BACKUP_METADATA, &arena), &is_whole, &err) && !is_whole)
                (void) !layout_delete_backup(open.store, name,
                                             &err); /* the next backup of that name replaces them */
}

/* It was done; only its object was not told. */
static bool take_end_over(Server *server, JsonVal *backup, JsonVal *record, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *patch = yyjson_mut_obj(doc);
        const EventAbout about = event_about(backup);
        Str phase = object_phase(record);

        yyjson_mut_obj_add_val(doc, patch, "status", yyjson_val_mut_copy(doc, json_get(record, "status")));
        if (!objects_patch_if(server, KIND_BACKUP, backup, doc, patch, NULL, err))
                return false;
        kube_record(server->recorder, &about, EVENT_NORMAL, "Recovered",
                    STR_FMT ": as its record in the bucket says; the object was not told before",
                    STR_ARG(phase));
        log_info(server->log, FIELDS(FIELD("name", object_name(backup))),
                 "Backup is " STR_FMT ", as its record in the bucket says", STR_ARG(phase));
        return true;
}

static bool mark_failed(Server *server, ServerKind kind, JsonVal *object, const char *reason, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        AUTO(arena_clear) Arena arena = { 0 };
        JsonMutVal *patch = yyjson_mut_obj(doc), *status = yyjson_mut_obj_add_obj(doc, patch, "status");
        const EventAbout about = event_about(object);

        json_put_str(doc, status, "phase", STR("Failed"));
        json_put_str(doc, status, "failureReason", str_of(reason));
        json_put_str(doc, status, "completionTimestamp", clock_rfc3339(server_now_ms(server), &arena));
        if (!objects_patch_if(server, kind, object, doc, patch, NULL, err))
                return false;
        kube_record(server->recorder, &about, EVENT_WARNING, "Interrupted", "%s", reason);
        log_warn(server->log, FIELDS(FIELD("name", object_name(object))), "%s marked Failed: %s",
                 kind_name(kind), reason);
        if (kind == KIND_BACKUP)
                remove_files(server, object);
        return true;
}

bool recover_conclude(Server *server, ServerKind kind, JsonVal *object, const char *reason, Error *err) {
        AUTO_JSON *record = kind == KIND_BACKUP ? stored_end_read(server, object) : NULL;

        return record ? take_end_over(server, object, yyjson_doc_get_root(record), err)
                      : mark_failed(server, kind, object, reason, err);
}

/* Each its own: what was frozen for another is not its business.  A restore freezes nothing. */
static const char *reason_of(const Orphans *orphans, JsonVal *object, Arena *arena) {
        HookUndo undone = thaws_of(orphans->thaws, object_name(object));
        const char *open = "";

        if (orphans->kind == KIND_RESTORE)
                return "the server ended while it ran; what it had restored by then stays";
        if (undone.failed > 0)
                open = arena_printf(arena,
                                    "; %u could not be thawed and may still be frozen: it is tried again "
                                    "every %d s",
                                    undone.failed, UNDO_AGAIN_MS / 1000);
        return arena_printf(arena,
                            "the server ended while it ran (%u pods that were frozen were thawed by the next "
                            "one%s)",
                            undone.thawed, open);
}

static bool see_orphan(void *user, JsonVal *object) {
        Orphans *orphans = user;
        AUTO(arena_clear) Arena arena = { 0 };

        if (!str_equal(object_phase(object), STR("InProgress")))
                return true;
        orphans->has_failed = !recover_conclude(orphans->server, orphans->kind, object,
                                                reason_of(orphans, object, &arena), orphans->err);
        return !orphans->has_failed;
}

bool server_recover(Server *server, Error *err) {
        AUTO(thaws_clear) Thaws thaws = { 0 };

        if (!undo(server, &thaws, err))
                return error_prefix(err, "thaw what an earlier server left frozen");
        for (ServerKind kind = KIND_BACKUP; kind <= KIND_RESTORE; kind++) {
                Orphans orphans = { .server = server, .kind = kind, .thaws = &thaws, .err = err };

                kinds_each(server->kinds, kind, see_orphan, &orphans);
                if (orphans.has_failed)
                        return error_prefix(err, "mark an interrupted %s as Failed", kind_name(kind));
        }
        return true;
}
