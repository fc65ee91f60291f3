/* SPDX-License-Identifier: MIT */
/*
 * exec.c - what a task is in the middle of, in an image.
 *
 * An access holds a request for pages, which holds a reclaim, which holds a
 * scan_control.  Of each only what is in use is written: the request while
 * the access allocates, the reclaim while the request reclaims or looks back
 * at how it went.  The rest is left over from earlier and is never read.
 *
 * Called by tasks.c, and for kswapd's scan_control by actors.c.
 * Locking: see image.h.
 */
#include <assert.h>

#include "actors/workload.h"
#include "image/image.h"
#include "memory/machine_check.h"
#include "reclaim/fault.h"

IMAGE_KNOWS(scan_control, 264);
void image_scan_control(struct image *im, struct scan_control *sc)
{
	image_upto(im, sc->who, RECLAIM_NODE);
	image_num(im, sc->nr_to_reclaim);
	image_num(im, sc->gfp);
	image_upto(im, sc->order, VM_MAX_ORDER);
	image_within(im, sc->priority, -1, DEF_PRIORITY);
	image_upto(im, sc->reclaim_idx, VM_NR_ZONES - 1);
	image_flag(im, &sc->may_writepage);
	image_flag(im, &sc->may_unmap);
	image_flag(im, &sc->may_swap);
	image_flag(im, &sc->force_deactivate);
	image_flag(im, &sc->no_cache_trim_mode);
	image_flag(im, &sc->may_deactivate[0]);
	image_flag(im, &sc->may_deactivate[1]);
	image_flag(im, &sc->cache_trim_mode);
	image_flag(im, &sc->file_is_tiny);
	image_flag(im, &sc->skipped_deactivate);
	image_flag(im, &sc->cache_trim_blocked);
	image_num(im, sc->nr_scanned);
	image_num(im, sc->nr_reclaimed);
	image_num(im, sc->cost_ns);
	image_num(im, sc->sleep_ns);
	image_num(im, sc->wait_ns);
	image_upto(im, sc->sleep_why, VM_THROTTLE_CONGESTED);
	image_num(im, sc->nr.dirty);
	image_num(im, sc->nr.unqueued_dirty);
	image_num(im, sc->nr.congested);
	image_num(im, sc->nr.writeback);
	image_num(im, sc->nr.immediate);
	image_num(im, sc->nr.file_taken);
	image_num(im, sc->nr.taken);
	image_node_ref(im, &sc->pgdat);
	image_upto(im, sc->stage, SHRINK_END);
	image_u64s(im, sc->want);
	for (unsigned l = 0; l < ARRAY_SIZE(sc->left); l++)
		image_upto(im, sc->left[l], sc->want[l]);
	image_flag(im, &sc->proportional_done);
	image_upto(im, sc->node_reclaimed, sc->nr_reclaimed);
	image_upto(im, sc->node_scanned, sc->nr_scanned);
	if (sc->nr.file_taken > sc->nr.taken)
		image_bad(im);
	assert(im->saving || !sc->task);
}

IMAGE_KNOWS(reclaim, 336);
static void image_reclaim(struct image *im, struct task *t, struct reclaim *r)
{
	assert(!im->saving || r->task == t);
	r->task = t;
	image_upto(im, r->nid, im->vm->nr_nodes - 1);
	image_num(im, r->nodemask);
	image_upto(im, r->at, im->vm->node[r->nid].nr_zonelist);
	image_num(im, r->seen);
	image_flag(im, &r->in_node);
	image_flag(im, &r->full_walk);
	image_flag(im, &r->forced);
	image_num(im, r->until_ns);
	image_num(im, r->began_ns);
	image_num(im, r->spent_ns);
	image_scan_control(im, &r->sc);
	r->sc.task = t;
	if (r->in_node && !r->sc.pgdat)
		image_bad(im);
}

/* Is ac->reclaim in use? */
static bool reclaims(const struct alloc_context *ac)
{
	return ac->stage == ALLOC_RECLAIM || ac->stage == ALLOC_RECLAIMED ||
	       ac->stage == ALLOC_NODE_RECLAIM;
}

