/* SPDX-License-Identifier: MIT */
/*
 * gfp.h - what a request for pages may do (fact sheet C.7, Linux 6.12 bits).
 *
 * Single bits are GFP_BIT_x.  A class is the sum of bits that a kind of user
 * has; which one is used where:
 *
 *	GFP_ANON	zero-filled page of an anonymous fault
 *	GFP_SWAPIN	page for what comes back from swap
 *	GFP_CACHE	page cache that is read
 *	GFP_CACHE_WRITE	page cache that is about to be written
 *	GFP_READAHEAD	page cache that nobody waits for: one try to reclaim
 *	GFP_CACHE_NOWAIT	the same without one: taken if it is there
 *	GFP_PAGETABLE	page tables
 *	GFP_NOWAIT	the kernel's own, at boot
 */
#ifndef ENGINE_RECLAIM_GFP_H
#define ENGINE_RECLAIM_GFP_H

#include <stdint.h>

struct task;

enum {
	/* which zones: none of them is Normal and below */
	GFP_BIT_DMA = 0x1,
	GFP_BIT_HIGHMEM = 0x2,
	GFP_BIT_DMA32 = 0x4,
	GFP_BIT_MOVABLE = 0x8,
	GFP_BIT_RECLAIMABLE = 0x10,
	/* what it may do and use */
	GFP_BIT_HIGH = 0x20, /* half of the min mark */
	GFP_BIT_IO = 0x40,
	GFP_BIT_FS = 0x80,
	GFP_BIT_ZERO = 0x100,
	/* who is to make room for it */
	GFP_BIT_DIRECT_RECLAIM = 0x400,
	GFP_BIT_KSWAPD_RECLAIM = 0x800,
	GFP_BIT_WRITE = 0x1000,
	GFP_BIT_NOWARN = 0x2000,
	GFP_BIT_RETRY_MAYFAIL = 0x4000,
	GFP_BIT_NOFAIL = 0x8000,
	GFP_BIT_NORETRY = 0x10000,
	GFP_BIT_MEMALLOC = 0x20000,
	GFP_BIT_COMP = 0x40000,
	GFP_BIT_NOMEMALLOC = 0x80000,
	GFP_BIT_HARDWALL = 0x100000,
	GFP_BIT_THISNODE = 0x200000,
	GFP_BIT_ACCOUNT = 0x400000,

	GFP_KERNEL = 0xcc0,
	GFP_USER = 0x100cc0,
	GFP_ATOMIC = 0x820,
	GFP_NOWAIT = 0x2800,
	GFP_HIGHUSER_MOVABLE = 0x100cca,
	/* as reports print them: errata 6 */
	GFP_ANON = GFP_HIGHUSER_MOVABLE | GFP_BIT_COMP | GFP_BIT_ZERO,
	GFP_SWAPIN = GFP_HIGHUSER_MOVABLE | GFP_BIT_COMP,
	GFP_CACHE = GFP_HIGHUSER_MOVABLE | GFP_BIT_COMP,
	GFP_CACHE_WRITE = GFP_HIGHUSER_MOVABLE | GFP_BIT_COMP | GFP_BIT_WRITE,
	/* pagemap.h:readahead_gfp_mask */
	GFP_READAHEAD = GFP_CACHE | GFP_BIT_NORETRY | GFP_BIT_NOWARN,
	GFP_CACHE_NOWAIT = GFP_READAHEAD & ~GFP_BIT_DIRECT_RECLAIM,
	/* the index of a page cache, of a swap cache, and when it must be */
	GFP_XA_NOWAIT = GFP_NOWAIT,
	/* asked for by a reclaimer (PF_MEMALLOC), who may use all there is:
	 * lib/xarray.c:xas_alloc adds no NOMEMALLOC to GFP_NOWAIT */
	GFP_XA_SWAP = GFP_NOWAIT | GFP_BIT_MEMALLOC,
	GFP_XA = GFP_KERNEL | GFP_BIT_RECLAIMABLE,
	GFP_PAGETABLE = GFP_KERNEL | GFP_BIT_ACCOUNT | GFP_BIT_ZERO |
			GFP_BIT_COMP,
};

/* A request for 2^order pages: who asks, how urgently, and from where. */
struct page_request {
	uint32_t gfp;
	unsigned order;
	int nid;	   /* preferred node */
	uint64_t nodemask; /* nodes allowed; all ones: no policy */
	struct task *task; /* who asks; NULL: nobody, does not block */
};

#endif
