/* SPDX-License-Identifier: MIT */
/*
 * test_swap_map.c - which area gives a slot, and which (fact sheet G.1).
 */
#include <errno.h>

#include "memory_rig.h"

#define OWNER 77

/* @nr areas of @pages slots, header included, none of them on. */
static struct vm *start(unsigned nr, uint64_t pages)
{
	rig_start(4096, VM_DISK_SSD);
	rig.vm->conf.nr_swaps = nr;
	for (unsigned i = 0; i < nr; i++) {
		rig.vm->conf.swap[i].pages = pages;
		rig.vm->conf.swap[i].disk = 1;
	}
	return rig.vm;
}

static void drain(struct vm *vm)
{
	for (unsigned i = 0; i < VM_MAX_SWAPS; i++)
		for (uint32_t n = 1;
		     vm->swap[i].active && n < vm->swap[i].nr_slots; n++)
			if (vm->swap[i].slot[n].owner)
				swap_slot_free(vm, pte_swap(i, n));
}

static unsigned area_of_next(struct vm *vm)
{
	uint32_t entry = swap_slot_alloc(vm, OWNER, 0);

	ck_assert_uint_ne(entry, 0);
	return pte_swap_area(entry);
}

START_TEST(test_automatic_priorities)
{
	struct vm *vm = start(4, 10);

	ck_assert_int_eq(swap_area_on(vm, 0, VM_SWAP_PRIO_AUTO), 0);
	ck_assert_int_eq(swap_area_on(vm, 1, 5), 0);
	ck_assert_int_eq(swap_area_on(vm, 2, VM_SWAP_PRIO_AUTO), 0);
	ck_assert_int_eq(swap_area_on(vm, 3, VM_SWAP_PRIO_AUTO), 0);
	ck_assert_int_eq(vm->swap[0].priority, -2);
	ck_assert_int_eq(vm->swap[1].priority, 5);
	ck_assert_int_eq(vm->swap[2].priority, -3);
	ck_assert_int_eq(vm->swap[3].priority, -4);
	swap_area_off(vm, 2); /* the one behind moves up */
	ck_assert_int_eq(vm->swap[0].priority, -2);
	ck_assert_int_eq(vm->swap[3].priority, -3);
	swap_area_off(vm, 1); /* one that was given moves nobody */
	ck_assert_int_eq(vm->swap[3].priority, -3);
	ck_assert_int_eq(swap_area_on(vm, 2, VM_SWAP_PRIO_AUTO), 0);
	ck_assert_int_eq(vm->swap[2].priority, -4);
	rig_stop();
}
END_TEST

START_TEST(test_refusals)
{
	struct vm *vm = start(2, 10);

	vm->conf.swap[1].pages = 1; /* nothing but the header */
	ck_assert_int_eq(swap_area_on(vm, 2, 0), -EINVAL);
	ck_assert_int_eq(swap_area_on(vm, 1, 0), -EINVAL);
	ck_assert_int_eq(swap_area_on(vm, 0, -1), -EINVAL);
	ck_assert_int_eq(swap_area_on(vm, 0, 32768), -EINVAL);
	ck_assert_int_eq(swap_area_on(vm, 0, 32767), 0);
	ck_assert_int_eq(swap_area_on(vm, 0, 0), -EBUSY);
	ck_assert_int_eq(vm->swap[0].priority, 32767);
	vm->conf.swap[1].pages = SWAP_MAX_SLOTS + 1ull;
	ck_assert_int_eq(swap_area_on(vm, 1, 0), -EINVAL);
	rig_stop();
}
END_TEST

START_TEST(test_highest_priority_first_then_the_next)
{
	struct vm *vm = start(2, 4);

	swap_area_on(vm, 0, 1);
	swap_area_on(vm, 1, 2);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(area_of_next(vm), 1);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(area_of_next(vm), 0);
	ck_assert_uint_eq(swap_slot_alloc(vm, OWNER, 0), 0);
	ck_assert_uint_eq(swap_free_pages(vm), 0);
	ck_assert_uint_eq(swap_total_pages(vm), 6);
	/* a slot that comes back in the better area is taken first */
	swap_slot_free(vm, pte_swap(0, 2));
	swap_slot_free(vm, pte_swap(1, 2));
	ck_assert_uint_eq(swap_slot_alloc(vm, OWNER, 0), pte_swap(1, 2));
	drain(vm);
	ck_assert_uint_eq(swap_free_pages(vm), 6);
	rig_stop();
}
END_TEST

