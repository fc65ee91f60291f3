/* SPDX-License-Identifier: MIT */
/*
 * exit.c - memory goes back: a range of an area, or all of a dying task.
 *
 * Called by the workload (free, exit) and by the OOM reaper.  Anonymous pages
 * are freed with their slots, file pages only unmapped.  An exit is done in
 * parts, so that a large task does not hold up the world.
 * mm/memory.c:zap_pte_range, mm/mmap.c:exit_mmap and mm/truncate.c are the
 * models.  Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/fault_steps.h"
#include "reclaim/slab.h"
#include "reclaim/swap.h"
#include "reclaim/workingset.h"

#define EXIT_BATCH_PAGES 1024u

static void zap_file(struct vm *vm, struct vma *vma, uint64_t index)
{
	uint32_t pte = vma->pte[index];

	assert(vma->file && pte_present(pte));
	mm_unmap(vm, vma, index, 0);
	if (pte & PTE_ACCESSED)
		mark_page_accessed(vm, pte_pfn(pte));
}

static void zap_anon(struct vm *vm, struct vma *vma, uint64_t index)
{
	uint32_t pfn = pte_pfn(vma->pte[index]);

	assert(!vma->file && pte_present(vma->pte[index]));
	if (pfn_page(vm, pfn)->flags & (PG_MLOCKED | PG_UNEVICTABLE))
		munlock_page(vm, pfn);
	mm_unmap(vm, vma, index, 0);
	free_anon_page(vm, pfn);
}

/* One entry; the pages that it was worth: 1, or 0 if it was empty. */
static unsigned zap_entry(struct vm *vm, struct vma *vma, uint64_t index)
{
	uint32_t pte = vma->pte[index];

	assert(index < vma->capacity);
	if (!pte)
		return 0;
	if (pte_swapped(pte)) {
		mm_clear_swap(vma, index);
		free_swap_and_cache(vm, pte);
	} else if (vma->file) {
		zap_file(vm, vma, index);
	} else {
		zap_anon(vm, vma, index);
	}
	return 1;
}

uint64_t zap_pages(struct vm *vm, struct vma *vma, uint64_t from, uint64_t to)
{
	uint64_t nr = 0, i = from;

	assert(from <= to && to <= vma->nr_pages);
	while (i < to) {
		uint64_t next = i - i % PTES_PER_TABLE + PTES_PER_TABLE;

		if (!mm_has_table(vma, i)) {
			i = next;
			continue;
		}
		for (; i < to && i < next; i++)
			nr += zap_entry(vm, vma, i);
	}
	return nr * vm->conf.cost.free_ns;
}

static void free_table(struct vm *vm, uint32_t pfn)
{
	if (pfn != PFN_NONE)
		free_pages(vm, pfn, 0);
}

/* The area is empty: its page tables. */
static void free_upper_tables(struct vm *vm, struct vma *vma)
{
	uint32_t pfn;

	do {
		pfn = mm_remove_upper(vm, vma);
		free_table(vm, pfn);
	} while (pfn != PFN_NONE);
	assert(vma->mm->nr_ptes < UINT64_MAX);
}

bool exit_mmap_step(struct vm *vm, struct task *t, uint64_t *cost_ns)
{
	struct mm *mm = t->mm;
	struct task_exec *x = t->exec;
	uint64_t entries = 0;

	*cost_ns = 0;
	while (x->exit_vma < mm->nr_vmas) {
		struct vma *vma = mm->vma[x->exit_vma];
		uint64_t end = x->exit_index + PTES_PER_TABLE;

		if (entries >= EXIT_BATCH_PAGES)
			return false;
		if (x->exit_index >= vma->capacity) {
			free_upper_tables(vm, vma);
			x->exit_vma++;
			x->exit_index = 0;
			continue;
		}
		assert(x->exit_index % PTES_PER_TABLE == 0);
		entries++;
		if (mm_has_table(vma, x->exit_index)) {
			uint64_t from = MIN(x->exit_index, vma->nr_pages);

			*cost_ns += zap_pages(vm, vma, from,
					      MIN(end, vma->nr_pages));
			free_table(vm,
				   mm_remove_table(vm, vma, x->exit_index));
			entries += PTES_PER_TABLE;
		}
		x->exit_index = end;
	}
	assert(mm_rss(mm) == 0 && mm->swapents == 0 && mm->nr_ptes == 0);
	slab_nodes_trim_all(vm);
	return true;
}

void remove_file_pages(struct vm *vm, struct file *f, uint64_t from)
{
	for (uint64_t i = from; i < f->nr_pages; i++) {
		uint32_t pfn = file_lookup(f, i);
		struct page *page;

		if (!f->nr_cached && !f->nr_shadows)
			break;
		file_forget_shadow(vm, f, i);
		if (pfn == PFN_NONE)
			continue;
		page = pfn_page(vm, pfn);
		/* a request to the disk refers to it: it stays */
		if (page->flags & PG_WRITEBACK || !(page->flags & PG_UPTODATE))
			continue;
		if (page->flags & PG_MAPPED)
			rmap_unmap(vm, pfn);
		assert(page->mapping == f->mapping.id);
		if (page->flags & PG_LRU)
			lru_del(vm, pfn);
		file_remove(vm, f, i, 0);
		page->flags = 0;
		free_pages(vm, pfn, 0);
	}
	slab_nodes_trim_all(vm);
}
