/* SPDX-License-Identifier: MIT */
/*
 * pcp.h - each CPU's own lists of free pages in front of the buddy allocator.
 *
 * A page on such a list is neither in use nor counted as free: that is what
 * they do to the figures of reclaim.  A list is refilled by the batch, with
 * 6.12 by up to 32 batches at once if nothing is freed in between, and what is
 * freed beyond its limit goes back to the buddy allocator by the batch.  Only
 * single pages are kept.  mm/page_alloc.c:rmqueue_pcplist, nr_pcp_alloc,
 * nr_pcp_high, nr_pcp_free and decay_pcp_high are the models (fact sheet B.8).
 *
 * A machine that is told to has them (vm_machine.page_lists); zone.pcp is NULL
 * in all others.  A page on a list has PG_ON_PCP and nothing else; index and
 * lru_pos hold the next and the previous one.
 *
 * Units: pages.  Errors: none, but -ENOMEM of pcps_init().  Locking: the
 * world's lock.
 */
#ifndef ENGINE_MEMORY_PCP_H
#define ENGINE_MEMORY_PCP_H

#include "memory/state.h"

/* A list grows by up to batch << this at once: CONFIG_PCP_BATCH_SCALE_MAX. */
#define PCP_BATCH_SCALE 5u

/* Unmovable, movable and reclaimable have lists. */
#define NR_PCP_TYPES 3u

struct pcp {
	uint32_t head[NR_PCP_TYPES], tail[NR_PCP_TYPES]; /* or PFN_NONE */
	uint32_t count;	       /* of all of its lists */
	uint32_t high;	       /* at most so many; 0: not in use yet */
	uint32_t free_count;   /* freed of late, less what was taken */
	uint32_t factor;       /* what moves next is batch << this */
};

/*
 * The lists of all zones, if @vm has them: empty.  At the end of the boot:
 * until then a kernel's hold nothing either (boot_pageset).
 */
int pcps_init(struct vm *vm);
void pcps_fini(struct vm *vm);

/* Limits that follow from the low mark and percpu_pagelist_high_fraction. */
void pcps_set_high(struct vm *vm);

/* How many pages @l, of @z, shall be refilled with. */
uint32_t pcp_refill_nr(const struct zone *z, struct pcp *l);

/* At the end of the list of @type: a page that was just taken for it. */
void pcp_put(struct vm *vm, struct pcp *l, uint32_t pfn,
	     enum vm_migratetype type);

/* The first page of the list of @type, with all fields 0; or PFN_NONE. */
uint32_t pcp_take(struct vm *vm, struct pcp *l, enum vm_migratetype type);

/* One page of @l, of @z, was asked for. */
void pcp_taken(const struct zone *z, struct pcp *l);

/* Give a page of @z back to the lists of the CPU that runs (vm->cpu_now). */
void pcp_free(struct vm *vm, struct zone *z, uint32_t pfn);

/* All pages of all lists go to the buddy allocator. */
void pcps_drain(struct vm *vm);

/*
 * Once a second: limits that have grown fall by an eighth, and what is above
 * them goes.  False: there is nothing more to do.
 */
bool pcps_decay(struct vm *vm);

/* The lists of @z are empty, whatever is on them: an image comes. */
void pcp_forget(struct vm *vm, struct zone *z);

/* Pages on the lists of all CPUs. */
uint64_t zone_pcp_pages(const struct vm *vm, const struct zone *z);

static inline bool page_on_pcp(const struct page *p)
{
	return p->flags == PG_ON_PCP;
}

#endif
