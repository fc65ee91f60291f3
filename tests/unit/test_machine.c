/* SPDX-License-Identifier: MIT */
/*
 * test_machine.c - where memory lies, and what a machine may not be.
 *
 * The layout of a PC: the DMA zone as seen live, the hole below 4 GiB, nodes
 * one behind the other, a movable part from the top.  Then every limit of
 * vm_machine_check(): a good machine, one thing made wrong, and the words in
 * which that is told.
 */
#include <string.h>

#include <vm/task.h>

#include "check_main.h"
#include "memory/machine_check.h"

#define MIB(n)	((uint64_t)(n) << (20 - VM_PAGE_SHIFT))
#define GIB(n)	MIB((uint64_t)(n) << 10)
#define HOLE	GIB(3)
#define ABOVE	GIB(4)

static struct vm_machine m;
static struct vm_file_conf files[2];
static struct vm_task_conf tasks[2];

/* A machine of one node with @pages. */
static void one_node(uint64_t pages)
{
	vm_machine_init(&m);
	m.nr_nodes = 1;
	m.node[0].mem_pages = pages;
	vm_machine_layout(&m);
}

static const struct vm_zone_conf *zone(unsigned nid, enum vm_zone_type type)
{
	return &m.node[nid].zone[type];
}

START_TEST(test_dma)
{
	const struct vm_zone_conf *z = zone(0, VM_ZONE_DMA);

	one_node(GIB(2));
	ck_assert_uint_eq(z->start_pfn, 1);
	ck_assert_uint_eq(z->spanned, 4095);
	ck_assert_uint_eq(z->present, 3998);
	ck_assert_uint_eq(z->managed, 3840);
	z = zone(0, VM_ZONE_DMA32);
	ck_assert_uint_eq(z->start_pfn, 4096);
	ck_assert_uint_eq(z->spanned, GIB(2) - 4096);
	ck_assert_uint_eq(z->present, GIB(2) - 4096);
	/* a frame's descriptor is 64 bytes */
	ck_assert_uint_eq(z->managed, z->present - z->present / 64);
	ck_assert_uint_eq(zone(0, VM_ZONE_NORMAL)->present, 0);
	ck_assert_uint_eq(zone(0, VM_ZONE_MOVABLE)->spanned, 0);
}
END_TEST

/* 8 GiB: 3 below the hole, 5 above 4 GiB. */
START_TEST(test_hole)
{
	const struct vm_zone_conf *z;

	one_node(GIB(8));
	z = zone(0, VM_ZONE_DMA32);
	ck_assert_uint_eq(z->start_pfn + z->spanned, HOLE);
	ck_assert_uint_eq(z->present, HOLE - 4096);
	z = zone(0, VM_ZONE_NORMAL);
	ck_assert_uint_eq(z->start_pfn, ABOVE);
	ck_assert_uint_eq(z->spanned, GIB(5));
	ck_assert_uint_eq(z->present, GIB(5));
}
END_TEST

/* Exactly up to the hole, and a page more. */
START_TEST(test_hole_edge)
{
	one_node(HOLE);
	ck_assert_uint_eq(zone(0, VM_ZONE_NORMAL)->present, 0);
	one_node(HOLE + 1);
	ck_assert_uint_eq(zone(0, VM_ZONE_NORMAL)->present, 1);
	ck_assert_uint_eq(zone(0, VM_ZONE_NORMAL)->start_pfn, ABOVE);
}
END_TEST

