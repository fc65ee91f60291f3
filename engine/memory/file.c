/* SPDX-License-Identifier: MIT */
/*
 * file.c - files and their page cache; from dirty to clean.
 *
 * Called by the faults that fill a cache, by reclaim, drop_caches and
 * truncation that empty it, and by the flusher.  Keeps nr_file_pages, nr_shmem,
 * nr_dirty, nr_dirtied, nr_writeback and nr_zone_write_pending.
 * mm/filemap.c and mm/page-writeback.c are the models.
 *
 * Locking: the world's lock.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memory/vmstat.h"
#include "world/reserve.h"

#define BITS 64u

static size_t slot_bytes(uint64_t nr_pages)
{
	return nr_pages * sizeof(uint32_t);
}

static size_t dirty_bytes(uint64_t nr_pages)
{
	return (nr_pages + BITS - 1) / BITS * sizeof(uint64_t);
}

struct file *file_find(struct vm *vm, const char *name)
{
	for (uint32_t i = 0; i < vm->nr_files; i++)
		if (!strcmp(vm->files[i]->name, name))
			return vm->files[i];
	return NULL;
}

static int file_extend(struct file *f, uint64_t nr_pages)
{
	uint32_t *slot;
	uint64_t *dirty;

	if (nr_pages <= f->nr_pages)
		return 0;
	slot = reserve_resize(f->slot, slot_bytes(f->nr_pages),
			      slot_bytes(nr_pages));
	if (!slot)
		return -ENOMEM;
	f->slot = slot;
	dirty = reserve_resize(f->dirty, dirty_bytes(f->nr_pages),
			       dirty_bytes(nr_pages));
	if (!dirty)
		goto err_slot;
	f->dirty = dirty;
	if (xarray_grow(&f->xa, nr_pages))
		goto err_dirty;
	f->nr_pages = nr_pages;
	return 0;

err_dirty:
	dirty = reserve_resize(f->dirty, dirty_bytes(nr_pages),
			       dirty_bytes(f->nr_pages));
	if (dirty)
		f->dirty = dirty;
err_slot:
	slot = reserve_resize(f->slot, slot_bytes(nr_pages),
			      slot_bytes(f->nr_pages));
	if (slot)
		f->slot = slot;
	return -ENOMEM;
}

static struct file *file_create(struct vm *vm, const char *name, uint32_t disk,
				uint64_t nr_pages)
{
	enum mapping_kind kind =
		disk == FILE_NO_DISK ? MAPPING_SHMEM : MAPPING_FILE;
	struct file *f;

	if (vm->nr_files == VM_MAX_FILES || nr_pages > UINT32_MAX)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->slot = reserve_alloc(slot_bytes(nr_pages));
	if (!f->slot)
		goto err_file;
	f->dirty = reserve_alloc(dirty_bytes(nr_pages));
	if (!f->dirty)
		goto err_slot;
	if (xarray_init(&f->xa, nr_pages))
		goto err_dirty;
	reserve_dense(f->slot, slot_bytes(nr_pages));
	if (mapping_register(vm, &f->mapping, kind))
		goto err_xa;
	memcpy(f->name, name, strnlen(name, sizeof(f->name) - 1));
	f->disk = disk;
	f->nr_pages = nr_pages;
	vm->files[vm->nr_files++] = f;
	return f;

err_xa:
	xarray_fini(vm, &f->xa);
err_dirty:
	reserve_free(f->dirty, dirty_bytes(nr_pages));
err_slot:
	reserve_free(f->slot, slot_bytes(nr_pages));
err_file:
	free(f);
	return NULL;
}

struct file *file_get(struct vm *vm, const char *name, uint32_t disk,
		      uint64_t nr_pages)
{
	struct file *f = file_find(vm, name);

	assert(disk == FILE_NO_DISK || disk < vm->conf.nr_disks);
	if (!f)
		return file_create(vm, name, disk, nr_pages);
	if (nr_pages > UINT32_MAX || file_extend(f, nr_pages))
		return NULL;
	return f;
}

void file_destroy(struct vm *vm, struct file *f)
{
	uint32_t i = 0;

	assert(f->nr_cached == 0 && !f->vmas);
	while (vm->files[i] != f)
		i++;
	assert(i < vm->nr_files);
	vm->nr_files--;
	memmove(&vm->files[i], &vm->files[i + 1],
		(vm->nr_files - i) * sizeof(vm->files[0]));
	mapping_unregister(vm, &f->mapping);
	xarray_fini(vm, &f->xa);
	reserve_free(f->dirty, dirty_bytes(f->nr_pages));
	reserve_free(f->slot, slot_bytes(f->nr_pages));
	free(f);
}

/* The slot's content, with what the index is told about it. */
static void set_slot(struct vm *vm, struct file *f, uint64_t index,
		     uint32_t entry)
{
	uint32_t old = f->slot[index];

	f->slot[index] = entry;
	f->nr_shadows -= !!(old & SHADOW_BIT);
	f->nr_shadows += !!(entry & SHADOW_BIT);
	xa_store(vm, &f->xa, index, old, entry);
}

static void account_cached(struct vm *vm, struct file *f, uint32_t pfn, int n)
{
	f->nr_cached += (uint64_t)(int64_t)n;
	mod_page_node(vm, pfn, NR_FILE_PAGES, n);
	if (f->mapping.kind == MAPPING_SHMEM)
		mod_page_node(vm, pfn, NR_SHMEM, n);
}

