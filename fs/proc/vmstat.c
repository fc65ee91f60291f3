/* SPDX-License-Identifier: MIT */
/*
 * vmstat.c - /proc/vmstat (fact sheet J.2), and a node's part of it.
 *
 * The names stand at their enum's index in the engine's tables
 * (include/vm/stat.h), in the order of the file.  Units: as Linux prints
 * them; the snapshot has pages and sectors, see node_value() and
 * event_value().
 *
 * Called through the tables of /proc and of sys/devices/system/node.
 */
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

#define HPAGE_PAGES   512u
#define STRUCT_PAGE   64u /* bytes of a page's descriptor */

void put_counter(struct strbuf *sb, const char *name, uint64_t v)
{
	size_t len = strlen(name);
	char *to = strbuf_reserve(sb, len + 22);

	if (!to)
		return;
	memcpy(to, name, len);
	to[len] = ' ';
	sb->len += len + 1;
	strbuf_u64(sb, v);
	sb->bytes[sb->len++] = '\n';
}

uint64_t vmstat_node_value(enum vm_node_item item, uint64_t v)
{
	switch (item) {
	case NR_SHMEM_THPS:
	case NR_SHMEM_PMDMAPPED:
	case NR_FILE_THPS:
	case NR_FILE_PMDMAPPED:
	case NR_ANON_THPS:
		return v / HPAGE_PAGES;
	default:
		return v;
	}
}

static uint64_t event_value(unsigned item, uint64_t v)
{
	/* Sectors, counted as such, shown in kB. */
	return item == PGPGIN || item == PGPGOUT ? v / 2 : v;
}

/* Counters of several nodes or one, added up. */
struct counters {
	uint64_t zone[VM_NR_ZONE_ITEMS];
	uint64_t numa[VM_NR_NUMA_ITEMS];
	uint64_t node[VM_NR_NODE_ITEMS];
	uint64_t present;
};

static void add_node(struct counters *c, const struct vm_node_stat *n)
{
	unsigned z, i;

	for (z = 0; z < VM_NR_ZONES; z++) {
		for (i = 0; i < VM_NR_ZONE_ITEMS; i++)
			c->zone[i] += n->zone[z].item[i];
		for (i = 0; i < VM_NR_NUMA_ITEMS; i++)
			c->numa[i] += n->zone[z].numa[i];
		c->present += n->zone[z].present;
	}
	for (i = 0; i < VM_NR_NODE_ITEMS; i++)
		c->node[i] += n->item[i];
}

static void put_counters(struct strbuf *sb, const struct counters *c)
{
	unsigned i;

	for (i = 0; i < VM_NR_ZONE_ITEMS; i++)
		put_counter(sb, vm_zone_item_name[i], c->zone[i]);
	for (i = 0; i < VM_NR_NUMA_ITEMS; i++)
		put_counter(sb, vm_numa_item_name[i], c->numa[i]);
	for (i = 0; i < VM_NR_NODE_ITEMS; i++)
		put_counter(sb, vm_node_item_name[i],
			    vmstat_node_value(i, c->node[i]));
}

void vmstat_node_lines(struct strbuf *sb, const struct vm_node_stat *n)
{
	struct counters c = { .present = 0 };

	add_node(&c, n);
	put_counters(sb, &c);
}

int vmstat_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	struct counters c = { .present = 0 };
	unsigned i;

	for (i = 0; i < s->nr_nodes; i++)
		add_node(&c, &s->node[i]);
	put_counters(sb, &c);
	put_counter(sb, "nr_dirty_threshold", s->dirty_threshold);
	put_counter(sb, "nr_dirty_background_threshold",
		    s->dirty_background_threshold);
	put_counter(sb, "nr_memmap_pages", 0);
	put_counter(sb, "nr_memmap_boot_pages",
		    c.present * STRUCT_PAGE / VM_PAGE_SIZE);
	for (i = 0; i < VM_NR_EVENT_ITEMS; i++)
		put_counter(sb, vm_event_item_name[i],
			    event_value(i, s->event[i]));
	put_counter(sb, "nr_unstable", 0);
	return 0;
}
