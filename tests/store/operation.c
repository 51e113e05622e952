/* operation LOCATION.json OPERATION [KEY [NUMBER [SEED]]] - one operation of a Store, for tests that fail it from outside.
 *
 *   put KEY SIZE SEED     get KEY SIZE SEED ("whole" or "other")
 *   list PREFIX           list-folders PREFIX      exists KEY      delete KEY
 *   begin KEY SIZE        killed before it is finished              stop KEY SIZE   stopped before it is finished
 *   presign KEY SECONDS   sweep PREFIX OLDER_MS    open             validate
 * STOP_AFTER_MS in the environment stops it after so many milliseconds.
 * Prints what was found and ends with 0, or with 1 and "CODE: message" on stderr. */
#include <inttypes.h>
#include <signal.h>

#include "base/thread.h"
#include "target.h"

typedef struct Operation {
        Store *store;
        Str key;
        uint64_t size, seed;
        Arena *arena;
        Stop *stop;
} Operation;

static void print_all(const Strs *strs) {
        for (size_t i = 0; i < strs->len; i++)
                printf(STR_FMT "\n", STR_ARG(strs->items[i]));
}

static bool run_put(const Operation *op, Error *err) {
        return pattern_put(op->store, op->key, op->size, op->seed, err);
}

static bool run_get(const Operation *op, Error *err) {
        bool is_whole = false;

        if (!pattern_get(op->store, op->key, op->size, op->seed, &is_whole, err))
                return false;
        printf("%s\n", is_whole ? "whole" : "other");
        return true;
}

static bool run_list(const Operation *op, Error *err) {
        Strs keys = { 0 };

        if (!store_list(op->store, op->key, op->arena, &keys, err))
                return false;
        print_all(&keys);
        return true;
}

static bool run_list_folders(const Operation *op, Error *err) {
        Strs names = { 0 };

        if (!store_list_folders(op->store, op->key, op->arena, &names, err))
                return false;
        print_all(&names);
        return true;
}

static bool run_exists(const Operation *op, Error *err) {
        bool is_there = false;

        if (!store_exists(op->store, op->key, &is_there, err))
                return false;
        printf("%s\n", is_there ? "yes" : "no");
        return true;
}

static bool run_delete(const Operation *op, Error *err) {
        return store_delete(op->store, op->key, err);
}

static bool run_begin(const Operation *op, Error *err) {
        StoreWriter *writer = NULL;

        if (!store_begin(op->store, op->key, &writer, err) ||
            !pattern_write(writer, op->size, op->seed, 0, 128 * 1024, err)) {
                store_writer_free(writer);
                return false;
        }
        raise(SIGKILL);
        return true;
}

static bool run_stop(const Operation *op, Error *err) {
        AUTO(store_writer_freep) StoreWriter *writer = NULL;

        if (!store_begin(op->store, op->key, &writer, err) ||
            !pattern_write(writer, op->size, op->seed, 0, 128 * 1024, err))
                return false;
        stop_set(op->stop);
        return store_finish(writer, err);
}

static bool run_sweep(const Operation *op, Error *err) {
        return store_sweep(op->store, op->key, (int64_t) op->size, err);
}

static bool run_presign(const Operation *op, Error *err) {
        Str url = { 0 };

        if (!store_presign(op->store, op->key, (int64_t) op->size, op->arena, &url, err))
                return false;
        printf(STR_FMT "\n", STR_ARG(url));
        return true;
}

static bool run_open(const Operation *op, Error *err) {
        (void) op;
        (void) err;
        return true;
}

static bool run_validate(const Operation *op, Error *err) {
        return store_location_validate(op->store, err);
}

static const struct {
        const char *name;
        bool (*run)(const Operation *op, Error *err);
} operations[] = {
        { "put", run_put },         { "get", run_get },
        { "list", run_list },       { "list-folders", run_list_folders },
        { "exists", run_exists },   { "delete", run_delete },
        { "begin", run_begin },     { "stop", run_stop },
        { "presign", run_presign }, { "sweep", run_sweep },
        { "open", run_open },       { "validate", run_validate },
};

static bool run(const char *path, const char *name, Operation op, Error *err) {
        AUTO(target_clear) Target target = { 0 };
        AUTO(store_freep) Store *store = NULL;

        if (!target_read(path, &target, err) || !target_open(&target, "", op.stop, &store, err))
                return false;
        op.store = store;
        for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
                if (strcmp(operations[i].name, name) == 0)
                        return operations[i].run(&op, err);
        return error_set(err, ERROR_INVALID, "there is no operation \"%s\"", name);
}

/* Not getrusage: that one counts what the parent had when it started us. */
static long peak_kib(void) {
        FILE *status = fopen("/proc/self/status", "r");
        char line[256];
        long peak = 0;

        while (status && fgets(line, sizeof line, status))
                if (strncmp(line, "VmHWM:", 6) == 0)
                        peak = strtol(line + 6, NULL, 10);
        if (status)
                fclose(status);
        return peak;
}

static void stop_later(void *stop) {
        stop_sleep_ms(NULL, atoi(getenv("STOP_AFTER_MS")));
        stop_set(stop);
}

int main(int argc, char **argv) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(stop_freep) Stop *stop = stop_new();
        AUTO(error_clear) Error err = { 0 };
        Thread stopper;
        const Operation op = {
                .key = str_of(argc > 3 ? argv[3] : ""),
                .size = argc > 4 ? strtoull(argv[4], NULL, 10) : 0,
                .seed = argc > 5 ? strtoull(argv[5], NULL, 10) : 1,
                .arena = &arena,
                .stop = stop,
        };
        if (getenv("STOP_AFTER_MS"))
                stopper = thread_start(stop_later, stop);

        bool is_done = argc > 2 && run(argv[1], argv[2], op, &err);
        if (getenv("STOP_AFTER_MS"))
                thread_join(stopper);
        if (!is_done)
                fprintf(stderr, "%d: %s\n", err.code,
                        err.message ? err.message : "usage: see the head of operation.c");
        else
                fprintf(stderr, "peak memory: %ld KiB\n", peak_kib());
        return is_done ? 0 : 1;
}
