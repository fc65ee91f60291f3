/* SPDX-License-Identifier: MIT */
/*
 * stat.h - every figure of the machine, in one consistent snapshot.
 *
 * The enums are in the order of /proc/vmstat (fact sheet J.2); the name of an
 * item stands at its index in the matching vm_*_name[] table.
 *
 * Units: pages unless the name says otherwise.
 */
#ifndef VM_STAT_H
#define VM_STAT_H

#include <vm/machine.h>

struct vm;

enum vm_zone_item {
	NR_FREE_PAGES,
	NR_ZONE_INACTIVE_ANON,
	NR_ZONE_ACTIVE_ANON,
	NR_ZONE_INACTIVE_FILE,
	NR_ZONE_ACTIVE_FILE,
	NR_ZONE_UNEVICTABLE,
	NR_ZONE_WRITE_PENDING,
	NR_MLOCK,
	NR_BOUNCE,
	NR_ZSPAGES,
	NR_FREE_CMA,
	NR_UNACCEPTED,
	VM_NR_ZONE_ITEMS
};

enum vm_numa_item {
	NUMA_HIT,
	NUMA_MISS,
	NUMA_FOREIGN,
	NUMA_INTERLEAVE,
	NUMA_LOCAL,
	NUMA_OTHER,
	VM_NR_NUMA_ITEMS
};

enum vm_node_item {
	NR_INACTIVE_ANON,
	NR_ACTIVE_ANON,
	NR_INACTIVE_FILE,
	NR_ACTIVE_FILE,
	NR_UNEVICTABLE,
	NR_SLAB_RECLAIMABLE,
	NR_SLAB_UNRECLAIMABLE,
	NR_ISOLATED_ANON,
	NR_ISOLATED_FILE,
	WORKINGSET_NODES,
	WORKINGSET_REFAULT_ANON,
	WORKINGSET_REFAULT_FILE,
	WORKINGSET_ACTIVATE_ANON,
	WORKINGSET_ACTIVATE_FILE,
	WORKINGSET_RESTORE_ANON,
	WORKINGSET_RESTORE_FILE,
	WORKINGSET_NODERECLAIM,
	NR_ANON_MAPPED,
	NR_FILE_MAPPED,
	NR_FILE_PAGES,
	NR_FILE_DIRTY,
	NR_WRITEBACK,
	NR_WRITEBACK_TEMP,
	NR_SHMEM,
	NR_SHMEM_THPS,
	NR_SHMEM_PMDMAPPED,
	NR_FILE_THPS,
	NR_FILE_PMDMAPPED,
	NR_ANON_THPS,
	NR_VMSCAN_WRITE,
	NR_VMSCAN_IMMEDIATE,
	NR_DIRTIED,
	NR_WRITTEN,
	NR_THROTTLED_WRITTEN,
	NR_KERNEL_MISC_RECLAIMABLE,
	NR_FOLL_PIN_ACQUIRED,
	NR_FOLL_PIN_RELEASED,
	NR_KERNEL_STACK_KB, /* kB */
	NR_PAGETABLE,
	NR_SECONDARY_PAGETABLE,
	NR_IOMMU_PAGES,
	NR_SWAPCACHE,
	PGPROMOTE_SUCCESS,
	PGPROMOTE_CANDIDATE,
	PGDEMOTE_KSWAPD,
	PGDEMOTE_DIRECT,
	PGDEMOTE_KHUGEPAGED,
	VM_NR_NODE_ITEMS
};

