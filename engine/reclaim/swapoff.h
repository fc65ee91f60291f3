/* SPDX-License-Identifier: MIT */
/*
 * swapoff.h - reading a swap area empty (fact sheet G.6).
 *
 * The caller steps it until it is through, and lets time pass in between:
 * a page may be on its way to the disk, or memory may have to be reclaimed
 * for the next one.  Locking: the world's lock.
 */
#ifndef ENGINE_RECLAIM_SWAPOFF_H
#define ENGINE_RECLAIM_SWAPOFF_H

#include "memory/state.h"

/*
 * Up to SWAPOFF_BATCH pages of area @id come back.  0: it is off.  -EAGAIN:
 * go on later.  -EINVAL: it is not on.  -ENOMEM: what is left of memory and
 * swap does not hold what is committed; nothing has happened, or, in the
 * middle, the area is in use again.
 */
int swapoff_step(struct vm *vm, uint32_t id);

/* The caller has lost patience: the area is in use again. */
void swapoff_cancel(struct vm *vm, uint32_t id);

#define SWAPOFF_BATCH 256u

#endif
