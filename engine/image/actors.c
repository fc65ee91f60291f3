/* SPDX-License-Identifier: MIT */
/*
 * actors.c - who acts, in an image: CPUs, disks, flushers, kswapds.
 *
 * A CPU: its queue of runnable tasks, its heap of sleepers as it stands.  A
 * disk: its two queues of requests.  When each steps next comes with the clock
 * (machine.c), for all actors alike.
 *
 * Called by image.c when the tasks are there.  Locking: see image.h.
 */
#include <assert.h>
#include <errno.h>

#include "actors/cpu.h"
#include "actors/flusher.h"
#include "actors/kswapd.h"
#include "image/image.h"

#define TAG_CPU	   0x20757043u /* "Cpu " */
#define TAG_DISK   0x6b736944u /* "Disk" */
#define TAG_KSWAPD 0x6477734bu /* "Kswd" */
#define LEAST_IO   21u	       /* bytes of a page in flight in an image */

/* --- CPUs ---------------------------------------------------------------- */

/* May @t stand in a queue of @c, where it is in no other one yet? */
static bool may_queue(const struct cpu *c, const struct task *t, bool runs)
{
	assert(c->id < c->vm->conf.nr_cpus);
	return t && t->work && t->cpu == (int)c->id && !t->queued &&
	       !t->sleep_at && (t->state == TASK_RUNNABLE) == runs;
}

static void image_run_queue(struct image *im, struct cpu *c)
{
	uint64_t nr = image_count(im, c->nr_run, sizeof(int), VM_MAX_TASKS);
	struct task *t = c->run;

	assert(im->saving || !c->nr_run);
	for (; nr && !im->err; nr--) {
		image_task_ref(im, &t);
		if (im->saving)
			t = t->run_next;
		else if (may_queue(c, t, true))
			cpu_queue_add(c, t);
		else
			image_bad(im);
	}
}

static void image_sleepers(struct image *im, struct cpu *c)
{
	uint64_t nr = image_count(im, c->nr_sleepers, sizeof(int),
				  VM_MAX_TASKS);

	for (uint32_t i = 0; i < nr && !im->err; i++) {
		struct task *t = im->saving ? c->sleeper[i] : NULL;

		image_task_ref(im, &t);
		if (im->saving)
			continue;
		if (!may_queue(c, t, false) ||
		    (i && c->sleeper[(i - 1) / 2]->wake_ns > t->wake_ns)) {
			image_bad(im);
			return;
		}
		c->sleeper[i] = t;
		t->sleep_at = i + 1;
		c->nr_sleepers = i + 1;
	}
	assert(im->err || c->nr_sleepers == nr);
}

IMAGE_KNOWS(cpu, 264);
IMAGE_KNOWS(vm_cpu_stat, 40);
static void image_cpu(struct image *im, struct cpu *c)
{
	struct vm_cpu_stat *s = &im->vm->cpu_stat[c->id];

	image_tag(im, TAG_CPU);
	image_num(im, s->user_ns);
	image_num(im, s->system_ns);
	image_num(im, s->idle_ns);
	image_num(im, s->iowait_ns);
	image_upto(im, c->last_pid, VM_MAX_PID);
	image_upto(im, c->slice_ns, CPU_SLICE_NS);
	if (!c->slice_ns)
		image_bad(im);
	image_num(im, c->busy_until_ns);
	image_flag(im, &c->idle);
	image_flag(im, &c->iowait);
	image_num(im, c->idle_since_ns);
	image_num(im, c->stolen_ns);
	image_run_queue(im, c);
	image_sleepers(im, c);
	assert(c->vm == im->vm);
}

/* --- disks --------------------------------------------------------------- */

IMAGE_KNOWS(disk_io, 24);
static void image_io(struct image *im, struct disk_io *io)
{
	image_num(im, io->done_ns);
	image_num(im, io->start_ns);
	image_num(im, io->pfn);
	image_num(im, io->nr);
	image_flag(im, &io->failed);
	if (io->start_ns > io->done_ns || !image_frame_known(im, io->pfn))
		image_bad(im);
	assert(!im->saving || io->pfn < im->vm->nr_frames);
}

/* The requests of a queue, one after another, each whole; how many. */
static uint32_t check_requests(struct image *im, const struct disk_queue *q)
{
	uint32_t left = 0, nr = 0;

	for (uint32_t i = 0; i < q->nr; i++) {
		if (i && q->io[i].done_ns < q->io[i - 1].done_ns)
			image_bad(im);
		if (!left != (q->io[i].nr > 0))
			image_bad(im);
		if (!left) {
			left = q->io[i].nr;
			nr++;
		}
		left -= left > 0;
	}
	if (left || (q->nr && q->io[q->nr - 1].done_ns > q->last_done_ns))
		image_bad(im);
	assert(nr <= q->nr);
	return nr;
}

IMAGE_KNOWS(disk_queue, 48);
static void image_queue(struct image *im, struct disk_queue *q, bool write)
{
	uint64_t nr = image_count(im, q->nr, LEAST_IO, im->vm->nr_frames);

	assert(im->saving || q->nr == 0);
	image_upto(im, q->last_done_ns, INT64_MAX);
	image_upto(im, q->free_ns, INT64_MAX);
	if (!im->saving && disk_queue_room(q, (uint32_t)nr)) {
		image_fail(im, -ENOMEM);
		return;
	}
	for (uint32_t i = 0; i < nr && !im->err; i++) {
		struct disk_io *io = &q->io[(q->head + i) % q->capacity];

		image_io(im, io);
		io->write = write;
	}
	if (im->saving || im->err)
		return;
	q->nr = (uint32_t)nr;
	q->nr_requests = check_requests(im, q);
}

