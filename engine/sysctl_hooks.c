/* SPDX-License-Identifier: MIT */
/*
 * sysctl_hooks.c - what follows from a write to /proc/sys/vm.
 *
 * A hook comes after the values have been stored, with what they were and
 * with the verdict on them.  It runs after every write, since Linux's
 * handlers do: an empty write to drop_caches drops again, a refused one to
 * lowmem_reserve_ratio succeeds (fact sheet A.1, errata 2 and (b)1).
 *
 * Called by sysctl.c.  Calls page_alloc.h for marks, writeback.h, flusher.h,
 * drop_caches.h and hugepages.h.  Locking: the world's lock.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "actors/flusher.h"
#include "memory/pcp.h"
#include "memory/trace.h"
#include "reclaim/drop_caches.h"
#include "reclaim/hugepages.h"
#include "reclaim/page_alloc.h"
#include "reclaim/writeback.h"
#include "sysctl.h"

#define PCP_LEAST_FRACTION 8
#define DROP_SILENCE	   4

int hook_min_free(struct vm *vm, const struct ctl_write *w)
{
	if (w->err)
		return w->err;
	assert(vm->ctl.min_free_kbytes >= 0);
	vm->user_min_free_kbytes = vm->ctl.min_free_kbytes;
	setup_per_zone_wmarks(vm);
	wake_kswapds_below_low(vm);
	return 0;
}

int hook_watermark_scale(struct vm *vm, const struct ctl_write *w)
{
	if (w->err)
		return w->err;
	assert(vm->ctl.watermark_scale_factor > 0);
	setup_per_zone_wmarks(vm);
	wake_kswapds_below_low(vm);
	return 0;
}

/* Errors are swallowed, and what is below 1 means "no protection". */
int hook_lowmem_reserve(struct vm *vm, const struct ctl_write *w)
{
	(void)w;
	assert(w->ctl->nr == VM_NR_ZONES);
	for (unsigned i = 0; i < VM_NR_ZONES; i++)
		if (vm->ctl.lowmem_reserve_ratio[i] < 1)
			vm->ctl.lowmem_reserve_ratio[i] = 0;
	setup_per_zone_lowmem_reserve(vm);
	return 0;
}

int hook_min_slab(struct vm *vm, const struct ctl_write *w)
{
	if (w->err)
		return w->err;
	assert(vm->ctl.min_slab_ratio >= 0);
	setup_min_slab_ratio(vm);
	return 0;
}

int hook_min_unmapped(struct vm *vm, const struct ctl_write *w)
{
	if (w->err)
		return w->err;
	assert(vm->ctl.min_unmapped_ratio >= 0);
	setup_min_unmapped_ratio(vm);
	return 0;
}

/* Without lists their limits are calculated when they are shown. */
int hook_pcp_fraction(struct vm *vm, const struct ctl_write *w)
{
	const int fraction = vm->ctl.percpu_pagelist_high_fraction;

	if (w->err)
		return w->err;
	assert(fraction >= 0);
	if (fraction == 0 || fraction >= PCP_LEAST_FRACTION) {
		pcps_set_high(vm);
		return 0;
	}
	vm->ctl.percpu_pagelist_high_fraction = (int32_t)w->old[0];
	return -EINVAL;
}

/* More pages than the kernel can count?  The sum wraps, as it does there. */
static bool too_many_pages(uint64_t bytes)
{
	return (bytes + VM_PAGE_SIZE - 1) / VM_PAGE_SIZE > UINT32_MAX;
}

int hook_dirty_background_bytes(struct vm *vm, const struct ctl_write *w)
{
	if (w->err)
		return w->err;
	if (too_many_pages(vm->ctl.dirty_background_bytes)) {
		vm->ctl.dirty_background_bytes = (uint64_t)w->old[0];
		return -ERANGE;
	}
	vm->ctl.dirty_background_ratio = 0;
	return 0;
}

int hook_dirty_background_ratio(struct vm *vm, const struct ctl_write *w)
{
	if (w->err)
		return w->err;
	assert(vm->ctl.dirty_background_ratio <= 100);
	vm->ctl.dirty_background_bytes = 0;
	return 0;
}

