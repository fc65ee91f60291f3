/* SPDX-License-Identifier: MIT */
/*
 * drop_caches.h - /proc/sys/vm/drop_caches (fact sheet F.6).
 */
#ifndef ENGINE_RECLAIM_DROP_CACHES_H
#define ENGINE_RECLAIM_DROP_CACHES_H

#include "memory/state.h"

/* Bits 1: clean page cache, 2: slab.  All at once, in the writer's time. */
void drop_caches(struct vm *vm, int bits);

/* Drop what can be dropped of one file; deactivate the rest. */
void drop_file_pages(struct vm *vm, struct file *f);

#endif