START_TEST(test_two_nodes)
{
	vm_machine_init(&m);
	m.nr_nodes = 3;
	m.node[0].mem_pages = GIB(2);
	m.node[1].mem_pages = GIB(2);
	m.node[2].mem_pages = GIB(1);
	vm_machine_layout(&m);
	ck_assert_uint_eq(zone(1, VM_ZONE_DMA)->present, 0);
	ck_assert_uint_eq(zone(1, VM_ZONE_DMA32)->start_pfn, GIB(2));
	ck_assert_uint_eq(zone(1, VM_ZONE_DMA32)->present, GIB(1));
	ck_assert_uint_eq(zone(1, VM_ZONE_NORMAL)->start_pfn, ABOVE);
	ck_assert_uint_eq(zone(1, VM_ZONE_NORMAL)->present, GIB(1));
	ck_assert_uint_eq(zone(2, VM_ZONE_NORMAL)->start_pfn,
			  ABOVE + GIB(1));
	ck_assert_uint_eq(zone(2, VM_ZONE_DMA32)->present, 0);
}
END_TEST

/* A node whose zones are given stays; the next one begins behind it. */
START_TEST(test_given_zones)
{
	vm_machine_init(&m);
	m.nr_nodes = 2;
	m.node[0].zones_given = true;
	m.node[0].zone[VM_ZONE_NORMAL] = (struct vm_zone_conf){
		.start_pfn = GIB(6),
		.spanned = 1000,
		.present = 900,
		.managed = 800,
	};
	m.node[1].mem_pages = MIB(16);
	vm_machine_layout(&m);
	ck_assert_uint_eq(zone(0, VM_ZONE_NORMAL)->managed, 800);
	ck_assert_uint_eq(zone(1, VM_ZONE_NORMAL)->start_pfn, GIB(6) + 1000);
	ck_assert_uint_eq(zone(1, VM_ZONE_NORMAL)->present, MIB(16));
}
END_TEST

START_TEST(test_movable)
{
	const struct vm_zone_conf *z;

	vm_machine_init(&m);
	m.nr_nodes = 1;
	m.node[0].mem_pages = GIB(8);
	m.node[0].movable_pages = GIB(2);
	vm_machine_layout(&m);
	ck_assert_uint_eq(zone(0, VM_ZONE_NORMAL)->present, GIB(3));
	z = zone(0, VM_ZONE_MOVABLE);
	ck_assert_uint_eq(z->present, GIB(2));
	ck_assert_uint_eq(z->spanned, GIB(2));
	ck_assert_uint_eq(z->start_pfn, ABOVE + GIB(3));
	/* more than the zone above 4 GiB has: the rest from below */
	m.node[0].movable_pages = GIB(6);
	vm_machine_layout(&m);
	ck_assert_uint_eq(zone(0, VM_ZONE_NORMAL)->present, 0);
	ck_assert_uint_eq(zone(0, VM_ZONE_NORMAL)->spanned, 0);
	ck_assert_uint_eq(zone(0, VM_ZONE_DMA32)->spanned, GIB(2) - 4096);
	ck_assert_uint_eq(zone(0, VM_ZONE_DMA32)->present, GIB(2) - 4096);
	z = zone(0, VM_ZONE_MOVABLE);
	ck_assert_uint_eq(z->present, GIB(6));
	ck_assert_uint_eq(z->start_pfn, GIB(2));
	ck_assert_uint_eq(z->start_pfn + z->spanned, ABOVE + GIB(5));
}
END_TEST

START_TEST(test_disk_defaults)
{
	struct vm_disk_conf d = { .name = "sdq" };

	for (unsigned kind = 0; kind < VM_NR_DISK_KINDS; kind++) {
		vm_disk_defaults(&d, kind);
		ck_assert_str_eq(d.name, "sdq");
		ck_assert_uint_eq(d.kind, kind);
		ck_assert_uint_gt(d.read_latency_ns, 0);
		ck_assert_uint_gt(d.write_latency_ns, 0);
		ck_assert_uint_ge(d.bandwidth_bps, VM_PAGE_SIZE);
		ck_assert_uint_ge(d.queue_depth, 1);
	}
}
END_TEST

/* --- the check --- */

