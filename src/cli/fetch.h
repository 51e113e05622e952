/* fetch.h - files of a backup or restore from the server in the cluster, by DownloadRequests.
 *
 * The server answers with a URL.  When it can't be reached from here, the file comes through the API server's proxy
 * to the server's Service instead (a server of ours tells the path for that in an annotation).
 * Source: spec/restore-behaviour.md 7.5. */
#pragma once
#include "cli/run_file.h"
#include "cli/velero.h"

typedef struct FetchFlags {
        Str ca_file;
        bool insecure;
        int64_t timeout_ms;
} FetchFlags;
extern const Option fetch_flags[];

typedef struct Fetcher { /* starts with the first two and the rest zeroed */
        const Velero *velero;
        const FetchFlags *flags;
        bool uses_proxy; /* the URL of an earlier file could not be reached */
        Str failure;     /* nobody answered an earlier request, or can be reached: no other is made */
        bool has_roots;  /* `roots_pem` and `roots_location` are set */
        Str roots_pem, roots_location;
} Fetcher;

typedef struct FetchedFile {
        CatalogKind kind;
        RunFile file;
        JsonVal *object; /* the Backup or Restore */
        bool is_live;    /* bytes may be long in coming */
} FetchedFile;

/* Bytes of the file as it is stored. */
typedef bool (*FetchSink)(void *user, Str bytes, Error *err);

/* ERROR_NOT_FOUND: there is no such file, or the server refuses, in its words. */
bool fetch_file(Cli *cli, Fetcher *fetcher, const FetchedFile *what, FetchSink sink, void *user, Error *err)
        MUST_CHECK;
