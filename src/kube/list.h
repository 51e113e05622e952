/* list.h - reading many objects: pages, and watches that resume.
 *
 * A list is read in pages with `continue`; when the token expires (410) it starts over and
 * tells the caller, who must not count an object twice.  Memory is one page: 1 MiB is aimed at, and pages
 * over 8 MiB are asked for again in smaller ones (single objects: 256 MiB). */
#pragma once
#include "kube/resource.h"

typedef struct KubeList {
        const KubeResource *resource;
        Str namespace; /* empty: all */
        Str label_selector, field_selector;
        unsigned page_size; /* 0: 500 */
} KubeList;

typedef struct KubePage {
        JsonVal *items;       /* array; items of built-in kinds lack apiVersion and kind */
        Str resource_version; /* of the list */
        int64_t remaining;    /* how many more the server says there are; -1 when it does not */
        bool is_restart;      /* the first page after a 410: objects seen before come again */
} KubePage;

/* Return false, with err set, to end the list. */
typedef bool (*KubePageSink)(void *user, const KubePage *page, Error *err);

bool kube_list(KubeClient *client, const KubeList *list, KubePageSink sink, void *user, const Stop *stop,
               Error *err) MUST_CHECK;

typedef enum KubeEvent { KUBE_ADDED, KUBE_MODIFIED, KUBE_DELETED, KUBE_SYNCED } KubeEvent;

typedef enum KubeWatchNext { KUBE_WATCH_ON, KUBE_WATCH_END } KubeWatchNext;
/* KUBE_SYNCED (object NULL): everything that exists was given as KUBE_ADDED; once at the start, and again after each
 * new list.  An object may be given again after a resume.  Called on the watching thread. */
typedef KubeWatchNext (*KubeWatchSink)(void *user, KubeEvent event, JsonVal *object);

/* Lists, then watches with bookmarks; resumes after any break.  After 410 it lists again: everything comes as
 * KUBE_ADDED once more and then KUBE_SYNCED; what was deleted meanwhile is not told otherwise.  Ends when the sink says so (true), at `deadline_ms` (clock_ms, 0: none; ERROR_TIMEOUT) or when stopped (ERROR_CANCELED). */
bool kube_watch(KubeClient *client, const KubeList *what, int64_t deadline_ms, KubeWatchSink sink, void *user,
                const Stop *stop, Error *err) MUST_CHECK;
