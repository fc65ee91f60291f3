/* SPDX-License-Identifier: MIT */
/*
 * writeback.h - how much may be dirty, and who waits for it (fact sheet F).
 *
 * Units: pages, ns, pages a second.  Locking: the world's lock.
 */
#ifndef ENGINE_RECLAIM_WRITEBACK_H
#define ENGINE_RECLAIM_WRITEBACK_H

#include "memory/state.h"

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

/* F.4, pure: the position factor, 1.0 = 1024, 0..2048. */
uint64_t calc_pos_ratio(uint64_t dirty, uint64_t freerun, uint64_t limit);

/* F.3. */
bool node_dirty_ok(struct vm *vm, struct pgdat *pgdat);

/* F.2: after dirty limits were changed. */
void writeback_set_ratelimit(struct vm *vm);

/*
 * @t has dirtied a page on @d.  Returns 0, or until when it must sleep;
 * wakes the flusher above the background limit.
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
