/* SPDX-License-Identifier: MIT */
/*
 * files.c - files and swap areas in an image.
 *
 * A file: its slots as runs; which of its pages are dirty is read off their
 * frames.  A swap area that is on: its slots as runs; which of them are taken
 * is read off their owners.  Both are made by the functions that make them at
 * boot, with the number in the table of owners that they had.
 *
 * Called by image.c.  Calls file.h and swap_map.h.  Locking: see image.h.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "image/image.h"

#define TAG_FILE 0x656c6946u /* "File" */
#define TAG_SWAP 0x70617753u /* "Swap" */
#define BITS	 64u
#define LEAST_BYTES 64u /* that a file, or an area, takes in an image */

/* The last number is SWAP_ORPHAN. */
#define MAPPING_LAST (MAPPING_MAX - 2)

uint16_t image_mapping_id(struct image *im, const struct mapping *m)
{
	uint16_t id = m ? m->id : 0;

	image_upto(im, id, MAPPING_LAST);
	if (im->saving)
		return id;
	assert(id <= MAPPING_LAST);
	if (!id || im->vm->mapping[id]) {
		image_bad(im);
		return 0;
	}
	im->vm->last_mapping = (uint16_t)(id - 1);
	return id;
}

/* --- what their indices cost --------------------------------------------- */

IMAGE_KNOWS(xa_node, 4);
static void image_xa_node(struct image *im, void *element)
{
	struct xa_node *n = element;

	assert(n);
	image_num(im, n->count);
	image_num(im, n->nr_values);
	image_num(im, n->nid);
	image_num(im, n->used);
}

/* The slots of an index, @stride bytes apart. */
struct slots {
	const uint8_t *first;
	size_t stride;
	uint64_t nr;
	uint64_t in_use; /* reading: that hold something */
};

static bool node_agrees(const struct vm *vm, const struct xa_node *n,
			const struct slots *s, uint64_t from)
{
	uint64_t to = MIN(from + XA_CHUNK_SIZE, s->nr);
	unsigned count = 0, values = 0;

	assert(from < s->nr);
	for (uint64_t i = from; i < to; i++) {
		uint32_t entry;

		memcpy(&entry, s->first + i * s->stride, sizeof(entry));
		count += entry != 0;
		values += entry & SHADOW_BIT ? 1 : 0;
	}
	return n->count == count && n->nr_values == values &&
	       n->used == (count > 0) && n->nid < vm->nr_nodes;
}

IMAGE_KNOWS(xarray, 16);
static void image_xarray(struct image *im, struct xarray *xa,
			 const struct slots *s)
{
	const struct image_array nodes = { .base = xa->node,
					   .size = sizeof(*xa->node),
					   .nr = xa->nr_nodes,
					   .one = image_xa_node };

	uint64_t counted = 0;

	image_sparse(im, &nodes);
	for (uint64_t i = 0; !im->saving && i < xa->nr_nodes; i++) {
		const struct xa_node *n = &xa->node[i];

		if (im->err)
			return;
		/* what is not in use is not looked at: it is large */
		if (!n->used && !n->count && !n->nr_values && !n->nid)
			continue;
		if (!n->used || !node_agrees(im->vm, n, s, i * XA_CHUNK_SIZE))
			image_bad(im);
		else
			im->vm->node[n->nid].xa_nodes.objects++;
		counted += n->count;
	}
	if (!im->saving && counted != s->in_use)
		image_bad(im);
	assert(im->err || xa->nr_nodes * XA_CHUNK_SIZE >= s->nr);
}

/* --- files --------------------------------------------------------------- */

/* The file that is read into, with its number; NULL: im->err. */
static struct file *make_file(struct image *im, const char *name, uint32_t disk,
			      uint64_t nr_pages, uint16_t id)
{
	struct file *f = NULL;

	if (im->err)
		return NULL;
	if (!name[0] || file_find(im->vm, name) ||
	    (disk != FILE_NO_DISK && disk >= im->vm->conf.nr_disks)) {
		image_bad(im);
		return NULL;
	}
	f = file_get(im->vm, name, disk, nr_pages);
	if (!f)
		image_fail(im, -ENOMEM);
	else if (f->mapping.id != id)
		image_bad(im);
	return f;
}

/* Slots until all that are in use have been seen: the rest is never read. */
static uint64_t slots_used(const struct file *f)
{
	uint64_t left = f->nr_cached + f->nr_shadows, i = 0;

	while (left) {
		assert(i < f->nr_pages);
		left -= f->slot[i++] != 0;
	}
	return i;
}

/* What the slots say: how many of each, and who is dirty. */
static void count_slots(struct image *im, struct file *f, uint64_t nr)
{
	f->nr_cached = f->nr_shadows = f->nr_dirty = 0;
	for (uint64_t i = 0; i < nr; i++) {
		uint32_t pfn = file_lookup(f, i);

		if (!f->slot[i])
			continue;
		if (pfn == PFN_NONE) {
			f->nr_shadows++;
			continue;
		}
		if (!image_frame_known(im, pfn)) {
			image_bad(im);
			return;
		}
		f->nr_cached++;
		if (f->mapping.kind != MAPPING_FILE ||
		    !(pfn_page(im->vm, pfn)->flags & PG_DIRTY))
			continue;
		f->nr_dirty++;
		f->dirty[i / BITS] |= 1ull << i % BITS;
	}
	assert(f->nr_dirty <= f->nr_cached);
}

