/* SPDX-License-Identifier: MIT */
/*
 * node.c - /sys/devices/system/node, fact sheet J.8 and errata (b)6.
 *
 * A node is rq->index[0].  Its counters are the same snapshot's as those of
 * /proc, so that nodes add up to the system.
 *
 * Called through the tables of /sys.  Session's lock.
 */
#include <errno.h>

#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"
#include "fs/sys/sys.h"

#define SECTION_SHIFT 15u /* pages of a memory block: 128 MiB */

static const struct vm_node_stat *node_of(const struct tree_req *rq)
{
	return &machine_stat(rq)->node[rq->index[0]];
}

/* "Node 0 {label}{kB:>8} kB": the label is padded to 16. */
static void put_node_kb(struct strbuf *sb, unsigned nid, const char *label,
			uint64_t nr_pages)
{
	strbuf_puts(sb, "Node ");
	strbuf_u64(sb, nid);
	strbuf_putc(sb, ' ');
	put_kb(sb, label, nr_pages);
}

static void put_node_count(struct strbuf *sb, unsigned nid, const char *label,
			   uint64_t v)
{
	strbuf_puts(sb, "Node ");
	strbuf_u64(sb, nid);
	strbuf_putc(sb, ' ');
	strbuf_puts(sb, label);
	strbuf_u64_pad(sb, v, 5);
	strbuf_putc(sb, '\n');
}

static uint64_t zones_sum(const struct vm_node_stat *n, enum vm_zone_item item)
{
	uint64_t sum = 0;
	unsigned z;

	for (z = 0; z < VM_NR_ZONES; z++)
		sum += n->zone[z].item[item];
	return sum;
}

static uint64_t managed(const struct vm_node_stat *n)
{
	uint64_t sum = 0;
	unsigned z;

	for (z = 0; z < VM_NR_ZONES; z++)
		sum += n->zone[z].managed;
	return sum;
}

static void put_lru(struct strbuf *sb, unsigned nid, const uint64_t *item)
{
	put_node_kb(sb, nid, "Active:         ",
		    item[NR_ACTIVE_ANON] + item[NR_ACTIVE_FILE]);
	put_node_kb(sb, nid, "Inactive:       ",
		    item[NR_INACTIVE_ANON] + item[NR_INACTIVE_FILE]);
	put_node_kb(sb, nid, "Active(anon):   ", item[NR_ACTIVE_ANON]);
	put_node_kb(sb, nid, "Inactive(anon): ", item[NR_INACTIVE_ANON]);
	put_node_kb(sb, nid, "Active(file):   ", item[NR_ACTIVE_FILE]);
	put_node_kb(sb, nid, "Inactive(file): ", item[NR_INACTIVE_FILE]);
	put_node_kb(sb, nid, "Unevictable:    ", item[NR_UNEVICTABLE]);
}

static void put_pages(struct strbuf *sb, unsigned nid,
		      const struct vm_node_stat *n)
{
	const uint64_t *item = n->item;
	uint64_t slab_r = item[NR_SLAB_RECLAIMABLE];
	uint64_t slab_u = item[NR_SLAB_UNRECLAIMABLE];

	put_node_kb(sb, nid, "Mlocked:        ", zones_sum(n, NR_MLOCK));
	put_node_kb(sb, nid, "Dirty:          ", item[NR_FILE_DIRTY]);
	put_node_kb(sb, nid, "Writeback:      ", item[NR_WRITEBACK]);
	put_node_kb(sb, nid, "FilePages:      ", item[NR_FILE_PAGES]);
	put_node_kb(sb, nid, "Mapped:         ", item[NR_FILE_MAPPED]);
	put_node_kb(sb, nid, "AnonPages:      ", item[NR_ANON_MAPPED]);
	put_node_kb(sb, nid, "Shmem:          ", item[NR_SHMEM]);
	put_node_kb(sb, nid, "KernelStack:    ",
		    item[NR_KERNEL_STACK_KB] >> (VM_PAGE_SHIFT - 10));
	put_node_kb(sb, nid, "PageTables:     ", item[NR_PAGETABLE]);
	put_node_kb(sb, nid, "SecPageTables:  ", item[NR_SECONDARY_PAGETABLE]);
	put_node_kb(sb, nid, "NFS_Unstable:   ", 0);
	put_node_kb(sb, nid, "Bounce:         ", zones_sum(n, NR_BOUNCE));
	put_node_kb(sb, nid, "WritebackTmp:   ", item[NR_WRITEBACK_TEMP]);
	put_node_kb(sb, nid, "KReclaimable:   ",
		    slab_r + item[NR_KERNEL_MISC_RECLAIMABLE]);
	put_node_kb(sb, nid, "Slab:           ", slab_r + slab_u);
	put_node_kb(sb, nid, "SReclaimable:   ", slab_r);
	put_node_kb(sb, nid, "SUnreclaim:     ", slab_u);
}

