/* SPDX-License-Identifier: MIT */
/*
 * timer.c - what the clock itself does.
 *
 * Pressure averages every 2 s and a tick, the load average every 5 s and a
 * tick, the sums that reclaim goes by every 2 s if it does, the oom_reaper when
 * it has asked for a turn.  While no task is runnable or waits, and all
 * averages have come down to 0, nothing of this changes anything: the timer
 * then sleeps until a CPU gets work.
 *
 * Calls memory/psi.c and reclaim/oom_reap.c; woken by cpu.c and oom_reap.c.
 * Locking: the world's lock.
 */
#include <assert.h>

#include <vm/vm.h>

#include "actors/timer.h"
#include "memory/pcp.h"
#include "memory/trace.h"
#include "memory/vmstat.h"
#include "reclaim/oom_kill.h"

#define FLUSH_PERIOD_NS (2 * VM_SECOND)

static bool load_is_zero(const struct vm *vm)
{
	return !vm->nr_running && !vm->nr_uninterruptible && !vm->loadavg[0] &&
	       !vm->loadavg[1] && !vm->loadavg[2];
}

/* Turns that were slept through had nothing in them: 0 stays 0. */
static void load_step(struct vm *vm, uint64_t now_ns)
{
	while (vm->load_next_ns <= now_ns) {
		if (load_is_zero(vm))
			vm->load_next_ns += (now_ns - vm->load_next_ns) /
					    LOAD_PERIOD_NS * LOAD_PERIOD_NS;
		loadavg_calc(vm->loadavg,
			     vm->nr_running + vm->nr_uninterruptible);
		vm->load_next_ns += LOAD_PERIOD_NS;
	}
	assert(vm->load_next_ns > now_ns);
}

static bool psi_is_quiet(const struct vm *vm)
{
	for (unsigned r = 0; r < VM_NR_PSI; r++)
		for (unsigned full = 0; full < 2; full++)
			for (unsigned a = 0; a < 3; a++)
				if (vm->psi.avg[r][full][a])
					return false;
	return true;
}

/* Somebody outside has armed a trigger: let him look. */
static uint64_t psi_watch_step(struct vm *vm, uint64_t now_ns)
{
	struct vm_event ev;

	if (!vm->psi_watched || !trace_enabled(vm))
		return ACTOR_NEVER;
	assert(vm->world.now_ns == now_ns);
	ev = trace_event(vm, VM_EV_PSI, NULL);
	trace_send(vm, &ev);
	return now_ns + VM_PSI_WATCH_NS;
}

/* Once a second, while it changes something. */
static uint64_t page_lists_step(struct vm *vm, uint64_t now_ns)
{
	if (vm->conf.page_lists == VM_PAGE_LISTS_NONE)
		return ACTOR_NEVER;
	if (vm->pcp_next_ns > now_ns)
		return vm->pcp_next_ns;
	vm->pcp_next_ns = now_ns + VM_SECOND;
	assert(vm->pcp_next_ns > now_ns);
	return pcps_decay(vm) ? vm->pcp_next_ns : ACTOR_NEVER;
}

/* mm/memcontrol.c: flush_memcg_stats_dwork. */
static uint64_t lru_counts_step(struct vm *vm, uint64_t now_ns)
{
	if (vm->conf.lru_counts == VM_LRU_COUNTS_EXACT)
		return ACTOR_NEVER;
	if (vm->flush_next_ns <= now_ns) {
		lruvecs_flush(vm);
		vm->flush_next_ns = now_ns - now_ns % FLUSH_PERIOD_NS +
				    FLUSH_PERIOD_NS;
	}
	assert(vm->flush_next_ns > now_ns);
	return vm->flush_next_ns;
}

static uint64_t timer_step(struct actor *a, uint64_t now_ns)
{
	struct vm *vm = container_of(a, struct vm, timer);
	uint64_t next, watch;

	if (vm->panicked)
		return ACTOR_NEVER;
	if (vm->psi.avg_next_ns <= now_ns)
		psi_update(&vm->psi, now_ns);
	load_step(vm, now_ns);
	next = oom_reaper_step(vm, now_ns);
	next = MIN(next, page_lists_step(vm, now_ns));
	if (load_is_zero(vm) && psi_is_quiet(vm))
		return next;
	next = MIN(next, lru_counts_step(vm, now_ns));
	next = MIN(next, vm->load_next_ns);
	next = MIN(next, MAX(vm->psi.avg_next_ns, now_ns + 1));
	watch = psi_watch_step(vm, now_ns);
	next = MIN(next, watch);
	assert(next != ACTOR_NEVER);
	return next;
}

void timer_init(struct vm *vm)
{
	static const char name[] = "timer";

	assert(!vm->timer.step);
	for (unsigned i = 0; i < sizeof(name); i++)
		vm->timer.name[i] = name[i];
	vm->timer.step = timer_step;
	vm->timer.due_ns = ACTOR_NEVER;
	vm->load_next_ns = vm->world.now_ns + LOAD_PERIOD_NS;
	world_add(&vm->world, &vm->timer);
}
