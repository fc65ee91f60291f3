/* SPDX-License-Identifier: MIT */
/*
 * end_io.c - a disk has read or written a page.
 *
 * vm->end_io: called by memory/disk.c for every page of a request that has
 * ended, reads and writes, files and swap alike.  Tasks that wait for a read
 * sleep until its known end and find PG_UPTODATE; reclaimers that wait for
 * writeback see their node's count move.  The disk has counted what is its
 * own: sectors, pgpgin and pgpgout, pages written.
 * mm/filemap.c:folio_end_writeback and mm/page_io.c are the models.
 *
 * Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/writeback.h"

static void end_read(struct vm *vm, const struct disk_io *io)
{
	struct page *page = pfn_page(vm, io->pfn);

	assert(!(page->flags & PG_BUDDY));
	/* After an error too: nobody may wait for it for ever. */
	page->flags |= PG_UPTODATE;
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
