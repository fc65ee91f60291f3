/* SPDX-License-Identifier: MIT */
/*
 * cpu.c - /sys/devices/system/cpu: which CPUs there are, and where.
 *
 * Every CPU is a core of its own; a node is a package.  All are online and
 * stay so.  cpu0 has no online file, as on a real machine.
 *
 * Called through the tables of /sys.  Session's lock.
 */
#include <errno.h>

#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"
#include "fs/sys/sys.h"

void sys_cpu_mask(const struct vm_stat *s, int nid, uint64_t *mask)
{
	unsigned cpu;

	memset(mask, 0, VM_MAX_CPUS / 8);
	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		if (nid < 0 || s->cpu[cpu].node == (unsigned)nid)
			mask[cpu / 64] |= 1ull << (cpu % 64);
}

void put_cpu_list(struct strbuf *sb, const struct vm_stat *s,
		  const uint64_t *mask)
{
	strbuf_list(sb, mask, s->nr_cpus);
	strbuf_putc(sb, '\n');
}

void put_cpu_map(struct strbuf *sb, const struct vm_stat *s,
		 const uint64_t *mask)
{
	unsigned group = (s->nr_cpus + 31) / 32;
	unsigned width = (s->nr_cpus - 1) % 32 / 4 + 1;

	while (group--) {
		strbuf_hex(sb, mask[group / 2] >> (group % 2 * 32) & UINT32_MAX,
			   width);
		strbuf_putc(sb, group ? ',' : '\n');
		width = 8;
	}
}

static int all_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	uint64_t mask[VM_MAX_CPUS / 64];

	sys_cpu_mask(s, -1, mask);
	put_cpu_list(sb, s, mask);
	return 0;
}

/* The CPU itself, or its package, as a map or a list. */

static void self_mask(const struct tree_req *rq, uint64_t *mask)
{
	memset(mask, 0, VM_MAX_CPUS / 8);
	mask[rq->index[0] / 64] = 1ull << (rq->index[0] % 64);
}

static int self_map(const struct tree_req *rq, struct strbuf *sb)
{
	uint64_t mask[VM_MAX_CPUS / 64];

	self_mask(rq, mask);
	put_cpu_map(sb, machine_stat(rq), mask);
	return 0;
}

static int self_list(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_u64(sb, rq->index[0]);
	strbuf_putc(sb, '\n');
	return 0;
}

static int package_map(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	uint64_t mask[VM_MAX_CPUS / 64];

	sys_cpu_mask(s, (int)s->cpu[rq->index[0]].node, mask);
	put_cpu_map(sb, s, mask);
	return 0;
}

static int package_list(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	uint64_t mask[VM_MAX_CPUS / 64];

	sys_cpu_mask(s, (int)s->cpu[rq->index[0]].node, mask);
	put_cpu_list(sb, s, mask);
	return 0;
}

static int package_id(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_u64(sb, machine_stat(rq)->cpu[rq->index[0]].node);
	strbuf_putc(sb, '\n');
	return 0;
}

static const struct tree_entry topology_entries[] = {
	RO("core_cpus", 0444, self_map),
	RO("core_cpus_list", 0444, self_list),
	RO("core_id", 0444, self_list),
	RO("core_siblings", 0444, package_map),
	RO("core_siblings_list", 0444, package_list),
	RO("die_cpus", 0444, package_map),
	RO("die_cpus_list", 0444, package_list),
	TEXT("die_id", 0444, "0\n"),
	RO("package_cpus", 0444, package_map),
	RO("package_cpus_list", 0444, package_list),
	RO("physical_package_id", 0444, package_id),
	RO("thread_siblings", 0444, self_map),
	RO("thread_siblings_list", 0444, self_list),
};

static const struct tree_dir topology_dir = { TREE_ENTRIES(topology_entries) };

/* node<N> in a CPU: the link to its node. */

static int64_t node_find(const struct tree_req *dir, const char *name)
{
	int64_t nid = tree_parse_index(name, "node");

	return nid == machine_stat(dir)->cpu[dir->index[0]].node ? nid :
								    -ENOENT;
}

static int64_t node_next(const struct tree_req *dir, uint32_t from,
			 char name[TREE_NAME_LEN])
{
	uint32_t nid = machine_stat(dir)->cpu[dir->index[0]].node;

	return from <= nid ? tree_name_index(name, "node", nid) : -1;
}

static int node_link(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_puts(sb, "../../node/node");
	strbuf_u64(sb, rq->index[1]);
	return 0;
}

static const struct tree_index node_index = {
	.entry = { .mode = S_IFLNK | 0777, .show = node_link },
	.find = node_find,
	.next = node_next,
	.stable = true,
};

static const struct tree_index *const cpu_indexes[] = { &node_index };

static const struct tree_entry cpu_entries[] = {
	TEXT("online", 0644, "1\n"),
	DIR("power", 0755, &sys_power_dir),
	TEXT_LINK("subsystem", "../../../../bus/cpu"),
	DIR("topology", 0755, &topology_dir),
	TEXT("uevent", 0644, ""),
};

static const struct tree_dir cpu_dir = {
	TREE_ENTRIES(cpu_entries),
	TREE_INDEXES(cpu_indexes),
};

static int64_t cpu_find(const struct tree_req *dir, const char *name)
{
	int64_t cpu = tree_parse_index(name, "cpu");

	return cpu >= 0 && cpu < machine_stat(dir)->nr_cpus ? cpu : -ENOENT;
}

static int64_t cpu_next(const struct tree_req *dir, uint32_t from,
			char name[TREE_NAME_LEN])
{
	if (from >= machine_stat(dir)->nr_cpus)
		return -1;
	return tree_name_index(name, "cpu", from);
}

static const struct tree_index cpu_index = {
	.entry = { .mode = S_IFDIR | 0755, .dir = &cpu_dir },
	.find = cpu_find,
	.next = cpu_next,
	.stable = true,
};

static const struct tree_index *const top_indexes[] = { &cpu_index };

static const struct tree_entry top_entries[] = {
	TEXT("isolated", 0444, "\n"),
	TEXT("kernel_max", 0444, "8191\n"),
	TEXT("modalias", 0444, "cpu:type:x86,ven0000fam0006mod0000\n"),
	TEXT("offline", 0444, "\n"),
	RO("online", 0444, all_show),
	RO("possible", 0444, all_show),
	DIR("power", 0755, &sys_power_dir),
	RO("present", 0444, all_show),
	TEXT("uevent", 0644, ""),
};

const struct tree_dir sys_cpu_dir = {
	TREE_ENTRIES(top_entries),
	TREE_INDEXES(top_indexes),
};
