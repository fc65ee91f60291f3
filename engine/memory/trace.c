/* SPDX-License-Identifier: MIT */
/*
 * trace.c - the observer, and the names of events.
 *
 * Called wherever something happens that an observer may want to know; when
 * there is none the callers do not even fill an event in.  Calls the observer
 * with the world's lock held.
 */
#include "memory/trace.h"

#include <assert.h>
#include <string.h>

const char *const vm_event_type_name[VM_NR_EVENT_TYPES] = {
	[VM_EV_WAKEUP_KSWAPD] = "wakeup_kswapd",
	[VM_EV_KSWAPD_WAKE] = "kswapd_wake",
	[VM_EV_KSWAPD_SLEEP] = "kswapd_sleep",
	[VM_EV_DIRECT_RECLAIM_BEGIN] = "direct_reclaim_begin",
	[VM_EV_DIRECT_RECLAIM_END] = "direct_reclaim_end",
	[VM_EV_NODE_RECLAIM_BEGIN] = "node_reclaim_begin",
	[VM_EV_NODE_RECLAIM_END] = "node_reclaim_end",
	[VM_EV_LRU_ISOLATE] = "lru_isolate",
	[VM_EV_SHRINK_INACTIVE] = "lru_shrink_inactive",
	[VM_EV_SHRINK_ACTIVE] = "lru_shrink_active",
	[VM_EV_SHRINK_SLAB] = "shrink_slab",
	[VM_EV_WRITE_FOLIO] = "write_folio",
	[VM_EV_THROTTLED] = "throttled",
	[VM_EV_RECLAIM_RETRY_ZONE] = "reclaim_retry_zone",
	[VM_EV_OOM_INVOKED] = "oom_invoked",
	[VM_EV_OOM_KILL] = "oom_kill",
	[VM_EV_OOM_REAPED] = "oom_reaped",
	[VM_EV_OOM_PANIC] = "oom_panic",
	[VM_EV_PAGE_ALLOC_FAILURE] = "page_alloc_failure",
	[VM_EV_OOM_SCORE_ADJ] = "oom_score_adj_update",
	[VM_EV_OOM_ADJ_DEPRECATED] = "oom_adj_deprecated",
	[VM_EV_ENOMEM] = "enough_memory_refused",
	[VM_EV_TASK_SPAWN] = "task_spawn",
	[VM_EV_TASK_EXIT] = "task_exit",
	[VM_EV_SYSCTL] = "sysctl",
	[VM_EV_DROP_CACHES] = "drop_caches",
	[VM_EV_NUMA_STAT] = "numa_stat",
	[VM_EV_ZONELIST_ORDER] = "numa_zonelist_order",
	[VM_EV_SYSCTL_POS] = "sysctl_position",
	[VM_EV_SWAPON] = "swapon",
	[VM_EV_SWAPOFF] = "swapoff",
	[VM_EV_FLUSHER] = "flusher",
	[VM_EV_PSI] = "psi",
};

struct vm_event trace_event(struct vm *vm, enum vm_event_type type,
			    const struct task *t)
{
	struct vm_event ev;

	assert(type < VM_NR_EVENT_TYPES);
	memset(&ev, 0, sizeof(ev));
	ev.type = type;
	ev.time_ns = vm->world.now_ns;
	ev.nid = -1;
	if (t) {
		ev.pid = t->pid;
		ev.cpu = t->cpu;
		memcpy(ev.comm, t->comm, sizeof(ev.comm));
	}
	return ev;
}

void trace_send(struct vm *vm, const struct vm_event *ev)
{
	assert(ev->type < VM_NR_EVENT_TYPES);
	if (vm->observer)
		vm->observer(vm->observer_arg, ev);
}