/* Of this pair only a change counts. */
int hook_dirty_bytes(struct vm *vm, const struct ctl_write *w)
{
	if (w->err || vm->ctl.dirty_bytes == (uint64_t)w->old[0])
		return w->err;
	if (too_many_pages(vm->ctl.dirty_bytes)) {
		vm->ctl.dirty_bytes = (uint64_t)w->old[0];
		return -ERANGE;
	}
	writeback_set_ratelimit(vm);
	vm->ctl.dirty_ratio = 0;
	return 0;
}

int hook_dirty_ratio(struct vm *vm, const struct ctl_write *w)
{
	if (w->err || vm->ctl.dirty_ratio == (int32_t)w->old[0])
		return w->err;
	assert(vm->ctl.dirty_ratio <= 100);
	vm->ctl.dirty_bytes = 0;
	writeback_set_ratelimit(vm);
	return 0;
}

int hook_dirty_writeback(struct vm *vm, const struct ctl_write *w)
{
	assert(w->ctl->nr == 1);
	if (w->err)
		return w->err;
	if (vm->ctl.dirty_writeback_centisecs != (uint32_t)w->old[0])
		flushers_retime(vm);
	return 0;
}

int hook_overcommit_ratio(struct vm *vm, const struct ctl_write *w)
{
	assert(w->ctl->nr == 1);
	if (!w->err)
		vm->ctl.overcommit_kbytes = 0;
	return w->err;
}

int hook_overcommit_kbytes(struct vm *vm, const struct ctl_write *w)
{
	assert(w->ctl->nr == 1);
	if (!w->err)
		vm->ctl.overcommit_ratio = 0;
	return w->err;
}

/*
 * Any number is kept, and only 1 is taken.  Free blocks are merged as soon
 * as they meet, and no page is moved to make them meet: compacting does not
 * change the free lists.
 */
int hook_compact_memory(struct vm *vm, const struct ctl_write *w)
{
	assert(w->ctl->nr == 1);
	if (w->err)
		return w->err;
	return vm->ctl.compact_memory == 1 ? 0 : -EINVAL;
}

/* An event of a writer: his name and pid, and the value. */
static struct vm_event writer_event(struct vm *vm, enum vm_event_type type,
				    const struct ctl_write *w, int64_t value)
{
	struct vm_event ev = trace_event(vm, type, NULL);

	assert(w->ctl);
	ev.value = value;
	ev.who = w->who;
	if (w->who) {
		ev.pid = w->who->pid;
		memcpy(ev.comm, w->who->comm, sizeof(ev.comm));
	}
	return ev;
}

int hook_drop_caches(struct vm *vm, const struct ctl_write *w)
{
	const int bits = vm->ctl.drop_caches;

	if (w->err)
		return w->err;
	assert(bits >= 0 && bits <= DROP_SILENCE);
	drop_caches(vm, bits);
	/* The write that asks for silence is still logged. */
	if (!vm->drop_caches_silent && trace_enabled(vm) && w->who) {
		const struct vm_event ev =
			writer_event(vm, VM_EV_DROP_CACHES, w, bits);

		trace_send(vm, &ev);
	}
	if (bits & DROP_SILENCE)
		vm->drop_caches_silent = true;
	return 0;
}

/* The pool becomes as large as it can; that is what is read back. */
int hook_hugepages(struct vm *vm, const struct ctl_write *w)
{
	assert(w->ctl->nr == 1);
	if (w->err || vm->ctl.nr_hugepages == (uint64_t)w->old[0])
		return w->err;
	vm->ctl.nr_hugepages =
		set_max_huge_pages(vm, vm->ctl.nr_hugepages, UINT64_MAX);
	return 0;
}

static void zero_numa_counters(struct vm *vm)
{
	struct pgdat *p;
	struct zone *z;

	assert(!vm->ctl.numa_stat);
	for_each_node (vm, p)
		for_each_zone (p, z)
			memset(z->numa, 0, sizeof(z->numa));
}

int hook_numa_stat(struct vm *vm, const struct ctl_write *w)
{
	assert(w->ctl->nr == 1);
	if (w->err || vm->ctl.numa_stat == (int32_t)w->old[0])
		return w->err;
	if (!vm->ctl.numa_stat)
		zero_numa_counters(vm);
	if (trace_enabled(vm)) {
		const struct vm_event ev =
			writer_event(vm, VM_EV_NUMA_STAT, w, vm->ctl.numa_stat);

		trace_send(vm, &ev);
	}
	return 0;
}
