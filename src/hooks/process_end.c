#include "hooks/process_end.h"

#include <inttypes.h>

#include "base/buf.h"

enum { END_TIMEOUT_MS = 10 * 1000, REPLY_LIMIT = 256 };

/* For any POSIX sh, busybox and dash among them; cat, tr and sleep are all that it needs besides.
 * Field 22 of /proc/PID/stat is the start in ticks of 1/100 s, whatever the architecture.  A command substitution
 * drops NUL bytes, so that cmdline is the words in one run, as printf %s makes them.  A script file shows up with
 * its interpreter in front, and `sh -c "cmd args"` often as `cmd args`, since shells exec their last command. */
const char process_end_script[] =
        "age=$1 outside=$2\n"
        "shift 2\n"
        "wanted=$(printf %s \"$@\"; echo .)\n"
        "for last; do :; done\n"
        "read -r uptime idle </proc/uptime\n"
        "since=$(( (${uptime%.*} - age / 1000 - 2) * 100 ))\n"
        "\n"
        "look() { # sets state, parent and start of process $1\n"
        "  read -r stat 2>/dev/null </proc/$1/stat || return 1\n"
        "  set -- ${stat##*) }\n"
        "  state=$1 parent=$2 start=${20}\n"
        "}\n"
        "is_wanted() {\n"
        "  line=$(cat /proc/$1/cmdline 2>/dev/null; echo .)\n"
        "  case $line in *\"$wanted\") return 0 ;; esac\n"
        "  line=$(tr '\\0' ' ' 2>/dev/null </proc/$1/cmdline)\n"
        "  line=${line% }\n"
        "  [ -n \"$line\" ] || return 1\n"
        "  case $last in *\"$line\"*) return 0 ;; esac\n"
        "  return 1\n"
        "}\n"
        "any_alive() {\n"
        "  for pid in $all; do\n"
        "    look $pid && [ $state != Z ] && [ $state != X ] && return 0\n"
        "  done\n"
        "  return 1\n"
        "}\n"
        "wait_gone() { # up to $1 tenths of a second\n"
        "  tries=$1\n"
        "  while [ $tries -gt 0 ]; do\n"
        "    any_alive || return 0\n"
        "    sleep 0.1 2>/dev/null || { sleep 1; tries=$((tries - 9)); }\n"
        "    tries=$((tries - 1))\n"
        "  done\n"
        "  ! any_alive\n"
        "}\n"
        "\n"
        "all= unknown=\n"
        "for folder in /proc/[0-9]*; do\n"
        "  pid=${folder#/proc/}\n"
        "  [ $pid != 1 ] && [ $pid != $$ ] && look $pid || continue\n"
        "  [ $parent = $outside ] && [ $start -ge $since ] && [ $state != Z ] || continue\n"
        "  if is_wanted $pid; then all=\"$all $pid\"; else unknown=1; fi\n"
        "done\n"
        "if [ -z \"$all\" ]; then\n"
        "  if [ -n \"$unknown\" ]; then echo 'may still run: not recognised'; else echo 'was gone already'; "
        "fi\n"
        "  exit\n"
        "fi\n"
        "level=$all\n"
        "while [ -n \"$level\" ]; do # children, and theirs\n"
        "  next=\n"
        "  for folder in /proc/[0-9]*; do\n"
        "    look ${folder#/proc/} || continue\n"
        "    case \" $level \" in *\" $parent \"*) next=\"$next ${folder#/proc/}\" ;; esac\n"
        "  done\n"
        "  all=\"$all$next\" level=$next\n"
        "done\n"
        "kill -TERM $all 2>/dev/null\n"
        "if wait_gone 20; then echo 'ended (TERM)'; exit; fi\n"
        "kill -KILL $all 2>/dev/null\n"
        "if wait_gone 20; then echo 'ended (KILL)'; else echo 'may still run: KILL had no effect'; fi\n";

static void keep_reply(void *user, ExecStream stream, Str bytes) {
        if (stream == EXEC_STDOUT)
                buf_add(user, bytes);
}

static Str verdict(const ExecResult *result, Str reply, Arena *arena) {
        if (result->end == EXEC_EXITED && result->exit_code == 0 && reply.len)
                return arena_copy(arena, reply);
        if (result->end == EXEC_REFUSED && result->message &&
            (strstr(result->message, "not found") || strstr(result->message, "no such file")))
                return STR("may still run: no /bin/sh in the container");
        if (result->end == EXEC_EXITED)
                return str_of(arena_printf(arena, "may still run: the look for it ended with exit code %d",
                                           result->exit_code));
        return str_of(
                arena_printf(arena, "may still run: %s", result->message ? result->message : "no answer"));
}

Str process_end(const LateProcess *process, Arena *arena) {
        AUTO(buf_clear) Buf reply = { .limit = REPLY_LIMIT };
        AUTO(exec_result_clear) ExecResult result = { 0 };
        Strs words = { 0 };

        strs_add(&words, arena, STR("/bin/sh"));
        strs_add(&words, arena, STR("-c"));
        strs_add(&words, arena, str_of(process_end_script));
        strs_add(&words, arena, STR("grapnel"));
        strs_add(&words, arena, str_of(arena_printf(arena, "%" PRId64, process->age_ms)));
        strs_add(&words, arena, STR("0"));
        for (size_t i = 0; i < process->command.len; i++)
                strs_add(&words, arena, process->command.items[i]);

        ExecRequest request = {
                .namespace = process->namespace,
                .pod = process->pod,
                .container = process->container,
                .command = words,
                .timeout_ms = END_TIMEOUT_MS,
        };
        process->port->exec(process->port->user, &request, keep_reply, &reply, NULL, &result);
        return verdict(&result, str_trim(buf_str(&reply)), arena);
}
