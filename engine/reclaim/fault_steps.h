/* SPDX-License-Identifier: MIT */
/*
 * fault_steps.h - what the files of fault.c share; nobody else includes it.
 *
 * An access is driven by a loop over its stage.  A function here either ends
 * the step with an access_result, or returns STEP_ON: look at the stage again.
 * After a sleep everything is looked up anew, because the world has moved.
 *
 * Locking: the world's lock.
 */
#ifndef ENGINE_RECLAIM_FAULT_STEPS_H
#define ENGINE_RECLAIM_FAULT_STEPS_H

#include "reclaim/fault.h"

enum step {
	STEP_DONE = ACCESS_DONE,
	STEP_AGAIN = ACCESS_AGAIN,
	STEP_SLEEP = ACCESS_SLEEP,
	STEP_EIO = ACCESS_EIO,
	STEP_OOM = ACCESS_OOM,
	STEP_ON
};

/* Begin a request for a page and go to @stage, in which it is stepped. */
enum step step_alloc_begin(struct vm *vm, struct task *t, struct access *a,
			   uint32_t gfp, enum access_stage stage);

/*
 * @a has its page, for the cache of @f.  True: there is a node for it in the
 * index, and the page is to be stored in this step.  False: it has been given
 * back, and a node is being asked for first (STEP_ON).
 */
bool step_index(struct vm *vm, struct task *t, struct access *a,
		struct file *f);

/* Step it.  STEP_ON: a->alloc.pfn is there, and the caller's. */
enum step step_alloc(struct vm *vm, struct task *t, struct access *a);

/* The same where no page, PFN_NONE, is no reason to give up. */
enum step step_try_alloc(struct vm *vm, struct task *t, struct access *a);

/* Sleep in D, waiting for I/O, until @until_ns; then ACCESS_START. */
enum step step_sleep_io(struct vm *vm, struct task *t, struct access *a,
			uint64_t until_ns, bool workingset);

/* @pfn is being read from @d by somebody: wait for it. */
enum step step_wait_page(struct vm *vm, struct task *t, struct access *a,
			 struct disk *d, uint32_t pfn);

/* A page-table entry has been filled in: count the fault, pay for it. */
void fault_done(struct vm *vm, struct task *t, struct access *a,
		uint64_t cost_ns);

/* A page has been asked from a disk: this fault is a major one. */
void fault_is_major(struct vm *vm, struct access *a);

/* Put a new page that has just been mapped at @index on its list. */
void fault_lru_add(struct vm *vm, struct vma *vma, uint64_t index,
		   uint32_t pfn);

/*
 * fault_swap.c: @a's entry is a swap entry; a page for it has been got, as is
 * done for a disk without a queue; what a->swap says, as in read_window().
 */
enum step swap_fault(struct vm *vm, struct task *t, struct access *a);
enum step swap_fault_page(struct vm *vm, struct task *t, struct access *a);
enum step swap_read_window(struct vm *vm, struct task *t, struct access *a);

/* fault_file.c: stages of a touch of a shared mapping. */
enum step map_start(struct vm *vm, struct task *t, struct access *a);
enum step map_page(struct vm *vm, struct task *t, struct access *a);

/* fault_read.c: what a->window says of @f; STEP_ON: all of it is on its way. */
enum step read_window(struct vm *vm, struct task *t, struct access *a,
		      struct file *f);

/* file_rw.c: stages of a page of read() and write(). */
enum step rw_start(struct vm *vm, struct task *t, struct access *a);
enum step rw_page(struct vm *vm, struct task *t, struct access *a);

/* A page of @f has been dirtied, or not; then ACCESS_DIRTY if need be. */
enum step step_dirtied(struct vm *vm, struct task *t, struct access *a,
		       struct file *f, uint32_t pfn);
enum step step_balance(struct vm *vm, struct task *t, struct access *a,
		       struct file *f);

/* Mlock: a page joins, or leaves, the unevictable. */
void mlock_page(struct vm *vm, uint32_t pfn);
void munlock_page(struct vm *vm, uint32_t pfn);

#endif
