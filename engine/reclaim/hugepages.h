/* SPDX-License-Identifier: MIT */
/*
 * hugepages.h - the pool of 2 MiB pages (nr_hugepages).
 */
#ifndef ENGINE_RECLAIM_HUGEPAGES_H
#define ENGINE_RECLAIM_HUGEPAGES_H

#include "memory/state.h"

/*
 * Bring the pool to @want pages over the nodes of @nodemask, as far as free
 * blocks of order 9 allow; round robin.  Returns how many there are now.
 */
uint64_t set_max_huge_pages(struct vm *vm, uint64_t want, uint64_t nodemask);

/*
 * The pool of node @nid becomes @nr pages large, or as large as it can, and
 * vm.nr_hugepages what there is in all (mm/hugetlb.c:set_max_huge_pages).
 */
void set_node_huge_pages(struct vm *vm, uint32_t nid, uint64_t nr);

uint64_t nr_huge_pages(const struct vm *vm);

#endif
