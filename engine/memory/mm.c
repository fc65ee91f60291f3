/* SPDX-License-Identifier: MIT */
/*
 * mm.c - address spaces: areas, their page tables, what is resident.
 *
 * Called by the workload when a task maps memory, by faults, exit and reclaim
 * when a page is mapped or unmapped.  Keeps the rss of the mm and, of the
 * node, nr_anon_pages, nr_mapped and nr_page_table_pages.  Calls nothing above
 * floor 0: page-table pages are allocated and freed by the caller.
 *
 * An area's upper tables are an array with two entries for every 1 GiB: the
 * page of the level above the page tables, and, used only where a span of
 * 512 GiB begins, that of the level above it.
 *
 * Locking: the world's lock.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "memory/vmstat.h"
#include "world/reserve.h"

#define TABLES_PER_UPPER 512u /* 1 GiB */
#define UPPERS_PER_TOP	 512u /* 512 GiB */

/* Where areas begin: the heap, and from the top down what is mapped. */
#define HEAP_START 0x555555560000ull
#define MMAP_TOP   0x7f0000000000ull
#define MMAP_STEP  (1ull << 40)

uint64_t mm_nr_tables(uint64_t capacity)
{
	return (capacity + PTES_PER_TABLE - 1) / PTES_PER_TABLE;
}

uint64_t mm_nr_uppers(uint64_t capacity)
{
	return 2 * ((mm_nr_tables(capacity) + TABLES_PER_UPPER - 1) /
		    TABLES_PER_UPPER);
}

struct mm *mm_create(struct vm *vm, struct task *task)
{
	struct mm *mm = calloc(1, sizeof(*mm));

	(void)vm;
	assert(task);
	if (!mm)
		return NULL;
	mm->node_pages = calloc(VM_MAX_NODES, sizeof(*mm->node_pages));
	if (!mm->node_pages) {
		free(mm);
		return NULL;
	}
	mm->task = task;
	return mm;
}

static void vma_free_arrays(struct vma *vma)
{
	reserve_free(vma->pte, vma->capacity * sizeof(*vma->pte));
	reserve_free(vma->table,
		     mm_nr_tables(vma->capacity) * sizeof(*vma->table));
	reserve_free(vma->upper,
		     mm_nr_uppers(vma->capacity) * sizeof(*vma->upper));
}

static int vma_alloc_arrays(struct vma *vma, uint64_t capacity)
{
	vma->capacity = capacity;
	vma->pte = reserve_alloc(capacity * sizeof(*vma->pte));
	if (!vma->pte)
		return -ENOMEM;
	vma->table = reserve_alloc(mm_nr_tables(capacity) *
				   sizeof(*vma->table));
	if (!vma->table)
		goto err_pte;
	vma->upper = reserve_alloc(mm_nr_uppers(capacity) *
				   sizeof(*vma->upper));
	if (!vma->upper)
		goto err_table;
	reserve_dense(vma->pte, capacity * sizeof(*vma->pte));
	return 0;

err_table:
	reserve_free(vma->table, mm_nr_tables(capacity) * sizeof(*vma->table));
err_pte:
	reserve_free(vma->pte, capacity * sizeof(*vma->pte));
	return -ENOMEM;
}

static void file_unlink_vma(struct vma *vma)
{
	struct vma **at = &vma->file->vmas;

	while (*at != vma) {
		assert(*at);
		at = &(*at)->file_next;
	}
	*at = vma->file_next;
}

static void vma_destroy(struct vm *vm, struct vma *vma)
{
	if (vma->file)
		file_unlink_vma(vma);
	else
		mapping_unregister(vm, &vma->mapping);
	vma_free_arrays(vma);
	free(vma);
}

void mm_destroy(struct vm *vm, struct mm *mm)
{
	if (!mm)
		return;
	assert(mm_rss(mm) == 0 && mm->swapents == 0 && mm->nr_ptes == 0);
	for (uint32_t i = 0; i < mm->nr_vmas; i++)
		vma_destroy(vm, mm->vma[i]);
	free(mm->node_pages);
	free(mm);
}

/* Distinct for every task, as address space randomisation makes them. */
static uint64_t vma_address(const struct mm *mm, const struct vma *vma)
{
	uint64_t slide = (uint32_t)mm->task->pid * 2654435761u >> 12;

	slide <<= VM_PAGE_SHIFT;
	if (mm->nr_vmas == 0 && !vma->file)
		return HEAP_START + slide;
	return MMAP_TOP - mm->nr_vmas * MMAP_STEP + slide;
}

struct vma *mm_add_vma(struct vm *vm, struct mm *mm, uint64_t nr_pages,
		       struct file *file)
{
	uint64_t capacity = nr_pages > PTES_PER_TABLE ? nr_pages :
							PTES_PER_TABLE;
	struct vma *vma;

