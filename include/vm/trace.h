/* SPDX-License-Identifier: MIT */
/*
 * trace.h - what happens inside, as it happens.
 *
 * The engine reports events to at most one observer.  It makes no text: the
 * kernel log, the tracepoints of fact sheet L and the event file are written
 * by observers.
 *
 * The observer is called with the engine's lock held: it must be quick, must
 * not call any vm_*() function but the vm_*_locked() ones, and must not keep
 * the event, which lives on the caller's stack.
 */
#ifndef VM_TRACE_H
#define VM_TRACE_H

#include <vm/machine.h>
#include <vm/stat.h>
#include <vm/task.h>

enum vm_event_type {
	VM_EV_WAKEUP_KSWAPD,	    /* nid order gfp */
	VM_EV_KSWAPD_WAKE,	    /* nid order */
	VM_EV_KSWAPD_SLEEP,	    /* nid */
	VM_EV_DIRECT_RECLAIM_BEGIN, /* order gfp */
	VM_EV_DIRECT_RECLAIM_END,   /* nr_reclaimed */
	VM_EV_NODE_RECLAIM_BEGIN,   /* nid order gfp */
	VM_EV_NODE_RECLAIM_END,	    /* nr_reclaimed */
	VM_EV_LRU_ISOLATE,	    /* isolate */
	VM_EV_SHRINK_INACTIVE,	    /* inactive */
	VM_EV_SHRINK_ACTIVE,	    /* active */
	VM_EV_SHRINK_SLAB,	    /* nid nr_scanned nr_reclaimed */
	VM_EV_WRITE_FOLIO,	    /* pfn, reclaim_flags */
	VM_EV_THROTTLED,	    /* nid throttle */
	VM_EV_RECLAIM_RETRY_ZONE,   /* retry */
	VM_EV_OOM_INVOKED,	    /* oom: a report begins */
	VM_EV_OOM_KILL,		    /* oom: its victim */
	VM_EV_OOM_REAPED,	    /* oom: what the victim has left */
	VM_EV_OOM_PANIC,	    /* oom: panic says why */
	VM_EV_PAGE_ALLOC_FAILURE,   /* order gfp */
	VM_EV_OOM_SCORE_ADJ,	    /* value: new adj, of task pid */
	VM_EV_OOM_ADJ_DEPRECATED,   /* by who, task pid */
	VM_EV_ENOMEM,		    /* value: bytes refused, I */
	VM_EV_TASK_SPAWN,	    /* task pid */
	VM_EV_TASK_EXIT,	    /* task pid; value: 9 if killed */
	VM_EV_SYSCTL,		    /* sysctl: a value has changed */
	VM_EV_DROP_CACHES,	    /* value, by who; logged */
	VM_EV_NUMA_STAT,	    /* value 0 or 1: switched; logged */
	VM_EV_ZONELIST_ORDER,	    /* sysctl: refused value; logged */
	VM_EV_SYSCTL_POS,	    /* sysctl: write at non-zero offset */
	VM_EV_SWAPON,		    /* swap */
	VM_EV_SWAPOFF,		    /* swap */
	VM_EV_FLUSHER,		    /* disk, reason, nr_reclaimed = written */
	VM_EV_PSI,		    /* look at the pressure: vm_psi_watch() */
	VM_NR_EVENT_TYPES
};

extern const char *const vm_event_type_name[VM_NR_EVENT_TYPES];

enum vm_lru {
	VM_LRU_INACTIVE_ANON,
	VM_LRU_ACTIVE_ANON,
	VM_LRU_INACTIVE_FILE,
	VM_LRU_ACTIVE_FILE,
	VM_LRU_UNEVICTABLE,
	VM_NR_LRU_LISTS
};

enum vm_throttle {
	VM_THROTTLE_WRITEBACK,
	VM_THROTTLE_ISOLATED,
	VM_THROTTLE_NOPROGRESS,
	VM_THROTTLE_CONGESTED
};

enum vm_wb_reason {
	VM_WB_BACKGROUND,
	VM_WB_PERIODIC,
	VM_WB_VMSCAN,
	VM_WB_SYNC
};

enum vm_oom_constraint {
	VM_CONSTRAINT_NONE,
	VM_CONSTRAINT_CPUSET,
	VM_CONSTRAINT_MEMORY_POLICY
};

enum vm_oom_panic {
	VM_PANIC_NO,
	VM_PANIC_SYSTEM_WIDE, /* panic_on_oom 1 */
	VM_PANIC_COMPULSORY,  /* panic_on_oom 2 */
	VM_PANIC_DEADLOCK     /* no killable process */
};

struct vm_ev_isolate {
	int highest_zoneidx, order;
	uint64_t nr_requested, nr_scanned, nr_skipped, nr_taken;
	enum vm_lru lru;
};

struct vm_ev_inactive {
	uint64_t nr_scanned, nr_reclaimed, nr_dirty, nr_writeback,
		nr_congested, nr_immediate, nr_activate_anon,
		nr_activate_file, nr_ref_keep, nr_unmap_fail;
	int priority;
	bool file;
};

struct vm_ev_active {
	uint64_t nr_taken, nr_active, nr_deactivated, nr_referenced;
	int priority;
	bool file;
};

struct vm_ev_retry {
	enum vm_zone_type zone;
	uint64_t reclaimable, available, min_wmark;
	int no_progress_loops;
	bool wmark_check;
};

struct vm_ev_oom {
	enum vm_oom_constraint constraint;
	enum vm_oom_panic panic;
	uint64_t nodemask;	/* of MEMORY_POLICY, else 0 */
	int oom_score_adj;	/* of the task that asked */
	bool allocating_task;	/* oom_kill_allocating_task chose */
	bool dump_tasks;
	int highest_zoneidx;
	uint32_t asker_uid;
	struct vm_task_stat victim;
};

struct vm_ev_sysctl {
	const char *name;     /* "swappiness" */
	const char *old_text; /* NULL where there is none */
	const char *new_text;
};

struct vm_event {
	enum vm_event_type type;
	uint64_t time_ns;
	int cpu; /* on which it happened, 0 if on none */
	int pid; /* task or kernel thread that did it */
	char comm[VM_COMM_LEN];
	int nid;
	int order;
	uint32_t gfp;
	uint64_t nr_scanned, nr_reclaimed;
	int64_t value;
	union {
		struct vm_ev_isolate isolate;
		struct vm_ev_inactive inactive;
		struct vm_ev_active active;
		struct vm_ev_retry retry;
		const struct vm_ev_oom *oom;
		struct vm_ev_sysctl sysctl;
		const struct vm_cred *who;
		struct {
			enum vm_throttle reason;
			uint64_t timeout_us, delayed_us;
		} throttle;
		struct {
			uint64_t pfn;
			bool file;
		} folio;
		struct {
			uint32_t disk;
			enum vm_wb_reason reason;
		} flusher;
		struct vm_swap_stat swap;
	};
};

typedef void vm_observer(void *arg, const struct vm_event *ev);

/* Set or (NULL) take away the observer.  Not from inside it. */
void vm_observe(struct vm *vm, vm_observer *fn, void *arg);

/* For the observer only: as vm_stat_get() and friends, lock already held. */
void vm_stat_get_locked(struct vm *vm, struct vm_stat *s);
int vm_task_next_locked(struct vm *vm, int after);
int vm_task_get_locked(struct vm *vm, int pid, struct vm_task_stat *s);

#endif
