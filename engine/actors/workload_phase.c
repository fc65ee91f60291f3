/* SPDX-License-Identifier: MIT */
/*
 * workload_phase.c - the phases of a workload: patterns, rates, growth.
 *
 * Called by workload.c when a task has neither ops nor start-up left.  The
 * fast path, a touch of a page that is mapped, runs in a loop of its own;
 * everything else is an access of fault.h.  A task with a rate does what has
 * become due since its last burst and sleeps again, so that a slow one costs
 * a hundred wake-ups a second at most.  Locking: the world's lock.
 */
#include <assert.h>

#include "actors/workload.h"
#include "reclaim/overcommit.h"
#include "reclaim/workingset.h"

#define SECOND_NS	1000000000ull
#define GROW_PAGES	256u		     /* a growing heap asks for */
#define MAX_BACKLOG_NS	(10 * WORK_BURST_NS) /* made good after a stall */
#define PHASE_CHANGE_NS 100u

void work_credit_phase(struct task_work *w, uint64_t nr)
{
	const struct vm_phase_conf *p = &w->conf.phase[w->phase];

	assert(w->phase_begun);
	w->accesses += nr;
	w->phases_idle = 0;
	if (p->grow)
		w->grow_at += nr;
	if (!p->rate)
		return;
	w->credit_rem += nr * (SECOND_NS % p->rate);
	w->credit_ns += nr * (SECOND_NS / p->rate) + w->credit_rem / p->rate;
	w->credit_rem %= p->rate;
}

static void phase_begin(struct work_turn *wt)
{
	struct task_work *w = wt->w;

	w->phase_begun = true;
	w->phase_began_ns = turn_now(wt);
	w->accesses = 0;
	w->credit_ns = w->phase_began_ns;
	w->credit_rem = 0;
	w->burst_ns = w->phase_began_ns;
	w->position = 0;
	w->ahead_span = 0;
}

/* A round of phases in which nothing could be done must not spin. */
static enum turn phase_end(struct work_turn *wt)
{
	struct task_work *w = wt->w;

	assert(w->phase < w->conf.nr_phases);
	if (!w->accesses && turn_now(wt) == w->phase_began_ns)
		w->phases_idle++;
	else
		w->phases_idle = 0;
	w->phase_begun = false;
	w->phase++;
	if (w->phase == w->conf.nr_phases && w->conf.repeat)
		w->phase = 0;
	if (w->phases_idle >= w->conf.nr_phases) {
		w->phases_idle = 0;
		return work_sleep(wt, turn_now(wt) + WORK_BURST_NS);
	}
	wt->user_ns += PHASE_CHANGE_NS;
	return TURN_NEXT;
}

static uint64_t phase_end_ns(const struct task_work *w,
			     const struct vm_phase_conf *p)
{
	if (!p->duration_ns || p->duration_ns > ACTOR_NEVER - w->phase_began_ns)
		return ACTOR_NEVER;
	return w->phase_began_ns + p->duration_ns;
}

/* Accesses that are due now; none: sleep until some are. */
static uint64_t nr_due(struct work_turn *wt, const struct vm_phase_conf *p)
{
	struct task_work *w = wt->w;
	uint64_t now = turn_now(wt);
	uint64_t nr = UINT64_MAX;

	if (p->rate && p->rate < SECOND_NS) {
		if (w->credit_ns > now)
			return 0;
		if (now - w->credit_ns > MAX_BACKLOG_NS)
			w->credit_ns = now - MAX_BACKLOG_NS;
		nr = (now - w->credit_ns) * p->rate / SECOND_NS + 1;
	}
	if (p->accesses)
		nr = MIN(nr, p->accesses - w->accesses);
	return nr;
}

static enum turn sleep_till_due(struct work_turn *wt,
				const struct vm_phase_conf *p)
{
	struct task_work *w = wt->w;
	uint64_t until = MAX(w->credit_ns, w->burst_ns + WORK_BURST_NS);

	until = MAX(until, turn_now(wt) + 1);
	w->burst_ns = until;
	return work_sleep(wt, MIN(until, phase_end_ns(w, p)));
}

/* Pages of the phase's span, 0 if the target does not reach there. */
static uint64_t phase_span(const struct task *t, const struct task_work *w,
			   const struct vm_phase_conf *p)
{
	uint64_t pages = 0;

	if (p->target == VM_TARGET_FILE && t->file)
		pages = t->file->nr_pages;
	else if (p->target == VM_TARGET_MAPPING && w->map)
		pages = w->map->nr_pages;
	else if (p->target == VM_TARGET_ANON && w->anon)
		pages = w->anon->nr_pages;
	if (p->first >= pages)
		return 0;
	pages -= p->first;
	return p->pages ? MIN(p->pages, pages) : pages;
}

