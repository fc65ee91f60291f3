/* SPDX-License-Identifier: MIT */
/*
 * gfp_text.c - names of GFP masks (fact sheet C.7).
 *
 * Greedy, in the kernel's order: a name whose bits are all there is printed
 * once and its bits are taken away; what has no name is printed as hex.
 *
 * Called by oom_report.c and the trace files.  No locks, no state.
 */
#include "fs/proc/gfp_text.h"
#include "fs/vfs/tree.h"

static const struct {
	uint32_t bits;
	const char *name;
} gfp_names[] = {
	{ 0x1c24ca, "GFP_TRANSHUGE" },
	{ 0x1c20ca, "GFP_TRANSHUGE_LIGHT" },
	{ 0x100cca, "GFP_HIGHUSER_MOVABLE" },
	{ 0x100cc2, "GFP_HIGHUSER" },
	{ 0x100cc0, "GFP_USER" },
	{ 0x400cc0, "GFP_KERNEL_ACCOUNT" },
	{ 0xcc0, "GFP_KERNEL" },
	{ 0xc40, "GFP_NOFS" },
	{ 0x820, "GFP_ATOMIC" },
	{ 0xc00, "GFP_NOIO" },
	{ 0x2800, "GFP_NOWAIT" },
	{ 0x1, "GFP_DMA" },
	{ 0x2, "__GFP_HIGHMEM" },
	{ 0x4, "GFP_DMA32" },
	{ 0x20, "__GFP_HIGH" },
	{ 0x40, "__GFP_IO" },
	{ 0x80, "__GFP_FS" },
	{ 0x2000, "__GFP_NOWARN" },
	{ 0x4000, "__GFP_RETRY_MAYFAIL" },
	{ 0x8000, "__GFP_NOFAIL" },
	{ 0x10000, "__GFP_NORETRY" },
	{ 0x40000, "__GFP_COMP" },
	{ 0x100, "__GFP_ZERO" },
	{ 0x80000, "__GFP_NOMEMALLOC" },
	{ 0x20000, "__GFP_MEMALLOC" },
	{ 0x100000, "__GFP_HARDWALL" },
	{ 0x200000, "__GFP_THISNODE" },
	{ 0x10, "__GFP_RECLAIMABLE" },
	{ 0x8, "__GFP_MOVABLE" },
	{ 0x400000, "__GFP_ACCOUNT" },
	{ 0x1000, "__GFP_WRITE" },
	{ 0xc00, "__GFP_RECLAIM" },
	{ 0x400, "__GFP_DIRECT_RECLAIM" },
	{ 0x800, "__GFP_KSWAPD_RECLAIM" },
	{ 0x800000, "__GFP_ZEROTAGS" },
};

void put_gfp(struct strbuf *sb, uint32_t gfp, const char *none)
{
	const char *bar = "";
	unsigned i;

	if (!gfp)
		strbuf_puts(sb, none);
	for (i = 0; i < TREE_NR(gfp_names) && gfp; i++) {
		if ((gfp & gfp_names[i].bits) != gfp_names[i].bits)
			continue;
		strbuf_puts(sb, bar);
		strbuf_puts(sb, gfp_names[i].name);
		gfp &= ~gfp_names[i].bits;
		bar = "|";
	}
	if (gfp) {
		strbuf_puts(sb, bar);
		strbuf_puts(sb, "0x");
		strbuf_hex(sb, gfp, 0);
	}
}
