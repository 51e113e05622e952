#include "cli/progress.h"

#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "cli/tabs.h"
#include "cli/words.h"

enum { REDRAW_MS = 200, LINE_MS = 10 * 1000, BAR_COLUMNS = 20, COLUMNS_DEFAULT = 80, COLUMNS_MIN = 20 };

struct Progress {
        ProgressOptions options;
        Mutex lock;
        Cond changed;
        ProgressSource source GUARDED_BY(&lock);
        bool is_running GUARDED_BY(&lock); /* the thread is to go on */
        bool has_bar GUARDED_BY(&lock);    /* one is on the screen now */
        int64_t start_ms;
        Thread thread;
};

static uint64_t rate_of(const ProgressView *view) {
        return view->elapsed_ms < 1000 ? 0 : view->items_done * 1000 / (uint64_t) view->elapsed_ms;
}

/* The step in words; the total is left out while it is not known. */
static Str counts(const ProgressView *view, Arena *arena) {
        Str done = words_count(view->items_done, arena);
        uint64_t rate = rate_of(view);
        const char *speed = "";

        if (rate) {
                Str number = words_count(rate, arena);

                speed = arena_printf(arena, ", " STR_FMT "/s", STR_ARG(number));
        }
        if (view->items_total == 0)
                return str_of(arena_printf(arena, STR_FMT " items%s", STR_ARG(done), speed));

        Str total = words_count(view->items_total, arena);
        return str_of(
                arena_printf(arena, STR_FMT " of " STR_FMT " items%s", STR_ARG(done), STR_ARG(total), speed));
}

static const char *hook_words(const ProgressView *view, Arena *arena) {
        if (view->hooks_running == 0 && view->pods_frozen == 0)
                return "";

        Str hooks = words_plural(view->hooks_running, "hook", arena);
        Str pods = words_plural(view->pods_frozen, "pod", arena);
        return arena_printf(arena, ", " STR_FMT " running, " STR_FMT " frozen", STR_ARG(hooks),
                            STR_ARG(pods));
}

Str progress_line(const ProgressView *view, Arena *arena) {
        Str items = counts(view, arena), elapsed = words_duration(view->elapsed_ms, arena);

        return str_of(arena_printf(arena, "%s: " STR_FMT "%s, " STR_FMT, view->step ? view->step : "starting",
                                   STR_ARG(items), hook_words(view, arena), STR_ARG(elapsed)));
}

static Str cut_to(Str text, unsigned columns) {
        size_t len = 0, used = 0;

        for (; len < text.len; len++)
                if (((unsigned char) text.ptr[len] & 0xc0) != 0x80 && used++ == columns)
                        break;
        return (Str) { text.ptr, len };
}

Str progress_bar(const ProgressView *view, unsigned columns, bool colour, Arena *arena) {
        Str line = progress_line(view, arena);
        char bar[BAR_COLUMNS + 1] = { 0 };
        uint64_t done = view->items_done < view->items_total ? view->items_done : view->items_total;
        size_t filled = view->items_total ? (size_t) (done * BAR_COLUMNS / view->items_total) : 0;

        memset(bar, '.', BAR_COLUMNS);
        memset(bar, '#', filled);
        if (columns < COLUMNS_MIN + BAR_COLUMNS)
                return cut_to(line, columns);

        Str rest = cut_to(line, columns - BAR_COLUMNS - 3);
        const char *start = colour && view->pods_frozen ? "\033[33m" : "";
        return str_of(arena_printf(arena, "[%s] %s" STR_FMT "%s", bar, start, STR_ARG(rest),
                                   *start ? "\033[0m" : ""));
}

static unsigned terminal_columns(FILE *out) {
        struct winsize size = { 0 };

        if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col < COLUMNS_MIN)
                return COLUMNS_DEFAULT;
        return size.ws_col;
}

static void clear_bar(Progress *progress) THREAD_ANNOTATION(requires_capability(&progress->lock)) {
        if (progress->has_bar)
                fputs("\r\033[K", progress->options.out);
        progress->has_bar = false;
}

static ProgressView look(const Progress *progress, const ProgressSource *source) {
        return (ProgressView) {
                .items_total = *source->items_total,
                .items_done = *source->items_done,
                .step = *source->step,
                .hooks_running = source->hooks->hooks_running,
                .pods_frozen = source->hooks->pods_frozen,
                .elapsed_ms = clock_ms() - progress->start_ms,
        };
}

static void draw(Progress *progress, const ProgressView *view)
        THREAD_ANNOTATION(requires_capability(&progress->lock)) {
        AUTO(arena_clear) Arena arena = { 0 };
        FILE *out = progress->options.out;

        if (progress->options.style == PROGRESS_BAR) {
                /* the last column is left free: some terminals wrap there */
                Str bar = progress_bar(view, terminal_columns(out) - 1, progress->options.colour, &arena);

                fprintf(out, "\r" STR_FMT "\033[K", STR_ARG(bar));
                progress->has_bar = true;
        } else {
                Str line = progress_line(view, &arena);

                fprintf(out, STR_FMT "\n", STR_ARG(line));
        }
        fflush(out);
}

static void show(void *user) {
        Progress *progress = user;
        bool has_bar = progress->options.style == PROGRESS_BAR;
        const char *last_step = NULL;
        int64_t next_ms = 0;

        mutex_lock(&progress->lock);
        while (progress->is_running) {
                ProgressView view = look(progress, &progress->source);

                if (has_bar || view.step != last_step || clock_ms() >= next_ms) {
                        draw(progress, &view);
                        last_step = view.step;
                        next_ms = clock_ms() + LINE_MS;
                }
                (void) cond_wait_until(&progress->changed, &progress->lock, clock_ms() + REDRAW_MS);
        }
        clear_bar(progress);
        mutex_unlock(&progress->lock);
}

Progress *progress_new(const ProgressOptions *options) {
        Progress *progress = xnew0(Progress);

        progress->options = *options;
        mutex_init(&progress->lock);
        cond_init(&progress->changed);
        return progress;
}

void progress_start(Progress *progress, const ProgressSource *source) {
        if (progress->options.style == PROGRESS_NONE)
                return;
        mutex_lock(&progress->lock);
        progress->source = *source;
        progress->start_ms = clock_ms();
        progress->is_running = true;
        mutex_unlock(&progress->lock);
        progress->thread = thread_start(show, progress);
}

void progress_stop(Progress *progress) {
        mutex_lock(&progress->lock);
        bool was_running = progress->is_running;
        progress->is_running = false;
        cond_broadcast(&progress->changed);
        mutex_unlock(&progress->lock);
        if (was_running)
                thread_join(progress->thread);
}

void progress_say(Progress *progress, Str lines) {
        mutex_lock(&progress->lock);
        clear_bar(progress);
        fwrite(lines.ptr, 1, lines.len, progress->options.out);
        fflush(progress->options.out);
        mutex_unlock(&progress->lock);
}

void progress_free(Progress *progress) {
        if (!progress)
                return;
        progress_stop(progress);
        cond_destroy(&progress->changed);
        mutex_destroy(&progress->lock);
        free(progress);
}
