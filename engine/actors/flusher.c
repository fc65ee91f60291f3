/* SPDX-License-Identifier: MIT */
/*
 * flusher.c - dirty pages are written behind everybody's back (F.5).
 *
 * One actor a disk.  Four reasons to work, the explicit ones first: sync and
 * vmscan write a given number of pages, background writes until the machine
 * is below its background limit, periodic writes files that have been dirty
 * for too long.  Files come in the order of their first dirtying and take
 * turns of at least 4 MiB each.
 *
 * Calls reclaim/writeback.h; woken through vm->wake_flusher.
 * fs/fs-writeback.c:wb_do_writeback is the model.  Locking: the world's lock.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "actors/cpu.h"
#include "actors/flusher.h"
#include "memory/trace.h"
#include "memory/vmstat.h"
#include "reclaim/writeback.h"
#include "world/name.h"

#define KTHREADD_PID   2
#define CENTISEC_NS    10000000ull
#define SECOND_NS      1000000000ull
#define MILLISECOND_NS 1000000ull
#define CHUNK_PAGES    1024u /* 4 MiB */
#define MAX_WAIT_NS    (100 * MILLISECOND_NS)
#define STEP_NS	       1000u /* of CPU time, whatever it finds to do */
#define NO_FILE	       VM_MAX_FILES

static bool wanted(const struct flusher *f, enum vm_wb_reason r)
{
	return f->wanted >> r & 1;
}

static bool is_mine(const struct flusher *f, const struct file *file)
{
	return file->mapping.kind == MAPPING_FILE &&
	       file->disk == f->disk->id && file->nr_dirty > 0;
}

/* Background work goes on while the machine or the disk is over its share. */
static bool over_background(struct flusher *f)
{
	struct dirty_state ds;

	dirty_state_get(f->vm, f->disk, &ds);
	assert(ds.wb_background <= ds.background);
	return global_node_item(f->vm, NR_FILE_DIRTY) > ds.background ||
	       disk_nr_dirty(f->vm, f->disk) > ds.wb_background;
}

/* Dirty for longer than dirty_expire_centisecs when this look began? */
static bool has_expired(const struct flusher *f, const struct file *file)
{
	uint64_t expire = f->vm->ctl.dirty_expire_centisecs * CENTISEC_NS;

	return file->dirtied_when_ns + expire <= f->began_ns;
}

static bool may_write(const struct flusher *f, const struct file *file)
{
	if (!is_mine(f, file))
		return false;
	return f->reason != VM_WB_PERIODIC || has_expired(f, file);
}

/*
 * The next file by age, behind the one that has had its turn; after the last
 * the first again.  NO_FILE if none may be written.
 */
static uint32_t next_file(const struct flusher *f)
{
	uint32_t next = NO_FILE, first = NO_FILE;

	for (uint32_t i = 0; i < f->vm->nr_files; i++) {
		const struct file *file = f->vm->files[i];
		uint64_t age = file->dirtied_when_ns;

		if (!may_write(f, file))
			continue;
		if (first == NO_FILE ||
		    age < f->vm->files[first]->dirtied_when_ns)
			first = i;
		if (f->file_at == NO_FILE || age < f->file_age ||
		    (age == f->file_age && i <= f->file_at))
			continue;
		if (next == NO_FILE ||
		    age < f->vm->files[next]->dirtied_when_ns)
			next = i;
	}
	return next != NO_FILE ? next : first;
}

/* Half a second of the disk, in steps of 4 MiB. */
static uint64_t chunk_pages(const struct flusher *f)
{
	uint64_t pages = MIN(f->disk->avg_write_bw / 2, f->vm->dirty_limit / 8);

	pages = MIN(pages, f->left) + CHUNK_PAGES;
	return pages - pages % CHUNK_PAGES;
}

static bool take_file(struct flusher *f)
{
	f->file_at = next_file(f);
	if (f->file_at == NO_FILE)
		return false;
	f->file_age = f->vm->files[f->file_at]->dirtied_when_ns;
	f->chunk = chunk_pages(f);
	assert(f->chunk >= CHUNK_PAGES);
	return true;
}