static void image_slots(struct image *im, struct file *f)
{
	struct image_array a = { .base = f->slot, .size = sizeof(*f->slot) };

	if (im->saving)
		a.nr = slots_used(f);
	image_upto(im, a.nr, f->nr_pages);
	image_sparse(im, &a);
	assert(a.nr <= f->nr_pages);
	if (!im->saving && !im->err)
		count_slots(im, f, a.nr);
}

IMAGE_KNOWS(file_ra, 24);
IMAGE_KNOWS(file, 184);
static void image_file(struct image *im, struct file *f)
{
	char name[VM_NAME_LEN] = "";
	uint32_t disk = f ? f->disk : 0;
	uint64_t nr_pages = f ? f->nr_pages : 0;
	uint16_t id;

	image_tag(im, TAG_FILE);
	image_text(im, f ? f->name : name, sizeof(name));
	image_num(im, disk);
	image_num(im, nr_pages);
	id = image_mapping_id(im, f ? &f->mapping : NULL);
	if (!im->saving)
		f = make_file(im, name, disk, nr_pages, id);
	if (!f)
		return;
	image_num(im, f->dirtied_when_ns);
	image_num(im, f->wb_index);
	image_upto(im, f->shadow_hand, f->xa.nr_nodes);
	image_slots(im, f);
	image_xarray(im, &f->xa,
		     &(struct slots){ (const uint8_t *)f->slot,
				      sizeof(*f->slot), f->nr_pages,
				      f->nr_cached + f->nr_shadows });
	assert(f->nr_pages == nr_pages || im->err);
}

void image_files(struct image *im)
{
	struct vm *vm = im->vm;
	uint64_t nr = image_count(im, vm->nr_files, LEAST_BYTES, VM_MAX_FILES);

	assert(im->saving || vm->nr_files == 0);
	for (uint32_t i = 0; i < nr && !im->err; i++)
		image_file(im, im->saving ? vm->files[i] : NULL);
}

/* --- swap areas ---------------------------------------------------------- */

IMAGE_KNOWS(swap_slot, 12);
static void image_slot(struct image *im, void *element)
{
	struct swap_slot *s = element;

	assert(s);
	image_num(im, s->cache);
	image_num(im, s->index);
	image_num(im, s->owner);
	image_upto(im, s->bad, 1);
}

/*
 * Who has an owner is taken; the header is, and has none.  How many have
 * something in the cache.
 */
static uint64_t count_taken(struct image *im, struct swap_area *sa)
{
	uint64_t in_cache = 0;

	if (sa->slot[0].owner || sa->slot[0].cache)
		image_bad(im);
	sa->used = 0;
	for (uint32_t n = 1; n < sa->nr_slots; n++) {
		const struct swap_slot *s = &sa->slot[n];

		if (s->owner) {
			sa->map[n / BITS] |= 1ull << n % BITS;
			sa->used++;
			in_cache += s->cache != 0;
		} else if (s->cache || s->index) {
			image_bad(im);
		}
	}
	assert(sa->used < sa->nr_slots);
	return in_cache;
}

/* The area is on, and as it was before its first page. */
static void make_area(struct image *im, uint32_t id, uint16_t mapping)
{
	int err;

	if (im->err)
		return;
	err = swap_area_on(im->vm, id, VM_SWAP_PRIO_AUTO);
	if (err)
		image_fail(im, err);
	else if (im->vm->swap[id].mapping.id != mapping)
		image_bad(im);
}

IMAGE_KNOWS(swap_area, 184);
static void image_swap(struct image *im, uint32_t id)
{
	struct swap_area *sa = &im->vm->swap[id];
	struct image_array slots = { .size = sizeof(*sa->slot),
				     .one = image_slot };
	bool active = sa->active;

	assert(id < im->vm->conf.nr_swaps);
	image_tag(im, TAG_SWAP);
	image_flag(im, &active);
	if (!active)
		return;
	if (im->saving)
		image_mapping_id(im, &sa->mapping);
	else
		make_area(im, id, image_mapping_id(im, NULL));
	if (im->err)
		return;
	image_flag(im, &sa->closing);
	image_within(im, sa->priority, INT16_MIN, INT16_MAX);
	image_upto(im, sa->next, sa->nr_slots - 1);
	image_num(im, sa->turn);
	image_num(im, sa->ra_prev);
	image_upto(im, sa->ra_window, 1u << 30);
	image_upto(im, sa->ra_hits, INT32_MAX);
	slots.base = sa->slot;
	slots.nr = sa->nr_slots;
	image_sparse(im, &slots);
	image_xarray(im, &sa->xa,
		     &(struct slots){ (const uint8_t *)sa->slot,
				      sizeof(*sa->slot), sa->nr_slots,
				      im->saving ? 0 : count_taken(im, sa) });
}

void image_swaps(struct image *im)
{
	struct vm *vm = im->vm;

	for (uint32_t s = 0; s < vm->conf.nr_swaps && !im->err; s++)
		image_swap(im, s);
	assert(vm->conf.nr_swaps <= VM_MAX_SWAPS);
	image_num(im, vm->swap_turn);
}