START_TEST(test_equals_take_turns)
{
	struct vm *vm = start(3, 10);
	static const unsigned want[] = { 0, 1, 2, 0, 1, 2, 0 };

	for (unsigned i = 0; i < 3; i++)
		swap_area_on(vm, i, 7);
	for (unsigned i = 0; i < ARRAY_SIZE(want); i++)
		ck_assert_uint_eq(area_of_next(vm), want[i]);
	drain(vm);
	rig_stop();
}
END_TEST

/* Next-fit: on from the last, around the end, never the header. */
START_TEST(test_search_goes_on)
{
	struct vm *vm = start(1, 200);

	swap_area_on(vm, 0, 0);
	for (uint32_t n = 1; n < 200; n++)
		ck_assert_uint_eq(swap_slot_alloc(vm, OWNER, n),
				  pte_swap(0, n));
	ck_assert_uint_eq(swap_slot_alloc(vm, OWNER, 0), 0);
	swap_slot_free(vm, pte_swap(0, 130));
	swap_slot_free(vm, pte_swap(0, 64));
	swap_slot_free(vm, pte_swap(0, 63));
	ck_assert_uint_eq(swap_slot_alloc(vm, OWNER, 0), pte_swap(0, 63));
	swap_slot_free(vm, pte_swap(0, 5));
	ck_assert_uint_eq(swap_slot_alloc(vm, OWNER, 0), pte_swap(0, 64));
	ck_assert_uint_eq(swap_slot_alloc(vm, OWNER, 0), pte_swap(0, 130));
	ck_assert_uint_eq(swap_slot_alloc(vm, OWNER, 0), pte_swap(0, 5));
	ck_assert_uint_eq(swap_slot_alloc(vm, OWNER, 0), 0);
	drain(vm);
	rig_stop();
}
END_TEST

START_TEST(test_slot_remembers_its_page)
{
	struct vm *vm = start(1, 10);
	uint32_t entry;
	struct swap_slot *slot;

	swap_area_on(vm, 0, 0);
	entry = swap_slot_alloc(vm, OWNER, 4711);
	slot = swap_slot_get(vm, entry);
	ck_assert_uint_eq(slot->owner, OWNER);
	ck_assert_uint_eq(slot->index, 4711);
	ck_assert_uint_eq(slot->cache, 0);
	slot->cache = SHADOW_BIT | 5;
	swap_slot_free(vm, entry);
	ck_assert_uint_eq(vm->swap[0].used, 0);
	ck_assert_uint_eq(slot->cache, 0);
	rig_stop();
}
END_TEST

/* An area that is being emptied gives nothing and counts what it holds. */
START_TEST(test_closing_area)
{
	struct vm *vm = start(2, 11);

	swap_area_on(vm, 0, 9);
	swap_area_on(vm, 1, 1);
	ck_assert_uint_eq(area_of_next(vm), 0);
	vm->swap[0].closing = true;
	ck_assert_uint_eq(swap_total_pages(vm), 1 + 10);
	ck_assert_uint_eq(swap_free_pages(vm), 10);
	ck_assert_uint_eq(area_of_next(vm), 1);
	drain(vm);
	rig_stop();
}
END_TEST

START_TEST(test_entries_keep_area_and_slot)
{
	static const uint32_t slots[] = { 1, 4096, SWAP_MAX_SLOTS - 1 };

	for (uint32_t area = 0; area < VM_MAX_SWAPS; area++)
		for (unsigned i = 0; i < ARRAY_SIZE(slots); i++) {
			uint32_t e = pte_swap(area, slots[i]);

			ck_assert(pte_swapped(e) && !pte_present(e));
			ck_assert_uint_eq(pte_swap_area(e), area);
			ck_assert_uint_eq(pte_swap_slot(e), slots[i]);
		}
	/* half used is not full, one more is */
	ck_assert(!swap_is_full(50, 100));
	ck_assert(swap_is_full(49, 100));
	ck_assert(!swap_is_full(0, 0));
}
END_TEST

CHECK_MAIN("swap_map", test_automatic_priorities, test_refusals,
	   test_highest_priority_first_then_the_next, test_equals_take_turns,
	   test_search_goes_on, test_slot_remembers_its_page,
	   test_closing_area, test_entries_keep_area_and_slot)
