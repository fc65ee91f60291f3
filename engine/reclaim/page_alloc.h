/* SPDX-License-Identifier: MIT */
/*
 * page_alloc.h - getting and giving back pages (fact sheet C).
 *
 * A request that may block cannot block in a step: it is a struct
 * alloc_context that is stepped until it is through.  Each step does a
 * bounded amount of work, says what it cost, and returns
 *
 *	ALLOC_DONE	ac->pfn is the page
 *	ALLOC_FAILED	no page, and none to be had: -ENOMEM
 *	ALLOC_AGAIN	call again after the cost has been paid
 *	ALLOC_WAIT	call again at ac->until_ns (a throttle, the OOM lock)
 *
 * mm/page_alloc.c:__alloc_pages_slowpath is the model; its local variables
 * are the members.  Locking: the world's lock.
 */
#ifndef ENGINE_RECLAIM_PAGE_ALLOC_H
#define ENGINE_RECLAIM_PAGE_ALLOC_H

#include "memory/state.h"
#include "reclaim/gfp.h"
#include "reclaim/vmscan.h"

enum alloc_result { ALLOC_DONE, ALLOC_FAILED, ALLOC_AGAIN, ALLOC_WAIT };

enum alloc_flag {
	ALLOC_MIN_RESERVE = 1u << 0,
	ALLOC_NON_BLOCK = 1u << 1,
	ALLOC_HIGHATOMIC = 1u << 2,
	ALLOC_OOM = 1u << 3,
	ALLOC_NO_WATERMARKS = 1u << 4,
	ALLOC_KSWAPD = 1u << 5,
	ALLOC_WAS_OOM = 1u << 6, /* a victim has tried its reserve */
};

/*
 * The first five try the free lists and differ in mark and flags; the others
 * are what happens in between.
 */
enum alloc_stage {
	ALLOC_FAST,	 /* at low */
	ALLOC_SLOW,	 /* kswapd woken; at min */
	ALLOC_RETRY,	 /* the same once more, with reserves for victims */
	ALLOC_RECLAIMED, /* direct reclaim has freed something; at min */
	ALLOC_OOM_LAST,	 /* at high, before somebody is killed */
	ALLOC_NODE_RECLAIM, /* zone_reclaim_mode interrupted one of them */
	ALLOC_THROTTLE,	 /* asleep until kswapd has freed half of min */
	ALLOC_RECLAIM,	 /* direct reclaim */
	ALLOC_OOM_KILL,
};

struct alloc_context {
	struct page_request rq;
	enum vm_migratetype migratetype;

	/* the answer */
	uint32_t pfn;
	uint64_t until_ns;
	uint64_t cost_ns; /* of the last step */

	/* how far it is */
	enum alloc_stage stage;
	uint32_t alloc_flags;
	enum zone_watermark mark; /* that the free lists are tried with */
	int highest_zoneidx;
	unsigned zone_at;	/* where the walk of the zonelist goes on */
	enum alloc_stage after; /* the walk that node reclaim interrupted */
	uint8_t preferred_zone; /* the first that would do: numa counters */
	int no_progress_loops;
	bool stalled;	   /* counts as a memory stall now */
	bool drained;	   /* the CPUs' lists, since the last reclaim */
	uint64_t began_ns; /* the request */
	uint64_t spent_ns; /* CPU time of its steps */
	struct reclaim reclaim; /* vmscan.h: direct or node reclaim */
};

/* Begin with @rq; the members of @ac are set to their start. */
void alloc_begin(struct vm *vm, struct alloc_context *ac,
		 const struct page_request *rq);

/*
 * The same for ac->rq, filled in where it stands: a struct that is copied as
 * soon as its members have been stored waits for all of them.
 */
void alloc_begin_request(struct vm *vm, struct alloc_context *ac);

enum alloc_result alloc_step(struct vm *vm, struct alloc_context *ac);

/*
 * What has taken its task @spent_ns of CPU time since @began_ns, the last
 * step too: the time that has passed, or, where all of it was inside of one
 * turn of the task, in which none does, the CPU time.
 */
