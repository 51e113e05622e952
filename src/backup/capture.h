/* capture.h - the records of pods with hooks, taken inside their freeze window.
 *
 * The window holds one copy into memory: compressing and writing are another thread's work.  The pod's volume
 * claims and volumes are written before the window, when the pod is planned: without volume data nothing of
 * them depends on the freeze, and the window stays as short as the exec. */
#pragma once
#include "backup/worker.h"

typedef struct Capture Capture;

/* `plans` are those that the groups point into. */
Capture *capture_new(Engine *engine, const PodPlan *plans, size_t len);
void capture_free(Capture *capture);
DEFINE_AUTO(Capture, capture_free)

/* A HookCapture. */
bool capture_pod(void *capture, const PodPlan *plan, JsonVal *pod, Error *err);

/* After the groups have ended: everything to the tarball; then the names to the resource list. */
bool capture_finish(Capture *capture, Error *err) MUST_CHECK;
