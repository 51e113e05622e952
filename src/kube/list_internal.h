/* list_internal.h - what list.c and watch.c share. */
#pragma once
#include "kube/client_internal.h"
#include "kube/list.h"

typedef struct ListRun {
        KubeClient *client;
        const KubeList *list;
        int64_t deadline_ms; /* for the whole list; 0: each page has the client's timeout */
        KubePageSink sink;
        void *user;
} ListRun;
bool list_run(const ListRun *run, const Stop *stop, Error *err) MUST_CHECK;

/* `list pods in namespace "shop"` */
Str list_describe(const KubeList *list, const char *verb, Arena *arena);
/* The path with the selectors in its query. */
void list_add_path(const KubeList *list, Buf *path);
