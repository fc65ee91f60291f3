/* SPDX-License-Identifier: MIT */
/*
 * fault.c - one access of a task, step by step (fact sheet C.7, E.7, G.2).
 *
 * Called by the workload for every page that is not simply there.  Drives the
 * access through its stages and deals with what all kinds have in common:
 * asking for pages, sleeping for a disk, being throttled, counting.  What a
 * kind does is in anon_page() below, fault_swap.c, fault_file.c, file_rw.c and,
 * of both, fault_read.c.
 * mm/memory.c:handle_mm_fault is the model.
 *
 * Locking: the world's lock.
 */
#include <assert.h>

#include "memory/vmstat.h"
#include "reclaim/fault_steps.h"
#include "reclaim/slab.h"
#include "reclaim/writeback.h"

#define RECHECK_NS 1000u /* a page that is due and not there: look again */

/* Awake again, or to be killed: what the sleep was counts for. */
static void account_sleep(struct vm *vm, struct task *t, struct access *a)
{
	const uint64_t now_ns = MAX(vm->world.now_ns, 1); /* as step_sleep() */
	uint64_t ns = now_ns - a->slept_ns;

	if (!a->slept_ns)
		return;
	assert(now_ns >= a->slept_ns);
	a->slept_ns = 0;
	if (a->stage == ACCESS_DIRTY)
		t->throttle_ns += ns;
	if (a->stage != ACCESS_IO)
		return;
	t->io_wait_ns += ns;
	task_psi(vm, t, PSI_MEMSTALL, 0);
}

static enum step step_sleep(struct vm *vm, struct task *t, struct access *a,
			    uint64_t until_ns, bool iowait)
{
	a->slept_ns = MAX(vm->world.now_ns, 1);
	a->until_ns = MAX(until_ns, vm->world.now_ns + RECHECK_NS);
	if (iowait)
		t->flags |= TF_IOWAIT;
	assert(t->state != TASK_DEAD);
	task_set_state(vm, t, TASK_UNINTERRUPTIBLE, a->until_ns);
	return STEP_SLEEP;
}

enum step step_sleep_io(struct vm *vm, struct task *t, struct access *a,
			uint64_t until_ns, bool workingset)
{
	a->stage = ACCESS_IO;
	if (workingset)
		task_psi(vm, t, 0, PSI_MEMSTALL);
	return step_sleep(vm, t, a, until_ns, true);
}

enum step step_wait_page(struct vm *vm, struct task *t, struct access *a,
			 struct disk *d, uint32_t pfn)
{
	uint16_t flags = pfn_page(vm, pfn)->flags;
	uint64_t until_ns = disk_page_done_ns(d, false, pfn);

	assert(!(flags & PG_UPTODATE) && until_ns != ACTOR_NEVER);
	return step_sleep_io(vm, t, a, until_ns, flags & PG_WORKINGSET);
}

enum step step_alloc_begin(struct vm *vm, struct task *t, struct access *a,
			   uint32_t gfp, enum access_stage stage)
{
	assert(!access_allocates(a));
	a->stage = stage;
	a->alloc.rq = (struct page_request){
		.gfp = gfp,
		.nid = vm->conf.cpu_node[t->cpu],
		.nodemask = t->nodes,
		.task = t,
	};
	alloc_begin_request(vm, &a->alloc);
	return STEP_ON;
}

/* How long the request took, as a power of two (task.h). */
static void note_latency(struct vm *vm, struct task *t,
			 const struct alloc_context *ac)
{
	uint64_t ns = alloc_took(vm, ac, ac->began_ns, ac->spent_ns);
	unsigned bucket = 63 - (unsigned)__builtin_clzll(ns | 1);

	t->alloc_latency[MIN(bucket, VM_LATENCY_BUCKETS - 1)]++;
}

enum step step_try_alloc(struct vm *vm, struct task *t, struct access *a)
{
	enum alloc_result r = alloc_step(vm, &a->alloc);

	assert(access_allocates(a));
	a->cost_ns += a->alloc.cost_ns;
	if (r == ALLOC_AGAIN)
		return STEP_AGAIN;
	if (r == ALLOC_WAIT)
		return step_sleep(vm, t, a, a->alloc.until_ns, false);
	assert((r == ALLOC_DONE) == (a->alloc.pfn != PFN_NONE));
	a->stage = ACCESS_START;
	return STEP_ON;
}