/*
 * A file that is dirtied as fast as it is written has had its turn: what is
 * dirty in it now is as new as this.
 */
static void leave_file(struct flusher *f, struct file *file)
{
	if (f->reason == VM_WB_PERIODIC && file->nr_dirty &&
	    file->dirtied_when_ns == f->file_age)
		file->dirtied_when_ns = f->vm->world.now_ns;
	f->chunk = 0;
}

static uint64_t disk_pages(const struct flusher *f)
{
	return disk_nr_dirty(f->vm, f->disk);
}

static void work_begin(struct flusher *f, enum vm_wb_reason reason,
		       uint64_t now)
{
	assert(!f->working);
	f->working = true;
	f->reason = reason;
	f->began_ns = now;
	f->written = 0;
	f->file_at = NO_FILE;
	f->chunk = 0;
	f->wanted &= ~(1u << reason);
	f->left = reason == VM_WB_BACKGROUND || reason == VM_WB_PERIODIC
			  ? UINT64_MAX
			  : disk_pages(f);
}

static void work_end(struct flusher *f)
{
	struct vm_event ev;

	assert(f->working);
	f->working = false;
	if (!f->written || !trace_enabled(f->vm))
		return;
	ev = trace_event(f->vm, VM_EV_FLUSHER, f->task);
	ev.flusher.disk = f->disk->id;
	ev.flusher.reason = f->reason;
	ev.nr_reclaimed = f->written;
	trace_send(f->vm, &ev);
}

static uint64_t periodic_due(const struct flusher *f)
{
	uint64_t interval = f->vm->ctl.dirty_writeback_centisecs * CENTISEC_NS;

	return interval ? f->last_periodic_ns + interval : ACTOR_NEVER;
}

/* laptop_mode: everything, some seconds after the disk had to run anyway. */
static uint64_t laptop_due(const struct flusher *f)
{
	uint64_t last = f->disk->last_io_ns;

	if (f->vm->ctl.laptop_mode <= 0 || last == f->laptop_io_ns ||
	    !disk_pages(f))
		return ACTOR_NEVER;
	return last + (uint64_t)f->vm->ctl.laptop_mode * SECOND_NS;
}

/* Choose the next work; false: there is none now. */
static bool find_work(struct flusher *f, uint64_t now)
{
	if (laptop_due(f) <= now) {
		f->laptop_io_ns = f->disk->last_io_ns;
		f->wanted |= 1u << VM_WB_SYNC;
	}
	if (periodic_due(f) <= now) {
		f->last_periodic_ns = now;
		f->wanted |= 1u << VM_WB_PERIODIC;
	}
	if (wanted(f, VM_WB_SYNC))
		work_begin(f, VM_WB_SYNC, now);
	else if (wanted(f, VM_WB_VMSCAN))
		work_begin(f, VM_WB_VMSCAN, now);
	else if (wanted(f, VM_WB_PERIODIC))
		work_begin(f, VM_WB_PERIODIC, now);
	else if (wanted(f, VM_WB_BACKGROUND))
		work_begin(f, VM_WB_BACKGROUND, now);
	return f->working;
}

/* Periodic and background work give way to what somebody waits for. */
static bool must_yield(const struct flusher *f)
{
	return (f->reason == VM_WB_BACKGROUND || f->reason == VM_WB_PERIODIC) &&
	       (wanted(f, VM_WB_SYNC) || wanted(f, VM_WB_VMSCAN));
}

/* One run of pages of the file in hand; false: the work is done. */
static bool write_some(struct flusher *f)
{
	struct file *file;
	uint64_t nr;

	if (must_yield(f)) {
		f->wanted |= 1u << f->reason; /* and goes on later */
		return false;
	}
	if (!f->left || (f->reason == VM_WB_BACKGROUND && !over_background(f)))
		return false;
	if (!f->chunk && !take_file(f))
		return false;
	file = f->vm->files[f->file_at];
	nr = writeback_file(f->vm, file, MIN(f->chunk, f->left));
	f->written += nr;
	f->left -= nr;
	f->chunk -= nr;
	if (!nr || !f->chunk || !file->nr_dirty)
		leave_file(f, file);
	assert(nr <= WRITEBACK_RUN_PAGES);
	/* All that is dirty is being written already: wait for its end. */
	return nr > 0 || !f->disk->nr_writeback;
}

