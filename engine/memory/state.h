/* SPDX-License-Identifier: MIT */
/*
 * state.h - struct vm: everything that exists in one simulated machine.
 *
 * Every floor may read it; each member is changed by the file named beside
 * it.  All of it is guarded by world.lock.
 */
#ifndef ENGINE_MEMORY_STATE_H
#define ENGINE_MEMORY_STATE_H

#include <vm/sysctl.h>
#include <vm/trace.h>

#include "memory/disk.h"
#include "memory/file.h"
#include "memory/mm.h"
#include "memory/pgdat.h"
#include "memory/psi.h"
#include "memory/swap_map.h"
#include "memory/task.h"
#include "world/world.h"

/*
 * The tunables, named as the files of /proc/sys/vm are, with '_' for '-', and
 * in their order.  Units and defaults are those of the files (fact sheet A.1):
 * bytes, kB, per cent, 1/100 s or seconds as the name says, watermark_*_factor
 * in 1/10000 of a zone.  Written by sysctl.c alone, within the bounds of its
 * table; read by everybody.  Values that come from the machine's memory
 * (min_free_kbytes, the two reserves) are filled in at the end of the boot.
 */
struct tunables {
	uint64_t admin_reserve_kbytes;
	int32_t compact_memory;
	int32_t compact_unevictable_allowed;
	uint32_t compaction_proactiveness;
	uint64_t dirty_background_bytes;
	int32_t dirty_background_ratio;
	uint64_t dirty_bytes;
	uint32_t dirty_expire_centisecs;
	int32_t dirty_ratio;
	uint32_t dirty_writeback_centisecs;
	uint32_t dirtytime_expire_seconds;
	int32_t drop_caches;
	int32_t enable_soft_offline;
	int32_t extfrag_threshold;
	bool hugetlb_optimize_vmemmap;
	int32_t hugetlb_shm_group;
	int32_t laptop_mode; /* seconds */
	int32_t legacy_va_layout;
	int32_t lowmem_reserve_ratio[VM_NR_ZONES];
	int32_t max_map_count;
	int32_t memfd_noexec;
	int32_t memory_failure_early_kill;
	int32_t memory_failure_recovery;
	int32_t min_free_kbytes;
	int32_t min_slab_ratio;
	int32_t min_unmapped_ratio;
	uint64_t mmap_min_addr;
	int32_t mmap_rnd_bits;
	int32_t mmap_rnd_compat_bits;
	uint64_t nr_hugepages;
	uint64_t nr_overcommit_hugepages;
	int32_t numa_stat;
	int32_t oom_dump_tasks;
	int32_t oom_kill_allocating_task;
	uint64_t overcommit_kbytes;
	int32_t overcommit_memory;
	int32_t overcommit_ratio;
	int32_t page_cluster;
	int32_t page_lock_unfairness;
	int32_t panic_on_oom;
	int32_t percpu_pagelist_high_fraction;
	int32_t stat_interval; /* seconds */
	int32_t swappiness;
	int32_t unprivileged_userfaultfd;
	uint64_t user_reserve_kbytes;
	int32_t vfs_cache_pressure;
	int32_t watermark_boost_factor;
	int32_t watermark_scale_factor;
	int32_t zone_reclaim_mode;
};

struct cpu; /* actors/cpu.h */

/*
 * One machine.  vm.c makes it from a struct vm_machine and takes it down.
 *
 * Whose is what: nodes, zones and frames are here; files, tasks, CPUs and
 * flushers are allocated by the module that is named beside them, which frees
 * them as well.  Everything that points at a page does so by frame number, and
 * a page names its owner by number (mapping.h), so that nothing here depends
 * on addresses.
 */
struct vm {
	struct world world;
	struct vm_machine conf; /* as given; file and task lists are copies */
	struct tunables ctl;	/* sysctl.c */
	int32_t user_min_free_kbytes; /* -1: nobody has written it */
	bool drop_caches_silent; /* 4 has been written: log no more */