/* Who reclaims is what the stage says. */
static void check_reclaimer(struct image *im, const struct alloc_context *ac)
{
	enum reclaimer want = ac->stage == ALLOC_NODE_RECLAIM ?
				      RECLAIM_NODE : RECLAIM_DIRECT;

	assert(reclaims(ac));
	if (ac->stage != ALLOC_RECLAIMED && ac->reclaim.sc.who != want)
		image_bad(im);
}

IMAGE_KNOWS(page_request, 32);
IMAGE_KNOWS(alloc_context, 448);
static void image_alloc(struct image *im, struct task *t,
			struct alloc_context *ac)
{
	const struct vm *vm = im->vm;

	assert(!im->saving || (ac->pfn == PFN_NONE && ac->rq.task == t));
	ac->pfn = PFN_NONE;
	ac->rq.task = t;
	image_num(im, ac->rq.gfp);
	image_upto(im, ac->rq.order, VM_MAX_ORDER);
	image_upto(im, ac->rq.nid, vm->nr_nodes - 1);
	image_num(im, ac->rq.nodemask);
	image_upto(im, ac->migratetype, VM_NR_MIGRATETYPES - 1);
	image_upto(im, ac->stage, ALLOC_OOM_KILL);
	image_num(im, ac->alloc_flags);
	image_upto(im, ac->mark, WMARK_PROMO);
	image_upto(im, ac->highest_zoneidx, VM_NR_ZONES - 1);
	image_upto(im, ac->zone_at, vm->node[ac->rq.nid].nr_zonelist);
	image_upto(im, ac->preferred_zone, vm->nr_nodes * VM_NR_ZONES - 1);
	image_upto(im, ac->no_progress_loops, MAX_RECLAIM_RETRIES + 1);
	image_flag(im, &ac->stalled);
	image_num(im, ac->began_ns);
	image_num(im, ac->spent_ns);
	if (ac->stage == ALLOC_NODE_RECLAIM)
		image_upto(im, ac->after, ALLOC_OOM_LAST);
	if (!reclaims(ac))
		return;
	image_reclaim(im, t, &ac->reclaim);
	check_reclaimer(im, ac);
}

/* The area that an access touches; or NULL, of the task's file. */
static void image_target(struct image *im, struct task *t, struct access *a)
{
	const struct mm *mm = t->mm;
	uint32_t n = 0;

	if (a->kind != ACCESS_TOUCH) {
		a->file = t->file;
		if (!a->file || a->index >= a->file->nr_pages)
			image_bad(im);
		return;
	}
	while (im->saving && mm->vma[n] != a->vma)
		n++;
	assert(!im->saving || n < mm->nr_vmas);
	image_num(im, n);
	if (im->saving)
		return;
	if (n >= mm->nr_vmas || a->index >= mm->vma[n]->nr_pages)
		image_bad(im);
	else
		a->vma = mm->vma[n];
}

/* Rest of a window; the page that is wanted is on its way, or nobody's. */
static void image_window(struct image *im, const struct task *t,
			 struct access *a)
{
	const struct file *f = NULL;
	struct ra_window *w = &a->window;

	if (a->kind != ACCESS_TOUCH)
		f = t->file;
	else if (a->vma)
		f = a->vma->file;
	assert(!im->saving || w->fresh == PFN_NONE);
	image_num(im, w->next);
	image_num(im, w->end);
	image_num(im, w->index);
	if (im->saving)
		return;
	w->fresh = PFN_NONE;
	if (!f || a->kind == ACCESS_WRITE || w->next >= w->end ||
	    w->end > f->nr_pages || w->end - w->next > RA_MAX_PAGES ||
	    w->index >= f->nr_pages || f->mapping.kind == MAPPING_SHMEM)
		image_bad(im);
}

