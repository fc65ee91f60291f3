/* SPDX-License-Identifier: MIT */
/*
 * mm.c - address spaces in an image.
 *
 * An area: its figures, which page tables it has, and the entries of those
 * that it has; entries without a table are 0 and are neither read nor written.
 * An area is made by mm_add_vma(), as long as its arrays were.
 *
 * Called by tasks.c.  Calls mm.h.  Locking: see image.h.
 */
#include <assert.h>
#include <errno.h>

#include "image/image.h"

#define TAG_AREA 0x61657241u /* "Area" */

/* Beyond 1 GiPages no area grows; arrays grow to twice what they hold. */
#define MAX_AREA     (4ull * VM_MAX_PAGES)
#define MAX_CAPACITY (2 * MAX_AREA)

/* The entries of one page table after another. */
static void image_entries(struct image *im, struct vma *vma)
{
	for (uint64_t i = 0; i < vma->capacity && !im->err;
	     i += PTES_PER_TABLE) {
		const struct image_array a = {
			.base = vma->pte + i,
			.size = sizeof(*vma->pte),
			.nr = MIN(vma->capacity - i, PTES_PER_TABLE),
		};

		if (vma->table[i / PTES_PER_TABLE])
			image_sparse(im, &a);
	}
	assert(vma->nr_pages <= vma->capacity);
}

static void image_tables(struct image *im, struct vma *vma)
{
	const struct image_array tables = {
		.base = vma->table,
		.size = sizeof(*vma->table),
		.nr = mm_nr_tables(vma->capacity),
	};
	const struct image_array upper = {
		.base = vma->upper,
		.size = sizeof(*vma->upper),
		.nr = mm_nr_uppers(vma->capacity),
	};

	assert(vma->table && vma->upper);
	image_sparse(im, &tables);
	image_sparse(im, &upper);
	image_entries(im, vma);
}

/* Of the size that it shall have, for the number that has been set. */
static struct vma *make_vma(struct image *im, struct mm *mm, uint64_t capacity,
			    struct file *file)
{
	struct vma *vma;

	if (im->err)
		return NULL;
	if (capacity < PTES_PER_TABLE) {
		image_bad(im);
		return NULL;
	}
	vma = mm_add_vma(im->vm, mm, capacity, file);
	if (!vma)
		image_fail(im, -ENOMEM);
	assert(!vma || vma->capacity == capacity);
	return vma;
}

IMAGE_KNOWS(vma, 136);
static void image_vma(struct image *im, struct mm *mm, struct vma *vma)
{
	struct file *file = vma ? vma->file : NULL;
	uint64_t capacity = vma ? vma->capacity : 0;

	image_tag(im, TAG_AREA);
	image_file_ref(im, &file);
	image_upto(im, capacity, MAX_CAPACITY);
	if (!file)
		image_mapping_id(im, vma ? &vma->mapping : NULL);
	if (!im->saving)
		vma = make_vma(im, mm, capacity, file);
	if (!vma)
		return;
	image_upto(im, vma->nr_pages, file ? MIN(capacity, file->nr_pages) :
					     MIN(capacity, MAX_AREA));
	image_upto(im, vma->locked_pages, file ? 0 : vma->nr_pages);
	image_num(im, vma->last_fault);
	image_upto(im, vma->ra_window, 1u << 30);
	image_upto(im, vma->ra_hits, INT32_MAX);
	image_num(im, vma->start);
	image_num(im, vma->ra.start);
	image_upto(im, vma->ra.size, INT32_MAX);
	image_upto(im, vma->ra.async_size, vma->ra.size);
	image_upto(im, vma->ra.mmap_miss, INT32_MAX);
	image_flag(im, &vma->exec);
	assert(vma->locked_pages <= vma->nr_pages);
	image_tables(im, vma);
}

IMAGE_KNOWS(mm, 136);
void image_mm(struct image *im, struct task *t)
{
	struct mm *mm = t->mm;
	uint32_t nr_vmas;

	assert(!im->err);
	if (!im->saving) {
		mm = t->mm = mm_create(im->vm, t);
		if (!mm) {
			image_fail(im, -ENOMEM);
			return;
		}
	}
	nr_vmas = mm->nr_vmas;
	image_upto(im, nr_vmas, MAX_VMAS);
	for (uint32_t i = 0; i < nr_vmas && !im->err; i++)
		image_vma(im, mm, im->saving ? mm->vma[i] : NULL);
	image_num(im, mm->rss_anon);
	image_num(im, mm->rss_file);
	image_num(im, mm->rss_shmem);
	image_num(im, mm->swapents);
	image_num(im, mm->peak_rss);
	image_num(im, mm->peak_vm);
	image_num(im, mm->total_vm);
	image_num(im, mm->nr_ptes);
	image_num(im, mm->locked_vm);
	image_num(im, mm->committed);
	image_ints(im, mm->node_pages, sizeof(*mm->node_pages), VM_MAX_NODES);
}