uint32_t file_insert(struct vm *vm, struct file *f, uint64_t index,
		     uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);
	uint32_t old = f->slot[index];

	assert(index < f->nr_pages && !page->mapping);
	assert(old == 0 || (old & SHADOW_BIT));
	page->mapping = f->mapping.id;
	page->index = (uint32_t)index;
	set_slot(vm, f, index, pfn + 1);
	account_cached(vm, f, pfn, 1);
	return old;
}

void file_remove(struct vm *vm, struct file *f, uint64_t index, uint32_t leave)
{
	uint32_t pfn = file_lookup(f, index);
	struct page *page = pfn_page(vm, pfn);

	assert(pfn != PFN_NONE && page->mapping == f->mapping.id);
	assert(!(page->flags & PG_MAPPED) && !(page->flags & PG_WRITEBACK));
	assert(leave == 0 || (leave & SHADOW_BIT));
	if (page->flags & PG_DIRTY)
		page_clear_dirty(vm, pfn);
	set_slot(vm, f, index, leave);
	account_cached(vm, f, pfn, -1);
	page->mapping = 0;
	page->index = 0;
}

void file_forget_shadow(struct vm *vm, struct file *f, uint64_t index)
{
	assert(index < f->nr_pages);
	if (f->slot[index] & SHADOW_BIT)
		set_slot(vm, f, index, 0);
}

void file_removed(struct vm *vm, struct file *f, int nid, uint64_t nr)
{
	assert(f->mapping.kind == MAPPING_FILE && nr <= f->nr_cached);
	f->nr_shadows += nr;
	f->nr_cached -= nr;
	mod_node(&vm->node[nid], NR_FILE_PAGES, -(int64_t)nr);
}

bool file_set_dirty(struct vm *vm, struct file *f, uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);

	assert(page->mapping == f->mapping.id);
	if (page->flags & PG_DIRTY)
		return false;
	page->flags |= PG_DIRTY;
	if (f->mapping.kind == MAPPING_SHMEM)
		return true; /* nobody writes it back: not accounted */
	f->dirty[page->index / BITS] |= 1ull << page->index % BITS;
	if (f->nr_dirty++ == 0)
		f->dirtied_when_ns = vm->world.now_ns;
	mod_page_node(vm, pfn, NR_FILE_DIRTY, 1);
	mod_page_node(vm, pfn, NR_DIRTIED, 1);
	mod_page_zone(vm, pfn, NR_ZONE_WRITE_PENDING, 1);
	return true;
}

uint64_t file_next_dirty(const struct file *f, uint64_t from)
{
	uint64_t nr_words = (f->nr_pages + BITS - 1) / BITS;
	uint64_t w = from / BITS, word;

	if (f->nr_dirty == 0 || from >= f->nr_pages)
		return UINT64_MAX;
	word = f->dirty[w] & ~0ull << from % BITS;
	while (!word) {
		if (++w == nr_words)
			return UINT64_MAX;
		word = f->dirty[w];
	}
	assert(w * BITS + (unsigned)__builtin_ctzll(word) < f->nr_pages);
	return w * BITS + (unsigned)__builtin_ctzll(word);
}

void page_clear_dirty(struct vm *vm, uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);
	struct mapping *m = vm->mapping[page->mapping];
	struct file *f;

	assert(page->flags & PG_DIRTY);
	page->flags &= (uint16_t)~PG_DIRTY;
	/* a write from now on makes the page dirty once more */
	rmap_mkclean(vm, pfn);
	if (m->kind != MAPPING_FILE)
		return;
	f = container_of(m, struct file, mapping);
	assert(f->nr_dirty > 0);
	f->dirty[page->index / BITS] &= ~(1ull << page->index % BITS);
	f->nr_dirty--;
	mod_page_node(vm, pfn, NR_FILE_DIRTY, -1);
	mod_page_zone(vm, pfn, NR_ZONE_WRITE_PENDING, -1);
}

/* Swap is not what a disk's writers are held for: it is not counted. */
static void mod_file_writeback(struct vm *vm, const struct page *page, int by)
{
	const struct mapping *m = vm->mapping[page->mapping];
	const struct file *f;

	if (!m || m->kind != MAPPING_FILE)
		return;
	f = container_of(m, struct file, mapping);
	assert(by > 0 || vm->disk[f->disk].nr_file_writeback > 0);
	vm->disk[f->disk].nr_file_writeback += (uint64_t)by;
}

void page_set_writeback(struct vm *vm, uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);

	assert(!(page->flags & (PG_WRITEBACK | PG_DIRTY)));
	page->flags |= PG_WRITEBACK;
	mod_file_writeback(vm, page, 1);
	mod_page_node(vm, pfn, NR_WRITEBACK, 1);
	mod_page_zone(vm, pfn, NR_ZONE_WRITE_PENDING, 1);
}

void page_clear_writeback(struct vm *vm, uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);

	assert(page->flags & PG_WRITEBACK);
	page->flags &= (uint16_t)~PG_WRITEBACK;
	mod_file_writeback(vm, page, -1);
	mod_page_node(vm, pfn, NR_WRITEBACK, -1);
	mod_page_zone(vm, pfn, NR_ZONE_WRITE_PENDING, -1);
}