static void put_huge(struct strbuf *sb, unsigned nid,
		     const struct vm_node_stat *n)
{
	const uint64_t *item = n->item;

	put_node_kb(sb, nid, "AnonHugePages:  ", item[NR_ANON_THPS]);
	put_node_kb(sb, nid, "ShmemHugePages: ", item[NR_SHMEM_THPS]);
	put_node_kb(sb, nid, "ShmemPmdMapped: ", item[NR_SHMEM_PMDMAPPED]);
	put_node_kb(sb, nid, "FileHugePages:  ", item[NR_FILE_THPS]);
	put_node_kb(sb, nid, "FilePmdMapped:  ", item[NR_FILE_PMDMAPPED]);
	put_node_kb(sb, nid, "Unaccepted:     ", zones_sum(n, NR_UNACCEPTED));
	put_node_count(sb, nid, "HugePages_Total: ", n->nr_hugepages);
	put_node_count(sb, nid, "HugePages_Free:  ", n->nr_hugepages_free);
	put_node_count(sb, nid, "HugePages_Surp:  ", 0);
}

static int meminfo(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_node_stat *n = node_of(rq);
	uint64_t total = managed(n), free = zones_sum(n, NR_FREE_PAGES);
	unsigned nid = rq->index[0];

	put_node_kb(sb, nid, "MemTotal:       ", total);
	put_node_kb(sb, nid, "MemFree:        ", free);
	put_node_kb(sb, nid, "MemUsed:        ", total - free);
	put_node_kb(sb, nid, "SwapCached:     ", n->item[NR_SWAPCACHE]);
	put_lru(sb, nid, n->item);
	put_pages(sb, nid, n);
	put_huge(sb, nid, n);
	return 0;
}

static int vmstat(const struct tree_req *rq, struct strbuf *sb)
{
	vmstat_node_lines(sb, node_of(rq));
	return 0;
}

static int numastat(const struct tree_req *rq, struct strbuf *sb)
{
	static const struct {
		const char *name;
		enum vm_numa_item item;
	} lines[] = {
		{ "numa_hit", NUMA_HIT },
		{ "numa_miss", NUMA_MISS },
		{ "numa_foreign", NUMA_FOREIGN },
		{ "interleave_hit", NUMA_INTERLEAVE },
		{ "local_node", NUMA_LOCAL },
		{ "other_node", NUMA_OTHER },
	};
	const struct vm_node_stat *n = node_of(rq);
	unsigned i, z;

	for (i = 0; i < TREE_NR(lines); i++) {
		uint64_t sum = 0;

		for (z = 0; z < VM_NR_ZONES; z++)
			sum += n->zone[z].numa[lines[i].item];
		put_counter(sb, lines[i].name, sum);
	}
	return 0;
}

static int distance(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	unsigned nid;

	for (nid = 0; nid < s->nr_nodes; nid++) {
		if (nid)
			strbuf_putc(sb, ' ');
		strbuf_u64(sb, s->node[rq->index[0]].distance[nid]);
	}
	strbuf_putc(sb, '\n');
	return 0;
}

