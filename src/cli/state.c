#include "cli/state.h"

#include <errno.h>
#include <sys/stat.h>

/* An absolute path only: the XDG specification says that a relative one is to be ignored. */
static const char *environment_path(const char *name) {
        const char *path = getenv(name);

        return path && path[0] == '/' ? path : NULL;
}

static const char *usual_folder(Arena *arena) {
        const char *state = environment_path("XDG_STATE_HOME"), *home = environment_path("HOME");

        if (state)
                return arena_printf(arena, "%s/grapnel", state);
        return home ? arena_printf(arena, "%s/.local/state/grapnel", home) : NULL;
}

static bool is_folder(const char *path) {
        struct stat found;

        return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

static bool make_folder(const char *path, Error *err) {
        if (mkdir(path, 0700) == 0)
                return true;

        int cause = errno == EEXIST ? ENOTDIR : errno;
        if (is_folder(path))
                return true;
        return error_set(err, ERROR_INVALID, "state folder \"%s\" can't be made: %s", path, strerror(cause));
}

bool state_folder(Str flag, Arena *arena, Str *ret_folder, Error *err) {
        const char *folder = flag.len ? arena_copy(arena, flag).ptr : usual_folder(arena);

        if (!folder)
                return error_set(err, ERROR_INVALID,
                                 "no folder for the journal: neither $XDG_STATE_HOME nor $HOME is set; give "
                                 "--state DIR");
        for (const char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                const char *parent = arena_printf(arena, "%.*s", (int) (slash - folder), folder);

                if (!make_folder(parent, err))
                        return false;
        }
        if (!make_folder(folder, err))
                return false;
        *ret_folder = str_of(folder);
        return true;
}
