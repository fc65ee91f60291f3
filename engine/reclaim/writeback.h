/* SPDX-License-Identifier: MIT */
/*
 * writeback.h - how much may be dirty, and who waits for it (fact sheet F).
 *
 * Units: pages, ns, pages a second.  Locking: the world's lock.
 */
#ifndef ENGINE_RECLAIM_WRITEBACK_H
#define ENGINE_RECLAIM_WRITEBACK_H

#include "memory/state.h"

#define BANDWIDTH_INTERVAL_NS (200 * 1000000ull)
#define MAX_PAUSE_NS	      (200 * 1000000ull)
#define DIRTY_POLL_PAGES      32u  /* between two looks of a writer, F.2 */
#define WRITEBACK_RUN_PAGES   256u /* of one request, of one call */

struct dirty_limits {
	uint64_t thresh, background;
};

/* F.1, pure.  @dirtyable as global_dirtyable_memory() counts it. */
struct dirty_limits calc_dirty_limits(uint64_t dirtyable, uint64_t dirty_bytes,
				      int dirty_ratio,
				      uint64_t background_bytes,
				      int background_ratio);
uint64_t calc_dirtyable(uint64_t free, uint64_t totalreserve,
			uint64_t file_lru);

uint64_t global_dirtyable_memory(const struct vm *vm);
struct dirty_limits global_dirty_limits(const struct vm *vm);

#define POS_RATIO_ONE 1024

/* F.4, pure: the position factor, 1.0 = 1024, 0..2048. */
uint64_t calc_pos_ratio(uint64_t dirty, uint64_t freerun, uint64_t limit);

/* Where the machine, and one disk (wb), stand between their limits. */
struct dirty_state {
	uint64_t thresh, background, freerun, limit, dirty;
	uint64_t wb_thresh, wb_background; /* the disk's share */
	uint64_t wb_dirty;
	uint64_t write_bw; /* of the disk, pages a second */
};

/* F.4, pure: the same with the disk's correction, 0..16384. */
uint64_t calc_wb_pos_ratio(const struct dirty_state *ds);

/* F.4, pure: the longest sleep of a writer. */
uint64_t calc_max_pause_ns(uint64_t wb_dirty, uint64_t write_bw);

/* F.4 step 5, pure: the estimate after @elapsed_ns with @written pages. */
uint64_t calc_write_bandwidth(uint64_t bw, uint64_t written,
			      uint64_t elapsed_ns);

void dirty_state_get(struct vm *vm, struct disk *d, struct dirty_state *ds);

/* Dirty pages of all files on @d; not those in its write queue. */
uint64_t disk_nr_dirty(const struct vm *vm, const struct disk *d);

/* Pages a second that @d is thought to write; 100 MiB/s at first. */
uint64_t disk_write_bw(const struct disk *d);

/* F.3. */
bool node_dirty_ok(struct vm *vm, struct pgdat *pgdat);

/* F.2: after dirty limits were changed. */
void writeback_set_ratelimit(struct vm *vm);

/*
 * @t has dirtied t->nr_dirtied pages on @d, at least nr_dirtied_pause of
 * them.  Returns 0, or until when it must sleep; the sleeper then asks again
 * and goes on when the answer is 0.  Wakes the flusher above the background
 * limit.
 */
uint64_t balance_dirty_pages(struct vm *vm, struct task *t, struct disk *d);

/*
 * Write up to @nr dirty pages of @f, in file order from its wb_index; pages
 * submitted.  The pages come to vm->end_io.
 */
uint64_t writeback_file(struct vm *vm, struct file *f, uint64_t nr);

/* vm->end_io: a request of any kind has ended. */
void end_io(struct vm *vm, struct disk *d, const struct disk_io *io);

/* F.4 step 5: the estimate of a disk's bandwidth. */
void update_bandwidth(struct disk *d, uint64_t now_ns);

#endif