static int cpulist(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	uint64_t mask[VM_MAX_CPUS / 64];

	sys_cpu_mask(s, (int)rq->index[0], mask);
	put_cpu_list(sb, s, mask);
	return 0;
}

/* The kernel reserves room for the longest list there can be. */
static int cpulist_attr(const struct tree_req *rq, struct stat *st)
{
	(void)rq;
	st->st_size = 28672;
	return 0;
}

static int cpumap(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	uint64_t mask[VM_MAX_CPUS / 64];

	sys_cpu_mask(s, (int)rq->index[0], mask);
	put_cpu_map(sb, s, mask);
	return 0;
}

/* Any write compacts the node, whatever it says. */
static ssize_t compact_store(struct tree_req *rq, const char *text, size_t len,
			     off_t offset)
{
	const struct vm_ctl *ctl = vm_ctl_find("compact_memory");
	const int64_t one = 1;
	const struct vm_ctl_values v = { &one, 1, 0 };
	struct vm_cred who;
	int err;

	(void)text;
	(void)offset;
	machine_cred(rq, 0, &who);
	err = vm_ctl_set(machine_of(rq)->vm, ctl, &v, &who);
	return err ? err : (ssize_t)len;
}

static int huge_nr(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_u64(sb, node_of(rq)->nr_hugepages);
	strbuf_putc(sb, '\n');
	return 0;
}

static ssize_t huge_nr_store(struct tree_req *rq, const char *text, size_t len,
			     off_t offset)
{
	uint64_t v;
	int err = sys_parse_decimal(text, len, &v);

	(void)offset;
	if (err)
		return err;
	vm_set_node_hugepages(machine_of(rq)->vm, rq->index[0], v);
	return (ssize_t)len;
}

static int huge_free(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_u64(sb, node_of(rq)->nr_hugepages_free);
	strbuf_putc(sb, '\n');
	return 0;
}

static int eio_show(const struct tree_req *rq, struct strbuf *sb)
{
	(void)rq;
	(void)sb;
	return -EIO;
}

static const struct tree_entry power_entries[] = {
	TEXT("async", 0644, "disabled\n"),
	RO("autosuspend_delay_ms", 0644, eio_show),
	TEXT("control", 0644, "auto\n"),
	TEXT("runtime_active_kids", 0444, "0\n"),
	TEXT("runtime_active_time", 0444, "0\n"),
	TEXT("runtime_enabled", 0444, "disabled\n"),
	TEXT("runtime_status", 0444, "unsupported\n"),
	TEXT("runtime_suspended_time", 0444, "0\n"),
	TEXT("runtime_usage", 0444, "0\n"),
};

const struct tree_dir sys_power_dir = { TREE_ENTRIES(power_entries) };

static const struct tree_entry huge_1g_entries[] = {
	WO("demote", 0200, sys_huge_1g_store),
	TEXT("demote_size", 0644, "2048kB\n"),
	TEXT("free_hugepages", 0444, "0\n"),
	{ .name = "nr_hugepages", .mode = S_IFREG | 0644,
	  .show = tree_show_text, .store = sys_huge_1g_store, .data = "0\n" },
	TEXT("surplus_hugepages", 0444, "0\n"),
};

static const struct tree_entry huge_2m_entries[] = {
	RO("free_hugepages", 0444, huge_free),
	RW("nr_hugepages", 0644, huge_nr, huge_nr_store),
	TEXT("surplus_hugepages", 0444, "0\n"),
};

static const struct tree_dir huge_1g_dir = { TREE_ENTRIES(huge_1g_entries) };
static const struct tree_dir huge_2m_dir = { TREE_ENTRIES(huge_2m_entries) };

static const struct tree_entry hugepages_entries[] = {
	DIR("hugepages-1048576kB", 0755, &huge_1g_dir),
	DIR("hugepages-2048kB", 0755, &huge_2m_dir),
};

static const struct tree_dir hugepages_dir = {
	TREE_ENTRIES(hugepages_entries)
};