/* Rest of a window of swap; what it still reads is looked up in each step. */
static void image_swap_window(struct image *im, struct access *a)
{
	struct swap_window *w = &a->swap;

	image_num(im, w->next);
	image_num(im, w->end);
	image_upto(im, w->area, VM_MAX_SWAPS - 1);
	image_flag(im, &w->by_slots);
	if (im->saving)
		return;
	if (a->kind != ACCESS_TOUCH || !a->vma || a->vma->file ||
	    w->next >= w->end || w->end - w->next > SWAP_RA_MAX_PAGES ||
	    (!w->by_slots && w->end > a->vma->nr_pages))
		image_bad(im);
}

IMAGE_KNOWS(access, 544);
static void image_access(struct image *im, struct task *t, struct access *a)
{
	image_upto(im, a->kind, ACCESS_WRITE);
	image_flag(im, &a->write);
	image_num(im, a->index);
	image_target(im, t, a);
	image_upto(im, a->stage, ACCESS_DIRTY);
	image_flag(im, &a->major);
	image_flag(im, &a->failed);
	image_flag(im, &a->windowed);
	image_num(im, a->until_ns);
	image_num(im, a->slept_ns);
	assert(a->stage <= ACCESS_DIRTY);
	if (im->err)
		return;
	if (a->kind != ACCESS_TOUCH && a->stage == ACCESS_TABLE)
		image_bad(im);
	/* a node is of a file's index */
	if (a->kind == ACCESS_TOUCH && a->stage == ACCESS_NODE && a->vma &&
	    !a->vma->file)
		image_bad(im);
	if (access_allocates(a))
		image_alloc(im, t, &a->alloc);
	if (a->stage == ACCESS_READAHEAD)
		image_window(im, t, a);
	if (a->stage == ACCESS_SWAP || a->stage == ACCESS_SWAPIN)
		image_swap_window(im, a);
	/* balance_dirty_pages() is of a file */
	if (a->stage == ACCESS_DIRTY && a->kind == ACCESS_TOUCH && a->vma &&
	    !a->vma->file)
		image_bad(im);
}

IMAGE_KNOWS(task_exec, 560);
void image_exec(struct image *im, struct task *t)
{
	struct task_exec *x = t->exec;

	assert(x && t->mm);
	image_flag(im, &x->busy);
	image_upto(im, x->exit_vma, t->mm->nr_vmas);
	image_num(im, x->exit_index);
	if (x->exit_index % PTES_PER_TABLE)
		image_bad(im);
	if (x->busy)
		image_access(im, t, &x->access);
}

/* --- work ---------------------------------------------------------------- */

IMAGE_KNOWS(vm_phase_conf, 72);
static void image_phase(struct image *im, struct vm_phase_conf *p)
{
	image_upto(im, p->pattern, VM_NR_PATTERNS - 1);
	image_upto(im, p->target, VM_NR_TARGETS - 1);
	image_num(im, p->duration_ns);
	image_num(im, p->accesses);
	image_num(im, p->first);
	image_num(im, p->pages);
	image_num(im, p->rate);
	image_num(im, p->write_permille);
	image_num(im, p->hot_permille);
	image_num(im, p->hot_pages);
	image_flag(im, &p->grow);
	assert(p->pattern < VM_NR_PATTERNS);
}

IMAGE_KNOWS(vm_task_conf, 1576);
static void image_task_conf(struct image *im, struct vm_task_conf *c)
{
	image_text(im, c->comm, sizeof(c->comm));
	image_text(im, c->args, sizeof(c->args));
	image_num(im, c->pid);
	image_num(im, c->ppid);
	image_num(im, c->uid);
	image_num(im, c->gid);
	image_num(im, c->oom_score_adj);
	image_num(im, c->nr_threads);
	image_num(im, c->nodes);
	image_num(im, c->cpu);
	image_num(im, c->anon_pages);
	image_num(im, c->anon_resident);
	image_num(im, c->anon_swapped);
	image_num(im, c->mlock_pages);
	image_text(im, c->file, sizeof(c->file));
	image_num(im, c->file_pages);
	image_flag(im, &c->map_file);
	image_flag(im, &c->repeat);
	image_flag(im, &c->own_tids);
	image_upto(im, c->nr_phases, VM_MAX_PHASES);
	for (uint32_t i = 0; i < c->nr_phases; i++)
		image_phase(im, &c->phase[i]);
	assert(c->nr_phases <= VM_MAX_PHASES);
}

