/* SPDX-License-Identifier: MIT */
/*
 * slab.h - filling the reclaimable slab; vmscan.h declares its shrinking.
 */
#ifndef ENGINE_RECLAIM_SLAB_H
#define ENGINE_RECLAIM_SLAB_H

#include "memory/state.h"

/* @pages full of dentries on @pgdat.  False when memory runs out. */
bool slab_grow(struct vm *vm, struct pgdat *pgdat, uint64_t pages);

/* Pure: pages that hold @objects. */
uint64_t slab_pages_for(uint64_t objects);

#endif