static const struct tree_entry memory_failure_entries[] = {
	TEXT("delayed", 0444, "0\n"),
	TEXT("failed", 0444, "0\n"),
	TEXT("ignored", 0444, "0\n"),
	TEXT("recovered", 0444, "0\n"),
	TEXT("total", 0444, "0\n"),
};

static const struct tree_dir memory_failure_dir = {
	TREE_ENTRIES(memory_failure_entries)
};

static const struct tree_dir x86_dir = { .nr_entries = 0 };

static const struct tree_entry node_entries[] = {
	WO("compact", 0200, compact_store),
	{ .name = "cpulist", .mode = S_IFREG | 0444, .show = cpulist,
	  .attr = cpulist_attr },
	RO("cpumap", 0444, cpumap),
	RO("distance", 0444, distance),
	DIR("hugepages", 0755, &hugepages_dir),
	RO("meminfo", 0444, meminfo),
	DIR("memory_failure", 0755, &memory_failure_dir),
	RO("numastat", 0444, numastat),
	DIR("power", 0755, &sys_power_dir),
	TEXT_LINK("subsystem", "../../../../bus/node"),
	TEXT("uevent", 0644, ""),
	RO("vmstat", 0444, vmstat),
	DIR("x86", 0755, &x86_dir),
};

/* cpu<N>: links to the node's CPUs. */

static bool cpu_here(const struct vm_stat *s, const struct tree_req *dir,
		     int64_t cpu)
{
	return cpu >= 0 && cpu < s->nr_cpus &&
	       s->cpu[cpu].node == dir->index[0];
}

static int64_t cpu_find(const struct tree_req *dir, const char *name)
{
	int64_t cpu = tree_parse_index(name, "cpu");

	return cpu_here(machine_stat(dir), dir, cpu) ? cpu : -ENOENT;
}

static int64_t cpu_next(const struct tree_req *dir, uint32_t from,
			char name[TREE_NAME_LEN])
{
	const struct vm_stat *s = machine_stat(dir);

	for (; from < s->nr_cpus; from++)
		if (cpu_here(s, dir, from))
			return tree_name_index(name, "cpu", from);
	return -1;
}

static int cpu_link(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_puts(sb, "../../cpu/cpu");
	strbuf_u64(sb, rq->index[1]);
	return 0;
}

static const struct tree_index cpu_index = {
	.entry = { .mode = S_IFLNK | 0777, .show = cpu_link },
	.find = cpu_find,
	.next = cpu_next,
	.stable = true,
};

/* memory<N>: links to the blocks of 128 MiB that hold its zones. */

/* Where its memory ends: what is not there of a zone is at its end, as the
 * hole for devices below 4 GiB is. */
static uint64_t memory_end(const struct vm_zone_stat *zone)
{
	const uint64_t block = 1u << SECTION_SHIFT;
	uint64_t end = zone->start_pfn + zone->present;

	if (!zone->present)
		return 0;
	end = (end + block - 1) & ~(block - 1);
	return end < zone->start_pfn + zone->spanned ?
		       end : zone->start_pfn + zone->spanned;
}

static bool block_here(const struct vm_stat *s, const struct tree_req *dir,
		       int64_t block)
{
	uint64_t first = (uint64_t)block << SECTION_SHIFT;
	unsigned z;

	for (z = 0; block >= 0 && z < VM_NR_ZONES; z++) {
		const struct vm_zone_stat *zone =
			&s->node[dir->index[0]].zone[z];

		if (zone->start_pfn < first + (1u << SECTION_SHIFT) &&
		    memory_end(zone) > first)
			return true;
	}
	return false;
}

static int64_t block_find(const struct tree_req *dir, const char *name)
{
	int64_t block = tree_parse_index(name, "memory");

	return block_here(machine_stat(dir), dir, block) ? block : -ENOENT;
}

static int64_t block_next(const struct tree_req *dir, uint32_t from,
			  char name[TREE_NAME_LEN])
{
	const struct vm_stat *s = machine_stat(dir);
	uint64_t end = 0;
	unsigned z;

	for (z = 0; z < VM_NR_ZONES; z++) {
		uint64_t here = memory_end(&s->node[dir->index[0]].zone[z]);

		if (here > end)
			end = here;
	}
	for (; (uint64_t)from << SECTION_SHIFT < end; from++)
		if (block_here(s, dir, from))
			return tree_name_index(name, "memory", from);
	return -1;
}