/*
 * The file is there by now, by whomever it was made: the description of the
 * machine need not name it.
 */
static void check_task_conf(struct image *im, const struct vm_task_conf *conf)
{
	struct vm_task_conf c = *conf;

	assert(!im->saving);
	c.file_pages = MAX(c.file_pages, 1);
	if (!im->err && !task_conf_check(&im->vm->conf, &c, -1, im->c))
		image_bad(im);
}

/* One of the task's areas by its number from 1, NULL as 0. */
static void image_area_ref(struct image *im, const struct mm *mm,
			   struct vma **vma, bool mapping)
{
	uint32_t n = 0;

	if (im->saving && *vma) {
		while (mm->vma[n] != *vma)
			n++;
		n++;
	}
	assert(n <= mm->nr_vmas);
	image_upto(im, n, mm->nr_vmas);
	if (im->saving)
		return;
	*vma = n ? mm->vma[n - 1] : NULL;
	if (n && !mm->vma[n - 1]->file == mapping)
		image_bad(im);
}

IMAGE_KNOWS(drawn, 16);
static void image_ahead(struct image *im, struct task_work *w)
{
	image_num(im, w->ahead_span);
	if (!w->ahead_span)
		return;
	image_upto(im, w->ahead_at, WORK_AHEAD - 1);
	for (unsigned i = 0; i < WORK_AHEAD; i++) {
		image_upto(im, w->ahead[i].index, w->ahead_span - 1);
		image_flag(im, &w->ahead[i].write);
	}
	assert(w->ahead_at < WORK_AHEAD);
}

/* What is done, and for whom, is possible. */
static void check_work(struct image *im, const struct task_work *w)
{
	const uint64_t pages = w->anon ? w->anon->nr_pages : 0;

	if (w->doing == DOING_OP ||
	    (w->doing == DOING_PHASE && !w->phase_begun) ||
	    (w->phase_begun && w->phase >= w->conf.nr_phases))
		image_bad(im);
	if ((w->start_left || w->swap_left) && !w->anon)
		image_bad(im);
	if (w->start_left > MAX(w->conf.anon_resident, w->conf.mlock_pages) ||
	    w->swap_left > w->conf.anon_swapped)
		image_bad(im);
	if (w->start_left &&
	    pages < MAX(w->conf.anon_resident, w->conf.mlock_pages))
		image_bad(im);
	if (w->swap_left &&
	    pages < w->conf.anon_resident + w->conf.anon_swapped)
		image_bad(im);
}

IMAGE_KNOWS(task_work, 2264);
void image_work(struct image *im, struct task *t)
{
	struct task_work *w = t->work;

	assert(w && t->mm);
	image_task_conf(im, &w->conf);
	image_area_ref(im, t->mm, &w->anon, false);
	image_area_ref(im, t->mm, &w->map, true);
	image_prng(im, &w->prng);
	image_upto(im, w->doing, DOING_PHASE);
	image_num(im, w->start_left);
	image_num(im, w->swap_left);
	image_upto(im, w->phase, w->conf.nr_phases);
	image_flag(im, &w->phase_begun);
	image_upto(im, w->phases_idle, VM_MAX_PHASES);
	image_num(im, w->phase_began_ns);
	image_num(im, w->accesses);
	image_num(im, w->credit_ns);
	image_num(im, w->credit_rem);
	image_num(im, w->burst_ns);
	image_num(im, w->position);
	image_ahead(im, w);
	image_num(im, w->grow_at);
	if (im->saving)
		return;
	check_task_conf(im, &w->conf);
	check_work(im, w);
}
