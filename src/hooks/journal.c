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
#include "base/thread.h"
#include "hooks/journal_record.h"

enum { FILE_LIMIT = 256 * 1024 * 1024 };

struct Journal {
        int fd;
        char *folder, *path;
        Mutex lock;
        Cond synced;
        off_t size GUARDED_BY(&lock);
        uint64_t written GUARDED_BY(&lock), durable GUARDED_BY(&lock); /* begin calls, counted */
        bool is_syncing GUARDED_BY(&lock);
        int sync_errno
                GUARDED_BY(&lock); /* after a failed fsync nothing is known of earlier writes: no more begins */
        size_t open_pods GUARDED_BY(&lock);
};

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

void journal_close(Journal *journal) {
        AUTO(error_clear) Error err = { 0 };

        if (!journal)
                return;
        mutex_lock(&journal->lock);
        if (journal->fd >= 0 && journal->open_pods == 0) {
                unlink(journal->path);
                (void) !sync_folder(journal->folder,
                                    &err); /* a file that comes back has nothing open in it */
        }
        if (journal->fd >= 0)
                close(journal->fd);
        free(journal->folder);
        free(journal->path);
        mutex_unlock(&journal->lock);
        cond_destroy(&journal->synced);
        mutex_destroy(&journal->lock);
        free(journal);
}

static Journal *new_journal(const char *folder, char *path) {
        Journal *journal = xnew0(Journal);

        mutex_init(&journal->lock);
        cond_init(&journal->synced);
        journal->fd = -1;
        journal->folder = xasprintf("%s", folder);
        journal->path = path;
        return journal;
}

static bool fail(const Journal *journal, const char *verb, Error *err) {
        return error_set(err, ERROR_UNAVAILABLE, "%s journal \"%s\": %s", verb, journal->path,
                         strerrordesc_np(errno));
}

/* All of it or nothing: half a line would spoil the next one. */
static bool append(Journal *journal, Str bytes, Error *err)
        THREAD_ANNOTATION(requires_capability(journal->lock)) {
        size_t done = 0;

        while (done < bytes.len) {
                ssize_t len = write(journal->fd, bytes.ptr + done, bytes.len - done);

                if (len < 0 && errno == EINTR)
                        continue;
                if (len < 0) {
                        fail(journal, "write", err);
                        if (done && ftruncate(journal->fd, journal->size) != 0)
                                journal->sync_errno = EIO;
                        return false;
                }
                done += (size_t) len;
        }
        journal->size += (off_t) bytes.len;
        return true;
}

