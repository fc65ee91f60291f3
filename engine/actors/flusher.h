/* SPDX-License-Identifier: MIT */
/*
 * flusher.h - the writeback thread of a disk (fact sheet F.5).
 *
 * Asleep until somebody asks or the periodic look is due.  What is asked for
 * is kept as one bit a reason; one piece of work is in hand at a time, and a
 * step of it queues one run of pages.  Units: pages, virtual ns.
 * Locking: the world's lock.
 */
#ifndef ENGINE_ACTORS_FLUSHER_H
#define ENGINE_ACTORS_FLUSHER_H

#include "memory/state.h"

/* Pages that it queues ahead of the disk, at most. */
#define FLUSHER_QUEUE_PAGES 2048u

struct flusher {
	struct actor actor;
	struct vm *vm;
	struct disk *disk;
	struct task *task; /* kworker of the pid list: its CPU time */
	uint64_t last_periodic_ns;
	uint32_t wanted; /* 1 << enum vm_wb_reason */
	/* the work in hand */
	bool working;
	enum vm_wb_reason reason;
	uint64_t began_ns;
	uint64_t left;	  /* pages that may still be written */
	uint64_t written; /* pages of this work */
	/* the file in hand: VM_MAX_FILES is none */
	uint32_t file_at;
	uint64_t file_age;     /* its dirtied_when_ns as it was chosen */
	uint64_t chunk;	       /* pages of it before the next file's turn */
	uint64_t laptop_io_ns; /* I/O that was followed by a full flush */
};

/* 0, -ENOMEM or -EAGAIN (no pid); d->flusher is it. */
int flusher_init(struct vm *vm, struct disk *d);
void flusher_fini(struct disk *d);

/* vm->wake_flusher.  @d NULL: all of them. */
void flusher_wake(struct vm *vm, struct disk *d, enum vm_wb_reason reason);

/* dirty_writeback_centisecs was written: look at the clock again. */
void flushers_retime(struct vm *vm);

/* Nothing asked for and nothing being written? */
bool flusher_idle(const struct flusher *f);

#endif
