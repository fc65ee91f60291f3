/* SPDX-License-Identifier: MIT */
/*
 * machine_keys.c - the keys of a machine: nodes, disks, swap, files, costs.
 *
 * One line a key.  The order of the tables is the order in which keys are
 * read, so disks come before what stands on them, and the order in which
 * they are written.  What needs more than a line (CPUs, distances, zones,
 * names of disks) has its reader and its writer here, side by side.
 *
 * Called through the tables by key_read.c and key_write.c.  No locks.
 */
#include <string.h>

#include <vm/stat.h>

#include "fs/conf/keys.h"

#define MACHINE struct vm_machine
#define NODE	struct vm_node_conf
#define DISK	struct vm_disk_conf
#define SWAP	struct vm_swap_conf
#define FILE_	struct vm_file_conf
#define COSTS	struct vm_costs

#define MAX_COST_NS    1000000000ull
#define MAX_LATENCY_NS 60000000000ull
#define MAX_BPS	       (1ull << 44)
#define MAX_PFN	       (1ull << 40)
#define MAX_DISK_PAGES (1ull << 44)
#define MAX_FILE_PAGES VM_MAX_PAGES
#define LOCAL_DISTANCE 10
#define OTHER_DISTANCE 20 /* of a machine that names none */

static const char *const disk_kind_names[] = {
	[VM_DISK_NVME] = "nvme",    [VM_DISK_SSD] = "ssd",
	[VM_DISK_HDD] = "hdd",	    [VM_DISK_ZRAM] = "zram",
	[VM_NR_DISK_KINDS] = NULL,
};

static const char *const kswapd_wake_names[] = {
	[VM_KSWAPD_WAKE_LOW] = "low",
	[VM_KSWAPD_WAKE_HIGH] = "high",
	NULL,
};

static const char *const lru_counts_names[] = {
	[VM_LRU_COUNTS_EXACT] = "exact",
	[VM_LRU_COUNTS_FLUSHED] = "flushed",
};

static const char *const page_lists_names[] = {
	[VM_PAGE_LISTS_NONE] = "none",
	[VM_PAGE_LISTS_FIXED] = "fixed",
	[VM_PAGE_LISTS_SCALED] = "scaled",
	NULL,
};

static const char *const zone_names[] = {
	[VM_ZONE_DMA] = "DMA",	       [VM_ZONE_DMA32] = "DMA32",
	[VM_ZONE_NORMAL] = "Normal",   [VM_ZONE_MOVABLE] = "Movable",
	[VM_ZONE_DEVICE] = "Device",   [VM_NR_ZONES] = NULL,
};

static uint32_t node_index(const struct vm_machine *m, const void *node)
{
	return (uint32_t)((const struct vm_node_conf *)node - m->node);
}

/* cpus = "0-3": every CPU is of one node. */
static void read_cpus(struct conf *c, const config_setting_t *s,
		      const struct conf_key *key, void *obj)
{
	uint32_t nid = node_index(c->m, obj);
	struct idset set = { { 0 } };
	uint32_t cpu;

	(void)key;
	if (!idset_read(c, s, VM_MAX_CPUS, &set))
		return;
	for (cpu = 0; cpu < VM_MAX_CPUS; cpu++) {
		if (!idset_has(&set, cpu))
			continue;
		if (c->m->cpu_node[cpu] != CONF_NO_NODE) {
			conf_error(c, s, "CPU %u is of node %u already, "
					 "expected one node a CPU",
				   cpu, c->m->cpu_node[cpu]);
			return;
		}
		c->m->cpu_node[cpu] = (uint8_t)nid;
		if (c->m->nr_cpus <= cpu)
			c->m->nr_cpus = cpu + 1;
	}
}

static void write_cpus(struct conf_out *out, const struct conf_key *key,
		       const void *obj)
{
	uint32_t nid = node_index(out->m, obj);
	struct idset set = { { 0 } };
	uint32_t cpu;

	for (cpu = 0; cpu < out->m->nr_cpus; cpu++) {
		if (out->m->cpu_node[cpu] == nid)
			idset_add(&set, cpu);
	}
	conf_write_name(out, key->name);
	idset_write(out, &set);
	fputs(";\n", out->f);
}

