#include "base/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"

enum { PIECE_BYTES = 16 * 1024 };

static void close_fd(int *fd) {
        if (*fd >= 0)
                close(*fd);
}

static bool failed(Str path, Error *err) {
        return error_set(err, errno == ENOENT || errno == ENOTDIR ? ERROR_NOT_FOUND : ERROR_INVALID,
                         STR_FMT ": %m", STR_ARG(path));
}

bool read_file(Str path, Buf *into, Error *err) {
        AUTO_FREE char *name = xasprintf(STR_FMT, STR_ARG(path));
        AUTO(close_fd) int fd = open(name, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return failed(path, err);
        for (;;) {
                char piece[PIECE_BYTES];
                ssize_t len = read(fd, piece, sizeof piece);

                if (len > 0)
                        buf_add(into, (Str) { piece, (size_t) len });
                explicit_bzero(piece, sizeof piece); /* may be a token or a key */
                if (len < 0 && errno != EINTR)
                        return failed(path, err);
                if (into->overflowed)
                        return error_set(err, ERROR_INVALID,
                                         STR_FMT ": the file is larger than the limit of %zu bytes",
                                         STR_ARG(path), into->limit);
                if (len == 0)
                        return true;
        }
}
