#include "hooks/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hooks/journal_place.h"
#include "hooks/journal_record.h"

enum { FILE_LIMIT = 256 * 1024 * 1024 };

typedef struct FilePlace {
        int fd; /* -1: not opened */
        char *folder, *path;
        off_t size;
        bool is_spoilt; /* half a line could not be taken back */
} FilePlace;

static bool sync_folder(const char *folder, Error *err) {
        int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0 || fsync(fd) != 0) {
                int cause = errno;

                if (fd >= 0)
                        close(fd);
                return error_set(err, ERROR_UNAVAILABLE, "sync folder \"%s\": %s", folder,
                                 strerrordesc_np(cause));
        }
        close(fd);
        return true;
}

static bool make_one(const char *path, Error *err) {
        AUTO_FREE char *parent = xasprintf("%s", path);

        if (mkdir(path, 0700) != 0)
                return errno == EEXIST || error_set(err, ERROR_UNAVAILABLE, "create folder \"%s\": %s", path,
                                                    strerrordesc_np(errno));
        char *slash = strrchr(parent, '/');
        if (!slash)
                return sync_folder(".", err);
        *slash = '\0'; /* the new folder's own entry has to last too */
        return sync_folder(slash == parent ? "/" : parent, err);
}

static bool make_folder(const char *folder, Error *err) {
        AUTO_FREE char *path = xasprintf("%s", folder);

        for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                if (!make_one(path, err))
                        return false;
                *slash = '/';
        }
        return make_one(path, err);
}

static void close_file(void *place, size_t open_pods) {
        AUTO(error_clear) Error err = { 0 };
        FilePlace *file = place;

        if (file->fd >= 0 && open_pods == 0) {
                unlink(file->path);
                (void) !sync_folder(file->folder, &err); /* a file that comes back has nothing open in it */
        }
        if (file->fd >= 0)
                close(file->fd);
        free(file->folder);
        free(file->path);
        free(file);
}

/* Leaves what is on the disk as it is. */
static void leave_file(FilePlace *file) {
        if (file)
                close_file(file, SIZE_MAX);
}
DEFINE_AUTO(FilePlace, leave_file)

static FilePlace *new_file(const char *folder, char *path) {
        FilePlace *file = xnew0(FilePlace);

        file->fd = -1;
        file->folder = xasprintf("%s", folder);
        file->path = path;
        return file;
}

static bool fail(const FilePlace *file, const char *verb, Error *err) {
        return error_set(err, ERROR_UNAVAILABLE, "%s journal \"%s\": %s", verb, file->path,
                         strerrordesc_np(errno));
}

/* All of it or nothing: half a line would spoil the next one. */
static bool append(FilePlace *file, Str bytes, Error *err) {
        size_t done = 0;

        errno = EIO;
        if (file->is_spoilt)
                return fail(file, "write", err);
        while (done < bytes.len) {
                ssize_t len = write(file->fd, bytes.ptr + done, bytes.len - done);

                if (len < 0 && errno == EINTR)
                        continue;
                if (len < 0) {
                        fail(file, "write", err);
                        file->is_spoilt = done && ftruncate(file->fd, file->size) != 0;
                        return false;
                }
                done += (size_t) len;
        }
        file->size += (off_t) bytes.len;
        return true;
}

static bool append_pods(void *place, const PodPlan *const *pods, size_t count, JournalMark mark, Error *err) {
        AUTO(buf_clear) Buf lines = { 0 };

        for (size_t i = 0; i < count; i++) {
                if (mark == JOURNAL_BEGUN)
                        journal_record_begin(pods[i], &lines);
                else
                        journal_record_end(pods[i], &lines);
        }
        return buf_check(&lines, "a group's journal record", err) && append(place, buf_str(&lines), err);
}

static bool sync_file(void *place, Error *err) {
        const FilePlace *file = place;

        return fdatasync(file->fd) == 0 || fail(file, "sync", err);
}

static const JournalPlaceKind file_kind = { append_pods, sync_file, close_file };