static void read_distance(struct conf *c, const config_setting_t *s,
			  const struct conf_key *key, void *obj)
{
	struct vm_node_conf *node = obj;
	int i, nr = config_setting_length(s);
	int64_t d;

	(void)key;
	if (!config_setting_is_array(s) && !config_setting_is_list(s)) {
		conf_error(c, s, "expected an array [ 10, 20, ... ]");
		return;
	}
	if ((uint32_t)nr != c->m->nr_nodes) {
		conf_error(c, s, "%d distances, expected one for each of %u "
				 "nodes", nr, c->m->nr_nodes);
		return;
	}
	for (i = 0; i < nr; i++) {
		if (!conf_get_int(c, config_setting_get_elem(s, (unsigned)i),
				  VM_MIN_DISTANCE, VM_MAX_DISTANCE, &d))
			return;
		node->distance[i] = (uint8_t)d;
	}
}

static uint8_t plain_distance(uint32_t from, uint32_t to)
{
	return from == to ? LOCAL_DISTANCE : OTHER_DISTANCE;
}

static void write_distance(struct conf_out *out, const struct conf_key *key,
			   const void *obj)
{
	uint32_t i, nid = node_index(out->m, obj), nr = out->m->nr_nodes;
	const struct vm_node_conf *node = obj;

	for (i = 0; i < nr; i++) {
		if (node->distance[i] != plain_distance(nid, i))
			break;
	}
	if (i == nr)
		return;
	conf_write_name(out, key->name);
	for (i = 0; i < nr; i++)
		fprintf(out->f, "%s%u", i ? ", " : "[ ", node->distance[i]);
	fputs(" ];\n", out->f);
}

/* One zone as zoneinfo shows it; numbers of pages. */
struct zone_entry {
	enum vm_zone_type type;
	struct vm_zone_conf z;
	struct vm_zone_marks marks;
};

/* protection = [ 0, 1962, ... ]: one number a zone, as zoneinfo has them. */
static void read_protection(struct conf *c, const config_setting_t *s,
			    const struct conf_key *key, void *obj)
{
	struct zone_entry *e = obj;
	int64_t n;
	int i;

	(void)key;
	if (config_setting_length(s) != VM_NR_ZONES) {
		conf_error(c, s, "expected an array of %d numbers",
			   VM_NR_ZONES);
		return;
	}
	for (i = 0; i < VM_NR_ZONES; i++) {
		if (!conf_get_int(c, config_setting_get_elem(s, (unsigned)i),
				  0, VM_MAX_PAGES, &n))
			return;
		e->marks.protection[i] = (uint64_t)n;
	}
}

static const struct conf_key zone_keys[] = {
	KEY_ENUM("name", struct zone_entry, type, zone_names),
	KEY_COUNT("start_pfn", struct zone_entry, z.start_pfn, 0, MAX_PFN),
	KEY_COUNT("spanned", struct zone_entry, z.spanned, 0, MAX_PFN),
	KEY_COUNT("present", struct zone_entry, z.present, 0, VM_MAX_PAGES),
	KEY_COUNT("managed", struct zone_entry, z.managed, 0, VM_MAX_PAGES),
	KEY_COUNT("min", struct zone_entry, marks.min, 0, VM_MAX_PAGES),
	KEY_COUNT("low", struct zone_entry, marks.low, 0, VM_MAX_PAGES),
	KEY_COUNT("boost", struct zone_entry, marks.boost, 0, VM_MAX_PAGES),
	KEY_CUSTOM("protection", read_protection, NULL),
	{ .name = NULL },
};

static void read_zone(struct conf *c, const config_setting_t *s,
		      struct vm_node_conf *node)
{
	struct zone_entry e = { .type = VM_NR_ZONES };
	unsigned before = c->nr_errors;

	if (!config_setting_is_group(s)) {
		conf_error(c, s, "expected a group { name = \"Normal\"; ... }");
		return;
	}
	conf_read_group(c, s, zone_keys, &e);
	if (c->nr_errors > before)
		return;
	if (e.type == VM_NR_ZONES)
		conf_error(c, s, "name is missing, expected name = ...;");
	else if (node->zone[e.type].spanned)
		conf_error(c, s, "second zone %s, expected one a node",
			   zone_names[e.type]);
	else {
		node->zone[e.type] = e.z;
		node->marks[e.type] = e.marks;
	}
}

