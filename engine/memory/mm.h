/* SPDX-License-Identifier: MIT */
/*
 * mm.h - address spaces: areas, page tables, resident set.
 *
 * An area (vma) is a run of virtual pages with one 32-bit entry each:
 *
 *	0			nothing here
 *	1ADp pppp ... pppp	present: A accessed, D dirty, p frame number
 *	01aa aaoo ... oooo	swapped out: area a, slot o (26 bits)
 *
 * The accessed bit is set by a touch, as hardware does; reclaim tests and
 * clears it.  For a shared mapping the dirty bit is the write permission as
 * well: it is set by the write fault that dirties the page, and taken away when
 * the page is written back, so that the next write faults again.
 *
 * Every 512 entries in use cost one page-table page, which comes out of the
 * machine's memory; so do the levels above, a page for every 1 GiB and one for
 * every 512 GiB of an area: areas lie far apart and share none of them.
 *
 * Locking: the world's lock.
 */
#ifndef ENGINE_MEMORY_MM_H
#define ENGINE_MEMORY_MM_H

#include <stdbool.h>
#include <stdint.h>

#include "memory/file.h"
#include "memory/mapping.h"
#include "memory/page.h"

struct mm;
struct task;

#define PTE_PRESENT  (1u << 31)
#define PTE_SWAP     (1u << 30) /* meaningful without PTE_PRESENT */
#define PTE_ACCESSED (1u << 30) /* meaningful with PTE_PRESENT */
#define PTE_DIRTY    (1u << 29) /* meaningful with PTE_PRESENT */
#define PTE_PFN	     ((1u << 28) - 1)

#define SWAP_OFFSET_BITS 26u
#define SWAP_MAX_SLOTS	 (1u << SWAP_OFFSET_BITS)
#define MAX_VMAS 4u /* of one address space */

#define PTES_PER_TABLE 512u

struct vma {
	struct mapping mapping; /* ANON; a file's vma uses the file's number */
	struct mm *mm;
	struct file *file;	/* shared mapping of it, or NULL */
	uint64_t nr_pages;
	uint64_t locked_pages;	/* mlocked: the first so many */
	uint64_t last_fault;	/* page of the last swap fault (G.3) */
	uint32_t ra_window, ra_hits; /* G.3 in virtual order */
	uint32_t *pte;		/* reserve_alloc()ed, capacity entries */
	uint32_t *table;	/* pfn + 1 of the page-table page, by 512 */
	uint32_t *upper;	/* pfn + 1: two for every 1 GiB, see mm.c */
	uint64_t capacity;
	uint64_t start;		/* virtual address, for maps */
	struct vma *file_next;	/* others that map the same file */
	struct file_ra ra;	/* of the mapping */
	bool exec;
};

struct mm {
	struct task *task;
	uint32_t nr_vmas;
	struct vma *vma[MAX_VMAS];
	uint64_t rss_anon, rss_file, rss_shmem, swapents;
	uint64_t peak_rss, peak_vm;
	uint64_t total_vm;
	uint64_t nr_ptes;	/* page-table pages, upper levels included */
	uint64_t locked_vm;
	uint64_t committed;	/* pages accounted by rule I */
	uint64_t *node_pages;	/* resident by node, VM_MAX_NODES of them */
};

static inline bool pte_present(uint32_t pte)
{
	return pte & PTE_PRESENT;
}

static inline bool pte_swapped(uint32_t pte)
{
	return (pte & (PTE_PRESENT | PTE_SWAP)) == PTE_SWAP;
}

static inline uint32_t pte_pfn(uint32_t pte)
{
	return pte & PTE_PFN;
}

static inline uint32_t pte_swap(uint32_t area, uint32_t slot)
{
	return PTE_SWAP | area << SWAP_OFFSET_BITS | slot;
}

static inline uint32_t pte_swap_area(uint32_t pte)
{
	return (pte & ~PTE_SWAP) >> SWAP_OFFSET_BITS;
}

static inline uint32_t pte_swap_slot(uint32_t pte)
{
	return pte & (SWAP_MAX_SLOTS - 1);
}

/* Entries of the arrays table and upper, for @capacity entries of pte. */
uint64_t mm_nr_tables(uint64_t capacity);
uint64_t mm_nr_uppers(uint64_t capacity);

