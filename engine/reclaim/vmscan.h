/* SPDX-License-Identifier: MIT */
/*
 * vmscan.h - reclaim of a node (fact sheet E), for whoever asks.
 *
 * kswapd, direct reclaim, node reclaim and drop_caches fill in one struct
 * scan_control and run the same code.  One shrink of a node can take long,
 * so it is stepped: shrink_node_step() does one round over the four lists,
 * at most SWAP_CLUSTER_MAX pages each.
 *
 * Locking: the world's lock.
 */
#ifndef ENGINE_RECLAIM_VMSCAN_H
#define ENGINE_RECLAIM_VMSCAN_H

#include "memory/state.h"
#include "reclaim/gfp.h"

#define SWAP_CLUSTER_MAX      32u
#define DEF_PRIORITY	      12
#define MAX_RECLAIM_RETRIES   16
#define NODE_RECLAIM_PRIORITY 4
#define RECLAIM_DISTANCE      30
#define VM_JIFFY_NS (1000000000ull / 250)

/* Who reclaims: which counters move, which rules hold. */
enum reclaimer { RECLAIM_KSWAPD, RECLAIM_DIRECT, RECLAIM_NODE };

enum shrink_stage {
	SHRINK_BEGIN, /* prepare_scan_control, get_scan_count */
	SHRINK_LISTS,
	SHRINK_SLAB,
	SHRINK_END
};

struct scan_control {
	/* asked for */
	enum reclaimer who;
	const struct task *task; /* in whose name: for the trace */
	uint64_t nr_to_reclaim;
	uint32_t gfp;
	int order;
	int priority;
	int reclaim_idx;  /* highest zone whose pages count */
	bool may_writepage, may_unmap, may_swap;
	bool force_deactivate;
	bool no_cache_trim_mode;

	/* decided for the node (prepare_scan_control) */
	bool may_deactivate[2]; /* anon, file */
	bool cache_trim_mode, file_is_tiny;
	bool skipped_deactivate, cache_trim_blocked;

	/* found, all nodes together */
	uint64_t nr_scanned, nr_reclaimed;
	uint64_t cost_ns; /* CPU time of the steps since it was taken */
	/* where a reclaimer should sleep after this step; 0: nowhere */
	uint64_t sleep_ns;
	/* a disk's queue is full: wait so long before the next step */
	uint64_t wait_ns;
	enum vm_throttle sleep_why;

	/* of the node in hand, since its shrink began: E.1 */
	struct {
		uint64_t dirty, unqueued_dirty, congested, writeback,
			immediate, file_taken, taken;
	} nr;

	/* how far shrink_lruvec is */
	struct pgdat *pgdat;
	enum shrink_stage stage;
	uint64_t want[4], left[4]; /* by list: targets, and what is left */
	bool proportional_done;
	uint64_t node_reclaimed, node_scanned; /* when this shrink began */
};

/* Start shrinking @pgdat.  Then step until it returns true: it is through. */
void shrink_node_begin(struct vm *vm, struct scan_control *sc,
		       struct pgdat *pgdat);
bool shrink_node_step(struct vm *vm, struct scan_control *sc);

/*
 * Direct and node reclaim: a whole call, passes over all nodes of a zonelist.
 * Returns false when it is through: nr_reclaimed says how it went.
 */
struct reclaim {
	struct scan_control sc;
	struct task *task;
	int nid;
	uint64_t nodemask;
	unsigned at;	/* in the zonelist */
	uint64_t seen;	/* nodes of this pass already shrunk */
	bool in_node;
	bool full_walk;	/* the repeat of 6.12 has been done */
	bool forced;
	uint64_t until_ns; /* asleep until then */
	uint64_t began_ns;
	uint64_t spent_ns; /* CPU time of its steps */
};

enum reclaim_result { RECLAIM_DONE, RECLAIM_AGAIN, RECLAIM_SLEEP };

void direct_reclaim_begin(struct vm *vm, struct reclaim *r,
			  const struct page_request *rq);
enum reclaim_result direct_reclaim_step(struct vm *vm, struct reclaim *r);

/*
 * C.6 for @z, whose mark was missed.  NODE_RECLAIM_RUN: step it with
 * node_reclaim_step() and test the mark again.
 */
enum node_reclaim_verdict {
	NODE_RECLAIM_NOSCAN,
	NODE_RECLAIM_FULL,
	NODE_RECLAIM_RUN
};
enum node_reclaim_verdict node_reclaim_begin(struct vm *vm, struct reclaim *r,
					     struct zone *z,
					     const struct page_request *rq);
enum reclaim_result node_reclaim_step(struct vm *vm, struct reclaim *r);
/* In the middle of a node: go on, or asleep until a disk has room. */
enum reclaim_result wait_for_queue(struct vm *vm, struct reclaim *r);
void node_reclaim_abort(struct vm *vm, struct reclaim *r);

/* E.2 rule 5, pure: the weights of anon and file. */
struct scan_weights {
	uint64_t anon, file, total;
};
struct scan_weights calc_scan_weights(unsigned swappiness, uint64_t anon_cost,
				      uint64_t file_cost);

/* E.3, pure. */
bool calc_inactive_is_low(uint64_t inactive, uint64_t active);

/* Pages of @lru in zones 0..@idx of @pgdat. */
uint64_t lruvec_lru_size(const struct pgdat *pgdat, enum vm_lru lru, int idx);

/* zone_reclaimable_pages (C.3). */
uint64_t zone_reclaimable_pages(struct vm *vm, const struct zone *z);

/* 32 of active anon to inactive, if that is low (D.4 step 3). */
void age_active_anon(struct vm *vm, struct pgdat *pgdat,
		     struct scan_control *sc);

/* E.3: renew the snapshot of refaults. */
void snapshot_refaults(struct pgdat *pgdat);

/* E.2: lru_note_cost. */
void lru_note_cost(struct vm *vm, struct pgdat *pgdat, bool file,
		   uint64_t nr_io, uint64_t nr_rotated);

/*
 * E.8.  One round of the shrinkers at @priority on @pgdat; pages freed.
 * drop_slab is drop_caches' form of it, all nodes.
 */
uint64_t shrink_slab(struct vm *vm, struct pgdat *pgdat, int priority);
void drop_slab(struct vm *vm);

/* D.2: is some zone up to @highest_zoneidx above its high mark? */
bool pgdat_balanced(struct vm *vm, struct pgdat *pgdat, int order,
		    int highest_zoneidx);
bool pgdat_boosted(const struct pgdat *pgdat, int highest_zoneidx);

/* C.4: enough free to let throttled reclaimers go on? */
bool allow_direct_reclaim(struct vm *vm, struct pgdat *pgdat);

/*
 * It is not: kswapd must be awake, and for the zones that are waited for,
 * though a zone above them may be enough for it to sleep.
 */
void wake_kswapd_of_throttled(struct vm *vm, struct pgdat *pgdat);

#endif