static uint64_t account(struct flusher *f, uint64_t pages)
{
	uint64_t cost = pages * f->vm->conf.cost.scan_ns + STEP_NS;

	cpu_charge(f->vm, f->task, cost);
	return cost;
}

/* Until about half of what is queued has been written. */
static uint64_t queue_wait(const struct flusher *f, uint64_t now)
{
	uint64_t last = f->disk->queue[1].last_done_ns;
	uint64_t wait = last > now ? (last - now) / 2 : 0;

	assert(f->disk->nr_writeback >= FLUSHER_QUEUE_PAGES);
	return now + MAX(MIN(wait, MAX_WAIT_NS), MILLISECOND_NS);
}

static uint64_t flusher_step(struct actor *a, uint64_t now_ns)
{
	struct flusher *f = container_of(a, struct flusher, actor);
	uint64_t before;

	if (f->vm->panicked)
		return ACTOR_NEVER;
	if (!f->working && !find_work(f, now_ns))
		return MIN(periodic_due(f), laptop_due(f));
	if (f->disk->nr_writeback >= FLUSHER_QUEUE_PAGES)
		return queue_wait(f, now_ns);
	before = f->written;
	if (!write_some(f))
		work_end(f);
	assert(f->written >= before);
	return now_ns + account(f, f->written - before);
}

/* Writeback runs on unbound kernel workers. */
static struct task *make_worker(struct vm *vm, uint32_t id, int *err)
{
	char comm[VM_COMM_LEN];
	struct name n = name_in(comm, sizeof(comm));
	struct task *t;

	name_text(&n, "kworker/u");
	name_uint(&n, 2ull * vm->conf.nr_cpus);
	name_char(&n, ':');
	name_uint(&n, id);
	t = task_create(vm, comm, 0, err);
	if (!t)
		return NULL;
	t->flags |= TF_KTHREAD;
	t->ppid = KTHREADD_PID;
	assert(!t->mm && t->state == TASK_SLEEPING);
	return t;
}

int flusher_init(struct vm *vm, struct disk *d)
{
	struct flusher *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	f->task = make_worker(vm, d->id, &err);
	if (!f->task) {
		free(f);
		return err;
	}
	assert(!d->flusher);
	f->vm = vm;
	f->disk = d;
	f->file_at = NO_FILE;
	f->last_periodic_ns = vm->world.now_ns;
	name_number(f->actor.name, sizeof(f->actor.name), "flush", d->id);
	f->actor.step = flusher_step;
	d->flusher = f;
	world_add(&vm->world, &f->actor);
	actor_wake(&f->actor, vm->world.now_ns);
	return 0;
}

void flusher_fini(struct disk *d)
{
	free(d->flusher);
	d->flusher = NULL;
}

void flusher_wake(struct vm *vm, struct disk *d, enum vm_wb_reason reason)
{
	for (uint32_t i = 0; !d && i < vm->conf.nr_disks; i++)
		flusher_wake(vm, &vm->disk[i], reason);
	if (!d || !d->flusher)
		return;
	assert(reason <= VM_WB_SYNC);
	/* PERIODIC is no order but a reason to look at the clock again. */
	if (reason != VM_WB_PERIODIC)
		d->flusher->wanted |= 1u << reason;
	actor_wake(&d->flusher->actor, vm->world.now_ns);
}

void flushers_retime(struct vm *vm)
{
	flusher_wake(vm, NULL, VM_WB_PERIODIC);
}

bool flusher_idle(const struct flusher *f)
{
	return !f->working && !f->wanted && !f->disk->nr_writeback;
}
