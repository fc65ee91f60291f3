/* SPDX-License-Identifier: MIT */
/*
 * dirty_throttle.c - who dirties faster than the disk writes, sleeps (F.4).
 *
 * balance_dirty_pages() is called by the page fault and by write() once a
 * task has dirtied nr_dirtied_pause pages.  It never blocks: it says until
 * when the task must sleep, and is asked again afterwards.
 *
 * Of the kernel's controller the part that people feel is here: the cubic,
 * the correction by disk, the estimate of the disk's bandwidth, pauses and
 * think time.  The base rate is not steered but counted: each of N writers
 * gets the N-th part of the bandwidth.  Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/vmscan.h"
#include "reclaim/writeback.h"

#define SECOND_NS	1000000000ull
#define IDLE_WRITER_NS	SECOND_NS /* after that its credit is forgotten */
#define TARGET_PAUSE_NS (10 * 1000000ull)
/* 2^n jiffies, the smallest above an eighth of a second: 32 * 4 ms */
#define EIGHTH_NS	    (32 * VM_JIFFY_NS)
#define MAX_PAUSE_JIFFIES   (MAX_PAUSE_NS / VM_JIFFY_NS)
#define EXCEEDED_POLL_PAGES 8u

static unsigned ilog2(uint64_t n)
{
	assert(n > 0);
	return 63u - (unsigned)__builtin_clzll(n);
}

uint64_t disk_nr_dirty(const struct vm *vm, const struct disk *d)
{
	uint64_t nr = 0;

	for (uint32_t i = 0; i < vm->nr_files; i++) {
		const struct file *f = vm->files[i];

		if (f && f->mapping.kind == MAPPING_FILE && f->disk == d->id)
			nr += f->nr_dirty;
	}
	return nr;
}

/*
 * The kernel splits limits by each disk's share of recent completions.  Among
 * disks that have something to write that is their share of the bandwidth.
 */
static uint64_t disk_share(struct vm *vm, struct disk *d, uint64_t pages)
{
	uint64_t all = disk_write_bw(d);

	assert(all > 0);
	for (uint32_t i = 0; i < vm->conf.nr_disks; i++) {
		const struct disk *other = &vm->disk[i];

		if (other != d &&
		    (other->nr_file_writeback > 0 ||
		     disk_nr_dirty(vm, other) > 0))
			all += disk_write_bw(other);
	}
	return pages * disk_write_bw(d) / all;
}

/* F.1: the limit that follows the threshold up at once, down slowly. */
static void update_dirty_limit(struct vm *vm, uint64_t thresh, uint64_t dirty)
{
	uint64_t now = vm->world.now_ns;
	uint64_t target = MAX(thresh, dirty);

	if (vm->dirty_limit < thresh) {
		vm->dirty_limit = thresh;
		vm->dirty_limit_time_ns = now;
		return;
	}
	if (now - vm->dirty_limit_time_ns < BANDWIDTH_INTERVAL_NS)
		return;
	if (vm->dirty_limit > target)
		vm->dirty_limit -= (vm->dirty_limit - target) >> 5;
	vm->dirty_limit_time_ns = now;
	assert(vm->dirty_limit >= thresh);
}

void dirty_state_get(struct vm *vm, struct disk *d, struct dirty_state *ds)
{
	struct dirty_limits l = global_dirty_limits(vm);

	ds->thresh = l.thresh;
	ds->background = l.background;
	ds->freerun = (l.thresh + l.background) / 2;
	ds->dirty = global_node_item(vm, NR_FILE_DIRTY) +
		    global_node_item(vm, NR_WRITEBACK);
	ds->limit = MAX(l.thresh, vm->dirty_limit);
	ds->wb_thresh = disk_share(vm, d, l.thresh);
	ds->wb_background = disk_share(vm, d, l.background);
	ds->wb_dirty = disk_nr_dirty(vm, d) + d->nr_file_writeback;
	ds->write_bw = disk_write_bw(d);
	assert(ds->wb_thresh <= ds->thresh);
}

uint64_t calc_max_pause_ns(uint64_t wb_dirty, uint64_t write_bw)
{
	uint64_t jiffies =
		wb_dirty / (1 + write_bw / (EIGHTH_NS / VM_JIFFY_NS));

	return MIN(jiffies + 1, MAX_PAUSE_JIFFIES) * VM_JIFFY_NS;
}

/* Tasks that have dirtied pages of @d within the last second. */
static uint32_t count_writers(struct vm *vm, struct disk *d, uint64_t now)
{
	const struct task *t;
	uint32_t nr = 0;

	if (d->nr_writers && now - d->nr_writers_ns < BANDWIDTH_INTERVAL_NS)
		return d->nr_writers;
	for_each_task (vm, t)
		nr += t->file && t->file->disk == d->id &&
		      t->dirty_paused_when_ns &&
		      t->dirty_paused_when_ns + IDLE_WRITER_NS >= now;
	d->nr_writers = MAX(nr, 1);
	d->nr_writers_ns = now;
	return d->nr_writers;
}

