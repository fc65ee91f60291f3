/* SPDX-License-Identifier: MIT */
/*
 * pcp.c - the CPUs' own lists of free pages in an image.
 *
 * As free lists are: the frames that are on them, first to last, and the
 * lists built anew.  Called by memory.c, zone by zone.
 * Locking: see image.h.
 */
#include <assert.h>

#include "image/image.h"
#include "memory/pcp.h"

static uint64_t count_list(const struct vm *vm, uint32_t pfn)
{
	uint64_t n = 0;

	for (; pfn != PFN_NONE; pfn = pfn_page(vm, pfn)->index) {
		assert(page_on_pcp(pfn_page(vm, pfn)));
		n++;
	}
	return n;
}

static void image_list(struct image *im, const struct zone *z, struct pcp *l,
		       enum vm_migratetype type)
{
	uint32_t pfn = im->saving ? l->head[type] : PFN_NONE;
	uint64_t nr = image_count(im, count_list(im->vm, pfn), 4, z->managed);

	assert(im->saving || l->head[type] == PFN_NONE);
	for (; nr && !im->err; nr--) {
		image_num(im, pfn);
		if (im->saving) {
			pfn = pfn_page(im->vm, pfn)->index;
			continue;
		}
		if (im->err || !image_take_free(im, z, pfn, 0)) {
			image_bad(im);
			return;
		}
		pcp_put(im->vm, l, pfn, type);
	}
}

IMAGE_KNOWS(pcp, 40);
void image_pcp(struct image *im, struct zone *z)
{
	if (!z->pcp)
		return;
	assert(im->vm->conf.page_lists != VM_PAGE_LISTS_NONE);
	image_upto(im, z->pcp_batch, UINT16_MAX);
	image_upto(im, z->pcp_high_min, INT32_MAX);
	image_upto(im, z->pcp_high_max, INT32_MAX);
	image_flag(im, &z->below_high);
	image_flag(im, &z->reclaim_active);
	if (!z->pcp_batch)
		image_bad(im);
	for (uint32_t c = 0; c < im->vm->conf.nr_cpus && !im->err; c++) {
		struct pcp *l = &z->pcp[c];

		image_upto(im, l->high, INT32_MAX);
		image_upto(im, l->free_count, INT32_MAX);
		image_upto(im, l->factor, PCP_BATCH_SCALE);
		for (unsigned t = 0; t < NR_PCP_TYPES; t++)
			image_list(im, z, l, t);
	}
}
