/* SPDX-License-Identifier: MIT */
/*
 * zoneinfo.c - /proc/zoneinfo, fact sheet J.3.
 *
 * Every zone of every node, populated or not; the node's own counters stand
 * in its first populated zone.  The four marks include the boost.
 *
 * Called through the table of /proc; reads one snapshot.  No locks.
 */
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

/* "      {name:<12} {value}" */
static void put_item(struct strbuf *sb, const char *name, uint64_t v)
{
	strbuf_push(sb, "\n      ", 7);
	strbuf_puts_left(sb, name, 12);
	strbuf_putc(sb, ' ');
	strbuf_u64(sb, v);
}

static void put_field(struct strbuf *sb, const char *label, uint64_t v)
{
	strbuf_puts(sb, label);
	strbuf_u64(sb, v);
}

static void put_node_stats(struct strbuf *sb, const struct vm_node_stat *n)
{
	unsigned i;

	strbuf_puts(sb, "\n  per-node stats");
	for (i = 0; i < VM_NR_NODE_ITEMS; i++)
		put_item(sb, vm_node_item_name[i],
			 vmstat_node_value(i, n->item[i]));
}

static void put_pages(struct strbuf *sb, const struct vm_zone_stat *z)
{
	unsigned i;

	put_field(sb, "\n  pages free     ", z->item[NR_FREE_PAGES]);
	put_field(sb, "\n        boost    ", z->boost);
	put_field(sb, "\n        min      ", z->min);
	put_field(sb, "\n        low      ", z->low);
	put_field(sb, "\n        high     ", z->high);
	put_field(sb, "\n        promo    ", z->promo);
	put_field(sb, "\n        spanned  ", z->spanned);
	put_field(sb, "\n        present  ", z->present);
	put_field(sb, "\n        managed  ", z->managed);
	put_field(sb, "\n        cma      ", 0);
	put_field(sb, "\n        protection: (", z->protection[0]);
	for (i = 1; i < VM_NR_ZONES; i++)
		put_field(sb, ", ", z->protection[i]);
	strbuf_putc(sb, ')');
}

/* @list: what the CPUs have, NULL if there are no such lists. */
static void put_pagesets(struct strbuf *sb, const struct vm_zone_stat *z,
			 const struct vm_pcp_stat *list, unsigned nr_cpus)
{
	unsigned cpu;

	strbuf_puts(sb, "\n  pagesets");
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		put_field(sb, "\n    cpu: ", cpu);
		put_field(sb, "\n              count: ",
			  list ? list[cpu].count : 0);
		put_field(sb, "\n              high:  ",
			  list ? list[cpu].high : z->pcp_high);
		put_field(sb, "\n              batch: ", z->pcp_batch);
		put_field(sb, "\n  vm stats threshold: ", z->stat_threshold);
	}
}

static void put_zone(struct strbuf *sb, const struct vm_stat *s, unsigned nid,
		     unsigned zone, bool first)
{
	const struct vm_node_stat *n = &s->node[nid];
	const struct vm_zone_stat *z = &n->zone[zone];
	unsigned i;

	put_field(sb, "Node ", nid);
	strbuf_puts(sb, ", zone ");
	strbuf_puts_right(sb, vm_zone_name[zone], 8);
	if (first)
		put_node_stats(sb, n);
	put_pages(sb, z);
	if (z->present) {
		for (i = 0; i < VM_NR_ZONE_ITEMS; i++)
			put_item(sb, vm_zone_item_name[i], z->item[i]);
		for (i = 0; i < VM_NR_NUMA_ITEMS; i++)
			put_item(sb, vm_numa_item_name[i], z->numa[i]);
		put_pagesets(sb, z, s->page_lists ? s->pcp[nid][zone] : NULL,
			     s->nr_cpus);
		put_field(sb, "\n  node_unreclaimable:  ", n->unreclaimable);
		put_field(sb, "\n  start_pfn:           ", z->start_pfn);
	}
	strbuf_putc(sb, '\n');
}

int zoneinfo_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	unsigned nid, zone;
	bool first;

	for (nid = 0; nid < s->nr_nodes; nid++) {
		first = true;
		for (zone = 0; zone < VM_NR_ZONES; zone++) {
			bool there = s->node[nid].zone[zone].present;

			put_zone(sb, s, nid, zone, first && there);
			first = first && !there;
		}
	}
	return 0;
}
