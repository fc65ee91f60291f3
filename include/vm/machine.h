/* SPDX-License-Identifier: MIT */
/*
 * machine.h - what a simulated machine is made of, before it runs.
 *
 * A struct vm_machine is plain data: whoever reads a machine file, captures a
 * real system or writes a test fills one in, vm_machine_check() looks at it,
 * vm_create() copies what it needs.  Nothing here is shared with a running
 * engine, so nothing here needs a lock.
 *
 * Units: sizes in pages of VM_PAGE_SIZE bytes (nr_*, *_pages), times in
 * nanoseconds (*_ns), rates in bytes a second (*_bps).
 */
#ifndef VM_MACHINE_H
#define VM_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#define VM_PAGE_SHIFT 12
#define VM_PAGE_SIZE  (1u << VM_PAGE_SHIFT)

/* Every count and size that comes from outside has its limit here. */
#define VM_MAX_NODES   16u
#define VM_MAX_CPUS    256u
#define VM_MAX_DISKS   16u
#define VM_MAX_SWAPS   16u
#define VM_MAX_FILES   4096u
#define VM_MAX_TASKS   16384u
#define VM_MAX_PHASES  16u
#define VM_MAX_SYSCTLS 64u
#define VM_MAX_PID     32768
#define VM_PID_MAX_LEAST 301	 /* of kernel.pid_max, as Linux */
#define VM_PID_MAX_MOST	 4194304
#define VM_MAX_PAGES   (1u << 28) /* frames of the machine: 1 TiB */
#define VM_MAX_DISTANCE 255u
#define VM_MIN_DISTANCE 10u

#define VM_COMM_LEN 16	 /* with the final NUL, as TASK_COMM_LEN */
#define VM_NAME_LEN 64	 /* disks, files, paths */
#define VM_ARGS_LEN 256	 /* command line of a task */
#define VM_VALUE_LEN 128 /* text of one sysctl value */

/* Zones in index order; x86-64 puts DMA below 16 MiB, DMA32 below 4 GiB. */
enum vm_zone_type {
	VM_ZONE_DMA,
	VM_ZONE_DMA32,
	VM_ZONE_NORMAL,
	VM_ZONE_MOVABLE,
	VM_ZONE_DEVICE,
	VM_NR_ZONES
};

/* As buddyinfo's columns: 2^0 .. 2^10 pages. */
#define VM_MAX_ORDER 10u
#define VM_NR_ORDERS (VM_MAX_ORDER + 1)

enum vm_migratetype {
	VM_MIGRATE_UNMOVABLE,
	VM_MIGRATE_MOVABLE,
	VM_MIGRATE_RECLAIMABLE,
	VM_MIGRATE_HIGHATOMIC,
	VM_NR_MIGRATETYPES
};

/*
 * One zone of one node.  Only managed pages are simulated; spanned, present
 * and start_pfn are figures that zoneinfo prints.
 * spanned >= present >= managed; all 0 for a zone that is not populated.
 */
struct vm_zone_conf {
	uint64_t start_pfn;
	uint64_t spanned;
	uint64_t present;
	uint64_t managed;
};

/*
 * What a captured zone's marks were.  A kernel calculates them while it
 * boots, before all of its memory is there, and keeps them until somebody
 * writes a tunable that they follow from: so do we.  In pages, without the
 * boost; high and promo are as far apart as min and low (fact sheet B.2).
 */
struct vm_zone_marks {
	uint64_t min, low; /* low 0: calculated */
	uint64_t boost;	   /* of a zone that was fragmented just then (B.3) */
	uint64_t protection[VM_NR_ZONES]; /* all 0: calculated (B.4) */
};

struct vm_node_conf {
	uint64_t mem_pages; /* size of the node; used when !zones_given */
	uint64_t movable_pages; /* of them, the part in zone Movable */
	bool zones_given;   /* zone[] stands as it is */
	struct vm_zone_conf zone[VM_NR_ZONES];
	struct vm_zone_marks marks[VM_NR_ZONES];
	uint64_t hugepages; /* of 2 MiB, in its pool; 0: as vm.nr_hugepages
			     * shares them out */
	uint8_t distance[VM_MAX_NODES]; /* to every node; [self] is 10 */
};

enum vm_disk_kind {
	VM_DISK_NVME,
	VM_DISK_SSD,
	VM_DISK_HDD,
	VM_DISK_ZRAM,
	VM_NR_DISK_KINDS
};