/* Under the ceiling: how far to the next look, and nothing to wait for. */
static uint64_t free_run(struct task *t, const struct dirty_state *ds,
			 uint64_t now)
{
	t->dirty_paused_when_ns = now;
	t->nr_dirtied = 0;
	t->nr_dirtied_pause =
		ds->thresh > ds->dirty
			? 1u << (ilog2(ds->thresh - ds->dirty) / 2)
			: 1;
	assert(t->nr_dirtied_pause > 0);
	return 0;
}

/*
 * A pause is to be about 10 ms, longer where many writers share the disk;
 * returns that, and sets after how many pages it comes.
 */
static uint64_t set_pause_goal(struct task *t, const struct dirty_state *ds,
			       uint64_t max_pause)
{
	unsigned hi = ilog2(ds->write_bw | 1);
	unsigned lo = ilog2(t->dirty_ratelimit | 1);
	uint64_t goal = TARGET_PAUSE_NS;
	uint64_t pages;

	if (hi > lo)
		goal += (hi - lo) * TARGET_PAUSE_NS;
	goal = MIN(goal, max_pause / 2);
	pages = t->dirty_ratelimit * goal / SECOND_NS;
	if (pages < DIRTY_POLL_PAGES) {
		goal = max_pause / 2;
		pages = MIN(t->dirty_ratelimit * max_pause / SECOND_NS,
			    DIRTY_POLL_PAGES);
	}
	if (ds->dirty > ds->thresh && ds->wb_dirty > ds->wb_thresh)
		pages = MIN(pages, EXCEEDED_POLL_PAGES);
	t->nr_dirtied_pause = (uint32_t)MAX(pages, 1);
	return goal;
}

/* Too short a pause to be worth a sleep: the time is owed, or forgotten. */
static uint64_t carry_credit(struct task *t, uint64_t now, uint64_t period,
			     uint64_t thought)
{
	if (thought > period + IDLE_WRITER_NS)
		t->dirty_paused_when_ns = now;
	else
		t->dirty_paused_when_ns += period;
	t->nr_dirtied = 0;
	return 0;
}

/*
 * So little is waiting for the disk that it may be an error of the kernel's
 * counters (wb_stat_error): who has slept for a whole pause may go on, though
 * other disks, or swapping, keep the machine over its limit.
 */
static bool held_for_others(const struct vm *vm, const struct task *t,
			    const struct dirty_state *ds)
{
	uint64_t nr = vm->conf.nr_cpus;

	assert(nr > 0);
	return !t->nr_dirtied && ds->wb_dirty <= nr * 8 * (1 + ilog2(nr));
}

static uint64_t throttle(struct task *t, const struct dirty_state *ds,
			 uint64_t now)
{
	uint64_t max_pause = calc_max_pause_ns(ds->wb_dirty, ds->write_bw);
	uint64_t ratio = calc_wb_pos_ratio(ds);
	uint64_t goal = set_pause_goal(t, ds, max_pause);
	uint64_t rate = t->dirty_ratelimit * ratio / POS_RATIO_ONE;
	uint64_t thought = 0;
	uint64_t period, pause;

	assert(max_pause > 0 && max_pause <= MAX_PAUSE_NS);
	if (t->dirty_paused_when_ns && now > t->dirty_paused_when_ns)
		thought = now - t->dirty_paused_when_ns;
	if (!rate) {
		pause = max_pause; /* at the limit nobody gets through */
	} else {
		period = t->nr_dirtied * SECOND_NS / rate;
		if (period < thought + goal / 2)
			return carry_credit(t, now, period, thought);
		pause = MIN(period - thought, max_pause);
	}
	t->dirty_paused_when_ns = now + pause;
	t->nr_dirtied = 0;
	return now + pause;
}

uint64_t balance_dirty_pages(struct vm *vm, struct task *t, struct disk *d)
{
	uint64_t now = vm->world.now_ns;
	struct dirty_state ds;

	if (t->flags & TF_KILLED)
		return 0;
	update_dirty_limit(vm, global_dirty_limits(vm).thresh,
			   global_node_item(vm, NR_FILE_DIRTY) +
				   global_node_item(vm, NR_WRITEBACK));
	dirty_state_get(vm, d, &ds);
	if ((!vm->ctl.laptop_mode &&
	     global_node_item(vm, NR_FILE_DIRTY) > ds.background) ||
	    ds.dirty > ds.freerun)
		vm->wake_flusher(vm, d, VM_WB_BACKGROUND);
	if (ds.dirty <= ds.freerun)
		return free_run(t, &ds, now);
	if (ds.dirty >= ds.limit && held_for_others(vm, t, &ds))
		return 0;
	t->dirty_ratelimit = MAX(ds.write_bw / count_writers(vm, d, now), 1);
	return throttle(t, &ds, now);
}