enum step step_alloc(struct vm *vm, struct task *t, struct access *a)
{
	enum step s = step_try_alloc(vm, t, a);

	if (s != STEP_ON)
		return s;
	if (a->alloc.pfn == PFN_NONE)
		return STEP_OOM;
	note_latency(vm, t, &a->alloc);
	return STEP_ON;
}

bool step_index(struct vm *vm, struct task *t, struct access *a,
		struct file *f)
{
	assert(a->alloc.pfn != PFN_NONE && !access_allocates(a));
	if (slab_node_for(vm, &f->xa, a->index, vm->conf.cpu_node[t->cpu],
			  GFP_XA_NOWAIT))
		return true;
	free_pages(vm, a->alloc.pfn, 0);
	step_alloc_begin(vm, t, a, GFP_XA, ACCESS_NODE);
	return false;
}

/* What a new node of the file's index needed has come, or not yet. */
static enum step index_node(struct vm *vm, struct task *t, struct access *a)
{
	enum step s = step_alloc(vm, t, a);

	if (s == STEP_ON)
		slab_nodes_add(vm, a->alloc.pfn, 0);
	return s;
}

void fault_done(struct vm *vm, struct task *t, struct access *a,
		uint64_t cost_ns)
{
	assert(a->kind == ACCESS_TOUCH);
	a->cost_ns += cost_ns;
	count_event(vm, PGFAULT);
	if (a->major)
		t->majflt++;
	else
		t->minflt++;
}

void fault_is_major(struct vm *vm, struct access *a)
{
	assert(a->kind == ACCESS_TOUCH);
	a->major = true;
	count_event(vm, PGMAJFAULT);
}

void fault_lru_add(struct vm *vm, struct vma *vma, uint64_t index,
		   uint32_t pfn)
{
	lru_add(vm, pfn);
	if (index < vma->locked_pages)
		mlock_page(vm, pfn);
}

enum step step_balance(struct vm *vm, struct task *t, struct access *a,
		       struct file *f)
{
	uint64_t until_ns = 0;

	if (f->disk != FILE_NO_DISK)
		until_ns = balance_dirty_pages(vm, t, &vm->disk[f->disk]);
	if (!until_ns)
		return STEP_DONE;
	assert(a->stage == ACCESS_DIRTY);
	return step_sleep(vm, t, a, until_ns, true);
}

enum step step_dirtied(struct vm *vm, struct task *t, struct access *a,
		       struct file *f, uint32_t pfn)
{
	if (file_set_dirty(vm, f, pfn)) {
		t->nr_dirtied++;
		t->written_pages++;
	}
	if (t->nr_dirtied < t->nr_dirtied_pause)
		return STEP_DONE;
	a->stage = ACCESS_DIRTY;
	return step_balance(vm, t, a, f);
}

/* A zero-filled page for an empty entry. */
static void anon_map(struct vm *vm, struct task *t, struct access *a)
{
	uint32_t pfn = a->alloc.pfn;
	struct page *page = pfn_page(vm, pfn);

	assert(!page->mapping && !a->vma->file);
	page->flags |= PG_SWAPBACKED | PG_UPTODATE;
	page->mapping = a->vma->mapping.id;
	page->index = (uint32_t)a->index;
	mm_map(vm, a->vma, a->index, pfn,
	       PTE_ACCESSED | (a->write ? PTE_DIRTY : 0));
	fault_lru_add(vm, a->vma, a->index, pfn);
	fault_done(vm, t, a, vm->conf.cost.minor_fault_ns);
}

static enum step anon_page(struct vm *vm, struct task *t, struct access *a)
{
	enum step s = step_alloc(vm, t, a);

	if (s != STEP_ON)
		return s;
	if (a->vma->pte[a->index] == 0) {
		anon_map(vm, t, a);
		return STEP_DONE;
	}
	if (pte_swapped(a->vma->pte[a->index]))
		return swap_fault_page(vm, t, a);
	free_pages(vm, a->alloc.pfn, 0); /* swapoff was faster */
	return STEP_ON;
}

