/* cache.h - the objects of one kind as the API server last told, kept up to date by a watch of its own.
 *
 * For kinds of which there are few (our own resources): objects are held as compact JSON without managedFields.  A
 * KubeCache may be read from many threads; it may lag behind, so what must not happen twice is decided on a fresh
 * read.  The watch goes on until the cache is freed, whatever breaks in between. */
#pragma once
#include "kube/list.h"

typedef struct KubeCache KubeCache;

typedef struct KubeCacheOptions {
        KubeClient *client;
        const KubeResource *resource; /* lives as long as the cache */
        Str namespace;
        /* An object is new, has changed or is gone.  Called on the watching thread, without a lock held. */
        void (*on_change)(void *user, const KubeResource *resource, Str name);
        /* The watch broke and is tried again: why, in words; each different text once in a row.  May be NULL. */
        void (*on_problem)(void *user, const KubeResource *resource, Str problem);
        void *user;
} KubeCacheOptions;

KubeCache *kube_cache_new(const KubeCacheOptions *options);
void kube_cache_free(KubeCache *cache); /* ends the watch */
DEFINE_AUTO(KubeCache, kube_cache_free)

/* Waits until everything that exists was read; ERROR_TIMEOUT says why it was not. */
bool kube_cache_wait(KubeCache *cache, int64_t timeout_ms, const Stop *stop, Error *err) MUST_CHECK;

/* A copy of the object; NULL when there is none. */
JsonDoc *kube_cache_get(KubeCache *cache, Str name);
void kube_cache_names(KubeCache *cache, Arena *arena, Strs *names); /* sorted */
size_t kube_cache_len(KubeCache *cache);