struct vm_disk_conf {
	char name[VM_NAME_LEN]; /* "nvme0n1": as /sys/block names it */
	enum vm_disk_kind kind;
	uint64_t read_latency_ns;
	uint64_t write_latency_ns;
	uint64_t bandwidth_bps;
	uint32_t queue_depth; /* requests whose latencies overlap, >= 1 */
	uint32_t fail_permille; /* requests that end with an error */
	uint64_t pages; /* its size; what is put on it is not held against it */
};

#define VM_SWAP_PRIO_AUTO INT32_MIN

/* Pages of a swap area: mkswap's least, and what a PTE can name. */
#define VM_SWAP_MIN_PAGES 10u
#define VM_SWAP_MAX_PAGES (1ull << 26)

struct vm_swap_conf {
	char path[VM_NAME_LEN]; /* "/dev/nvme0n1p2" */
	bool is_file;		/* /proc/swaps says file, not partition */
	uint32_t disk;		/* index into vm_machine.disk */
	uint64_t pages;		/* header page included */
	int32_t priority;	/* 0..32767, or VM_SWAP_PRIO_AUTO */
};

struct vm_file_conf {
	char name[VM_NAME_LEN];
	uint32_t disk; /* index into vm_machine.disk */
	uint64_t pages;
};

/* Sysctl values set at boot, as text, in this order: "vm.swappiness". */
struct vm_sysctl_conf {
	char name[VM_NAME_LEN];
	char value[VM_VALUE_LEN];
};

enum vm_pattern {
	VM_PATTERN_IDLE,
	VM_PATTERN_SEQUENTIAL, /* page after page, round and round */
	VM_PATTERN_UNIFORM,
	VM_PATTERN_ZIPF, /* exponent 1.0 */
	VM_PATTERN_HOT,	 /* hot_permille of the accesses go to the hot part */
	VM_NR_PATTERNS
};

enum vm_target {
	VM_TARGET_ANON,	   /* the task's anonymous area */
	VM_TARGET_MAPPING, /* its file, through a shared mapping */
	VM_TARGET_FILE,	   /* its file, through read() and write() */
	VM_NR_TARGETS
};

/*
 * One phase of a workload.  Phases follow each other; after the last the
 * first comes again if vm_task_conf.repeat, else the task sleeps for good.
 */
struct vm_phase_conf {
	enum vm_pattern pattern;
	enum vm_target target;
	uint64_t duration_ns;  /* 0: until accesses are done, or for ever */
	uint64_t accesses;     /* pages to access in all; 0: no bound */
	uint64_t first;	       /* first page of the span */
	uint64_t pages;	       /* span; 0: to the end of the target */
	uint64_t rate;	       /* page accesses a second; 0: flat out */
	uint32_t write_permille; /* accesses that write */
	uint32_t hot_permille;	 /* HOT: accesses that go to the hot part */
	uint64_t hot_pages;	 /* HOT: size of the hot part */
	bool grow; /* ANON: every access is to a new page: a leak */
};

struct vm_task_conf {
	char comm[VM_COMM_LEN];
	char args[VM_ARGS_LEN]; /* command line; "" is comm */
	int pid;		/* 0: the next free one */
	int ppid;		/* 0: 1 */
	uint32_t uid, gid;
	int oom_score_adj;	/* -1000..1000 */
	uint32_t nr_threads;	/* 0 counts as 1; nothing runs in the others */
	uint64_t nodes;		/* MPOL_BIND mask of nodes; 0: all */
	int cpu;		/* bound to this CPU; -1: anywhere */
	uint64_t anon_pages;	/* size of its anonymous area at start */
	uint64_t anon_resident; /* touched at start, <= anon_pages */
	uint64_t anon_swapped;	/* already swapped out at start */
	uint64_t mlock_pages;	/* first pages of the area that are locked */
	char file[VM_NAME_LEN]; /* its file; "" is none */
	uint64_t file_pages;	/* size if the file is not in the machine */
	bool map_file;		/* mapped shared as well */
	bool repeat;		/* phases start over */
	bool own_tids;		/* its threads have numbers of their own */
	uint32_t nr_phases;
	struct vm_phase_conf phase[VM_MAX_PHASES];
};

/* CPU time of the things that memory management does; fact sheet K. */
struct vm_costs {
	uint64_t touch_ns;	 /* access to a resident, mapped page */
	uint64_t read_ns;	 /* read() or write() of a cached page */
	uint64_t minor_fault_ns;
	uint64_t map_file_ns;	 /* map a cached page, fault-around share */
	uint64_t scan_ns;	 /* a page looked at and kept */
	uint64_t reclaim_ns;	 /* a clean unmapped page freed */
	uint64_t unmap_ns;	 /* rmap walk of a mapped page */
	uint64_t swap_out_ns;	 /* a page, without the device */
	uint64_t swap_in_ns;	 /* a page, without the device */
	uint64_t free_ns;	 /* unmap and free at exit */
	uint64_t remote_percent; /* touch on a node of distance 20, 100.. */
};