/* A machine with one of everything, in which nothing is wrong. */
static void good_machine(void)
{
	vm_machine_init(&m);
	m.nr_nodes = 2;
	m.node[0].mem_pages = MIB(64);
	m.node[1].mem_pages = MIB(64);
	m.nr_cpus = 2;
	m.cpu_node[1] = 1;
	m.nr_disks = 2;
	vm_disk_defaults(&m.disk[0], VM_DISK_NVME);
	memcpy(m.disk[0].name, "nvme0n1", 8);
	vm_disk_defaults(&m.disk[1], VM_DISK_ZRAM);
	memcpy(m.disk[1].name, "zram0", 6);
	m.nr_swaps = 2;
	m.swap[0] = (struct vm_swap_conf){ "/dev/a", false, 0, 1000, 5 };
	m.swap[1] = (struct vm_swap_conf){ "/swap", true, 1, 2,
					   VM_SWAP_PRIO_AUTO };
	m.nr_sysctls = 1;
	m.sysctl[0] = (struct vm_sysctl_conf){ "vm.swappiness", "10" };
	memset(files, 0, sizeof(files));
	files[0] = (struct vm_file_conf){ "data", 0, 100 };
	files[1] = (struct vm_file_conf){ "log", 0, 1 };
	m.nr_files = 2;
	m.file = files;
	memset(tasks, 0, sizeof(tasks));
	tasks[0] = (struct vm_task_conf){
		.comm = "postgres",
		.pid = 100,
		.cpu = -1,
		.anon_pages = 200,
		.anon_resident = 100,
		.anon_swapped = 100,
		.file = "data",
		.map_file = true,
		.nr_phases = 1,
		.phase = { { .pattern = VM_PATTERN_ZIPF,
			     .target = VM_TARGET_MAPPING } },
	};
	tasks[1] = (struct vm_task_conf){ .comm = "sh", .cpu = 1 };
	m.nr_tasks = 2;
	m.task = tasks;
	vm_machine_layout(&m);
}

START_TEST(test_good)
{
	struct vm_complaint c;

	good_machine();
	ck_assert_msg(vm_machine_check(&m, &c), "%s", c.what);
}
END_TEST