uint64_t alloc_took(const struct vm *vm, const struct alloc_context *ac,
		    uint64_t began_ns, uint64_t spent_ns);

/* Give the request up in the middle (its task was killed). */
void alloc_abort(struct vm *vm, struct alloc_context *ac);

/*
 * The walk of a zonelist: first zone whose free pages pass ac->mark.  Sets
 * ac->pfn.  With zone_reclaim_mode a zone that does not pass may first be
 * reclaimed: the walk then stops with WALK_RECLAIM, and is called again.
 */
enum walk_result { WALK_FOUND, WALK_NONE, WALK_RECLAIM };
enum walk_result walk_zonelist(struct vm *vm, struct alloc_context *ac);

/* Start such a walk at the first zone. */
void walk_begin(struct alloc_context *ac, enum zone_watermark mark);

/* D.1 for every node of the request's zonelist. */
void wake_all_kswapds(struct vm *vm, const struct alloc_context *ac);

/*
 * The marks have been raised: wake the kswapds that the next page asked for,
 * on any node, would wake.  A kernel is never so quiet that this page would
 * not be asked for at once; a simulated machine may be.
 */
void wake_kswapds_below_low(struct vm *vm);

/* oom:reclaim_retry_zone, and the report of a request that failed. */
void trace_reclaim_retry(struct vm *vm, const struct alloc_context *ac,
			 const struct zone *z, uint64_t reclaimable, bool ok);
void trace_alloc_failure(struct vm *vm, const struct alloc_context *ac);

/* B.6: flags of a slow path from the request's gfp bits. */
uint32_t gfp_to_alloc_flags(uint32_t gfp, unsigned order);

/*
 * For requests that cannot wait: the fast path, then min with what the gfp
 * flags allow.  PFN_NONE if there is none.
 */
uint32_t alloc_pages_nowait(struct vm *vm, uint32_t gfp, unsigned order,
			    int nid, uint64_t nodemask);

/*
 * As alloc_pages_nowait() for single pages in turn, up to @nr of them, as long
 * as they lie one behind the other: the first; into @nr how many.
 */
uint32_t alloc_run_nowait(struct vm *vm, uint32_t gfp, int nid,
			  uint64_t nodemask, uint64_t *nr);

/* Counts pgfree.  The page is off all lists and has no owner. */
void free_pages(struct vm *vm, uint32_t pfn, unsigned order);

/* The same for @nr single pages, at most SWAP_CLUSTER_MAX, in this order. */
void free_page_batch(struct vm *vm, const uint32_t *pfn, unsigned nr);

/* B.6.  @z passes for a request of @order at @mark pages? */
bool zone_watermark_ok(const struct zone *z, unsigned order, uint64_t mark,
		       int highest_zoneidx, uint32_t alloc_flags);

/* Pure: step 2 and 3 of B.6 for order 0. */
bool watermark_passes(uint64_t free, uint64_t mark, uint64_t reserve,
		      uint32_t alloc_flags);

/* C.1: order the zones of every node's list. */
void build_zonelists(struct vm *vm);

/* Highest zone index that @gfp may use. */
int gfp_zone(uint32_t gfp);

/* D.1, for @rq: its order, its mask, and who asks. */
void wakeup_kswapd(struct vm *vm, struct zone *z,
		   const struct page_request *rq, int highest_zoneidx);

/*
 * B: marks, or protections, anew from vm->ctl; totalreserve with both.  The
 * protections follow only lowmem_reserve_ratio, written or read.
 */
void setup_per_zone_wmarks(struct vm *vm);
void setup_per_zone_lowmem_reserve(struct vm *vm);

/* Instead, until the next of these: what the machine file says they were. */
void setup_captured_marks(struct vm *vm);
void setup_min_unmapped_ratio(struct vm *vm);
void setup_min_slab_ratio(struct vm *vm);

/* B.1 at boot. */
void init_min_free_kbytes(struct vm *vm);

/*
 * Huge pages have been switched on or off: vm.h:vm_set_thp().  Protections
 * stay (mm/khugepaged.c:set_recommended_min_free_kbytes).
 */
bool set_recommended_min_free_kbytes(struct vm *vm);

#endif
