/* SPDX-License-Identifier: MIT */
/*
 * swaps.c - the door to swap areas: swapon and swapoff (fact sheet G.6).
 *
 * Each takes the engine's lock for one bounded step.
 */
#include <vm/vm.h>

#include <assert.h>
#include <errno.h>

#include "memory/trace.h"
#include "reclaim/swapoff.h"

static void tell(struct vm *vm, enum vm_event_type type, uint32_t index,
		 const struct vm_swap_stat *stat)
{
	struct vm_event ev;

	assert(index < VM_MAX_SWAPS);
	if (!trace_enabled(vm))
		return;
	ev = trace_event(vm, type, NULL);
	ev.value = (int64_t)index;
	ev.swap = *stat;
	trace_send(vm, &ev);
}

int vm_swapon(struct vm *vm, uint32_t index, int32_t priority)
{
	struct vm_swap_stat stat;
	int err;

	lock_take(&vm->world.lock);
	world_now(&vm->world);
	err = swap_area_on(vm, index, priority);
	if (!err) {
		swap_area_stat(&vm->swap[index], &stat);
		tell(vm, VM_EV_SWAPON, index, &stat);
	}
	lock_drop(&vm->world.lock);
	return err;
}

int vm_swapoff(struct vm *vm, uint32_t index)
{
	struct vm_swap_stat stat = { 0 };
	int err = -EINVAL;

	lock_take(&vm->world.lock);
	world_now(&vm->world);
	if (index < vm->conf.nr_swaps && vm->swap[index].active) {
		swap_area_stat(&vm->swap[index], &stat);
		err = swapoff_step(vm, index);
	}
	if (!err)
		tell(vm, VM_EV_SWAPOFF, index, &stat);
	lock_drop(&vm->world.lock);
	return err;
}

void vm_swapoff_cancel(struct vm *vm, uint32_t index)
{
	lock_take(&vm->world.lock);
	if (index < vm->conf.nr_swaps && vm->swap[index].active)
		swapoff_cancel(vm, index);
	lock_drop(&vm->world.lock);
}