	if (mm->nr_vmas == MAX_VMAS || nr_pages > UINT32_MAX)
		return NULL;
	vma = calloc(1, sizeof(*vma));
	if (!vma)
		return NULL;
	if (vma_alloc_arrays(vma, capacity))
		goto err_vma;
	if (!file && mapping_register(vm, &vma->mapping, MAPPING_ANON))
		goto err_arrays;
	if (file) {
		vma->mapping = file->mapping;
		vma->file = file;
		vma->file_next = file->vmas;
		file->vmas = vma;
	}
	vma->mm = mm;
	vma->nr_pages = nr_pages;
	vma->ra_hits = 4; /* as GET_SWAP_RA_VAL() begins */
	vma->start = vma_address(mm, vma);
	mm->vma[mm->nr_vmas++] = vma;
	mm->total_vm += nr_pages;
	mm_update_peaks(mm);
	return vma;

err_arrays:
	vma_free_arrays(vma);
err_vma:
	free(vma);
	return NULL;
}

static int grow_array(uint32_t **array, uint64_t old, uint64_t nr)
{
	uint32_t *p = reserve_resize(*array, old * sizeof(*p), nr * sizeof(*p));

	if (!p)
		return -ENOMEM;
	*array = p;
	return 0;
}

/*
 * Arrays that have become longer stay so when a later one cannot: to free
 * them by a smaller size would leave their ends behind, so all are cut back.
 */
static int vma_grow_arrays(struct vma *vma, uint64_t capacity)
{
	uint64_t old = vma->capacity;

	if (grow_array(&vma->pte, old, capacity))
		return -ENOMEM;
	if (grow_array(&vma->table, mm_nr_tables(old), mm_nr_tables(capacity)))
		goto err_pte;
	if (grow_array(&vma->upper, mm_nr_uppers(old), mm_nr_uppers(capacity)))
		goto err_table;
	vma->capacity = capacity;
	return 0;

err_table:
	(void)grow_array(&vma->table, mm_nr_tables(capacity),
			 mm_nr_tables(old));
err_pte:
	(void)grow_array(&vma->pte, capacity, old);
	return -ENOMEM;
}

int mm_grow(struct vm *vm, struct vma *vma, uint64_t nr_pages)
{
	uint64_t want = vma->nr_pages + nr_pages;

	(void)vm;
	assert(!vma->file && "a mapping is as long as its file");
	if (nr_pages > UINT32_MAX || want > UINT32_MAX)
		return -ENOMEM;
	if (want > vma->capacity) {
		uint64_t twice = 2 * vma->capacity;
		int err = vma_grow_arrays(vma, want > twice ? want : twice);

		if (err)
			return err;
	}
	vma->nr_pages = want;
	vma->mm->total_vm += nr_pages;
	mm_update_peaks(vma->mm);
	return 0;
}

void mm_shrink(struct vm *vm, struct vma *vma, uint64_t nr_pages)
{
	(void)vm;
	assert(nr_pages <= vma->nr_pages);
	assert(vma->mm->total_vm >= nr_pages);
	vma->nr_pages -= nr_pages;
	vma->mm->total_vm -= nr_pages;
	if (vma->locked_pages > vma->nr_pages) {
		vma->mm->locked_vm -= vma->locked_pages - vma->nr_pages;
		vma->locked_pages = vma->nr_pages;
	}
}

uint64_t mm_rss(const struct mm *mm)
{
	return mm->rss_anon + mm->rss_file + mm->rss_shmem;
}

void mm_update_peaks(struct mm *mm)
{
	mm->peak_rss = MAX(mm->peak_rss, mm_rss(mm));
	mm->peak_vm = MAX(mm->peak_vm, mm->total_vm);
}

/* The counter of the rss that @vma's pages belong to. */
static uint64_t *vma_rss(struct vma *vma)
{
	if (!vma->file)
		return &vma->mm->rss_anon;
	return vma->file->mapping.kind == MAPPING_SHMEM ? &vma->mm->rss_shmem :
							  &vma->mm->rss_file;
}

static enum vm_node_item vma_mapped_item(const struct vma *vma)
{
	return vma->file ? NR_FILE_MAPPED : NR_ANON_MAPPED;
}

void mm_map(struct vm *vm, struct vma *vma, uint64_t index, uint32_t pfn,
	    uint32_t bits)
{
	struct page *page = pfn_page(vm, pfn);
	uint32_t *pte = &vma->pte[index];

	assert(index < vma->nr_pages && !pte_present(*pte));
	assert(mm_has_table(vma, index));
	assert(!(bits & ~(PTE_ACCESSED | PTE_DIRTY)));
	if (pte_swapped(*pte))
		mm_clear_swap(vma, index);
	*pte = PTE_PRESENT | bits | pfn;
	(*vma_rss(vma))++;
	vma->mm->node_pages[page_zone(vm, pfn)->nid]++;
	mm_update_peaks(vma->mm);
	if (!(page->flags & PG_MAPPED)) {
		page->flags |= PG_MAPPED;
		mod_page_node(vm, pfn, vma_mapped_item(vma), 1);
	}
}

