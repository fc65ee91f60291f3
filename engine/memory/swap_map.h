/* SPDX-License-Identifier: MIT */
/*
 * swap_map.h - swap areas and what is in their slots (G).
 *
 * A slot's record says whose page it holds, so that a page in the swap cache,
 * whose frame names the slot, still finds its page table; and whether the
 * page is in the cache now, or left a shadow when it went.
 *
 * Slot 0 is the header and never used.  Locking: the world's lock.
 */
#ifndef ENGINE_MEMORY_SWAP_MAP_H
#define ENGINE_MEMORY_SWAP_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include <vm/machine.h>
#include <vm/stat.h>

#include "memory/mapping.h"
#include "memory/xarray.h"

/*
 * Owner of a slot whose page table entry went away while its page was being
 * read or written: the page leaves the cache, and the slot with it, when
 * reclaim meets it.
 */
#define SWAP_ORPHAN UINT16_MAX

struct swap_slot {
	uint32_t cache; /* 0, pfn + 1, or SHADOW_BIT | shadow */
	uint32_t index; /* page of the area */
	uint16_t owner; /* mapping of the area; 0: slot is free */
	uint16_t bad;	/* writing it fails */
};

struct swap_area {
	struct mapping mapping; /* SWAP */
	uint32_t id;		/* 0..VM_MAX_SWAPS-1; in swap PTEs */
	struct vm_swap_conf conf;
	bool active;
	bool closing;		/* swapoff empties it: gives no slots */
	int priority;
	uint32_t nr_slots;	/* header included */
	uint32_t used;
	uint32_t next;		/* where the search goes on */
	uint64_t turn;		/* of the round robin among equals */
	struct swap_slot *slot; /* reserve_alloc()ed */
	uint64_t *map;		/* bitmap of the slots in use, likewise */
	struct xarray xa;	/* what the index of its cache costs */
	/* swap read-ahead (G.3) */
	uint32_t ra_prev, ra_window, ra_hits;
};

/* 0, -EBUSY, -EINVAL, -ENOMEM; rules of G.1 for the priority. */
int swap_area_on(struct vm *vm, uint32_t id, int32_t priority);

/*
 * Forget the area and what is in it.  While the machine runs its slots must
 * be free; when the machine is taken down, orphans may be left.
 */
void swap_area_off(struct vm *vm, uint32_t id);

/*
 * A slot for page @index of the area numbered @owner, from the area of the
 * highest priority that has one.  A swap entry (mm.h), or 0: swap is full.
 */
uint32_t swap_slot_alloc(struct vm *vm, uint16_t owner, uint32_t index);
void swap_slot_free(struct vm *vm, uint32_t entry);

/* @entry's cache member becomes @cache. */
void swap_slot_store(struct vm *vm, uint32_t entry, uint32_t cache);

struct swap_slot *swap_slot_get(struct vm *vm, uint32_t entry);

/* As /proc/swaps shows it. */
void swap_area_stat(const struct swap_area *sa, struct vm_swap_stat *s);

/* Over all active areas. */
uint64_t swap_total_pages(const struct vm *vm);
uint64_t swap_free_pages(const struct vm *vm);

static inline bool swap_is_full(uint64_t nr_free, uint64_t total)
{
	return nr_free * 2 < total; /* mm/swap.h:vm_swap_full */
}

#endif
