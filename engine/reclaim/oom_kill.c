/* SPDX-License-Identifier: MIT */
/*
 * oom_kill.c - when nothing else helps: choose a task and kill it.
 *
 * Fact sheet H.1, H.2, H.3 and H.5; mm/oom_kill.c:out_of_memory,
 * constrained_alloc, oom_evaluate_task, oom_kill_process.  A victim gets
 * SIGKILL and access to the reserves, and goes by itself; oom_reap.c takes
 * its memory if it does not go soon.
 *
 * Called by page_alloc.c when all retries have failed.  Calls oom_score.c for
 * the points, oom_reap.c, and the observer, which writes the report.
 * Locking: the world's lock, which also stands for the kernel's OOM lock.
 */
#include <assert.h>

#include <vm/vm.h>

#include "memory/swap_map.h"
#include "memory/trace.h"
#include "memory/vmstat.h"
#include "reclaim/gfp.h"
#include "reclaim/oom_kill.h"
#include "reclaim/oom_reap.h"
#include "reclaim/page_alloc.h"

/* Reports that may be written in a window of time. */
#define REPORT_BURST	 10u
#define REPORT_WINDOW_NS (5 * VM_SECOND)

/* A call in hand: the request, and what follows from it. */
struct oom_round {
	const struct oom_control *oc;
	enum vm_oom_constraint constraint;
	uint64_t nodemask; /* 0 without a policy */
	uint64_t totalpages;
};

static uint64_t memory_nodes(const struct vm *vm)
{
	const struct pgdat *p;
	uint64_t mask = 0;

	assert(vm->nr_nodes > 0);
	for_each_node (vm, p)
		if (p->managed)
			mask |= 1ull << p->nid;
	return mask;
}

static uint64_t present_pages(const struct vm *vm, uint64_t nodemask)
{
	const struct pgdat *p;
	uint64_t pages = 0;

	assert(nodemask);
	for_each_node (vm, p)
		if (nodemask & 1ull << p->nid)
			pages += p->present;
	return pages;
}

/* H.2: does the request see less than the whole machine? */
static void find_constraint(const struct vm *vm, struct oom_round *r)
{
	const uint64_t all = memory_nodes(vm);
	const uint64_t mask = r->oc->nodemask;

	assert(all);
	r->constraint = VM_CONSTRAINT_NONE;
	r->nodemask = 0;
	r->totalpages = vm->total_pages + swap_total_pages(vm);
	if (r->oc->gfp & GFP_BIT_THISNODE || (all & ~mask) == 0)
		return;
	r->constraint = VM_CONSTRAINT_MEMORY_POLICY;
	r->nodemask = mask;
	r->totalpages = swap_total_pages(vm) + present_pages(vm, mask);
}

/* Could killing @t free memory on the nodes that are asked for? */
static bool eligible(const struct oom_round *r, const struct task *t)
{
	assert(!r->nodemask == (r->constraint == VM_CONSTRAINT_NONE));
	return !r->nodemask || (t->nodes & r->nodemask);
}

static bool unkillable(const struct task *t)
{
	return t->flags & (TF_INIT | TF_KTHREAD);
}

/* It is dying, and its memory is still to come. */
static bool will_free_mem(const struct task *t)
{
	return t->mm && t->flags & (TF_KILLED | TF_EXITING) &&
	       !(t->flags & TF_OOM_SKIP);
}

/*
 * H.3.  The worst task, the last of equals; NULL: there is none.  *@abort: a
 * victim is still on its way, so nobody is chosen.
 */
static struct task *select_bad_process(const struct vm *vm,
				       const struct oom_round *r, bool *abort)
{
	struct task *t, *chosen = NULL;
	int64_t best = INT64_MIN;

	*abort = false;
	for_each_task (vm, t) {
		int64_t points;

		if (unkillable(t) || !eligible(r, t))
			continue;
		if (t->flags & TF_MEMDIE && r->oc->order != SYSRQ_ORDER) {
			if (t->flags & TF_OOM_SKIP)
				continue;
			*abort = true;
			return NULL;
		}
		points = oom_badness(vm, t, r->totalpages);
		if (t->mm && t->flags & TF_OOM_ORIGIN)
			points = INT64_MAX;
		if (points == INT64_MIN || points < best)
			continue;
		chosen = t;
		best = points;
	}
	assert(!chosen || chosen->mm);
	return chosen;
}

/* What the observer is told about this round and @victim (or NULL). */
static void fill_event(struct vm *vm, const struct oom_round *r,
		       const struct task *victim, struct vm_ev_oom *oom)
{
	const struct task *asker = r->oc->task;

	*oom = (struct vm_ev_oom){
		.constraint = r->constraint,
		.nodemask = r->nodemask,
		.oom_score_adj = asker ? asker->oom_score_adj : 0,
		.asker_uid = asker ? asker->uid : 0,
		.dump_tasks = vm->ctl.oom_dump_tasks != 0,
		.highest_zoneidx = gfp_zone(r->oc->gfp),
	};
	if (victim) {
		int err = vm_task_get_locked(vm, victim->pid, &oom->victim);

		assert(!err);
		(void)err;
	}
}