/* What the kernel itself holds; taken at boot, unmovable. */
struct vm_kernel_conf {
	uint64_t slab_reclaimable;   /* pages: dentries and inodes */
	uint64_t slab_unreclaimable; /* pages */
	uint64_t misc;		     /* pages that no counter names */
	uint64_t shmem;		     /* pages of tmpfs: initramfs, /run */
};

enum vm_kswapd_wake {
	VM_KSWAPD_WAKE_LOW,  /* Linux: an allocation failed the low mark */
	VM_KSWAPD_WAKE_HIGH, /* the textbook: below high */
};

/* Lists of free pages that each CPU has for itself. */
enum vm_page_lists {
	VM_PAGE_LISTS_NONE,   /* a page that is free is counted as free */
	VM_PAGE_LISTS_FIXED,  /* refilled with one batch: Linux to 6.6 */
	VM_PAGE_LISTS_SCALED, /* with up to 32 batches at once: since 6.7 */
};

/*
 * What reclaim and refaults know of the lists' lengths: mm/memcontrol.c:
 * lruvec_page_state.  With memory cgroups the kernel adds its counters up
 * every two seconds, and goes by the sums until then.
 */
enum vm_lru_counts {
	VM_LRU_COUNTS_EXACT,   /* as they are: Linux without memory cgroups */
	VM_LRU_COUNTS_FLUSHED, /* as they were: 6.12 with them */
};

struct vm_machine {
	uint32_t nr_nodes;
	struct vm_node_conf node[VM_MAX_NODES];
	uint32_t nr_cpus;
	uint8_t cpu_node[VM_MAX_CPUS];
	uint32_t nr_disks;
	struct vm_disk_conf disk[VM_MAX_DISKS];
	uint32_t nr_swaps;
	struct vm_swap_conf swap[VM_MAX_SWAPS];
	uint32_t nr_sysctls;
	struct vm_sysctl_conf sysctl[VM_MAX_SYSCTLS];
	uint32_t nr_files;
	struct vm_file_conf *file; /* owned: free() */
	uint32_t nr_tasks;
	struct vm_task_conf *task; /* owned: free() */
	struct vm_costs cost;
	struct vm_kernel_conf kernel;
	enum vm_kswapd_wake kswapd_wake;
	enum vm_page_lists page_lists;
	enum vm_lru_counts lru_counts;
	bool thp;	/* min_free_kbytes gets the huge-page correction */
	uint64_t seed;	/* of every generator of the machine */
	uint64_t boot_epoch_s; /* /proc/stat btime */
};

/* Below this many managed pages huge pages start switched off: 512 MiB. */
#define VM_THP_LEAST_PAGES (512u << (20 - VM_PAGE_SHIFT))

/*
 * When a machine has booted that does not say: at the beginning of 2026, so
 * that all runs on a virtual clock are alike.  A live machine's default is
 * the moment when it is mounted (fs/cli).
 */
#define VM_BOOT_EPOCH_S 1767225600u

/* Prepare an empty machine: no node, default costs.  Cannot fail. */
void vm_machine_init(struct vm_machine *m);

/*
 * Do huge pages start switched on?  Below 512 MiB of managed memory they do
 * not (mm/huge_memory.c:hugepage_init).  Of a machine whose zones are laid
 * out.
 */
bool vm_machine_thp_default(const struct vm_machine *m);

/* Free what @m owns and make it empty again. */
void vm_machine_fini(struct vm_machine *m);

/* The values of a kind of disk: latencies, bandwidth, queue (K). */
void vm_disk_defaults(struct vm_disk_conf *d, enum vm_disk_kind kind);

/*
 * Fill in the zones of every node without zones_given, as x86-64 lays
 * memory out from node 0 upwards: 1..16 MiB DMA, to 4 GiB DMA32, then Normal;
 * movable_pages are taken from the top.  1.6 % of each zone (the frames'
 * own descriptors) is not managed.
 */
void vm_machine_layout(struct vm_machine *m);

/* What vm_machine_check() found. */
struct vm_complaint {
	char what[160];	    /* "node 1: distance to node 0: 7, want 10..255" */
	const char *field;  /* the key it is about, "distance" */
	int index;	    /* of the node, task, ... it is about, or -1 */
};

/*
 * True if @m can be simulated; else false and the first thing wrong in @c.
 * Looks at every limit above and at references between parts.
 */
bool vm_machine_check(const struct vm_machine *m, struct vm_complaint *c);

#endif