enum vm_event_item {
	PGPGIN, /* sectors in the engine; vmstat prints kB */
	PGPGOUT,
	PSWPIN,
	PSWPOUT,
	PGALLOC_DMA,
	PGALLOC_DMA32,
	PGALLOC_NORMAL,
	PGALLOC_MOVABLE,
	PGALLOC_DEVICE,
	ALLOCSTALL_DMA,
	ALLOCSTALL_DMA32,
	ALLOCSTALL_NORMAL,
	ALLOCSTALL_MOVABLE,
	ALLOCSTALL_DEVICE,
	PGSCAN_SKIP_DMA,
	PGSCAN_SKIP_DMA32,
	PGSCAN_SKIP_NORMAL,
	PGSCAN_SKIP_MOVABLE,
	PGSCAN_SKIP_DEVICE,
	PGFREE,
	PGACTIVATE,
	PGDEACTIVATE,
	PGLAZYFREE,
	PGFAULT,
	PGMAJFAULT,
	PGLAZYFREED,
	PGREFILL,
	PGREUSE,
	PGSTEAL_KSWAPD,
	PGSTEAL_DIRECT,
	PGSTEAL_KHUGEPAGED,
	PGSCAN_KSWAPD,
	PGSCAN_DIRECT,
	PGSCAN_KHUGEPAGED,
	PGSCAN_DIRECT_THROTTLE,
	PGSCAN_ANON,
	PGSCAN_FILE,
	PGSTEAL_ANON,
	PGSTEAL_FILE,
	PGSCAN_ZONE_RECLAIM_SUCCESS,
	PGSCAN_ZONE_RECLAIM_FAILED,
	PGINODESTEAL,
	SLABS_SCANNED,
	KSWAPD_INODESTEAL,
	KSWAPD_LOW_WMARK_HIT_QUICKLY,
	KSWAPD_HIGH_WMARK_HIT_QUICKLY,
	PAGEOUTRUN,
	PGROTATED,
	DROP_PAGECACHE,
	DROP_SLAB,
	OOM_KILL,
	NUMA_PTE_UPDATES,
	NUMA_HUGE_PTE_UPDATES,
	NUMA_HINT_FAULTS,
	NUMA_HINT_FAULTS_LOCAL,
	NUMA_PAGE_MIGRATE,
	PGMIGRATE_SUCCESS,
	PGMIGRATE_FAIL,
	THP_MIGRATION_SUCCESS,
	THP_MIGRATION_FAIL,
	THP_MIGRATION_SPLIT,
	COMPACTMIGRATE_SCANNED,
	COMPACTFREE_SCANNED,
	COMPACTISOLATED,
	COMPACTSTALL,
	COMPACTFAIL,
	COMPACTSUCCESS,
	KCOMPACTD_WAKE,
	KCOMPACTD_MIGRATE_SCANNED,
	KCOMPACTD_FREE_SCANNED,
	HTLB_BUDDY_PGALLOC,
	HTLB_BUDDY_PGALLOC_FAIL,
	UNEVICTABLE_PGCULLED,
	UNEVICTABLE_PGSCANNED,
	UNEVICTABLE_PGRESCUED,
	UNEVICTABLE_PGMLOCKED,
	UNEVICTABLE_PGMUNLOCKED,
	UNEVICTABLE_PGCLEARED,
	UNEVICTABLE_PGSTRANDED,
	THP_FAULT_ALLOC,
	THP_FAULT_FALLBACK,
	THP_FAULT_FALLBACK_CHARGE,
	THP_COLLAPSE_ALLOC,
	THP_COLLAPSE_ALLOC_FAILED,
	THP_FILE_ALLOC,
	THP_FILE_FALLBACK,
	THP_FILE_FALLBACK_CHARGE,
	THP_FILE_MAPPED,
	THP_SPLIT_PAGE,
	THP_SPLIT_PAGE_FAILED,
	THP_DEFERRED_SPLIT_PAGE,
	THP_UNDERUSED_SPLIT_PAGE,
	THP_SPLIT_PMD,
	THP_SCAN_EXCEED_NONE_PTE,
	THP_SCAN_EXCEED_SWAP_PTE,
	THP_SCAN_EXCEED_SHARED_PTE,
	THP_SPLIT_PUD,
	THP_ZERO_PAGE_ALLOC,
	THP_ZERO_PAGE_ALLOC_FAILED,
	THP_SWPOUT,
	THP_SWPOUT_FALLBACK,
	BALLOON_INFLATE,
	BALLOON_DEFLATE,
	BALLOON_MIGRATE,
	SWAP_RA,
	SWAP_RA_HIT,
	SWPIN_ZERO,
	SWPOUT_ZERO,
	KSM_SWPIN_COPY,
	COW_KSM,
	ZSWPIN,
	ZSWPOUT,
	ZSWPWB,
	DIRECT_MAP_LEVEL2_SPLIT,
	DIRECT_MAP_LEVEL3_SPLIT,
	VM_NR_EVENT_ITEMS
};

extern const char *const vm_zone_item_name[VM_NR_ZONE_ITEMS];
extern const char *const vm_numa_item_name[VM_NR_NUMA_ITEMS];
extern const char *const vm_node_item_name[VM_NR_NODE_ITEMS];
extern const char *const vm_event_item_name[VM_NR_EVENT_ITEMS];
extern const char *const vm_zone_name[VM_NR_ZONES];
extern const char *const vm_migratetype_name[VM_NR_MIGRATETYPES];

/* Which of the textbook's four bands a zone's free pages lie in. */
enum vm_band {
	VM_BAND_ABOVE_HIGH,
	VM_BAND_LOW_HIGH,
	VM_BAND_MIN_LOW,
	VM_BAND_BELOW_MIN
};

struct vm_zone_stat {
	uint64_t start_pfn, spanned, present, managed;
	uint64_t boost;		       /* included in the four marks */
	uint64_t min, low, high, promo;
	uint64_t protection[VM_NR_ZONES]; /* lowmem_reserve */
	uint64_t item[VM_NR_ZONE_ITEMS];
	uint64_t numa[VM_NR_NUMA_ITEMS];
	uint64_t nr_free[VM_NR_ORDERS][VM_NR_MIGRATETYPES]; /* blocks */
	uint64_t pageblocks[VM_NR_MIGRATETYPES];
	uint32_t pcp_batch;
	uint32_t pcp_high; /* of a machine without lists (page_lists) */
	uint64_t free_pcp; /* on the CPUs' own lists; 0 without them */
	uint32_t stat_threshold;
	enum vm_band band;
};

