#include "server/seen.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/thread.h"

struct Seen {
        Mutex lock;
        Arena arena GUARDED_BY(&lock);  /* keys */
        StrMap texts GUARDED_BY(&lock); /* to Buf */
};

Seen *seen_new(void) {
        Seen *seen = xnew0(Seen);

        mutex_init(&seen->lock);
        return seen;
}

void seen_free(Seen *seen) {
        if (!seen)
                return;
        mutex_lock(&seen->lock);
        for (size_t i = 0; i < seen->texts.len; i++) {
                Buf *text = seen->texts.entries[i].value;

                buf_clear(text);
                free(text);
        }
        str_map_clear(&seen->texts);
        arena_clear(&seen->arena);
        mutex_unlock(&seen->lock);
        mutex_destroy(&seen->lock);
        free(seen);
}

bool seen_is_change(Seen *seen, Str about, Str what) {
        mutex_lock(&seen->lock);
        Buf *text = str_map_get(&seen->texts, about);
        bool is_change = !text || !str_equal(buf_str(text), what);

        if (!text) {
                text = xnew0(Buf);
                str_map_put(&seen->texts, arena_copy(&seen->arena, about), text);
        }
        if (is_change) {
                buf_reset(text);
                buf_add(text, what);
        }
        mutex_unlock(&seen->lock);
        return is_change;
}