static void many_nodes(void) { m.nr_nodes = VM_MAX_NODES + 1; }
static void no_nodes(void) { m.nr_nodes = 0; }
static void no_cpus(void) { m.nr_cpus = 0; }
static void many_cpus(void) { m.nr_cpus = VM_MAX_CPUS + 1; }
static void far_cpu(void) { m.cpu_node[1] = 2; }
static void many_tasks(void) { m.nr_tasks = VM_MAX_TASKS + 1; }
static void near_node(void) { m.node[1].distance[0] = 7; }
static void self_far(void) { m.node[1].distance[1] = 11; }
static void huge_node(void) { m.node[0].mem_pages = VM_MAX_PAGES + 1ull; }
static void all_movable(void)
{
	m.node[0].movable_pages = m.node[0].mem_pages;
	m.node[1].movable_pages = m.node[1].mem_pages;
	vm_machine_layout(&m);
}
static void movable(void) { m.node[1].movable_pages = MIB(64) + 1; }
static void spanned(void) { m.node[0].zone[VM_ZONE_DMA].spanned = 3; }
static void marks(void) { m.node[0].marks[VM_ZONE_DMA].min = 1; }
static void boost(void) { m.node[0].marks[VM_ZONE_DMA].boost = UINT64_MAX; }
static void protection(void)
{
	m.node[0].marks[VM_ZONE_DMA].protection[1] = UINT64_MAX;
}
static void managed(void) { m.node[0].zone[VM_ZONE_DMA].managed = 4000; }
static void device(void)
{
	m.node[0].zone[VM_ZONE_DEVICE] = (struct vm_zone_conf){ 1, 9, 9, 9 };
}
static void big_kernel(void) { m.kernel.misc = MIB(100); }
static void costs(void) { m.cost.touch_ns = UINT64_MAX; }
static void disk_name(void) { m.disk[1].name[0] = '\0'; }
static void disk_slash(void) { m.disk[1].name[0] = '/'; }
static void disk_twice(void) { m.disk[1] = m.disk[0]; }
static void disk_slow(void) { m.disk[0].bandwidth_bps = 0; }
static void disk_depth(void) { m.disk[0].queue_depth = 0; }
static void disk_errors(void) { m.disk[0].fail_permille = 1001; }
static void disk_kind(void) { m.disk[0].kind = VM_NR_DISK_KINDS; }
static void swap_disk(void) { m.swap[0].disk = 2; }
static void swap_small(void) { m.swap[0].pages = 1; }
static void swap_prio(void) { m.swap[0].priority = 32768; }
static void swap_neg(void) { m.swap[0].priority = -1; }
static void swap_twice(void) { m.swap[1] = m.swap[0]; }
static void file_twice(void) { files[1] = files[0]; }
static void file_empty(void) { files[1].pages = 0; }
static void file_disk(void) { files[1].disk = 9; }
static void no_tunable(void) { m.sysctl[0].name[13] = 'x'; }
static void no_prefix(void) { memcpy(m.sysctl[0].name, "kernel.x", 9); }
static void pid_twice(void) { tasks[1].pid = 100; }
static void pid_large(void) { tasks[1].pid = VM_MAX_PID + 1; }
static void pid_negative(void) { tasks[1].pid = -1; }
static void adj(void) { tasks[1].oom_score_adj = 1001; }
static void adj_low(void) { tasks[1].oom_score_adj = -1001; }
static void cpu(void) { tasks[1].cpu = 2; }
static void nodes(void) { tasks[1].nodes = 4; }
static void comm(void) { tasks[1].comm[0] = '\0'; }
static void comm_open(void) { memset(tasks[1].comm, 'x', VM_COMM_LEN); }
static void comm_line(void) { tasks[1].comm[1] = '\n'; }
static void rss(void) { tasks[0].anon_resident = 201; }
static void swapped(void) { tasks[0].anon_swapped = 101; }
static void mlocked(void) { tasks[0].mlock_pages = 201; }
static void no_swap(void) { m.nr_swaps = 0; }
static void no_file(void) { tasks[0].file[0] = 'D'; }
static void no_map(void) { tasks[0].map_file = false; }
static void permille(void) { tasks[0].phase[0].write_permille = 1001; }
static void phases(void) { tasks[0].nr_phases = VM_MAX_PHASES + 1; }
static void grow(void) { tasks[0].phase[0].grow = true; }

