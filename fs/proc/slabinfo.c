/* SPDX-License-Identifier: MIT */
/*
 * slabinfo.c - /proc/slabinfo, version 2.1.
 *
 * The engine knows slab memory as two numbers of pages, reclaimable and not.
 * They are shown as the caches that hold most of them on a small server:
 * dentries and inodes, kmalloc and page-sized objects.  The pages of the rows
 * add up to Slab of meminfo.
 *
 * Called through the table of /proc; reads one snapshot.  No locks.
 */
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

struct cache {
	const char *name;
	unsigned objsize, per_slab, pages;
	bool reclaimable;
	unsigned percent; /* of its kind; the last one takes the rest */
};

static const struct cache caches[] = {
	{ "ext4_inode_cache", 1168, 14, 4, true, 30 },
	{ "inode_cache", 648, 12, 2, true, 20 },
	{ "dentry", 192, 21, 1, true, 100 },
	{ "kmalloc-2k", 2048, 16, 8, false, 30 },
	{ "kmalloc-512", 512, 16, 2, false, 30 },
	{ "kmalloc-4k", 4096, 1, 1, false, 100 },
};

static void put_cache(struct strbuf *sb, const struct cache *c,
		      uint64_t nr_slabs)
{
	unsigned long long objects = nr_slabs * c->per_slab;

	strbuf_puts_left(sb, c->name, 17);
	strbuf_printf(sb,
		      " %6llu %6llu %6u %4u %4u : tunables %4u %4u %4u : "
		      "slabdata %6llu %6llu %6u\n",
		      objects, objects, c->objsize, c->per_slab, c->pages, 0,
		      0, 0, (unsigned long long)nr_slabs,
		      (unsigned long long)nr_slabs, 0);
}

int slabinfo_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	uint64_t left[2] = {
		vm_stat_node_sum(s, NR_SLAB_UNRECLAIMABLE),
		vm_stat_node_sum(s, NR_SLAB_RECLAIMABLE)
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
		uint64_t *rest = &left[c->reclaimable];
		uint64_t want = all[c->reclaimable] * c->percent / 100;
		uint64_t slabs = (want < *rest ? want : *rest) / c->pages;

		*rest -= slabs * c->pages;
		put_cache(sb, c, slabs);
	}
	return 0;
}
