/* SPDX-License-Identifier: MIT */
/*
 * swap_map.c - swap areas: which area, which slot (fact sheet G.1).
 *
 * Called by swap.c, by swapon and swapoff.  The area with the highest
 * priority gives the slot; areas of one priority take turns.  Inside an area
 * the search goes on where it last ended, over a bitmap, so that pages that
 * leave together lie together.  mm/swapfile.c is the model; its per-CPU slot
 * cache is left out: every slot counted as used is used.
 *
 * Locking: the world's lock.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "memory/state.h"
#include "world/reserve.h"

#define BITS 64u
#define PRIO_MAX 32767
#define PRIO_AUTO_FIRST (-2)

static size_t slot_bytes(uint32_t nr_slots)
{
	return nr_slots * sizeof(struct swap_slot);
}

static size_t map_bytes(uint32_t nr_slots)
{
	return (nr_slots + BITS - 1) / BITS * sizeof(uint64_t);
}

/* Automatic priorities go down from -2. */
static int auto_priority(const struct vm *vm)
{
	int prio = PRIO_AUTO_FIRST;

	for (unsigned i = 0; i < VM_MAX_SWAPS; i++)
		if (vm->swap[i].active && vm->swap[i].priority <= prio)
			prio = vm->swap[i].priority - 1;
	assert(prio < 0);
	return prio;
}

static int swap_area_alloc(struct swap_area *sa)
{
	sa->slot = reserve_alloc(slot_bytes(sa->nr_slots));
	if (!sa->slot)
		return -ENOMEM;
	sa->map = reserve_alloc(map_bytes(sa->nr_slots));
	if (!sa->map)
		goto err_slot;
	if (xarray_init(&sa->xa, sa->nr_slots))
		goto err_map;
	return 0;

err_map:
	reserve_free(sa->map, map_bytes(sa->nr_slots));
err_slot:
	reserve_free(sa->slot, slot_bytes(sa->nr_slots));
	return -ENOMEM;
}

static void swap_area_free(struct vm *vm, struct swap_area *sa)
{
	xarray_fini(vm, &sa->xa);
	reserve_free(sa->map, map_bytes(sa->nr_slots));
	reserve_free(sa->slot, slot_bytes(sa->nr_slots));
	sa->map = NULL;
	sa->slot = NULL;
}

static int swap_area_check(const struct vm *vm, uint32_t id, int32_t priority)
{
	const struct vm_swap_conf *conf;

	if (id >= vm->conf.nr_swaps)
		return -EINVAL;
	conf = &vm->conf.swap[id];
	if (conf->pages < 2 || conf->pages > SWAP_MAX_SLOTS)
		return -EINVAL;
	if (priority != VM_SWAP_PRIO_AUTO &&
	    (priority < 0 || priority > PRIO_MAX))
		return -EINVAL;
	return vm->swap[id].active ? -EBUSY : 0;
}

int swap_area_on(struct vm *vm, uint32_t id, int32_t priority)
{
	int err = swap_area_check(vm, id, priority);
	struct swap_area *sa;

	if (err)
		return err;
	sa = &vm->swap[id];
	*sa = (struct swap_area){
		.id = id,
		.conf = vm->conf.swap[id],
		.nr_slots = (uint32_t)vm->conf.swap[id].pages,
		.next = 1,
		.ra_hits = 4, /* as swapin_readahead_hits begins */
	};
	err = swap_area_alloc(sa);
	if (err)
		return err;
	err = mapping_register(vm, &sa->mapping, MAPPING_SWAP);
	if (err)
		goto err_area;
	sa->map[0] = 1; /* the header */
	sa->priority = priority == VM_SWAP_PRIO_AUTO ? auto_priority(vm) :
						       priority;
	sa->turn = ++vm->swap_turn;
	sa->active = true;
	return 0;

err_area:
	swap_area_free(vm, sa);
	return err;
}

void swap_area_off(struct vm *vm, uint32_t id)
{
	struct swap_area *sa = &vm->swap[id];

	assert(sa->active);
	sa->active = false;
	/* those behind a vanished automatic priority move up */
	for (unsigned i = 0; sa->priority < 0 && i < VM_MAX_SWAPS; i++)
		if (vm->swap[i].active && vm->swap[i].priority < sa->priority)
			vm->swap[i].priority++;
	mapping_unregister(vm, &sa->mapping);
	swap_area_free(vm, sa);
}

