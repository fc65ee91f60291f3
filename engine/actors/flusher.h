/* SPDX-License-Identifier: MIT */
/*
 * flusher.h - the writeback thread of a disk (fact sheet F.5).
 */
#ifndef ENGINE_ACTORS_FLUSHER_H
#define ENGINE_ACTORS_FLUSHER_H

#include "memory/state.h"

struct flusher {
	struct actor actor;
	struct vm *vm;
	struct disk *disk;
	struct task *task;
	uint64_t last_periodic_ns;
	bool background, vmscan, sync; /* asked for */
	uint32_t file_at;	       /* file that comes next */
	uint64_t laptop_ns;	       /* full flush then; ACTOR_NEVER */
};

int flusher_init(struct vm *vm, struct disk *d);
void flusher_fini(struct disk *d);

/* vm->wake_flusher. */
void flusher_wake(struct vm *vm, struct disk *d, enum vm_wb_reason reason);

/* dirty_writeback_centisecs was written: look at the clock again. */
void flushers_retime(struct vm *vm);

/* Nothing asked for and nothing being written? */
bool flusher_idle(const struct flusher *f);

#endif
