/* SPDX-License-Identifier: MIT */
/*
 * oom_reap.h - the reaper's queue (fact sheet H.5).
 *
 * Locking: the world's lock.
 */
#ifndef ENGINE_RECLAIM_OOM_REAP_H
#define ENGINE_RECLAIM_OOM_REAP_H

#include "memory/state.h"

/*
 * In two seconds, if @t still holds memory by then, oom_reaper_step() takes
 * it away.  Wakes the timer.
 */
void queue_oom_reaper(struct vm *vm, struct task *t);

#endif
