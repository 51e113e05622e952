/* run_program.h - another program run to its end, for what it writes.  Private to kube/.
 *
 * It gets our standard error, no other file of ours, and what of our environment `env` does not replace.
 * It is ended with all that it started when time is up, when stopped, and when it writes too much. */
#pragma once
#include "base/buf.h"
#include "base/stop.h"
#include "base/strs.h"

typedef struct Program {
        Str command;         /* looked for in $PATH when it has no '/' */
        Strs args;           /* without the command */
        Strs env;            /* NAME=value */
        bool gives_terminal; /* our standard input is its; else it has none */
        int64_t timeout_ms;
} Program;

/* Standard output goes to `output`, up to its limit.  False for any end but exit 0: ERROR_NOT_FOUND when there is no such
 * command, ERROR_FORBIDDEN with the exit code or signal, ERROR_TIMEOUT, ERROR_CANCELED, ERROR_INVALID past the limit. */
bool run_program(const Program *program, const Stop *stop, Buf *output, Error *err) MUST_CHECK;