static void read_zones(struct conf *c, const config_setting_t *s,
		       const struct conf_key *key, void *obj)
{
	struct vm_node_conf *node = obj;
	int i, nr = config_setting_length(s);

	(void)key;
	if (!config_setting_is_list(s)) {
		conf_error(c, s, "expected a list ( { ... }, ... )");
		return;
	}
	node->zones_given = true;
	for (i = 0; i < nr; i++)
		read_zone(c, config_setting_get_elem(s, (unsigned)i), node);
}

static void write_marks(struct conf_out *out, const struct vm_zone_marks *m)
{
	uint64_t any = 0;
	int i;

	if (m->low)
		fprintf(out->f, "\n\t\t\t  min = %lluL; low = %lluL; "
				"boost = %lluL;",
			(unsigned long long)m->min, (unsigned long long)m->low,
			(unsigned long long)m->boost);
	for (i = 0; i < VM_NR_ZONES; i++)
		any |= m->protection[i];
	if (!any)
		return;
	for (i = 0; i < VM_NR_ZONES; i++)
		fprintf(out->f, "%s%lluL",
			i ? ", " : "\n\t\t\t  protection = [ ",
			(unsigned long long)m->protection[i]);
	fputs(" ];", out->f);
}

/* Lines of a zone: a table that the eye can compare with zoneinfo. */
static void write_zones(struct conf_out *out, const struct conf_key *key,
			const void *obj)
{
	const struct vm_node_conf *node = obj;
	const struct vm_zone_conf *z;
	const char *sep = "(";
	int i;

	if (!node->zones_given)
		return;
	conf_write_name(out, key->name);
	for (i = 0; i < VM_NR_ZONES; i++) {
		z = &node->zone[i];
		if (!z->spanned && !z->start_pfn)
			continue;
		fprintf(out->f,
			"%s\n\t\t\t{ name = \"%s\"; start_pfn = %lluL;\n"
			"\t\t\t  spanned = %lluL; present = %lluL; "
			"managed = %lluL;",
			sep, zone_names[i], (unsigned long long)z->start_pfn,
			(unsigned long long)z->spanned,
			(unsigned long long)z->present,
			(unsigned long long)z->managed);
		write_marks(out, &node->marks[i]);
		fputs(" }", out->f);
		sep = ",";
	}
	fprintf(out->f, "%s );\n", sep[0] == '(' ? "(" : "");
}

static const struct conf_key node_keys[] = {
	KEY_PAGES("memory", NODE, mem_pages, 0, VM_MAX_PAGES),
	KEY_PAGES("movable", NODE, movable_pages, 0, VM_MAX_PAGES),
	KEY_CUSTOM("cpus", read_cpus, write_cpus),
	KEY_COUNT("hugepages", NODE, hugepages, 0, VM_MAX_PAGES >> 9),
	KEY_CUSTOM("distance", read_distance, write_distance),
	KEY_CUSTOM("zones", read_zones, write_zones),
	{ .name = NULL },
};

static void node_defaults(const struct vm_machine *m, const void *elem,
			  void *def)
{
	const struct vm_node_conf *written = elem;
	struct vm_node_conf *node = def;

	(void)m;
	memset(node, 0, sizeof(*node));
	/* It is one of the two: a node without memory says "0K". */
	if (written && !written->zones_given)
		node->mem_pages = UINT64_MAX;
}

static void node_finish(struct conf *c, const config_setting_t *s, void *elem)
{
	uint32_t i, nid = node_index(c->m, elem);
	struct vm_node_conf *node = elem;

	if (config_setting_get_member(s, "memory") && node->zones_given)
		conf_error(c, s, "memory and zones, expected one of them");
	if (!config_setting_get_member(s, "memory") && !node->zones_given)
		conf_error(c, s, "memory is missing, expected memory = ...;");
	for (i = 0; i < c->m->nr_nodes; i++) {
		if (!node->distance[i])
			node->distance[i] = plain_distance(nid, i);
	}
}

