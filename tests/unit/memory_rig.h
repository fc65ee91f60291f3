/* SPDX-License-Identifier: MIT */
/*
 * memory_rig.h - what exists, without anybody who acts: for tests of floors 0
 * and 1 that want to look inside.
 *
 *	rig_start(4096, VM_DISK_SSD);
 *	vma = mm_add_vma(rig.vm, rig.task->mm, 100, NULL);
 *	rig_touch(vma, 7, true);
 *	ck_assert_uint_eq(rig.task->minflt, 1);
 *	rig_stop();
 *
 * One node with one zone, DMA32, one CPU, one task, two disks: 0 is an nvme,
 * 1 is what the test says.  min_free_kbytes is at its smallest, page-cluster 3,
 * the dirty limits are the usual ones.  No kswapd runs and no flusher writes;
 * waking a flusher is counted, waking kswapd makes its actor due, which does
 * nothing.
 *
 * Time is virtual, begins at 0 and moves only by rig_run(), which lets the
 * disks end what is due until then.  The tests may change the disks' figures
 * and the tunables as they like.
 *
 * Errors: what cannot be done fails the Check test that is running.  Ownership:
 * rig_stop() takes everything down, and on the way verifies that each page that
 * was taken comes back.  Locking: one thread; the lock is never taken.
 */
#ifndef TESTS_UNIT_MEMORY_RIG_H
#define TESTS_UNIT_MEMORY_RIG_H

#include <string.h>

#include "memory/vmstat.h"
#include "reclaim/fault.h"
#include "reclaim/page_alloc.h"
#include "reclaim/writeback.h"

#include "check_main.h"

struct rig {
	struct vm *vm;
	struct task *task;
	struct actor kswapd; /* due when it was woken, or ACTOR_NEVER */
	struct task_exec exec;
	unsigned flusher_wakes;
};

extern struct rig rig;

/* A machine of @pages frames; @kind is that of its second disk. */
void rig_start(uint64_t pages, enum vm_disk_kind kind);

/* Everything that the task and the files hold goes back, to the page. */
void rig_stop(void);

/* Let time pass until @ns; the disks end what is due. */
void rig_run(uint64_t ns);

/* Drive @a to its end, sleeping as long as it asks for; the result. */
enum access_result rig_drive(struct access *a);

/*
 * The task touches page @index of @vma; what its fault was like (an access
 * that never began when there was none).
 */
struct access rig_touch(struct vma *vma, uint64_t index, bool write);

/* It reads, or writes, page @index of @f. */
struct access rig_rw(struct file *f, uint64_t index, bool write);

#endif
