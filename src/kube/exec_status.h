/* exec_status.h - what exec.c and exec_status.c share. */
#pragma once
#include "kube/exec.h"

/* Do these words of a server, kubelet or runtime mean that the command did not start? */
bool exec_says_not_started(Str message);
