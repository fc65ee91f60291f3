/* SPDX-License-Identifier: MIT */
/*
 * shrink_clean.c - the short way out for what most pages of most batches are:
 * clean pages of one file, not used since they were last looked at.
 *
 * Called by shrink_inactive.c, whose judge_page() and reclaim_page() would
 * come to the same, in five times as many instructions: here what holds for
 * the whole batch is found out once, and counted once.  Whatever asks for a
 * second look is left to them.  Locking: the world's lock.
 */
#include <assert.h>

#include "memory/buddy.h"
#include "memory/vmstat.h"
#include "reclaim/shrink_list.h"
#include "reclaim/workingset.h"

/* What a page may be and still go this way. */
#define EITHER_WAY (PG_REFERENCED | PG_WORKINGSET | PG_MAPPED)

void clean_run_end(struct vm *vm, struct scan_control *sc,
		   struct clean_run *run)
{
	sc->cost_ns += run->nr * vm->conf.cost.reclaim_ns +
		       run->unmap.nr * vm->conf.cost.unmap_ns;
	assert(run->unmap.nr <= run->nr);
	if (run->nr)
		file_removed(vm, run->file, sc->pgdat->nid, run->nr);
	mm_unmap_run_end(vm, &run->unmap);
	run->nr = 0;
}

/* On to the file that mapping number @id is, if it is one. */
static bool clean_run_begin(struct vm *vm, struct scan_control *sc,
			    struct clean_run *run, uint16_t id)
{
	struct mapping *m = vm->mapping[id];
	struct vma *vmas;

	assert(m && id);
	if (m->kind != MAPPING_FILE)
		return false;
	clean_run_end(vm, sc, run);
	run->mapping = id;
	run->file = container_of(m, struct file, mapping);
	vmas = run->file->vmas;
	run->unmap.vma = vmas && !vmas->file_next ? vmas : NULL;
	run->unmap.nid = sc->pgdat->nid;
	return true;
}

bool reclaim_clean_page(struct vm *vm, struct scan_control *sc,
			struct clean_run *run, uint32_t pfn)
{
	struct page *p = pfn_page(vm, pfn);

	if ((p->flags & ~EITHER_WAY) != PG_UPTODATE)
		return false;
	if (p->mapping != run->mapping &&
	    !clean_run_begin(vm, sc, run, p->mapping))
		return false;
	if (p->flags & PG_MAPPED &&
	    !(run->unmap.vma && mm_unmap_unused(&run->unmap, p->index, pfn)))
		return false;
	assert(file_lookup(run->file, p->index) == pfn);
	file_leave(vm, run->file, p->index,
		   workingset_shadow(vm, sc->pgdat, p->flags));
	*p = (struct page){ 0 };
	buddy_prefetch(vm, pfn);
	run->nr++;
	return true;
}
