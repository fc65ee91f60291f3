/* SPDX-License-Identifier: MIT */
/*
 * zones.c - MNT/sandbox/zones: in which band of its watermarks each zone is.
 *
 * Called by the file layer; asks the engine for one snapshot.  The band is
 * the engine's own word, not recomputed here from figures that are rounded.
 * No locks of its own.
 */
#include <errno.h>
#include <stdlib.h>

#include <vm/vm.h>

#include "fs/sandbox/sandbox.h"
#include "fs/sandbox/zones.h"

static const char *const band_names[] = {
	[VM_BAND_ABOVE_HIGH] = "above-high",
	[VM_BAND_LOW_HIGH] = "low-high",
	[VM_BAND_MIN_LOW] = "min-low",
	[VM_BAND_BELOW_MIN] = "below-min",
};

static void show_zone(struct strbuf *sb, uint32_t nid, int type,
		      const struct vm_zone_stat *z)
{
	const uint64_t figures[] = { z->item[NR_FREE_PAGES], z->min, z->low,
				     z->high };
	size_t i;

	strbuf_u64(sb, nid);
	strbuf_putc(sb, ' ');
	strbuf_puts(sb, vm_zone_name[type]);
	for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		strbuf_putc(sb, ' ');
		strbuf_u64(sb, figures[i]);
	}
	strbuf_putc(sb, ' ');
	strbuf_puts(sb, band_names[z->band]);
	strbuf_putc(sb, '\n');
}

int zones_show(const struct tree_req *rq, struct strbuf *sb)
{
	struct vm_stat *s = malloc(sizeof(*s));
	uint32_t nid;
	int type;

	if (!s)
		return -ENOMEM;
	vm_stat_get(sandbox_of(rq)->vm, s);
	strbuf_puts(sb, "node zone free min low high band\n");
	for (nid = 0; nid < s->nr_nodes; nid++) {
		for (type = 0; type < VM_NR_ZONES; type++) {
			if (s->node[nid].zone[type].managed)
				show_zone(sb, nid, type,
					  &s->node[nid].zone[type]);
		}
	}
	free(s);
	return 0;
}
