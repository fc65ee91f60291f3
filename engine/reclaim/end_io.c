/* SPDX-License-Identifier: MIT */
/*
 * end_io.c - a disk has read or written a page.
 *
 * vm->end_io: called by memory/disk.c for every page of a request that has
 * ended, reads and writes, files and swap alike.  Tasks that wait for a read
 * sleep until its known end and find PG_UPTODATE, or are told that it failed;
 * reclaimers that wait for
 * writeback see their node's count move.  The disk has counted what is its
 * own: sectors, pgpgin and pgpgout, pages written.
 * mm/filemap.c:folio_end_writeback and mm/page_io.c are the models.
 *
 * Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/fault.h"
#include "reclaim/slab.h"
#include "reclaim/swap.h"
#include "reclaim/writeback.h"

/* Does @t sleep until page @pfn has been read? */
static bool waits_for(struct vm *vm, const struct task *t, uint32_t pfn)
{
	const struct access *a = t->exec ? &t->exec->access : NULL;
	const struct file *f;

	if (!a || !t->exec->busy || a->stage != ACCESS_IO)
		return false;
	f = a->kind == ACCESS_TOUCH ? a->vma->file : a->file;
	if (f)
		return file_lookup(f, a->index) == pfn;
	assert(a->kind == ACCESS_TOUCH && a->index < a->vma->nr_pages);
	return pte_swapped(a->vma->pte[a->index]) &&
	       swap_cache_lookup(vm, a->vma->pte[a->index]) == pfn;
}

/*
 * Who waits is told; the page leaves its cache, and the next who wants it
 * reads it anew.  Linux keeps the page and reads it again: the same, but for
 * one try more of a page that was read ahead.
 */
static void read_failed(struct vm *vm, uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);
	struct mapping *m = vm->mapping[page->mapping];
	struct task *t;

	assert(!(page->flags & (PG_MAPPED | PG_DIRTY | PG_WRITEBACK)));
	for_each_task (vm, t)
		if (waits_for(vm, t, pfn))
			t->exec->access.failed = true;
	if (page->flags & PG_SWAPCACHE) {
		free_anon_page(vm, pfn);
		return;
	}
	assert(m->kind == MAPPING_FILE);
	lru_del(vm, pfn);
	file_remove(vm, container_of(m, struct file, mapping), page->index, 0);
	page->flags = 0;
	free_pages(vm, pfn, 0);
	slab_nodes_trim_all(vm);
}

static void end_read(struct vm *vm, const struct disk_io *io)
{
	struct page *page = pfn_page(vm, io->pfn);

	assert(!(page->flags & PG_KERNEL));
	page->flags |= PG_UPTODATE;
	/* ended early for want of memory: others are in the middle of it */
	if (io->failed && io->done_ns <= vm->world.now_ns)
		read_failed(vm, io->pfn);
}

/* Somebody sleeps until this node's writeback has moved (E.1). */
static void acct_reclaim_writeback(struct vm *vm, uint32_t pfn)
{
	struct pgdat *pgdat = page_pgdat(vm, pfn);

	if (!pgdat->nr_throttled)
		return;
	mod_node(pgdat, NR_THROTTLED_WRITTEN, 1);
	pgdat->nr_writeback_ended++;
}

/* Reclaim wanted the page gone: it comes next. */
static void rotate_reclaimable(struct vm *vm, uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);

	if (!(page->flags & PG_RECLAIM))
		return;
	page->flags &= (uint16_t)~PG_RECLAIM;
	if (!(page->flags & PG_LRU) ||
	    page->flags & (PG_UNEVICTABLE | PG_ACTIVE))
		return;
	lru_rotate_tail(vm, pfn);
	count_event(vm, PGROTATED);
}

/* The content of a swap slot was lost: the page must stay and go again. */
static void write_failed(struct page *page)
{
	if (!(page->flags & PG_SWAPCACHE))
		return;
	page->flags |= PG_DIRTY;
	page->flags &= (uint16_t)~PG_RECLAIM;
}

static void end_write(struct vm *vm, struct disk *d, const struct disk_io *io)
{
	struct page *page = pfn_page(vm, io->pfn);

	assert(page->flags & PG_WRITEBACK);
	if (io->failed)
		write_failed(page);
	rotate_reclaimable(vm, io->pfn);
	page_clear_writeback(vm, io->pfn);
	mod_page_node(vm, io->pfn, NR_WRITTEN, 1);
	acct_reclaim_writeback(vm, io->pfn);
	update_bandwidth(d, vm->world.now_ns);
}

void end_io(struct vm *vm, struct disk *d, const struct disk_io *io)
{
	assert(io->pfn < vm->nr_frames);
	if (io->write)
		end_write(vm, d, io);
	else
		end_read(vm, io);
	d->last_io_ns = io->done_ns;
	if (vm->ctl.laptop_mode)
		vm->wake_flusher(vm, d, VM_WB_PERIODIC);
}
