#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/origin.h"

typedef struct DownloadRequest {
        OriginFlags origin;
        FetchFlags fetch;
        Str output;
        bool force;
} DownloadRequest;

static const Option options[] = {
        { OPT_ROW(OPTION_TEXT, DownloadRequest, output, "output", "FILE",
                  "where to put it (default ./NAME-data.tar.gz)"),
          .letter = 'o' },
        { OPT_ROW(OPTION_BOOL, DownloadRequest, force, "force", NULL, "replace a file that is there") },
        OPT_GROUP(DownloadRequest, origin, origin_flags, "Source"),
        OPT_GROUP(DownloadRequest, fetch, fetch_flags, "Downloads from the cluster's server"),
        OPT_END,
};

/* A file that is only seen under its name once it is whole. */
typedef struct PartFile {
        const char *path, *part;
        int fd; /* -1: closed */
} PartFile;

static void part_file_clear(PartFile *file) {
        if (file->fd < 0)
                return;
        close(file->fd);
        unlink(file->part);
}

static bool file_failed(const char *path, Error *err) {
        return error_set(err, ERROR_INVALID, "\"%s\": %s", path, strerror(errno));
}

static bool part_file_open(PartFile *file, Error *err) {
        file->fd = open(file->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        return file->fd >= 0 || file_failed(file->part, err);
}

static bool part_file_write(void *user, Str bytes, Error *err) {
        const PartFile *file = user;

        while (bytes.len) {
                ssize_t written = write(file->fd, bytes.ptr, bytes.len);

                if (written < 0 && errno != EINTR)
                        return file_failed(file->part, err);
                bytes = str_skip(bytes, written < 0 ? 0 : (size_t) written);
        }
        return true;
}

static bool part_file_finish(PartFile *file, bool replace, Error *err) {
        assert(file->fd >= 0);
        if (fsync(file->fd) != 0)
                return file_failed(file->part, err);
        if (replace) {
                if (rename(file->part, file->path) != 0)
                        return file_failed(file->path, err);
        } else { /* a link never replaces what somebody made meanwhile */
                if (link(file->part, file->path) != 0)
                        return file_failed(file->path, err);
                unlink(file->part);
        }
        close(file->fd);
        file->fd = -1;
        return true;
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const DownloadRequest *flags = request;
        Str name = line->arguments.items[0];
        AUTO(origin_clear) Origin origin = { 0 };
        AUTO(catalog_clear) Catalog catalog = { 0 };
        AUTO(part_file_clear) PartFile file = { .fd = -1 };

        file.path = flags->output.len ? flags->output.ptr
                                      : arena_printf(cli->arena, "./" STR_FMT "-data.tar.gz", STR_ARG(name));
        file.part = arena_printf(cli->arena, "%s.part", file.path);
        if (!flags->force && access(file.path, F_OK) == 0) {
                cli_set_hint(cli, "--force replaces it, -o FILE names another one");
                return error_set(err, ERROR_EXISTS, "\"%s\" is there already", file.path);
        }
        if (!origin_open(cli, &flags->origin, &origin, err) ||
            !origin_select(cli, &origin, CATALOG_BACKUPS, line->arguments, STR(""), &catalog, err))
                return false;
        origin_set_fetch(&origin, &flags->fetch);

        const FetchedFile what = { .kind = CATALOG_BACKUPS,
                                   .file = RUN_FILE_CONTENTS,
                                   .object = yyjson_doc_get_root(catalog.items[0].doc) };
        if (!part_file_open(&file, err) || !origin_read(cli, &origin, &what, part_file_write, &file, err) ||
            !part_file_finish(&file, flags->force, err))
                return false;
        fprintf(cli->out, "Backup " STR_FMT " has been downloaded to %s\n", STR_ARG(name), file.path);
        return true;
}

const Command cmd_backup_download = {
        .name = "backup download",
        .arguments = "NAME",
        .summary = "Copy the objects of a backup into a file, as a tarball",
        .example = "# Which objects are in backup monday?\n"
                   "grapnel backup download monday && tar -tzf monday-data.tar.gz",
        .options = options,
        .request_size = sizeof(DownloadRequest),
        .min_arguments = 1,
        .max_arguments = 1,
        .run = run,
};