struct mm *mm_create(struct vm *vm, struct task *task);

/* Its areas must be empty (fault.h: exit_mmap_step()).  NULL is fine. */
void mm_destroy(struct vm *vm, struct mm *mm);

/*
 * Add an area of @nr_pages, anonymous or (@file) a shared mapping; NULL:
 * -ENOMEM.  mm_grow() makes an area longer, 0 or -ENOMEM.  Neither asks the
 * overcommit rules: overcommit.h does.
 */
struct vma *mm_add_vma(struct vm *vm, struct mm *mm, uint64_t nr_pages,
		       struct file *file);
int mm_grow(struct vm *vm, struct vma *vma, uint64_t nr_pages);

/* Cut the last @nr_pages off; they must have been zapped (fault.h). */
void mm_shrink(struct vm *vm, struct vma *vma, uint64_t nr_pages);

/* rss of all kinds; and keep the peaks. */
uint64_t mm_rss(const struct mm *mm);
void mm_update_peaks(struct mm *mm);

/*
 * Map @pfn at entry @index: rss, PG_MAPPED, nr_anon_pages or nr_mapped.
 * mm_unmap() is its reverse and leaves @leave (0 or a swap entry) there.
 * The page table page must be there (mm_has_table()).
 */
void mm_map(struct vm *vm, struct vma *vma, uint64_t index, uint32_t pfn,
	    uint32_t bits);
void mm_unmap(struct vm *vm, struct vma *vma, uint64_t index, uint32_t leave);
bool mm_has_table(const struct vma *vma, uint64_t index);

/* Forget the swap entry at @index; the slot is the caller's (swap_map.h). */
void mm_clear_swap(struct vma *vma, uint64_t index);

/*
 * Call with a freshly allocated kernel page; it now belongs to the area, as
 * the highest level that @index lacks.  Repeat until mm_has_table().
 */
void mm_add_table(struct vm *vm, struct vma *vma, uint64_t index,
		  uint32_t pfn);

/*
 * Take the page-table page of @index, whose entries must be empty, or (upper)
 * one of those above, out of the area: the caller frees it.  PFN_NONE: none.
 */
uint32_t mm_remove_table(struct vm *vm, struct vma *vma, uint64_t index);
uint32_t mm_remove_upper(struct vm *vm, struct vma *vma);

/*
 * rmap.  try_to_unmap: take @pfn out of all page tables, leaving swap entries
 * for a page in the swap cache.  page_referenced: how many mappings had the
 * accessed bit, cleared; @locked says that one is mlocked, @exec that one is
 * executable; dirty bits of PTEs are moved to PG_DIRTY by the unmap.
 */
void rmap_unmap(struct vm *vm, uint32_t pfn);

/* Take the write permission away: the page is about to be written. */
void rmap_mkclean(struct vm *vm, uint32_t pfn);
unsigned rmap_referenced(struct vm *vm, uint32_t pfn, bool *locked,
			 bool *exec);

/*
 * Start fetching what the owners of @nr pages keep for them: the cache's slot,
 * the swap slot's record, the page-table entry.  For a batch whose pages will
 * be looked at one after another; their frames have come.
 */
void rmap_prefetch(const struct vm *vm, const uint32_t *pfn, unsigned nr);

/*
 * One mapping of a file's pages, and how many of them have been taken out of
 * it by mm_unmap_unused() without having been counted yet.
 */
struct unmap_run {
	struct vma *vma;
	int nid;
	uint64_t nr;
};

/*
 * As mm_unmap() of a file's page that nobody else maps, if it is not locked,
 * has not been used since it was last looked at, and is clean.  False: one of
 * these does not hold, and nothing has been done.  The caller clears
 * PG_MAPPED, and ends the run, whose pages are all of one node.
 */
static inline bool mm_unmap_unused(struct unmap_run *run, uint64_t index,
				   uint32_t pfn)
{
	const struct vma *vma = run->vma;

	if (index >= vma->nr_pages || index < vma->locked_pages ||
	    vma->pte[index] != (PTE_PRESENT | pfn))
		return false;
	vma->pte[index] = 0;
	run->nr++;
	return true;
}

void mm_unmap_run_end(struct vm *vm, struct unmap_run *run);

#endif