IMAGE_KNOWS(vm_disk_stat, 152);
/* Pages of files that are being written, as page_set_writeback() counts. */
static uint64_t count_file_writeback(const struct vm *vm,
				     const struct disk_queue *q)
{
	uint64_t nr = 0;

	assert(q->nr <= q->capacity);
	for (uint32_t i = 0; i < q->nr; i++) {
		uint32_t pfn = q->io[(q->head + i) % q->capacity].pfn;

		nr += !(pfn_page(vm, pfn)->flags & PG_SWAPBACKED);
	}
	return nr;
}

IMAGE_KNOWS(disk, 648);
static void image_disk(struct image *im, struct disk *d)
{
	uint64_t nr;

	image_tag(im, TAG_DISK);
	image_num(im, d->stat.reads);
	image_num(im, d->stat.read_sectors);
	image_num(im, d->stat.read_ns);
	image_num(im, d->stat.writes);
	image_num(im, d->stat.write_sectors);
	image_num(im, d->stat.write_ns);
	image_num(im, d->stat.busy_ns);
	image_num(im, d->stat.weighted_ns);
	image_num(im, d->stat_since_ns);
	image_num(im, d->write_bw);
	image_num(im, d->avg_write_bw);
	image_num(im, d->bw_time_ns);
	image_num(im, d->bw_written);
	image_num(im, d->nr_written);
	image_num(im, d->nr_writers);
	image_num(im, d->nr_writers_ns);
	image_num(im, d->last_io_ns);
	image_upto(im, d->fail_permille, 1000);
	image_queue(im, &d->queue[0], false);
	image_queue(im, &d->queue[1], true);
	assert(!im->saving || d->nr_writeback == d->queue[1].nr);
	d->nr_writeback = d->queue[1].nr;
	nr = count_file_writeback(im->vm, &d->queue[1]);
	assert(!im->saving || d->nr_file_writeback == nr);
	d->nr_file_writeback = nr;
	d->stat.in_flight = d->queue[0].nr_requests + d->queue[1].nr_requests;
}

/* A kernel thread of somebody's. */
static void image_thread(struct image *im, struct task **t)
{
	assert(!im->saving || *t);
	image_task_ref(im, t);
	if (!*t || !((*t)->flags & TF_KTHREAD))
		image_bad(im);
}

IMAGE_KNOWS(flusher, 272);
static void image_flusher(struct image *im, struct flusher *f)
{
	image_thread(im, &f->task);
	image_num(im, f->last_periodic_ns);
	image_upto(im, f->wanted, (2u << VM_WB_SYNC) - 1);
	image_flag(im, &f->working);
	image_upto(im, f->reason, VM_WB_SYNC);
	image_num(im, f->began_ns);
	image_num(im, f->left);
	image_num(im, f->written);
	image_upto(im, f->file_at, VM_MAX_FILES);
	image_num(im, f->file_age);
	image_num(im, f->chunk);
	image_num(im, f->laptop_io_ns);
	assert(f->file_at <= VM_MAX_FILES);
	if (f->file_at >= im->vm->nr_files &&
	    (f->chunk || f->file_at < VM_MAX_FILES))
		image_bad(im);
}

/* --- kswapds ------------------------------------------------------------- */

IMAGE_KNOWS(kswapd, 560);
static void image_kswapd(struct image *im, struct kswapd *k)
{
	image_tag(im, TAG_KSWAPD);
	image_thread(im, &k->task);
	image_upto(im, k->state, KSWAPD_SHRINK);
	k->sc.task = im->saving ? k->sc.task : NULL;
	image_scan_control(im, &k->sc);
	k->sc.task = k->task;
	image_upto(im, k->order, VM_MAX_ORDER);
	image_upto(im, k->highest_zoneidx, VM_NR_ZONES - 1);
	image_num(im, k->alloc_order);
	image_u64s(im, k->boosted);
	image_num(im, k->nr_boost);
	image_upto(im, k->turn_scanned, k->sc.nr_scanned);
	image_upto(im, k->turn_reclaimed, k->sc.nr_reclaimed);
	image_flag(im, &k->raise_priority);
	image_flag(im, &k->balanced);
	image_flag(im, &k->trim_retried);
	image_num(im, k->nap_until_ns);
	if (k->sc.who != RECLAIM_KSWAPD || k->sc.order > k->order ||
	    k->sc.reclaim_idx > k->highest_zoneidx)
		image_bad(im);
	if (k->state == KSWAPD_SHRINK && k->sc.pgdat != k->pgdat)
		image_bad(im);
	assert(k->vm == im->vm);
}

void image_actors(struct image *im)
{
	struct vm *vm = im->vm;
	struct pgdat *pgdat;

	for (uint32_t c = 0; c < vm->conf.nr_cpus; c++)
		image_cpu(im, &vm->cpu[c]);
	for (uint32_t d = 0; d < vm->conf.nr_disks; d++) {
		assert(vm->disk[d].flusher);
		image_disk(im, &vm->disk[d]);
		image_flusher(im, vm->disk[d].flusher);
	}
	for_each_node(vm, pgdat)
		if (pgdat->kswapd)
			image_kswapd(im, pgdat->kswapd);
}
