/* state.h - the folder that outlives a run: the journal of what is frozen. */
#pragma once
#include "base/arena.h"
#include "base/error.h"

/* --state, else $XDG_STATE_HOME/grapnel, else ~/.local/state/grapnel; made with mode 0700 when missing. */
bool state_folder(Str flag, Arena *arena, Str *ret_folder, Error *err) MUST_CHECK;
