/* restore_request.h - a Restore of the cluster as it will run: its backup found, all faults at once.
 *
 * Source: spec/restore-behaviour.md 2.1-2.4. */
#pragma once
#include "api/restore.h"
#include "server/server.h"

#define RESTORE_FINALIZER "restores.velero.io/external-resources-finalizer"

typedef struct RestoreRequest {
        Arena arena;
        Restore restore; /* borrows from the object */
        Str location;    /* where its backup is */
        Faults faults;   /* errors make it FailedValidation; warnings go to its log */
} RestoreRequest;

void restore_request_read(const Server *server, JsonVal *object, RestoreRequest *ret_request);
void restore_request_clear(RestoreRequest *request);

/* A merge patch that takes our finalizer away; NULL: it has none. */
JsonMutVal *restore_without_finalizer(JsonVal *object, JsonMutDoc *doc);

/* What is written when it begins or is refused: the finalizer, spec with what was found out, status. */
JsonMutVal *restore_request_patch(const RestoreRequest *request, const RestoreStatus *status, JsonVal *object,
                                  JsonMutDoc *doc);
