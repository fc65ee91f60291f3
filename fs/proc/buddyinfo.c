/* SPDX-License-Identifier: MIT */
/*
 * buddyinfo.c - /proc/buddyinfo and /proc/pagetypeinfo, fact sheet J.4.
 *
 * The free lists of every populated zone, whole and by migrate type.  The
 * type Isolate is printed and always empty: nothing is off-lined here.
 *
 * Called through the table of /proc; reads one snapshot.  No locks.
 */
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

/* Counts are capped, lest the kernel hold the zone's lock for too long. */
#define PAGETYPE_CAP 100000u

/* Calls @put for every populated zone of node @nid. */
typedef void zone_put(struct strbuf *sb, unsigned nid, unsigned zone,
		      const struct vm_zone_stat *z);

static void for_zones(struct strbuf *sb, const struct vm_stat *s, unsigned nid,
		      zone_put *put)
{
	unsigned zone;

	for (zone = 0; zone < VM_NR_ZONES; zone++)
		if (s->node[nid].zone[zone].present)
			put(sb, nid, zone, &s->node[nid].zone[zone]);
}

/* "Node {n:>width}, zone {zone:>8}" */
static void put_place(struct strbuf *sb, unsigned nid, unsigned width,
		      unsigned zone)
{
	strbuf_puts(sb, "Node ");
	strbuf_u64_pad(sb, nid, width);
	strbuf_puts(sb, ", zone ");
	strbuf_puts_right(sb, vm_zone_name[zone], 8);
}

static void put_count(struct strbuf *sb, uint64_t v, unsigned width)
{
	strbuf_u64_pad(sb, v, width);
	strbuf_putc(sb, ' ');
}

static void put_buddy(struct strbuf *sb, unsigned nid, unsigned zone,
		      const struct vm_zone_stat *z)
{
	unsigned order, type;

	put_place(sb, nid, 0, zone);
	strbuf_putc(sb, ' ');
	for (order = 0; order < VM_NR_ORDERS; order++) {
		uint64_t nr = 0;

		for (type = 0; type < VM_NR_MIGRATETYPES; type++)
			nr += z->nr_free[order][type];
		put_count(sb, nr, 6);
	}
	strbuf_putc(sb, '\n');
}

int buddyinfo_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	unsigned nid;

	for (nid = 0; nid < s->nr_nodes; nid++)
		for_zones(sb, s, nid, put_buddy);
	return 0;
}

static const char *type_name(unsigned type)
{
	return type < VM_NR_MIGRATETYPES ? vm_migratetype_name[type] :
					   "Isolate";
}

static void put_capped(struct strbuf *sb, uint64_t v)
{
	if (v < PAGETYPE_CAP) {
		put_count(sb, v, 6);
		return;
	}
	strbuf_putc(sb, '>');
	put_count(sb, PAGETYPE_CAP, 6);
}

static void put_types(struct strbuf *sb, unsigned nid, unsigned zone,
		      const struct vm_zone_stat *z)
{
	unsigned order, type;

	for (type = 0; type <= VM_NR_MIGRATETYPES; type++) {
		put_place(sb, nid, 4, zone);
		strbuf_puts(sb, ", type ");
		strbuf_puts_right(sb, type_name(type), 12);
		strbuf_putc(sb, ' ');
		for (order = 0; order < VM_NR_ORDERS; order++)
			put_capped(sb, type < VM_NR_MIGRATETYPES ?
					       z->nr_free[order][type] : 0);
		strbuf_putc(sb, '\n');
	}
}

static void put_blocks(struct strbuf *sb, unsigned nid, unsigned zone,
		       const struct vm_zone_stat *z)
{
	unsigned type;

	put_place(sb, nid, 0, zone);
	strbuf_putc(sb, ' ');
	for (type = 0; type <= VM_NR_MIGRATETYPES; type++)
		put_count(sb, type < VM_NR_MIGRATETYPES ?
				      z->pageblocks[type] : 0, 12);
	strbuf_putc(sb, '\n');
}

static bool has_memory(const struct vm_node_stat *n)
{
	unsigned zone;

	for (zone = 0; zone < VM_NR_ZONES; zone++)
		if (n->zone[zone].present)
			return true;
	return false;
}

static void put_node(struct strbuf *sb, const struct vm_stat *s, unsigned nid)
{
	unsigned i;

	strbuf_puts(sb, "Page block order: 9\nPages per block:  512\n\n");
	strbuf_puts_left(sb, "Free pages count per migrate type at order", 43);
	strbuf_putc(sb, ' ');
	for (i = 0; i < VM_NR_ORDERS; i++)
		put_count(sb, i, 6);
	strbuf_putc(sb, '\n');
	for_zones(sb, s, nid, put_types);
	strbuf_putc(sb, '\n');
	strbuf_puts_left(sb, "Number of blocks type", 23);
	for (i = 0; i <= VM_NR_MIGRATETYPES; i++) {
		strbuf_puts_right(sb, type_name(i), 12);
		strbuf_putc(sb, ' ');
	}
	strbuf_putc(sb, '\n');
	for_zones(sb, s, nid, put_blocks);
}

int pagetypeinfo_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	unsigned nid;

	for (nid = 0; nid < s->nr_nodes; nid++)
		if (has_memory(&s->node[nid]))
			put_node(sb, s, nid);
	return 0;
}