/* The file gets its name only once it is locked and says whose it is: a searcher never takes it for a dead run's. */
static bool create_file(Journal *journal, const JournalRun *run, Error *err) {
        AUTO_FREE char *unnamed = xasprintf("%s.new", journal->path);
        AUTO(buf_clear) Buf line = { 0 };

        journal->fd = open(unnamed, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (journal->fd < 0)
                return fail(journal, "create", err);

        journal_record_run(run, &line);
        mutex_lock(&journal->lock);
        bool ok = append(journal, buf_str(&line), err);
        mutex_unlock(&journal->lock);
        if (ok && (flock(journal->fd, LOCK_EX | LOCK_NB) != 0 || fsync(journal->fd) != 0 ||
                   rename(unnamed, journal->path) != 0))
                ok = fail(journal, "create", err);
        if (!ok)
                unlink(unnamed);
        return ok && sync_folder(journal->folder, err);
}

bool journal_open(Str state_folder, const JournalRun *run, Journal **ret_journal, Error *err) {
        AUTO_FREE char *folder = xasprintf(STR_FMT "/journal", STR_ARG(state_folder));
        uint64_t random = 0;

        if (!make_folder(folder, err))
                return false;
        if (getrandom(&random, sizeof random, 0) != sizeof random)
                random = (uint64_t) clock_us();
        AUTO(journal_closep)
        Journal *journal = new_journal(folder, xasprintf("%s/%lld-%d-%016llx.jsonl", folder,
                                                         (long long) (clock_wall_ms() / 1000), getpid(),
                                                         (unsigned long long) random));
        if (!create_file(journal, run, err))
                return false;
        *ret_journal = TAKE(journal);
        return true;
}

/* One of those that wait syncs for all that was written by then; the others wait for it or for the next. */
static bool wait_durable(Journal *journal, uint64_t ticket, Error *err)
        THREAD_ANNOTATION(requires_capability(journal->lock)) {
        while (journal->durable < ticket && journal->sync_errno == 0) {
                if (journal->is_syncing) {
                        cond_wait(&journal->synced, &journal->lock);
                        continue;
                }
                uint64_t covers = journal->written;

                journal->is_syncing = true;
                mutex_unlock(&journal->lock);
                int cause = fdatasync(journal->fd) == 0 ? 0 : errno;
                mutex_lock(&journal->lock);
                journal->is_syncing = false;
                if (cause)
                        journal->sync_errno = cause;
                else
                        journal->durable = covers;
                cond_broadcast(&journal->synced);
        }
        if (journal->durable >= ticket)
                return true;
        errno = journal->sync_errno;
        return fail(journal, "sync", err);
}

bool journal_begin(Journal *journal, const PodPlan *const *pods, size_t count, Error *err) {
        AUTO(buf_clear) Buf lines = { 0 };

        for (size_t i = 0; i < count; i++)
                journal_record_begin(pods[i], &lines);
        if (!buf_check(&lines, "a group's journal record", err))
                return false;

        mutex_lock(&journal->lock);
        bool ok = append(journal, buf_str(&lines), err);
        if (ok) {
                journal->open_pods += count; /* even if the sync fails: they may be on the disk */
                ok = wait_durable(journal, ++journal->written, err);
        }
        mutex_unlock(&journal->lock);
        return ok;
}

bool journal_end(Journal *journal, const PodPlan *pod, Error *err) {
        AUTO(buf_clear) Buf line = { 0 };

        journal_record_end(pod, &line);
        mutex_lock(&journal->lock);
        bool ok = append(journal, buf_str(&line), err);
        if (ok && journal->open_pods)
                journal->open_pods--;
        mutex_unlock(&journal->lock);
        return ok;
}

size_t journal_open_pods(Journal *journal) {
        mutex_lock(&journal->lock);
        size_t count = journal->open_pods;
        mutex_unlock(&journal->lock);
        return count;
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

static void add_debt(JournalDebts *debts, Arena *arena, const JournalDebt *debt) {
        JournalDebt *items = arena_alloc(arena, (debts->len + 1) * sizeof *items);

        if (debts->len)
                memcpy(items, debts->items, debts->len * sizeof *items);
        items[debts->len++] = *debt;
        debts->items = items;
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
                add_debt(debts, arena, &debt);
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

bool journal_adopt(const JournalDebt *debt, Journal **ret_journal, Error *err) {
        AUTO_FREE char *folder = xasprintf(STR_FMT, STR_ARG(debt->file));
        struct stat status;

        *strrchr(folder, '/') = '\0';
        AUTO(journal_closep) Journal *journal = new_journal(folder, xasprintf(STR_FMT, STR_ARG(debt->file)));
        mutex_lock(&journal->lock);
        /* A file with damaged lines stays for a person to look at. */
        journal->open_pods = debt->len + (debt->bad_lines ? 1 : 0);
        journal->size = (off_t) debt->size;
        mutex_unlock(&journal->lock);
        journal->fd = open_dead(journal->path, err);
        if (err->code)
                return error_prefix(err, "journal \"%s\"", journal->path);
        if (journal->fd < 0 || fstat(journal->fd, &status) != 0 ||
            (uint64_t) status.st_size != debt->size + debt->torn)
                return error_set(err, ERROR_EXISTS, "journal \"%s\": another process undoes it",
                                 journal->path);
        if (debt->torn && ftruncate(journal->fd, (off_t) debt->size) != 0)
                return fail(journal, "write", err);
        *ret_journal = TAKE(journal);
        return true;
}
