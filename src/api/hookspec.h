/* hookspec.h - hooks as written in Backup.spec.hooks and Restore.spec.hooks.
 *
 * Decoded with defaults filled in: onError Fail, timeout 30 s (spec/hooks-reference.txt; Velero's own default
 * differs, spec/backup-behaviour.md 1.7).  Everything that is wrong is a fault with its path; unknown fields are
 * errors, includedResources other than pods is a warning that it has no effect.
 * Text is borrowed from the document. */
#pragma once
#include "base/faults.h"
#include "data/labels.h"

enum { HOOK_TIMEOUT_DEFAULT_MS = 30 * 1000, HOOK_TIMEOUT_MAX_MS = 4 * 60 * 60 * 1000 };
enum { HOOK_WAIT_DEFAULT_MS = 10 * 60 * 1000 }; /* no waitTimeout: every wait ends all the same */

typedef enum OnError { ON_ERROR_FAIL, ON_ERROR_CONTINUE } OnError;

typedef struct ExecHook {
        Str container; /* empty: the first of the pod */
        Strs command;
        OnError on_error;
        bool has_on_error;       /* it was given */
        int64_t timeout_ms;      /* backup: timeout; restore: execTimeout or timeout */
        int64_t wait_timeout_ms; /* restore only; HOOK_WAIT_DEFAULT_MS when not given */
        bool wait_for_ready;     /* restore only */
} ExecHook;

typedef struct RestoreHook { /* one element of postHooks: exec, init, or both */
        bool has_exec, has_init;
        ExecHook exec;
        JsonVal *init_containers; /* array of whole container bodies */
        int64_t init_timeout_ms;  /* 0: not given */
} RestoreHook;

typedef struct HookEntry { /* one element of hooks.resources */
        Str name;
        Strs included_namespaces, excluded_namespaces;
        LabelSelector selector;
        ExecHook *pre, *post; /* backup */
        size_t pre_len, post_len;
        RestoreHook *post_hooks; /* restore */
        size_t post_hooks_len;
        bool leaves_pods_out; /* backup: its resources do not name pods, so it never runs; a restore ignores them */
} HookEntry;

typedef struct HookSpec {
        HookEntry *entries;
        size_t len;
        OnError on_error_default; /* for the annotations of pods too */
} HookSpec;

/* `hooks` is the value of spec.hooks, `path` where it stands ("spec.hooks", "spec.template.hooks"). */
HookSpec hook_spec_decode_backup(JsonVal *hooks, Str path, Arena *arena, Faults *faults);
HookSpec hook_spec_decode_restore(JsonVal *hooks, Str path, Arena *arena, Faults *faults);

/* Whether the entry's hooks are for a pod in that namespace (a restore's: that it is restored to) with these labels. */
bool hook_entry_matches(const HookEntry *entry, Str namespace, JsonVal *labels);

/* As Velero carries hooks out, not as it documents them: an absent onError is Continue. */
void hook_spec_take_velero_defaults(HookSpec *spec);
