/* SPDX-License-Identifier: MIT */
/*
 * writeback.c - a file's dirty pages go to their disk (fact sheet F.5).
 *
 * writeback_file() is called by the flushers: it takes dirty pages in file
 * order, run by run, and queues a request for each run.  update_bandwidth()
 * is called when requests end; from it balance_dirty_pages() learns what the
 * disk can do.  mm/page-writeback.c:write_cache_pages and
 * wb_update_write_bandwidth are the models.
 *
 * Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/vmscan.h"
#include "reclaim/writeback.h"

#define INIT_BW_PAGES ((100ull << 20) >> VM_PAGE_SHIFT)
#define SECOND_NS     1000000000ull
/* The estimate looks back 2^n jiffies, the smallest above 3 s. */
#define BW_PERIOD_NS (1024 * VM_JIFFY_NS)

uint64_t disk_write_bw(const struct disk *d)
{
	return d->write_bw ? d->write_bw : INIT_BW_PAGES;
}

uint64_t calc_write_bandwidth(uint64_t bw, uint64_t written,
			      uint64_t elapsed_ns)
{
	uint64_t pages_s;

	assert(elapsed_ns > 0);
	if (elapsed_ns > BW_PERIOD_NS)
		return MAX(written * SECOND_NS / elapsed_ns, 1);
	pages_s = written * SECOND_NS + bw * (BW_PERIOD_NS - elapsed_ns);
	return MAX(pages_s / BW_PERIOD_NS, 1);
}

/* The second smoothing follows only what goes on in one direction. */
static uint64_t smooth(uint64_t avg, uint64_t old, uint64_t bw)
{
	if (avg > old && old >= bw)
		return avg - ((avg - old) >> 3);
	if (avg < old && old <= bw)
		return avg + ((old - avg) >> 3);
	return avg;
}

void update_bandwidth(struct disk *d, uint64_t now_ns)
{
	uint64_t elapsed = now_ns - d->bw_time_ns;
	uint64_t old = disk_write_bw(d);
	uint64_t avg = d->avg_write_bw ? d->avg_write_bw : INIT_BW_PAGES;

	assert(now_ns >= d->bw_time_ns && d->nr_written >= d->bw_written);
	if (elapsed < BANDWIDTH_INTERVAL_NS)
		return;
	d->write_bw = calc_write_bandwidth(old, d->nr_written - d->bw_written,
					   elapsed);
	d->avg_write_bw = elapsed > BW_PERIOD_NS
				  ? d->write_bw
				  : smooth(avg, old, d->write_bw);
	d->bw_time_ns = now_ns;
	d->bw_written = d->nr_written;
}

/* A disk that had nothing to write was not slow: its clock starts anew. */
static void start_bandwidth(struct disk *d, uint64_t now_ns)
{
	if (d->nr_writeback || now_ns - d->bw_time_ns < BANDWIDTH_INTERVAL_NS)
		return;
	d->bw_time_ns = now_ns;
	d->bw_written = d->nr_written;
}

/*
 * Collect the run of dirty pages that starts at @index, at most @max; their
 * number.  A page that is still being written ends the run: it has been
 * dirtied again and comes later.
 */
static unsigned collect_run(struct vm *vm, struct file *f, uint64_t index,
			    uint32_t *pfn, uint64_t max)
{
	unsigned nr = 0;

	while (nr < max && file_next_dirty(f, index) == index) {
		uint32_t p = file_lookup(f, index);

		assert(p != PFN_NONE && pfn_page(vm, p)->flags & PG_DIRTY);
		if (pfn_page(vm, p)->flags & PG_WRITEBACK)
			break;
		page_clear_dirty(vm, p);
		page_set_writeback(vm, p);
		pfn[nr++] = p;
		index++;
	}
	return nr;
}

/* The next dirty page that can be written now, from wb_index, once round. */
static uint64_t next_writable(struct vm *vm, struct file *f, bool *wrapped)
{
	for (;;) {
		uint64_t index = file_next_dirty(f, f->wb_index);

		if (index == UINT64_MAX) {
			if (*wrapped)
				return UINT64_MAX;
			*wrapped = true;
			f->wb_index = 0;
			continue;
		}
		f->wb_index = index;
		if (!(pfn_page(vm, file_lookup(f, index))->flags &
		      PG_WRITEBACK))
			return index;
		f->wb_index++;
	}
}

uint64_t writeback_file(struct vm *vm, struct file *f, uint64_t nr)
{
	struct disk *d = &vm->disk[f->disk];
	uint32_t pfn[WRITEBACK_RUN_PAGES];
	bool wrapped = f->wb_index == 0;
	uint64_t done = 0;
	bool sync;

	assert(f->mapping.kind == MAPPING_FILE);
	nr = MIN(nr, WRITEBACK_RUN_PAGES);
	start_bandwidth(d, vm->world.now_ns);
	while (done < nr) {
		uint64_t index = next_writable(vm, f, &wrapped);
		unsigned run;

		if (index == UINT64_MAX)
			break;
		run = collect_run(vm, f, index, pfn, nr - done);
		disk_submit(d, true, pfn, run, &sync);
		f->wb_index = index + run;
		done += run;
	}
	return done;
}