static void many_disks(void) { m.nr_disks = VM_MAX_DISKS + 1; }
static void many_swaps(void) { m.nr_swaps = VM_MAX_SWAPS + 1; }
static void many_sysctls(void) { m.nr_sysctls = VM_MAX_SYSCTLS + 1; }
static void many_files(void) { m.nr_files = VM_MAX_FILES + 1; }
static void wake(void) { m.kswapd_wake = VM_KSWAPD_WAKE_HIGH + 1; }
static void lists(void) { m.page_lists = VM_PAGE_LISTS_SCALED + 1; }
static void counts(void) { m.lru_counts = VM_LRU_COUNTS_FLUSHED + 1; }
static void far_zone(void)
{
	m.node[0].zone[VM_ZONE_NORMAL].start_pfn = (1ull << 40) + 1;
}
static void wide_zone(void)
{
	m.node[0].zone[VM_ZONE_NORMAL].spanned = (1ull << 40) + 1;
}
static void large_zone(void)
{
	m.node[0].zone[VM_ZONE_NORMAL].spanned =
		m.node[0].zone[VM_ZONE_NORMAL].present = VM_MAX_PAGES + 1ull;
}
static void low(void)
{
	m.node[0].marks[VM_ZONE_DMA].low = VM_MAX_PAGES + 1ull;
}
static void huge(void) { m.node[0].hugepages = (VM_MAX_PAGES >> 9) + 1; }
static void slab(void) { m.kernel.slab_reclaimable = MIB(100); }
static void slab_un(void) { m.kernel.slab_unreclaimable = MIB(100); }
static void shmem(void) { m.kernel.shmem = MIB(100); }
static void cost_read(void) { m.cost.read_ns = UINT64_MAX; }
static void cost_minor(void) { m.cost.minor_fault_ns = UINT64_MAX; }
static void cost_map(void) { m.cost.map_file_ns = UINT64_MAX; }
static void cost_scan(void) { m.cost.scan_ns = UINT64_MAX; }
static void cost_reclaim(void) { m.cost.reclaim_ns = UINT64_MAX; }
static void cost_unmap(void) { m.cost.unmap_ns = UINT64_MAX; }
static void cost_out(void) { m.cost.swap_out_ns = UINT64_MAX; }
static void cost_in(void) { m.cost.swap_in_ns = UINT64_MAX; }
static void cost_free(void) { m.cost.free_ns = UINT64_MAX; }
static void cost_remote(void) { m.cost.remote_percent = 10001; }
static void disk_read(void) { m.disk[0].read_latency_ns = UINT64_MAX; }
static void disk_write(void) { m.disk[0].write_latency_ns = UINT64_MAX; }
static void swap_name(void) { m.swap[1].path[0] = '\0'; }
static void file_name(void) { files[1].name[0] = '\0'; }
static void file_line(void) { files[1].name[0] = 0x7f; }
static void sysctl_name(void) { m.sysctl[0].name[0] = '\0'; }
static void sysctl_value(void) { m.sysctl[0].value[0] = '\0'; }
static void pattern(void) { tasks[0].phase[0].pattern = VM_NR_PATTERNS; }
static void target(void) { tasks[0].phase[0].target = VM_NR_TARGETS; }
static void duration(void) { tasks[0].phase[0].duration_ns = UINT64_MAX; }
static void rate(void) { tasks[0].phase[0].rate = (1ull << 40) + 1; }
static void hot(void) { tasks[0].phase[0].hot_permille = 1001; }
static void first(void) { tasks[0].phase[0].first = UINT64_MAX; }
static void size(void) { tasks[0].phase[0].pages = UINT64_MAX; }
static void hot_size(void) { tasks[0].phase[0].hot_pages = UINT64_MAX; }
static void args(void) { memset(tasks[1].args, 'x', VM_ARGS_LEN); }
static void ppid(void) { tasks[1].ppid = -1; }
static void threads(void) { tasks[1].nr_threads = VM_MAX_PID + 1; }
static void anon(void) { tasks[1].anon_pages = UINT64_MAX; }
static void file_size(void) { tasks[0].file_pages = UINT64_MAX; }
static void map_nothing(void) { tasks[1].map_file = true; }
static void file_not_given(void)
{
	tasks[1].nr_phases = 1;
	tasks[1].phase[0].pattern = VM_PATTERN_UNIFORM;
	tasks[1].phase[0].target = VM_TARGET_FILE;
}
static void no_disk(void)
{
	m.nr_disks = m.nr_swaps = m.nr_files = 0;
	m.nr_tasks = 1;
	tasks[0] = (struct vm_task_conf){ .comm = "a", .cpu = -1,
					  .file = "new", .file_pages = 1 };
}