static bool swap_area_full(const struct swap_area *sa)
{
	assert(sa->used < sa->nr_slots);
	return sa->used == sa->nr_slots - 1;
}

/* Highest priority; among equals the one whose turn is longest ago. */
static struct swap_area *swap_area_pick(struct vm *vm)
{
	struct swap_area *best = NULL;

	for (unsigned i = 0; i < VM_MAX_SWAPS; i++) {
		struct swap_area *sa = &vm->swap[i];

		if (!sa->active || sa->closing || swap_area_full(sa))
			continue;
		if (!best || sa->priority > best->priority ||
		    (sa->priority == best->priority && sa->turn < best->turn))
			best = sa;
	}
	return best;
}

/* The first free slot in [@from, @to), or 0. */
static uint32_t map_search(const struct swap_area *sa, uint32_t from,
			   uint32_t to)
{
	uint32_t at = from;

	while (at < to) {
		uint64_t free = ~sa->map[at / BITS] & ~0ull << at % BITS;

		at -= at % BITS;
		if (free) {
			at += (uint32_t)__builtin_ctzll(free);
			return at < to ? at : 0;
		}
		at += BITS;
	}
	return 0;
}

uint32_t swap_slot_alloc(struct vm *vm, uint16_t owner, uint32_t index)
{
	struct swap_area *sa = swap_area_pick(vm);
	uint32_t n;

	assert(owner && owner != SWAP_ORPHAN);
	if (!sa)
		return 0;
	n = map_search(sa, sa->next, sa->nr_slots);
	if (!n)
		n = map_search(sa, 1, sa->next);
	assert(n && sa->slot[n].owner == 0);
	sa->map[n / BITS] |= 1ull << n % BITS;
	sa->slot[n].owner = owner;
	sa->slot[n].index = index;
	sa->slot[n].cache = 0;
	sa->used++;
	sa->next = n + 1 < sa->nr_slots ? n + 1 : 1;
	sa->turn = ++vm->swap_turn;
	return pte_swap(sa->id, n);
}

struct swap_slot *swap_slot_get(struct vm *vm, uint32_t entry)
{
	struct swap_area *sa = &vm->swap[pte_swap_area(entry)];
	uint32_t n = pte_swap_slot(entry);

	assert(pte_swapped(entry) && sa->active);
	assert(n > 0 && n < sa->nr_slots && sa->slot[n].owner);
	return &sa->slot[n];
}

void swap_slot_store(struct vm *vm, uint32_t entry, uint32_t cache)
{
	struct swap_slot *slot = swap_slot_get(vm, entry);
	uint32_t old = slot->cache;

	assert(slot->owner);
	slot->cache = cache;
	xa_store(vm, &vm->swap[pte_swap_area(entry)].xa, pte_swap_slot(entry),
		 old, cache);
}

void swap_slot_free(struct vm *vm, uint32_t entry)
{
	struct swap_slot *slot = swap_slot_get(vm, entry);
	struct swap_area *sa = &vm->swap[pte_swap_area(entry)];
	uint32_t n = pte_swap_slot(entry);

	assert(sa->used > 0 && (sa->map[n / BITS] & 1ull << n % BITS));
	swap_slot_store(vm, entry, 0);
	slot->owner = 0;
	slot->index = 0;
	sa->map[n / BITS] &= ~(1ull << n % BITS);
	sa->used--;
}

void swap_area_stat(const struct swap_area *sa, struct vm_swap_stat *s)
{
	assert(sa->active);
	*s = (struct vm_swap_stat){
		.is_file = sa->conf.is_file,
		.pages = sa->nr_slots - 1,
		.used = sa->used,
		.priority = sa->priority,
	};
	memcpy(s->path, sa->conf.path, sizeof(s->path));
}

/* An area that is being emptied counts by what it still holds (G.4). */
uint64_t swap_total_pages(const struct vm *vm)
{
	uint64_t nr = 0;

	for (unsigned i = 0; i < VM_MAX_SWAPS; i++) {
		const struct swap_area *sa = &vm->swap[i];

		if (sa->active)
			nr += sa->closing ? sa->used : sa->nr_slots - 1;
	}
	return nr;
}

uint64_t swap_free_pages(const struct vm *vm)
{
	uint64_t nr = 0;

	for (unsigned i = 0; i < VM_MAX_SWAPS; i++) {
		const struct swap_area *sa = &vm->swap[i];

		if (sa->active && !sa->closing)
			nr += sa->nr_slots - 1 - sa->used;
	}
	return nr;
}
