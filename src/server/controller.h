/* controller.h - one row a controller: which objects it looks at, how often, and what it does about one.
 *
 * A controller has a queue of names and threads of its own, so that a slow one keeps nobody waiting.  It looks at an
 * object when it changes, every `resync_ms`, and when it asked to.  A failure is logged with the controller and the name, and
 * tried again after a pause that grows to a minute. */
#pragma once
#include "server/server.h"

typedef struct Controller {
        const char *name;  /* as in --disable-controllers */
        ServerKind kind;   /* whose objects it looks at, by name */
        bool is_whole;     /* looks at all objects of the kind at once, under the name "" */
        bool is_periodic;  /* looks only every resync_ms, whatever changes */
        unsigned also;     /* bits (1u << ServerKind): a change of these too makes a whole controller look */
        int64_t resync_ms; /* 0: never by itself */
        unsigned (*workers)(const ServerOptions *options); /* NULL: 1 */
        /* *ret_again_ms (starts at 0: not by itself) asks to look again after that time. */
        bool (*reconcile)(Server *server, Str name, int64_t *ret_again_ms, Error *err);
} Controller;

extern const Controller *const controllers_all[]; /* ends with NULL */

typedef struct Controllers Controllers; /* those that run */

Controllers *controllers_new(
        Server *server); /* `server` need not be whole yet; they start to work with controllers_start */
void controllers_start(Controllers *controllers);
void controllers_changed(Controllers *controllers, ServerKind kind, Str name);
/* After server->stop was set: returns when every reconcile has returned.  Changes may still be told, and are in vain. */
void controllers_stop(Controllers *controllers);
/* When nobody tells changes any more: after the caches. */
void controllers_free(Controllers *controllers);
DEFINE_AUTO(Controllers, controllers_free)