static enum step touch_table(struct vm *vm, struct task *t, struct access *a)
{
	enum step s = step_alloc(vm, t, a);

	if (s != STEP_ON)
		return s;
	if (mm_has_table(a->vma, a->index))
		free_pages(vm, a->alloc.pfn, 0);
	else
		mm_add_table(vm, a->vma, a->index, a->alloc.pfn);
	return STEP_ON;
}

static enum step touch_start(struct vm *vm, struct task *t, struct access *a)
{
	uint32_t pte = a->vma->pte[a->index];

	assert(a->index < a->vma->nr_pages);
	if (touch_page(a->vma, a->index, a->write))
		return STEP_DONE;
	if (!mm_has_table(a->vma, a->index))
		return step_alloc_begin(vm, t, a, GFP_PAGETABLE, ACCESS_TABLE);
	if (a->vma->file)
		return map_start(vm, t, a);
	if (pte_swapped(pte))
		return swap_fault(vm, t, a);
	return step_alloc_begin(vm, t, a, GFP_ANON, ACCESS_PAGE);
}

static enum step touch_step(struct vm *vm, struct task *t, struct access *a)
{
	switch (a->stage) {
	case ACCESS_TABLE:
		return touch_table(vm, t, a);
	case ACCESS_NODE:
		return index_node(vm, t, a);
	case ACCESS_PAGE:
		return a->vma->file ? map_page(vm, t, a) : anon_page(vm, t, a);
	case ACCESS_READAHEAD:
		return read_window(vm, t, a, a->vma->file);
	case ACCESS_SWAP:
	case ACCESS_SWAPIN:
		return swap_read_window(vm, t, a);
	case ACCESS_DIRTY:
		return step_balance(vm, t, a, a->vma->file);
	default:
		assert(a->stage == ACCESS_START || a->stage == ACCESS_IO);
		a->stage = ACCESS_START;
		return touch_start(vm, t, a);
	}
}

static enum step rw_step(struct vm *vm, struct task *t, struct access *a)
{
	switch (a->stage) {
	case ACCESS_NODE:
		return index_node(vm, t, a);
	case ACCESS_PAGE:
		return rw_page(vm, t, a);
	case ACCESS_READAHEAD:
		return read_window(vm, t, a, a->file);
	case ACCESS_DIRTY:
		return step_balance(vm, t, a, a->file);
	default:
		assert(a->stage == ACCESS_START || a->stage == ACCESS_IO);
		a->stage = ACCESS_START;
		return rw_start(vm, t, a);
	}
}

void access_begin(struct vm *vm, struct task *t, struct access *a)
{
	(void)vm;
	(void)t;
	assert(t->mm && (a->kind == ACCESS_TOUCH ? a->vma != NULL :
						    a->file != NULL));
	if (a->kind != ACCESS_TOUCH)
		a->write = a->kind == ACCESS_WRITE;
	a->stage = ACCESS_START;
	a->major = false;
	a->failed = false;
	a->windowed = false;
	a->until_ns = 0;
	a->cost_ns = 0;
	a->slept_ns = 0;
}

enum access_result access_step(struct vm *vm, struct task *t, struct access *a)
{
	enum step s;

	a->cost_ns = 0;
	account_sleep(vm, t, a);
	if (t->flags & TF_KILLED && !(t->flags & TF_EXITING) &&
	    !access_outlives_kill(t, a)) {
		access_abort(vm, t, a);
		return ACCESS_OOM;
	}
	if (a->failed) {
		/* counted, but as no task's (mm_account_fault) */
		if (a->kind == ACCESS_TOUCH)
			count_event(vm, PGFAULT);
		a->stage = ACCESS_START;
		return ACCESS_EIO;
	}
	do {
		s = a->kind == ACCESS_TOUCH ? touch_step(vm, t, a) :
					      rw_step(vm, t, a);
	} while (s == STEP_ON);
	assert(s != STEP_SLEEP || a->until_ns > vm->world.now_ns);
	return (enum access_result)s;
}

void access_abort(struct vm *vm, struct task *t, struct access *a)
{
	account_sleep(vm, t, a);
	if (access_allocates(a))
		alloc_abort(vm, &a->alloc);
	assert(!(t->psi & PSI_MEMSTALL));
	a->stage = ACCESS_START;
}