/* A CPU's own list of free pages of a zone. */
struct vm_pcp_stat {
	uint32_t count, high;
};

struct vm_node_stat {
	struct vm_zone_stat zone[VM_NR_ZONES];
	uint64_t item[VM_NR_NODE_ITEMS];
	uint64_t nr_hugepages, nr_hugepages_free; /* huge pages of 2 MiB */
	bool unreclaimable; /* kswapd gave up: 16 runs without progress */
	bool kswapd_active;
	uint8_t distance[VM_MAX_NODES];
};

/* J.5: averages are fixed point with 11 fraction bits, totals in us. */
struct vm_psi {
	uint64_t some_avg[3], full_avg[3]; /* 10 s, 60 s, 300 s */
	uint64_t some_total_us, full_total_us;
};

enum vm_psi_res { VM_PSI_IO, VM_PSI_MEM, VM_PSI_CPU, VM_NR_PSI };

struct vm_cpu_stat {
	uint64_t user_ns, system_ns, idle_ns, iowait_ns;
	uint32_t node;
};

struct vm_disk_stat { /* as the columns of /proc/diskstats */
	char name[VM_NAME_LEN];
	enum vm_disk_kind kind;
	uint64_t pages; /* its size */
	uint64_t reads, read_sectors, read_ns;
	uint64_t writes, write_sectors, write_ns;
	uint64_t in_flight, busy_ns, weighted_ns;
};

struct vm_swap_stat {
	char path[VM_NAME_LEN];
	bool is_file;
	uint64_t pages; /* usable */
	uint64_t used;
	int priority;
};

/* One kind of slab, of all nodes: objects in use, objects that have room. */
struct vm_slab_stat {
	uint64_t objects, room, pages;
	uint32_t object_size, per_slab;
	uint32_t slab_pages; /* of a slab, when memory allows */
};

/*
 * The whole machine at one moment.  About 200 KiB: keep one, not on a stack
 * that is small.  Only the first nr_* entries of an array are filled in.
 */
struct vm_stat {
	uint64_t now_ns; /* virtual time since boot */
	uint32_t nr_nodes, nr_cpus, nr_disks, nr_swaps;
	struct vm_node_stat node[VM_MAX_NODES];
	struct vm_cpu_stat cpu[VM_MAX_CPUS];
	struct vm_disk_stat disk[VM_MAX_DISKS];
	struct vm_swap_stat swap[VM_MAX_SWAPS];
	uint64_t event[VM_NR_EVENT_ITEMS];
	struct vm_psi psi[VM_NR_PSI];
	uint64_t loadavg[3];	/* fixed point, 11 fraction bits */
	uint32_t nr_running;	/* runnable tasks */
	uint32_t nr_uninterruptible;
	uint32_t nr_iowait;
	uint32_t nr_threads;	/* all tasks, kernel threads included */
	int last_pid, pid_max;
	uint64_t forks, context_switches;
	uint64_t total_pages;	/* managed, all zones */
	uint64_t totalreserve_pages;
	uint64_t swap_total, swap_free; /* pages */
	uint64_t committed_as;	/* pages */
	uint64_t commit_limit;	/* pages, rule I */
	uint64_t mem_available; /* pages, rule J.1 */
	uint64_t buffers;	/* pages of block devices */
	uint64_t dirty_threshold, dirty_background_threshold;
	uint64_t nr_hugepages, nr_hugepages_free, nr_hugepages_rsvd,
		nr_hugepages_surp; /* huge pages of 2 MiB */
	struct vm_slab_stat xa_nodes; /* index of page and swap caches */
	uint64_t boot_epoch_s;
	bool thp;      /* huge pages are on (vm_set_thp()) */
	bool panicked; /* the simulated machine has halted */
	uint32_t cpu_now; /* whose page lists were used last */
	/* vm_machine.page_lists; else pcp is not filled in */
	bool page_lists;
	struct vm_pcp_stat pcp[VM_MAX_NODES][VM_NR_ZONES][VM_MAX_CPUS];
};

/*
 * Fill in @s.  Takes the engine's lock for the few microseconds that copying
 * takes; never waits for reclaim.
 */
void vm_stat_get(struct vm *vm, struct vm_stat *s);

/*
 * While @on, and while anything runs or waits, the observer gets a VM_EV_PSI
 * every VM_PSI_WATCH_NS, so that pressure triggers are looked at in time.
 */
#define VM_PSI_WATCH_NS 50000000ull
void vm_psi_watch(struct vm *vm, bool on);

/* One of @item over all zones or nodes of @s. */
uint64_t vm_stat_zone_sum(const struct vm_stat *s, enum vm_zone_item item);
uint64_t vm_stat_node_sum(const struct vm_stat *s, enum vm_node_item item);

#endif