/* Does anybody but the entry just cleared map page @index of @f? */
static bool file_page_mapped(const struct file *f, uint64_t index)
{
	for (const struct vma *v = f->vmas; v; v = v->file_next)
		if (index < v->nr_pages && pte_present(v->pte[index]))
			return true;
	return false;
}

void mm_unmap(struct vm *vm, struct vma *vma, uint64_t index, uint32_t leave)
{
	uint32_t pte = vma->pte[index];
	uint32_t pfn = pte_pfn(pte);
	struct page *page = pfn_page(vm, pfn);
	struct mm *mm = vma->mm;

	assert(pte_present(pte) && (page->flags & PG_MAPPED));
	assert(leave == 0 || (pte_swapped(leave) && !vma->file));
	vma->pte[index] = leave;
	if (leave)
		mm->swapents++;
	assert(*vma_rss(vma) > 0);
	(*vma_rss(vma))--;
	mm->node_pages[page_zone(vm, pfn)->nid]--;
	if (!vma->file || !file_page_mapped(vma->file, index)) {
		page->flags &= (uint16_t)~PG_MAPPED;
		mod_page_node(vm, pfn, vma_mapped_item(vma), -1);
	}
	if (!(pte & PTE_DIRTY))
		return;
	if (vma->file)
		file_set_dirty(vm, vma->file, pfn);
	else if (page->flags & PG_SWAPCACHE)
		page->flags |= PG_DIRTY; /* its copy in swap is old */
}

void mm_unmap_run_end(struct vm *vm, struct unmap_run *run)
{
	uint64_t *rss;

	if (!run->nr)
		return;
	rss = vma_rss(run->vma);
	assert(*rss >= run->nr);
	*rss -= run->nr;
	run->vma->mm->node_pages[run->nid] -= run->nr;
	mod_node(&vm->node[run->nid], vma_mapped_item(run->vma),
		 -(int64_t)run->nr);
	run->nr = 0;
}

void mm_clear_swap(struct vma *vma, uint64_t index)
{
	assert(pte_swapped(vma->pte[index]) && vma->mm->swapents > 0);
	vma->pte[index] = 0;
	vma->mm->swapents--;
}

/* The highest level that @index lacks, or NULL. */
static uint32_t *missing_table(const struct vma *vma, uint64_t index)
{
	uint64_t table = index / PTES_PER_TABLE;
	uint64_t upper = table / TABLES_PER_UPPER;
	uint64_t top = upper - upper % UPPERS_PER_TOP;

	assert(index < vma->capacity);
	if (vma->table[table])
		return NULL;
	if (!vma->upper[2 * top + 1])
		return &vma->upper[2 * top + 1];
	if (!vma->upper[2 * upper])
		return &vma->upper[2 * upper];
	return &vma->table[table];
}

bool mm_has_table(const struct vma *vma, uint64_t index)
{
	return vma->table[index / PTES_PER_TABLE] != 0;
}

void mm_add_table(struct vm *vm, struct vma *vma, uint64_t index, uint32_t pfn)
{
	uint32_t *missing = missing_table(vma, index);

	assert(missing && pfn != PFN_NONE);
	*missing = pfn + 1;
	pfn_page(vm, pfn)->flags |= PG_KERNEL;
	vma->mm->nr_ptes++;
	mod_page_node(vm, pfn, NR_PAGETABLE, 1);
}

static uint32_t take_table(struct vm *vm, struct vma *vma, uint32_t *slot)
{
	uint32_t pfn = *slot - 1;

	if (!*slot)
		return PFN_NONE;
	assert(pfn_page(vm, pfn)->flags & PG_KERNEL);
	*slot = 0;
	pfn_page(vm, pfn)->flags &= (uint16_t)~PG_KERNEL;
	vma->mm->nr_ptes--;
	mod_page_node(vm, pfn, NR_PAGETABLE, -1);
	return pfn;
}

uint32_t mm_remove_table(struct vm *vm, struct vma *vma, uint64_t index)
{
	return take_table(vm, vma, &vma->table[index / PTES_PER_TABLE]);
}

uint32_t mm_remove_upper(struct vm *vm, struct vma *vma)
{
	for (uint64_t i = 0; i < mm_nr_uppers(vma->capacity); i++)
		if (vma->upper[i])
			return take_table(vm, vma, &vma->upper[i]);
	return PFN_NONE;
}