static const struct conf_list node_list = {
	.keys = node_keys,
	.elem_size = sizeof(struct vm_node_conf),
	.max = VM_MAX_NODES,
	.array = offsetof(struct vm_machine, node),
	.count = offsetof(struct vm_machine, nr_nodes),
	.defaults = node_defaults,
	.finish = node_finish,
};

static const struct conf_key disk_keys[] = {
	KEY_TEXT("name", DISK, name, true),
	KEY_ENUM("kind", DISK, kind, disk_kind_names),
	KEY_TIME("read_latency", DISK, read_latency_ns, 1, MAX_LATENCY_NS),
	KEY_TIME("write_latency", DISK, write_latency_ns, 1, MAX_LATENCY_NS),
	KEY_BPS("bandwidth", DISK, bandwidth_bps, VM_PAGE_SIZE, MAX_BPS),
	KEY_U32("queue_depth", DISK, queue_depth, 1, 65536),
	KEY_PAGES("size", DISK, pages, 1, MAX_DISK_PAGES),
	KEY_PERMILLE("errors", DISK, fail_permille),
	{ .name = NULL },
};

/* What is not said is the kind's; the kind is only known at the end. */
static void disk_defaults(const struct vm_machine *m, const void *elem,
			  void *def)
{
	const struct vm_disk_conf *is = elem;

	(void)m;
	memset(def, 0, sizeof(struct vm_disk_conf));
	if (is) {
		vm_disk_defaults(def, is->kind);
		((struct vm_disk_conf *)def)->kind = VM_DISK_NVME;
	}
}

static void disk_finish(struct conf *c, const config_setting_t *s, void *elem)
{
	struct vm_disk_conf *d = elem, of_kind;

	(void)c;
	(void)s;
	memset(&of_kind, 0, sizeof(of_kind));
	vm_disk_defaults(&of_kind, d->kind);
	if (!d->read_latency_ns)
		d->read_latency_ns = of_kind.read_latency_ns;
	if (!d->write_latency_ns)
		d->write_latency_ns = of_kind.write_latency_ns;
	if (!d->bandwidth_bps)
		d->bandwidth_bps = of_kind.bandwidth_bps;
	if (!d->queue_depth)
		d->queue_depth = of_kind.queue_depth;
	if (!d->pages)
		d->pages = of_kind.pages;
}

static const struct conf_list disk_list = {
	.keys = disk_keys,
	.elem_size = sizeof(struct vm_disk_conf),
	.max = VM_MAX_DISKS,
	.array = offsetof(struct vm_machine, disk),
	.count = offsetof(struct vm_machine, nr_disks),
	.defaults = disk_defaults,
	.finish = disk_finish,
};

/* disk = "nvme0n1": an index into the disks read before. */
static void read_disk(struct conf *c, const config_setting_t *s,
		      const struct conf_key *key, void *obj)
{
	const char *name = config_setting_get_string(s);
	uint32_t i;

	for (i = 0; name && i < c->m->nr_disks; i++) {
		if (!strcmp(c->m->disk[i].name, name)) {
			*(uint32_t *)((char *)obj + key->offset) = i;
			return;
		}
	}
	conf_error(c, s, "\"%.40s\", expected the name of one of the disks",
		   name ? name : "");
}

static void write_disk(struct conf_out *out, const struct conf_key *key,
		       const void *obj)
{
	uint32_t i = *(const uint32_t *)((const char *)obj + key->offset);

	conf_write_name(out, key->name);
	conf_write_text(out, out->m->disk[i].name);
	fputs(";\n", out->f);
}

#define KEY_DISK(n, s, m)                                                      \
	{                                                                      \
		.name = (n), .type = CONF_CUSTOM, .read = read_disk,           \
		.write = write_disk, CONF_AT(s, m, 4)                          \
	}

static const struct conf_key swap_keys[] = {
	KEY_TEXT("path", SWAP, path, true),
	KEY_DISK("disk", SWAP, disk),
	{ .name = "size", .type = CONF_PAGES, .required = true,
	  CONF_AT(SWAP, pages, 8), .min = VM_SWAP_MIN_PAGES,
	  .max = VM_SWAP_MAX_PAGES },
	KEY_INT("priority", SWAP, priority, 0, 32767),
	KEY_BOOL("is_file", SWAP, is_file),
	{ .name = NULL },
};

