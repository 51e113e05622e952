/* recorder.h - Kubernetes Events about objects, for `kubectl describe` and `kubectl get events`.
 *
 * Written by a thread of its own, so that nobody waits for them; what cannot be written is dropped (an event is no
 * record of anything).  The same event again within 10 minutes counts up the first one.  At most 1,000 wait. */
#pragma once
#include "kube/client.h"

typedef enum EventType { EVENT_NORMAL, EVENT_WARNING } EventType;

typedef struct EventAbout { /* involvedObject */
        Str api_version, kind, namespace, name, uid;
} EventAbout;
EventAbout event_about(JsonVal *object); /* borrows from it */

typedef struct KubeRecorder KubeRecorder;

/* `component` and `instance` are who reports: "grapnel", the pod's name. */
KubeRecorder *kube_recorder_new(KubeClient *client, Str component, Str instance);
void kube_recorder_free(KubeRecorder *recorder); /* writes what waits, for up to 2 s */
DEFINE_AUTO(KubeRecorder, kube_recorder_free)

/* `reason` is a CamelCase word; the message is cut at 1,024 bytes, as the API demands.  NULL-safe. */
void kube_record(KubeRecorder *recorder, const EventAbout *about, EventType type, const char *reason,
                 const char *format, ...) PRINTF_LIKE(5, 6);