/* Draw an access for place @at of the ring, and fetch its entry or slot. */
static void draw(struct work_turn *wt, const struct vm_phase_conf *p,
		 uint64_t span, uint32_t at)
{
	struct task_work *w = wt->w;
	struct drawn *d = &w->ahead[at];
	uint64_t index;

	assert(at < WORK_AHEAD);
	d->index = pattern_next(w, p, span);
	d->write = pattern_write(w, p);
	index = p->first + d->index;
	if (p->target == VM_TARGET_FILE)
		file_prefetch(wt->t->file, index);
	else
		prefetchw(p->target == VM_TARGET_ANON ? &w->anon->pte[index] :
							&w->map->pte[index]);
}

static uint64_t ahead_index(const struct task_work *w, uint32_t by)
{
	return w->ahead[(w->ahead_at + by) % WORK_AHEAD].index;
}

void work_fetch_file(struct vm *vm, const struct file *f, uint64_t frame,
		     uint64_t place)
{
	uint32_t pfn = file_lookup(f, frame);

	assert(frame < f->nr_pages && place < f->nr_pages);
	if (pfn != PFN_NONE)
		page_prefetch(vm, pfn);
	pfn = file_lookup(f, place);
	if (pfn != PFN_NONE)
		mark_accessed_prefetch(vm, pfn);
}

/*
 * The next access.  It was drawn WORK_AHEAD accesses ago; half way from there
 * its slot has come, and the frame can be fetched; then its place in the LRU.
 * A span that has changed is drawn anew.
 */
static struct drawn next_access(struct work_turn *wt,
				const struct vm_phase_conf *p, uint64_t span)
{
	struct task_work *w = wt->w;
	struct drawn d;

	if (w->ahead_span != span) {
		w->ahead_span = span;
		w->ahead_at = 0;
		for (uint32_t i = 0; i < WORK_AHEAD; i++)
			draw(wt, p, span, i);
	}
	d = w->ahead[w->ahead_at];
	draw(wt, p, span, w->ahead_at);
	w->ahead_at = (w->ahead_at + 1) % WORK_AHEAD;
	assert(d.index < span);
	if (p->target == VM_TARGET_FILE)
		work_fetch_file(wt->vm, wt->t->file,
				p->first + ahead_index(w, WORK_AHEAD / 2),
				p->first + ahead_index(w, WORK_AHEAD / 4));
	return d;
}

/* The fast path: up to @nr touches, until one of them faults. */
static enum turn touch_batch(struct work_turn *wt,
			     const struct vm_phase_conf *p, uint64_t span,
			     uint64_t nr)
{
	struct task_work *w = wt->w;
	struct vma *vma = p->target == VM_TARGET_ANON ? w->anon : w->map;
	uint64_t done = 0;

	assert(vma && p->first + span <= vma->nr_pages);
	while (done < nr && !turn_is_over(wt)) {
		struct drawn d = next_access(wt, p, span);
		uint64_t index = p->first + d.index;

		if (!work_touch_fast(wt, vma, index, d.write)) {
			if (done)
				work_credit_phase(w, done);
			return work_touch(wt, DOING_PHASE, vma, index,
					  d.write);
		}
		done++;
	}
	work_credit_phase(w, done);
	return TURN_NEXT;
}

static enum turn access_span(struct work_turn *wt,
			     const struct vm_phase_conf *p, uint64_t nr)
{
	uint64_t span = phase_span(wt->t, wt->w, p);
	struct drawn d;

	assert(nr > 0);
	if (!span)
		return phase_end(wt);
	if (p->target != VM_TARGET_FILE)
		return touch_batch(wt, p, span, nr);
	d = next_access(wt, p, span);
	return work_file(wt, DOING_PHASE, p->first + d.index, d.write);
}

/* One page of a leak.  When the heap may not grow, the phase is over. */
static enum turn grow(struct work_turn *wt)
{
	struct task_work *w = wt->w;
	uint64_t pages = w->anon ? w->anon->nr_pages : 0;

	if (w->grow_at >= pages) {
		if (pages > WORK_MAX_AREA - GROW_PAGES ||
		    vm_enough_memory(wt->vm, wt->t, GROW_PAGES))
			return phase_end(wt);
		if (work_extend(wt->vm, wt->t, GROW_PAGES)) {
			vm_unacct_memory(wt->vm, wt->t, GROW_PAGES);
			return phase_end(wt);
		}
		w->grow_at = pages;
	}
	assert(w->grow_at < w->anon->nr_pages);
	return work_touch(wt, DOING_PHASE, w->anon, w->grow_at, true);
}

enum turn work_phase(struct work_turn *wt)
{
	struct task_work *w = wt->w;
	const struct vm_phase_conf *p = &w->conf.phase[w->phase];
	uint64_t nr;

	if (w->phase >= w->conf.nr_phases)
		return work_sleep(wt, ACTOR_NEVER);
	if (!w->phase_begun)
		phase_begin(wt);
	if (turn_now(wt) >= phase_end_ns(w, p))
		return phase_end(wt);
	if (p->accesses && w->accesses >= p->accesses)
		return phase_end(wt);
	if (p->pattern == VM_PATTERN_IDLE)
		return work_sleep(wt, phase_end_ns(w, p));
	nr = nr_due(wt, p);
	if (!nr)
		return sleep_till_due(wt, p);
	return p->grow ? grow(wt) : access_span(wt, p, nr);
}