static void swap_defaults(const struct vm_machine *m, const void *elem,
			  void *def)
{
	struct vm_swap_conf *swap = def;

	(void)m;
	(void)elem;
	memset(swap, 0, sizeof(*swap));
	swap->priority = VM_SWAP_PRIO_AUTO;
}

/* Both kinds of area and files need a disk to stand on. */
static void on_disk_finish(struct conf *c, const config_setting_t *s,
			   void *elem)
{
	(void)elem;
	if (!c->m->nr_disks)
		conf_error(c, s, "no disk, expected disks = ( ... ) with it");
}

static const struct conf_list swap_list = {
	.keys = swap_keys,
	.elem_size = sizeof(struct vm_swap_conf),
	.max = VM_MAX_SWAPS,
	.array = offsetof(struct vm_machine, swap),
	.count = offsetof(struct vm_machine, nr_swaps),
	.defaults = swap_defaults,
	.finish = on_disk_finish,
};

static const struct conf_key file_keys[] = {
	KEY_TEXT("name", FILE_, name, true),
	KEY_DISK("disk", FILE_, disk),
	{ .name = "size", .type = CONF_PAGES, .required = true,
	  CONF_AT(FILE_, pages, 8), .min = 1, .max = MAX_FILE_PAGES },
	{ .name = NULL },
};

static void file_defaults(const struct vm_machine *m, const void *elem,
			  void *def)
{
	(void)m;
	(void)elem;
	memset(def, 0, sizeof(struct vm_file_conf));
}

static const struct conf_list file_list = {
	.keys = file_keys,
	.elem_size = sizeof(struct vm_file_conf),
	.max = VM_MAX_FILES,
	.array = offsetof(struct vm_machine, file),
	.count = offsetof(struct vm_machine, nr_files),
	.heap = true,
	.defaults = file_defaults,
	.finish = on_disk_finish,
};

static const struct conf_key reclaim_keys[] = {
	KEY_ENUM("kswapd_wake", MACHINE, kswapd_wake, kswapd_wake_names),
	KEY_ENUM("page_lists", MACHINE, page_lists, page_lists_names),
	KEY_ENUM("lru_counts", MACHINE, lru_counts, lru_counts_names),
	{ .name = NULL },
};

#define COST(n, field) KEY_TIME(n, MACHINE, cost.field, 0, MAX_COST_NS)

static const struct conf_key cost_keys[] = {
	COST("touch", touch_ns),
	COST("read", read_ns),
	COST("minor_fault", minor_fault_ns),
	COST("map_file", map_file_ns),
	COST("scan", scan_ns),
	COST("reclaim", reclaim_ns),
	COST("unmap", unmap_ns),
	COST("swap_out", swap_out_ns),
	COST("swap_in", swap_in_ns),
	COST("free", free_ns),
	KEY_U64("remote_percent", MACHINE, cost.remote_percent, 0, 10000),
	{ .name = NULL },
};

#define KERNEL(n, field) KEY_PAGES(n, MACHINE, kernel.field, 0, VM_MAX_PAGES)

static const struct conf_key kernel_keys[] = {
	KERNEL("slab_reclaimable", slab_reclaimable),
	KERNEL("slab_unreclaimable", slab_unreclaimable),
	KERNEL("misc", misc),
	KERNEL("shmem", shmem),
	{ .name = NULL },
};

const struct conf_key machine_keys[] = {
	KEY_U64("seed", MACHINE, seed, 0, INT64_MAX),
	KEY_U64("boot_epoch", MACHINE, boot_epoch_s, 0, 1ull << 40),
	KEY_BOOL("thp", MACHINE, thp),
	KEY_GROUP("reclaim", reclaim_keys),
	KEY_GROUP("costs", cost_keys),
	KEY_GROUP("kernel", kernel_keys),
	KEY_LIST("nodes", &node_list),
	KEY_LIST("disks", &disk_list),
	KEY_LIST("swap", &swap_list),
	KEY_LIST("files", &file_list),
	KEY_CUSTOM("sysctl", sysctl_conf_read, sysctl_conf_write),
	KEY_LIST("tasks", &task_list),
	{ .name = NULL },
};
