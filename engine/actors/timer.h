/* SPDX-License-Identifier: MIT */
/*
 * timer.h - what the clock itself does: PSI averages, the load average, and
 * the oom_reaper's turn.  One actor, asleep in between.
 */
#ifndef ENGINE_ACTORS_TIMER_H
#define ENGINE_ACTORS_TIMER_H

#include "memory/state.h"

void timer_init(struct vm *vm);

#endif
