#include "base/spool.h"
#include "cli/await.h"
#include "cli/output.h"
#include "cli/stored.h"
#include "data/gzip.h"
#include "kube/object.h"

enum { CHUNK_SIZE = 64 * 1024, LOOK_MS = 1000 };
static const uint64_t log_limit = 64ull * 1024 * 1024 * 1024;

const Option logs_flags[] = {
        { OPT_ROW(OPTION_BOOL, LogsFlags, follow, "follow", NULL,
                  "print the log of a run that is on as it grows, to its end"),
          .letter = 'f' },
        OPT_GROUP(LogsFlags, origin, origin_flags, "Source"),
        OPT_GROUP(LogsFlags, fetch, fetch_flags, "Downloads from the cluster's server"),
        OPT_END,
};

/* A log comes gzipped when it is stored, plain while it grows. */
typedef struct LogBytes {
        Cli *cli;
        Spool *spool; /* of the gzipped bytes; NULL: plain */
        bool has_begun;
        uint64_t read; /* of the spool */
} LogBytes;

static void log_bytes_clear(LogBytes *bytes) {
        spool_free(bytes->spool);
}

static bool take(void *user, Str bytes, Error *err) {
        LogBytes *log = user;
        uint64_t offset;

        if (!log->has_begun && bytes.len && (unsigned char) bytes.ptr[0] == 0x1f &&
            !spool_open(log_limit, &log->spool, err))
                return false;
        log->has_begun = true;
        if (log->spool)
                return spool_append(log->spool, bytes, &offset, err);
        output_text(log->cli, bytes);
        (void) fflush(log->cli->out);
        return !ferror(log->cli->out) || error_set(err, ERROR_CANCELED, "nobody reads any more");
}

static bool read_spool(void *user, void *into, size_t size, size_t *ret_size, Error *err) {
        LogBytes *log = user;
        uint64_t left = spool_size(log->spool) - log->read;
        size_t len = left < size ? (size_t) left : size;

        if (len && !spool_read(log->spool, log->read, into, len, err))
                return false;
        log->read += len;
        *ret_size = len;
        return true;
}

static bool print_spool(LogBytes *log, Error *err) {
        AUTO(gzip_reader_freep) GzipReader *gzip = gzip_reader_new(read_spool, log, log_limit);
        char *chunk = arena_alloc(log->cli->arena, CHUNK_SIZE);
        size_t len;

        do {
                if (!gzip_read(gzip, chunk, CHUNK_SIZE, &len, err))
                        return false;
                output_text(log->cli, (Str) { chunk, len });
        } while (len && !ferror(log->cli->out));
        return true;
}

static bool print(Cli *cli, Origin *origin, CatalogKind kind, JsonVal *object, bool is_live, Error *err) {
        AUTO(log_bytes_clear) LogBytes bytes = { .cli = cli };
        const FetchedFile what = { .kind = kind, .file = RUN_FILE_LOG, .object = object, .is_live = is_live };

        return origin_read(cli, origin, &what, take, &bytes, err) &&
               (!bytes.spool || print_spool(&bytes, err));
}

static bool is_one_of(Str phase, const char *const *phases) {
        for (; *phases; phases++)
                if (str_equal(phase, str_of(*phases)))
                        return true;
        return false;
}

static bool is_before(Str phase) {
        static const char *const phases[] = { "", "New", "Queued", "ReadyToStart", NULL };

        return is_one_of(phase, phases);
}

/* What there is to read now: nothing yet, a log that grows, a whole one. */
static bool check_phase(Cli *cli, CatalogKind kind, JsonVal *object, Error *err) {
        const char *word = kind == CATALOG_BACKUPS ? "backup" : "restore";
        Str phase = json_str(json_at(object, "status", "phase")), name = object_name(object);

        if (str_equal(phase, STR("FailedValidation"))) {
                cli_set_hint(cli, "\"grapnel %s describe " STR_FMT "\" says why", word, STR_ARG(name));
                return error_set(err, ERROR_INVALID,
                                 "%s \"" STR_FMT "\" has no log: it did not pass validation", word,
                                 STR_ARG(name));
        }
        if (!is_before(phase) && !str_equal(phase, STR("InProgress")))
                return true;
        cli_set_hint(cli, "-f follows the log while it grows");
        return error_set(err, ERROR_UNAVAILABLE, "%s \"" STR_FMT "\" has not ended: its phase is " STR_FMT,
                         word, STR_ARG(name), STR_ARG(phase.len ? phase : STR("New")));
}

/* One look at a run that is on; *ret_is_done: its log was printed. */
static bool follow_once(Cli *cli, Origin *origin, CatalogKind kind, JsonVal *object, bool *ret_is_done,
                        Error *err) {
        Str phase = json_str(json_at(object, "status", "phase"));
        bool is_on = str_equal(phase, STR("InProgress"));

        *ret_is_done = false;
        if (is_before(phase))
                return true;
        if (!is_on && !check_phase(cli, kind, object, err))
                return false;
        if (print(cli, origin, kind, object, is_on, err)) {
                *ret_is_done = true;
                return true;
        }
        /* A server that shows no log that grows, or one that has no part in this run: then the whole log at the end. */
        if (!is_on || err->code != ERROR_NOT_FOUND)
                return false;
        error_clear(err);
        return true;
}

static bool follow(Cli *cli, Origin *origin, CatalogKind kind, Str name, Error *err) {
        const char *word = kind == CATALOG_BACKUPS ? "Backup" : "Restore";
        bool is_done = false;

        for (;;) {
                AUTO_JSON *object = NULL;

                if (!velero_get(cli, &origin->velero, word, name, &object, err) ||
                    !follow_once(cli, origin, kind, yyjson_doc_get_root(object), &is_done, err))
                        return false;
                if (is_done)
                        return true;
                if (!stop_sleep_ms(origin->velero.stop, LOOK_MS))
                        return stop_check(origin->velero.stop, err);
        }
}

bool stored_logs(Cli *cli, CatalogKind kind, Str name, const LogsFlags *flags, Error *err) {
        AUTO(origin_clear) Origin origin = { 0 };
        AUTO(catalog_clear) Catalog catalog = { 0 };

        if (!origin_open(cli, &flags->origin, &origin, err))
                return false;
        origin_set_fetch(&origin, &flags->fetch);
        if (flags->follow && !origin.store)
                return follow(cli, &origin, kind, name, err);
        if (!origin_select(cli, &origin, kind, (Strs) { &name, 1, 0 }, STR(""), &catalog, err))
                return false;

        JsonVal *object = yyjson_doc_get_root(catalog.items[0].doc);
        return (origin.store || check_phase(cli, kind, object, err)) &&
               (print(cli, &origin, kind, object, false, err) ||
                error_prefix(err, "the log of \"" STR_FMT "\"", STR_ARG(name)));
}