static const struct {
	void (*spoil)(void);
	const char *what;
} wrongs[] = {
	{ many_disks, "disks: " },
	{ many_swaps, "swap: " },
	{ many_sysctls, "sysctl: " },
	{ many_files, "files: " },
	{ wake, "kswapd_wake: " },
	{ lists, "page_lists: " },
	{ counts, "lru_counts: " },
	{ far_zone, "node 0: zones: 1099511627777, want 0..1099511627776" },
	{ wide_zone, "node 0: zones: 1099511627777, want 0..1099511627776" },
	{ large_zone, "node 0: zones: 268435457, want 0..268435456" },
	{ low, "node 0: low: 268435457, want 0..268435456" },
	{ huge, "node 0: hugepages: 524289, want 0..524288" },
	{ slab, "slab_reclaimable: 25600, want 0.." },
	{ slab_un, "slab_unreclaimable: 25600, want 0.." },
	{ shmem, "shmem: 25600, want 0.." },
	{ cost_read, "read: 18446744073709551615, want 0..3600000000000" },
	{ cost_minor, "minor_fault: 18446744073709551615, want 0.." },
	{ cost_map, "map_file: 18446744073709551615, want 0.." },
	{ cost_scan, "scan: 18446744073709551615, want 0.." },
	{ cost_reclaim, "reclaim: 18446744073709551615, want 0.." },
	{ cost_unmap, "unmap: 18446744073709551615, want 0.." },
	{ cost_out, "swap_out: 18446744073709551615, want 0.." },
	{ cost_in, "swap_in: 18446744073709551615, want 0.." },
	{ cost_free, "free: 18446744073709551615, want 0.." },
	{ cost_remote, "remote_percent: 10001, want 0..10000" },
	{ disk_read, "disk 0: read_latency: 18446744073709551615, want 0" },
	{ disk_write, "disk 0: write_latency: 18446744073709551615, want 0" },
	{ swap_name, "swap 1: path: empty, want a name" },
	{ file_name, "file 1: name: empty, want a name" },
	{ file_line, "file 1: name: control character in a name" },
	{ sysctl_name, "sysctl 0: name: empty, want a name" },
	{ sysctl_value, "sysctl 0: value: empty, want a name" },
	{ pattern, "task 0: workload: pattern: 5, want 0..4" },
	{ target, "task 0: workload: target: 3, want 0..2" },
	{ duration, "task 0: workload: duration: 18446744073709551615, " },
	{ rate, "task 0: workload: rate: 1099511627777, want 0.." },
	{ hot, "task 0: workload: hot: 1001, want 0..1000" },
	{ first, "task 0: workload: first: 18446744073709551615, want 0.." },
	{ size, "task 0: workload: size: 18446744073709551615, want 0.." },
	{ hot_size, "task 0: workload: hot_size: 18446744073709551615, " },
	{ args, "task 1: args: too long" },
	{ ppid, "task 1: ppid: -1, want 0..32768" },
	{ threads, "task 1: threads: 32769, want 0..32768" },
	{ anon, "task 1: anon: 18446744073709551615, want 0.." },
	{ file_size, "task 0: file_size: 18446744073709551615, want 0.." },
	{ map_nothing, "task 1: map: want file = ... too" },
	{ file_not_given, "task 1: workload: uses a file, want file = ..." },
	{ no_disk, "task 0: disk: the machine has no disk, want one" },
	{ many_nodes, "nodes: 17, want 1..16" },
	{ no_nodes, "nodes: 0, want 1..16" },
	{ no_cpus, "cpus: 0, want 1..256" },
	{ many_cpus, "cpus: 257, want 1..256" },
	{ far_cpu, "cpu 1: node: 2, want 0..1" },
	{ many_tasks, "tasks: 16385, want 0..16384" },
	{ near_node, "node 1: distance to node 0: 7, want 10..255" },
	{ self_far, "node 1: distance to node 1: 11, want 10..10" },
	{ huge_node, "node 0: memory: 268435457, want 0..268435456" },
	{ all_movable, "pages of memory outside of zone Movable: 0, "
		       "want 1024..268435456" },
	{ movable, "node 1: movable: 16385, want 0..16384" },
	{ spanned, "node 0: zones: present pages, but fewer spanned" },
	{ managed, "node 0: zones: managed pages, but fewer present" },
	{ marks, "node 0: zones: min, but a lower low" },
	{ boost, "node 0: boost: 18446744073709551615, want 0..268435456" },
	{ protection, "node 0: protection: 18446744073709551615, "
		      "want 0..268435456" },
	{ device, "node 0: zones: zone Device: memory of devices is not "
		  "simulated, want 0 pages" },
	{ big_kernel, "misc: 25600, want 0.." },
	{ costs, "touch: 18446744073709551615, want 0..3600000000000" },
	{ disk_name, "disk 1: name: empty, want a name" },
	{ disk_slash, "disk 1: name: \"/ram0\": want a name as in "
		      "/sys/block" },
	{ disk_twice, "disk 1: name: \"nvme0n1\": two disks of one name" },
	{ disk_slow, "disk 0: bandwidth: 0, want 4096.." },
	{ disk_depth, "disk 0: queue_depth: 0, want 1..65536" },
	{ disk_errors, "disk 0: errors: 1001, want 0..1000" },
	{ disk_kind, "disk 0: kind: 4, want 0..3" },
	{ swap_disk, "swap 0: disk: 2, want 0..1" },
	{ swap_small, "swap 0: size: 1, want 2..67108864" },
	{ swap_prio, "swap 0: priority: 32768, want 0..32767" },
	{ swap_neg, "swap 0: priority: -1, want 0..32767" },
	{ swap_twice, "swap 1: path: \"/dev/a\": two swap areas of one "
		      "path" },
	{ file_twice, "file 1: name: \"data\": two files of one name" },
	{ file_empty, "file 1: size: 0, want 1.." },
	{ file_disk, "file 1: disk: 9, want 0..1" },
	{ no_tunable, "sysctl 0: \"vm.swappinessx\": no such tunable" },
	{ no_prefix, "sysctl 0: \"kernel.x\": no such tunable" },
	{ pid_twice, "task 1: pid: two tasks of one pid" },
	{ pid_large, "task 1: pid: 32769, want 0..32768" },
	{ pid_negative, "task 1: pid: -1, want 0..32768" },
	{ adj, "task 1: oom_score_adj: 1001, want -1000..1000" },
	{ adj_low, "task 1: oom_score_adj: -1001, want -1000..1000" },
	{ cpu, "task 1: cpu: 2, want -1..1" },
	{ nodes, "task 1: nodes: a node that the machine has not" },
	{ comm, "task 1: name: empty, want a name" },
	{ comm_open, "task 1: name: too long" },
	{ comm_line, "task 1: name: control character in a name" },
	{ rss, "task 0: rss: 201, want 0..200" },
	{ swapped, "task 0: swap: 101, want 0..100" },
	{ mlocked, "task 0: mlock: 201, want 0..200" },
	{ no_swap, "task 0: swap: the machine has no swap area" },
	{ no_file, "task 0: file: \"Data\": not a file of the machine, "
		   "want file_size" },
	{ no_map, "task 0: workload: uses a mapping, want map = true" },
	{ permille, "task 0: workload: write: 1001, want 0..1000" },
	{ phases, "task 0: workload: 17, want 0..16" },
	{ grow, "task 0: workload: grow, want target anon" },
};