static void send(struct vm *vm, enum vm_event_type type,
		 const struct oom_round *r, const struct vm_ev_oom *oom)
{
	struct vm_event ev = trace_event(vm, type, r->oc->task);

	assert(type >= VM_EV_OOM_INVOKED && type <= VM_EV_OOM_PANIC);
	ev.order = r->oc->order;
	ev.gfp = r->oc->gfp;
	ev.oom = oom;
	trace_send(vm, &ev);
}

/* Ten reports in five seconds: the log shall stay readable. */
static bool report_allowed(struct vm *vm)
{
	const uint64_t now = vm->world.now_ns;

	assert(now >= vm->oom_report_ns);
	if (now - vm->oom_report_ns >= REPORT_WINDOW_NS) {
		vm->oom_report_ns = now;
		vm->nr_oom_reports = 0;
	}
	return vm->nr_oom_reports++ < REPORT_BURST;
}

/* The machine halts: actors look at vm->panicked and do nothing more. */
static void oom_panic(struct vm *vm, const struct oom_round *r,
		      enum vm_oom_panic why)
{
	struct vm_ev_oom oom;

	assert(why != VM_PANIC_NO);
	fill_event(vm, r, NULL, &oom);
	oom.panic = why;
	send(vm, VM_EV_OOM_INVOKED, r, &oom);
	send(vm, VM_EV_OOM_PANIC, r, &oom);
	vm->panicked = true;
}

/* panic_on_oom; a request that is bound to nodes needs the value 2. */
static bool check_panic_on_oom(struct vm *vm, const struct oom_round *r)
{
	const int how = vm->ctl.panic_on_oom;

	assert(how >= 0 && how <= 2);
	if (how == 0 || r->oc->order == SYSRQ_ORDER)
		return false;
	if (how != 2 && r->constraint != VM_CONSTRAINT_NONE)
		return false;
	oom_panic(vm, r, how == 2 ? VM_PANIC_COMPULSORY : VM_PANIC_SYSTEM_WIDE);
	return true;
}

/* H.5, steps 1 to 5. */
static void oom_kill_process(struct vm *vm, const struct oom_round *r,
			     struct task *victim, bool allocating)
{
	struct vm_ev_oom oom;

	if (will_free_mem(victim)) {
		mark_oom_victim(vm, victim);
		return;
	}
	fill_event(vm, r, victim, &oom);
	oom.allocating_task = allocating;
	if (report_allowed(vm))
		send(vm, VM_EV_OOM_INVOKED, r, &oom);
	count_event(vm, OOM_KILL);
	send(vm, VM_EV_OOM_KILL, r, &oom);
	mark_oom_victim(vm, victim);
	assert(victim->flags & TF_KILLED);
}

/* oom_kill_allocating_task: no search, if the asker will do. */
static bool asker_will_do(const struct vm *vm, const struct oom_round *r)
{
	const struct task *t = r->oc->task;

	return vm->ctl.oom_kill_allocating_task && t && t->mm &&
	       r->oc->order != SYSRQ_ORDER && !unkillable(t) &&
	       eligible(r, t) && t->oom_score_adj != VM_OOM_SCORE_ADJ_MIN;
}

bool out_of_memory(struct vm *vm, const struct oom_control *oc)
{
	struct oom_round r = { .oc = oc };
	struct task *victim;
	bool abort;

	/* A step that was in the middle when the machine halted. */
	if (vm->panicked)
		return false;
	assert(vm->nr_oom_victims <= vm->nr_tasks);
	if (oc->task && will_free_mem(oc->task)) {
		mark_oom_victim(vm, oc->task);
		return true;
	}
	/* It could not wait for what a victim has to write first. */
	if (!(oc->gfp & GFP_BIT_FS))
		return true;
	find_constraint(vm, &r);
	if (check_panic_on_oom(vm, &r))
		return false;
	if (asker_will_do(vm, &r)) {
		oom_kill_process(vm, &r, oc->task, true);
		return true;
	}
	victim = select_bad_process(vm, &r, &abort);
	if (abort)
		return true;
	if (victim) {
		oom_kill_process(vm, &r, victim, false);
		return true;
	}
	if (oc->order != SYSRQ_ORDER)
		oom_panic(vm, &r, VM_PANIC_DEADLOCK);
	return false;
}

void mark_oom_victim(struct vm *vm, struct task *t)
{
	assert(t->mm);
	if (t->flags & TF_MEMDIE)
		return;
	t->flags |= TF_KILLED | TF_MEMDIE;
	vm->nr_oom_victims++;
	queue_oom_reaper(vm, t);
	/* It may sleep, and shall die. */
	task_wake(vm, t);
}

void exit_oom_victim(struct vm *vm, struct task *t)
{
	t->reap_ns = 0;
	t->flags |= TF_OOM_SKIP;
	if (!(t->flags & TF_MEMDIE))
		return;
	assert(vm->nr_oom_victims > 0);
	t->flags &= ~(uint32_t)TF_MEMDIE;
	vm->nr_oom_victims--;
}