	/* memory: pgdat.c, buddy.c, lruvec.c */
	uint32_t nr_nodes;
	struct pgdat node[VM_MAX_NODES];
	/* all zones by id, populated or not */
	struct zone *zone_table[VM_MAX_NODES * VM_NR_ZONES];
	struct page *mem_map;
	uint64_t nr_frames;  /* of mem_map, holes included */
	uint8_t *block_zone; /* zone id of a page block */
	uint8_t *block_type; /* migrate type of a page block */
	uint64_t *free_low, *free_high; /* bits of free blocks: free_list.h */
	uint64_t total_pages; /* managed */
	uint64_t totalreserve; /* B.5, sum of the nodes' */
	unsigned shadow_order; /* workingset.c: age bits dropped */
	uint32_t cpu_now;      /* whose page lists are used: cpu.c, kswapd.c */
	uint64_t pcp_next_ns;  /* timer.c: when they are looked at again */
	uint64_t flush_next_ns; /* timer.c: the next lruvecs_flush() */

	/* owners of pages */
	struct mapping *mapping[MAPPING_MAX];
	uint16_t last_mapping; /* number given last */
	struct file *files[VM_MAX_FILES];
	uint32_t nr_files;
	struct swap_area swap[VM_MAX_SWAPS];
	uint64_t swap_turn; /* G.1: the clock of the round robin */

	/* who acts */
	struct disk disk[VM_MAX_DISKS];
	struct cpu *cpu; /* conf.nr_cpus of them */
	struct vm_cpu_stat cpu_stat[VM_MAX_CPUS];
	struct task *tasks, *last_task; /* oldest first: H.3 walks it */
	struct task *pid_table[VM_MAX_PID + 1];
	uint32_t nr_tasks;
	uint32_t nr_threads; /* of all tasks */
	int last_pid;
	int pid_max; /* the least number that is not given */

	/* figures */
	uint64_t event[VM_NR_EVENT_ITEMS];
	struct psi psi;
	bool psi_watched; /* vm_psi_watch() */
	uint64_t loadavg[3];
	uint64_t load_next_ns;
	uint32_t nr_running, nr_uninterruptible, nr_iowait;
	uint64_t forks, context_switches;
	uint64_t committed_as; /* pages, rule I: overcommit.c */

	/* F.1: the smoothed limit, and when it was last moved */
	uint64_t dirty_limit, dirty_limit_time_ns;

	/* oom_kill.c */
	uint32_t nr_oom_victims; /* in flight */
	bool panicked;
	uint64_t oom_report_ns; /* when this window of reports began */
	uint32_t nr_oom_reports; /* in it */

	/* ops that have ended; vm.c calls their done() without the lock */
	struct vm_op *ended, *last_ended;

	/* the sleeping tasks of the whole machine, by wake_ns: cpu.c */
	struct actor timer; /* actors/timer.c: PSI, load average, reaper */

	/* observer (trace.c) */
	vm_observer *observer;
	void *observer_arg;

	/*
	 * Upwards: set by the floor that does it, so that the floor below
	 * need not know it.
	 */
	void (*end_io)(struct vm *vm, struct disk *d, const struct disk_io *io);
	void (*task_runnable)(struct vm *vm, struct task *t);
	void (*wake_flusher)(struct vm *vm, struct disk *d,
			     enum vm_wb_reason reason);
};

static inline struct page *pfn_page(const struct vm *vm, uint32_t pfn)
{
	return &vm->mem_map[pfn];
}

/* Start fetching a frame; one in eight lies across two cache lines. */
static inline void page_prefetch(const struct vm *vm, uint32_t pfn)
{
	const char *p = (const char *)&vm->mem_map[pfn];

	prefetchw(p);
	prefetchw(p + sizeof(struct page) - 1);
}

static inline struct zone *page_zone(const struct vm *vm, uint32_t pfn)
{
	return vm->zone_table[vm->block_zone[pfn >> PAGEBLOCK_ORDER]];
}

static inline struct pgdat *page_pgdat(struct vm *vm, uint32_t pfn)
{
	return &vm->node[page_zone(vm, pfn)->nid];
}

#define for_each_node(vm, p)                                                   \
	for (p = (vm)->node; p < (vm)->node + (vm)->nr_nodes; p++)

#define for_each_zone(pgdat, z)                                                \
	for (z = (pgdat)->zone; z < (pgdat)->zone + VM_NR_ZONES; z++)

#endif
