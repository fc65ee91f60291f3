/* SPDX-License-Identifier: MIT */
/*
 * task_refs.c - which pages a task has used, as its page table tells: count
 * the accessed bits, clear them (fact sheet J.7, errata (b)3).
 *
 * A page table may be long, so it is walked in slices, and the lock is given
 * to others between them; a task that ends meanwhile has been walked as far
 * as it was there.
 *
 * Called through include/vm/task.h.  fs/proc/task_mmu.c:clear_refs_write is
 * the model.  Locking: takes the world's lock for a slice.
 */
#include <assert.h>
#include <errno.h>

#include <vm/task.h>

#include "memory/mm.h"
#include "memory/state.h"
#include "memory/task.h"

#define SLICE (1u << 16) /* entries */

/* Where a walk is, and what it does. */
struct refs_walk {
	struct vm *vm;
	int pid;
	bool clear;	 /* else count */
	bool anon, file; /* areas that are meant */
	uint32_t area;	 /* of the task, by number */
	uint64_t at;	 /* entry of the area */
	uint64_t nr[2];	 /* found: of anonymous areas, of files */
};

static void walk_entry(struct refs_walk *w, struct vma *vma, uint64_t at)
{
	uint32_t *pte = &vma->pte[at];

	if (!pte_present(*pte))
		return;
	if (!w->clear) {
		w->nr[vma->file != NULL] += (*pte & PTE_ACCESSED) != 0;
		return;
	}
	*pte &= ~PTE_ACCESSED;
	pfn_page(w->vm, pte_pfn(*pte))->flags &= (uint16_t)~PG_REFERENCED;
}

/* Up to SLICE entries; false when there are no more. */
static bool walk_slice(struct refs_walk *w, struct mm *mm)
{
	struct vma *vma;
	uint64_t end;

	assert(w->at % SLICE == 0);
	if (w->area >= mm->nr_vmas)
		return false;
	vma = mm->vma[w->area];
	if (!(vma->file ? w->file : w->anon) || w->at >= vma->nr_pages) {
		w->area++;
		w->at = 0;
		return true;
	}
	end = MIN(w->at + SLICE, vma->nr_pages);
	for (; w->at < end; w->at++)
		walk_entry(w, vma, w->at);
	w->at = (w->at + SLICE - 1) / SLICE * SLICE;
	return true;
}

/* 0, or -ESRCH if there was no such task to begin with. */
static int walk(struct refs_walk *w)
{
	bool more = true;
	int err = -ESRCH;

	while (more) {
		const struct task *t;

		lock_take(&w->vm->world.lock);
		t = task_find(w->vm, w->pid);
		if (t)
			err = 0;
		more = t && t->mm && walk_slice(w, t->mm);
		lock_drop(&w->vm->world.lock);
	}
	return err;
}

static int reset_peak(struct vm *vm, int pid)
{
	const struct task *t;

	lock_take(&vm->world.lock);
	t = task_find(vm, pid);
	if (t && t->mm)
		t->mm->peak_rss = mm_rss(t->mm);
	lock_drop(&vm->world.lock);
	return t ? 0 : -ESRCH;
}

int vm_task_clear_refs(struct vm *vm, int pid, enum vm_refs which)
{
	struct refs_walk w = {
		.vm = vm,
		.pid = pid,
		.clear = true,
		.anon = which == VM_REFS_ALL || which == VM_REFS_ANON,
		.file = which == VM_REFS_ALL || which == VM_REFS_FILE,
	};

	assert(which >= VM_REFS_ALL && which <= VM_REFS_PEAK);
	if (which == VM_REFS_PEAK)
		return reset_peak(vm, pid);
	return walk(&w);
}

int vm_task_referenced(struct vm *vm, int pid, uint64_t *anon, uint64_t *file)
{
	struct refs_walk w = {
		.vm = vm, .pid = pid, .anon = true, .file = true
	};
	int err = walk(&w);

	*anon = w.nr[0];
	*file = w.nr[1];
	return err;
}