/* The file gets its name only once it is locked and says whose it is: a searcher never takes it for a dead run's. */
static bool create_file(FilePlace *file, const JournalRun *run, Error *err) {
        AUTO_FREE char *unnamed = xasprintf("%s.new", file->path);
        AUTO(buf_clear) Buf line = { 0 };

        file->fd = open(unnamed, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (file->fd < 0)
                return fail(file, "create", err);

        journal_record_run(run, &line);
        bool ok = append(file, buf_str(&line), err);
        if (ok && (flock(file->fd, LOCK_EX | LOCK_NB) != 0 || fsync(file->fd) != 0 ||
                   rename(unnamed, file->path) != 0))
                ok = fail(file, "create", err);
        if (!ok)
                unlink(unnamed);
        return ok && sync_folder(file->folder, err);
}

bool journal_open(Str state_folder, const JournalRun *run, Journal **ret_journal, Error *err) {
        AUTO_FREE char *folder = xasprintf(STR_FMT "/journal", STR_ARG(state_folder));
        uint64_t random = 0;

        if (!make_folder(folder, err))
                return false;
        if (getrandom(&random, sizeof random, 0) != sizeof random)
                random = (uint64_t) clock_us();
        AUTO(leave_filep)
        FilePlace *file = new_file(folder, xasprintf("%s/%lld-%d-%016llx.jsonl", folder,
                                                     (long long) (clock_wall_ms() / 1000), getpid(),
                                                     (unsigned long long) random));
        if (!create_file(file, run, err))
                return false;
        *ret_journal = journal_new(&file_kind, TAKE(file), 0);
        return true;
}

static bool read_all(int fd, Buf *text, Error *err) {
        for (;;) {
                char *room = buf_reserve(text, 64 * 1024);

                if (!room)
                        return buf_check(text, "the journal", err);
                ssize_t len = read(fd, room, 64 * 1024);
                if (len < 0 && errno == EINTR)
                        continue;
                if (len < 0)
                        return error_set(err, ERROR_UNAVAILABLE, "%s", strerrordesc_np(errno));
                if (len == 0)
                        return true;
                text->len += (size_t) len;
        }
}

/* -1 with err, or -1 without it when its run is alive or it is gone by now. */
static int open_dead(const char *path, Error *err) {
        int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
        struct stat opened, named;

        if (fd < 0) {
                if (errno != ENOENT)
                        error_set(err, ERROR_UNAVAILABLE, "%s", strerrordesc_np(errno));
                return -1;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &opened) == 0 && stat(path, &named) == 0 &&
            opened.st_ino == named.st_ino && opened.st_dev == named.st_dev)
                return fd;
        close(fd);
        return -1;
}

static bool read_debt(int fd, Str path, Arena *arena, JournalDebts *debts, Error *err) {
        AUTO(buf_clear) Buf text = { .limit = FILE_LIMIT };
        JournalDebt debt;

        if (!read_all(fd, &text, err) || !journal_replay(buf_str(&text), arena, &debt, err))
                return false;
        debt.file = path;
        if (debt.bad_lines)
                strs_add(&debts->problems, arena,
                         str_of(arena_printf(arena,
                                             "journal \"" STR_FMT
                                             "\": %zu damaged line%s: pods that they name may still "
                                             "be frozen (remove the file once you have looked)",
                                             STR_ARG(path), debt.bad_lines, debt.bad_lines == 1 ? "" : "s")));
        if (debt.len)
                journal_debts_add(debts, arena, &debt);
        else if (debt.bad_lines == 0)
                unlink(path.ptr); /* its run died with nothing open */
        return true;
}

bool journal_debts(Str state_folder, Arena *arena, JournalDebts *ret_debts, Error *err) {
        const char *folder = arena_printf(arena, STR_FMT "/journal", STR_ARG(state_folder));
        JournalDebts debts = { 0 };
        Strs paths = { 0 };
        const struct dirent *entry;
        DIR *listing = opendir(folder);

        if (!listing && errno != ENOENT)
                return error_set(err, ERROR_UNAVAILABLE, "read folder \"%s\": %s", folder,
                                 strerrordesc_np(errno));
        while (listing && (entry = readdir(listing)))
                if (str_ends_with(str_of(entry->d_name), STR(".jsonl")))
                        strs_add(&paths, arena, str_of(arena_printf(arena, "%s/%s", folder, entry->d_name)));
        if (listing)
                closedir(listing);

        strs_sort(&paths); /* the oldest first: names begin with the time */
        for (size_t i = 0; i < paths.len; i++) {
                AUTO(error_clear) Error trouble = { 0 };
                int fd = open_dead(paths.items[i].ptr, &trouble);

                if (fd >= 0) {
                        (void) !read_debt(fd, paths.items[i], arena, &debts, &trouble);
                        close(fd);
                }
                if (trouble.code)
                        strs_add(&debts.problems, arena,
                                 str_of(arena_printf(arena, "journal \"" STR_FMT "\": %s",
                                                     STR_ARG(paths.items[i]), trouble.message)));
        }
        *ret_debts = debts;
        return true;
}

bool journal_adopt_file(const JournalDebt *debt, Journal **ret_journal, Error *err) {
        AUTO_FREE char *folder = xasprintf(STR_FMT, STR_ARG(debt->file));
        struct stat status;

        *strrchr(folder, '/') = '\0';
        AUTO(leave_filep) FilePlace *file = new_file(folder, xasprintf(STR_FMT, STR_ARG(debt->file)));
        file->size = (off_t) debt->size;
        file->fd = open_dead(file->path, err);
        if (err->code)
                return error_prefix(err, "journal \"%s\"", file->path);
        if (file->fd < 0 || fstat(file->fd, &status) != 0 ||
            (uint64_t) status.st_size != debt->size + debt->torn)
                return error_set(err, ERROR_EXISTS, "journal \"%s\": another process undoes it", file->path);
        if (debt->torn && ftruncate(file->fd, (off_t) debt->size) != 0)
                return fail(file, "write", err);
        /* A file with damaged lines stays for a person to look at. */
        *ret_journal = journal_new(&file_kind, TAKE(file), debt->len + (debt->bad_lines ? 1 : 0));
        return true;
}