static int block_link(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_puts(sb, "../../memory/memory");
	strbuf_u64(sb, rq->index[1]);
	return 0;
}

static const struct tree_index block_index = {
	.entry = { .mode = S_IFLNK | 0777, .show = block_link },
	.find = block_find,
	.next = block_next,
	.stable = true,
};

static const struct tree_index *const node_indexes[] = {
	&cpu_index, &block_index
};

static const struct tree_dir node_dir = {
	TREE_ENTRIES(node_entries),
	TREE_INDEXES(node_indexes),
};

int64_t sys_node_find(const struct tree_req *dir, const char *name)
{
	int64_t nid = tree_parse_index(name, "node");

	return nid >= 0 && nid < machine_stat(dir)->nr_nodes ? nid : -ENOENT;
}

int64_t sys_node_next(const struct tree_req *dir, uint32_t from,
		      char name[TREE_NAME_LEN])
{
	if (from >= machine_stat(dir)->nr_nodes)
		return -1;
	return tree_name_index(name, "node", from);
}

static const struct tree_index node_index = {
	.entry = { .mode = S_IFDIR | 0755, .dir = &node_dir },
	.find = sys_node_find,
	.next = sys_node_next,
	.stable = true,
};

static const struct tree_index *const top_indexes[] = { &node_index };

/* Lists of nodes: those of which something is true. */
typedef bool node_test(const struct vm_stat *s, unsigned nid);

static bool is_online(const struct vm_stat *s, unsigned nid)
{
	(void)s;
	(void)nid;
	return true;
}

static bool has_cpu(const struct vm_stat *s, unsigned nid)
{
	unsigned cpu;

	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		if (s->cpu[cpu].node == nid)
			return true;
	return false;
}

static bool has_memory(const struct vm_stat *s, unsigned nid)
{
	return managed(&s->node[nid]) != 0;
}

static bool has_normal_memory(const struct vm_stat *s, unsigned nid)
{
	const struct vm_zone_stat *z = s->node[nid].zone;

	return z[VM_ZONE_DMA].present || z[VM_ZONE_DMA32].present ||
	       z[VM_ZONE_NORMAL].present;
}

static int put_node_list(const struct tree_req *rq, struct strbuf *sb,
			 node_test *test)
{
	const struct vm_stat *s = machine_stat(rq);
	uint64_t mask = 0;
	unsigned nid;

	for (nid = 0; nid < s->nr_nodes; nid++)
		if (test(s, nid))
			mask |= 1ull << nid;
	strbuf_list(sb, &mask, s->nr_nodes);
	strbuf_putc(sb, '\n');
	return 0;
}

static int online_show(const struct tree_req *rq, struct strbuf *sb)
{
	return put_node_list(rq, sb, is_online);
}

static int has_cpu_show(const struct tree_req *rq, struct strbuf *sb)
{
	return put_node_list(rq, sb, has_cpu);
}

static int has_memory_show(const struct tree_req *rq, struct strbuf *sb)
{
	return put_node_list(rq, sb, has_memory);
}

static int has_normal_memory_show(const struct tree_req *rq, struct strbuf *sb)
{
	return put_node_list(rq, sb, has_normal_memory);
}

static const struct tree_entry top_entries[] = {
	RO("has_cpu", 0444, has_cpu_show),
	TEXT("has_generic_initiator", 0444, "\n"),
	RO("has_memory", 0444, has_memory_show),
	RO("has_normal_memory", 0444, has_normal_memory_show),
	RO("online", 0444, online_show),
	RO("possible", 0444, online_show),
	DIR("power", 0755, &sys_power_dir),
	TEXT("uevent", 0644, ""),
};

const struct tree_dir sys_node_dir = {
	TREE_ENTRIES(top_entries),
	TREE_INDEXES(top_indexes),
};
