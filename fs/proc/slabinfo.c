/* SPDX-License-Identifier: MIT */
/*
 * slabinfo.c - /proc/slabinfo, version 2.1.
 *
 * The engine knows the nodes of page and swap caches; the rest of slab memory
 * is two numbers of pages, reclaimable and not, shown as the caches that hold
 * most of them on a small server: dentries and inodes, kmalloc of some sizes.
 * The pages of the rows add up to Slab of meminfo.  Rows are in the kernel's
 * order, in which the caches made first come last.
 *
 * Called through the table of /proc; reads one snapshot.  No locks.
 */
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

struct cache {
	const char *name;
	unsigned objsize, per_slab, pages;
	bool reclaimable;
	unsigned percent; /* of its kind; 100 takes the rest */
};

static const struct cache caches[] = {
	{ "ext4_inode_cache", 1168, 14, 4, true, 30 },
	{ "inode_cache", 648, 12, 2, true, 20 },
	{ "dentry", 192, 21, 1, true, 100 },
	{ "radix_tree_node", 0, 0, 0, true, 0 }, /* the engine's figures */
	{ "kmalloc-4k", 4096, 8, 8, false, 40 },
	{ "kmalloc-2k", 2048, 16, 8, false, 30 },
	{ "kmalloc-512", 512, 16, 2, false, 20 },
	{ "kmalloc-64", 64, 64, 1, false, 100 },
};

static void put_row(struct strbuf *sb, const char *name,
		    const struct vm_slab_stat *c)
{
	const uint64_t slabs = (c->pages + c->slab_pages - 1) / c->slab_pages;

	strbuf_puts_left(sb, name, 17);
	strbuf_printf(sb,
		      " %6llu %6llu %6u %4u %4u : tunables %4u %4u %4u : "
		      "slabdata %6llu %6llu %6u\n",
		      (unsigned long long)c->objects,
		      (unsigned long long)c->room, c->object_size,
		      c->per_slab, c->slab_pages, 0, 0, 0,
		      (unsigned long long)slabs, (unsigned long long)slabs, 0);
}

/* A share of what is @left of @all pages of its kind. */
static void put_share(struct strbuf *sb, const struct cache *c, uint64_t all,
		      uint64_t *left)
{
	const uint64_t want = all * c->percent / 100;
	const uint64_t slabs = (want < *left ? want : *left) / c->pages;
	const struct vm_slab_stat row = {
		.objects = slabs * c->per_slab,
		.room = slabs * c->per_slab,
		.pages = slabs * c->pages,
		.object_size = c->objsize,
		.per_slab = c->per_slab,
		.slab_pages = c->pages,
	};

	*left -= row.pages;
	put_row(sb, c->name, &row);
}

int slabinfo_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	uint64_t left[2] = {
		vm_stat_node_sum(s, NR_SLAB_UNRECLAIMABLE),
		vm_stat_node_sum(s, NR_SLAB_RECLAIMABLE) - s->xa_nodes.pages
	};
	const uint64_t all[2] = { left[0], left[1] };
	unsigned i;

	strbuf_puts(sb, "slabinfo - version: 2.1\n"
			"# name            <active_objs> <num_objs> <objsize> "
			"<objperslab> <pagesperslab> : tunables <limit> "
			"<batchcount> <sharedfactor> : slabdata "
			"<active_slabs> <num_slabs> <sharedavail>\n");
	for (i = 0; i < TREE_NR(caches); i++) {
		const struct cache *c = &caches[i];

		if (c->pages)
			put_share(sb, c, all[c->reclaimable],
				  &left[c->reclaimable]);
		else
			put_row(sb, c->name, &s->xa_nodes);
	}
	return 0;
}
