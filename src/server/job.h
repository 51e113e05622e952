/* job.h - what a run of a Backup and of a Restore have in common: log, progress, events, the last word.
 *
 * Open it zeroed, end it in any case. */
#pragma once
#include "base/thread.h"
#include "hooks/result.h"
#include "server/objects.h"
#include "server/runs.h"

typedef struct JobKind {
        ServerKind kind;
        RunKind run;
        const char *log_field; /* "backup", "restore" */
        const char *done_key;  /* of status.progress: "itemsBackedUp" */
} JobKind;

typedef struct Job {
        Server *server;
        const JobKind *kind;
        JsonDoc *object; /* as it was when it began; what `about` and `name` borrow from */
        Str name;
        EventAbout about;
        Log *log;
        Run *run;
        Stop *ended; /* ends the reporter */
        Thread reporter;
        bool has_reporter;
        _Atomic bool is_gone; /* the object was deleted meanwhile */
        _Atomic unsigned failed_hooks;
        const _Atomic uint64_t *total, *done;
} Job;

/* Takes the object over. */
void job_begin(Job *job, Server *server, const JobKind *kind, JsonDoc *object);
/* From now on status.progress is written once a second when it has changed. */
void job_report(Job *job, const _Atomic uint64_t *total, const _Atomic uint64_t *done);
void job_stop_reporting(Job *job);
void job_end(Job *job);

const Stop *job_stop(const Job *job);
/* What its spec asks for and will not get: in its log, and an Event `reason` for each. */
void job_tell_warnings(Job *job, const Faults *faults, const char *reason);
/* Each hook metric is there from 0 on. */
void job_begin_metrics(Metrics *metrics);
/* A HookObserver: metrics, and Events on the pod and on the object for those that failed. */
void job_see_hook(void *job, const HookResult *result);

/* Why a run that was interrupted ended; empty when its object is gone or the lease is lost: then nothing is written. */
Str job_interruption(const Job *job);
/* The last word: status. */
bool job_record(Job *job, JsonMutDoc *doc, JsonMutVal *status, Error *err) MUST_CHECK;

/* One in progress that comes up for a look has no run: a look lasts as long as its run, and no two look at one object.
 * What said how it began or ended was lost on the way to the API server. */
#define JOB_LOST_REASON                                                                                      \
        "it ended, or never began, without that being recorded: the API server could not be reached"