#define NR_WRONGS (sizeof(wrongs) / sizeof(wrongs[0]))

START_TEST(test_wrong)
{
	struct vm_complaint c;

	good_machine();
	wrongs[_i].spoil();
	ck_assert(!vm_machine_check(&m, &c));
	ck_assert_msg(!strncmp(c.what, wrongs[_i].what,
			       strlen(wrongs[_i].what)),
		      "said \"%s\", want \"%s\"", c.what, wrongs[_i].what);
}
END_TEST

/* A sentence that does not fit is cut, not spilled. */
START_TEST(test_long_name)
{
	struct vm_complaint c;

	good_machine();
	memset(m.sysctl[0].name, 'x', VM_NAME_LEN - 1);
	m.sysctl[0].name[VM_NAME_LEN - 1] = '\0';
	ck_assert(!vm_machine_check(&m, &c));
	ck_assert_uint_lt(strlen(c.what), sizeof(c.what));
	ck_assert_int_eq(c.index, 0);
}
END_TEST

CHECK_MAIN_ROWS("machine", { test_dma, 0 }, { test_hole, 0 },
		{ test_hole_edge, 0 }, { test_two_nodes, 0 },
		{ test_given_zones, 0 }, { test_movable, 0 },
		{ test_disk_defaults, 0 }, { test_good, 0 },
		{ test_wrong, NR_WRONGS }, { test_long_name, 0 })
