/* SPDX-License-Identifier: MIT */
/*
 * workload.h - what a task does next: its ops first, then its start-up, then
 * its phases.
 *
 * A turn is one call of work_step(): a bounded amount of work, page by page,
 * for a task that a CPU has picked.  One page is one access (fault.h); an
 * access that must wait is carried over to the next turn, and credited to
 * whom it was begun for when it is through.
 *
 * Units: pages, virtual ns.  Locking: the world's lock.
 */
#ifndef ENGINE_ACTORS_WORKLOAD_H
#define ENGINE_ACTORS_WORKLOAD_H

#include "memory/state.h"
#include "reclaim/fault.h"

/* A task with a rate wakes this often, and then does what is due. */
#define WORK_BURST_NS (10 * 1000000ull)

/* For whom the access in hand is made. */
enum work_doing { DOING_NOTHING, DOING_START, DOING_OP, DOING_PHASE };

/* Accesses that are drawn ahead, so that memory can be asked ahead as well. */
#define WORK_AHEAD 32u

struct drawn {
	uint64_t index; /* of the phase's span */
	bool write;
};

struct task_work {
	struct vm_task_conf conf;
	struct vma *anon, *map; /* areas; NULL if it has none */
	struct prng prng;
	enum work_doing doing;
	/* start-up */
	uint64_t start_left; /* pages from the first on, not touched yet */
	uint64_t swap_left;  /* of anon_swapped, not swapped out yet */
	/* the phase in hand */
	uint32_t phase;
	bool phase_begun;
	uint32_t phases_idle; /* in a row that could do nothing */
	uint64_t phase_began_ns;
	uint64_t accesses;   /* done in this phase */
	uint64_t credit_ns;  /* rate: the time of the next access */
	uint64_t credit_rem; /* and its fraction, in 1 / rate ns */
	uint64_t burst_ns;   /* rate: when this burst began */
	uint64_t position;   /* SEQUENTIAL */
	struct drawn ahead[WORK_AHEAD]; /* a ring, the next at ahead_at */
	uint32_t ahead_at;
	uint64_t ahead_span; /* for which it was drawn; 0: empty */
	uint64_t grow_at;    /* grow: the next new page */
};

/*
 * One turn: the caller names the task, the time and the bound, and finds what
 * was used.  It may be a little more than the bound.
 */
struct work_turn {
	struct vm *vm;
	struct task *t;
	uint64_t now_ns, budget_ns;
	uint64_t user_ns, sys_ns; /* used so far */
	/* filled in by work_step() */
	struct task_work *w;
	uint64_t touch_ns[VM_MAX_NODES]; /* an access, by the page's node */
};

/* Is @t still coming to be as large as its description says? */
static inline bool work_is_starting(const struct task *t)
{
	return t->work && (t->work->start_left || t->work->swap_left);
}

enum work_result {
	WORK_RUN,   /* the time was used, there is more to do */
	WORK_SLEEP, /* t->state and t->wake_ns have been set */
	WORK_EXIT   /* the task has ended and its memory is gone */
};

/* Let wt->t work for about wt->budget_ns. */
enum work_result work_step(struct work_turn *wt);

/*
 * Start a task from its description; the pid, or -errno: -EINVAL and @c
 * filled in, -EAGAIN, -EEXIST, -ENOMEM (overcommit refuses its area).
 */
int task_spawn(struct vm *vm, const struct vm_task_conf *conf,
	       struct vm_complaint *c);

/* Free a task that has ended, or (the machine stops) that never will. */
void work_release(struct vm *vm, struct task *t);

/* End ops with @err (the task died, the machine stops). */
void work_end_ops(struct vm *vm, struct task *t, int err);
void work_end_all_ops(struct vm *vm, int err);

/* End one: out of the queue, on to those whose done() is to be called. */
void work_end_op(struct vm *vm, struct task *t, struct vm_op *op, int err);

/*
 * May @t get @op (task.h:vm_task_submit)?  0, or -errno.  For ALLOC the
 * pages are committed from here on.
 */
int work_admit_op(struct vm *vm, struct task *t, const struct vm_op *op);

/*
 * @op is taken back: out of the queue, without its done(); what it has not
 * used is not committed any more.
 */
void work_take_op(struct vm *vm, struct task *t, struct vm_op *op);

/* ------------------------------------------------------------------ */
/* Among workload*.c: how a piece of a turn went. */

enum turn {
	TURN_DONE,  /* an access is through: credit it */
	TURN_NEXT,  /* nothing to credit: go on */
	TURN_AGAIN, /* the turn is used up, the access is not through */
	TURN_SLEEP, /* the task's state has been set */
	TURN_DEAD   /* it has to end */
};

static inline uint64_t turn_used(const struct work_turn *wt)
{
	return wt->user_ns + wt->sys_ns;
}

static inline bool turn_is_over(const struct work_turn *wt)
{
	return turn_used(wt) >= wt->budget_ns;
}

/* The virtual time now, inside the turn. */
static inline uint64_t turn_now(const struct work_turn *wt)
{
	return wt->now_ns + turn_used(wt);
}

/* What a touch of a page costs: more, the farther it is. */
static inline uint64_t turn_touch_ns(const struct work_turn *wt, uint32_t pfn)
{
	if (wt->vm->nr_nodes == 1)
		return wt->touch_ns[0];
	return wt->touch_ns[page_zone(wt->vm, pfn)->nid];
}

/* Fill in what a turn looks up again and again; work_step() does it. */
void work_turn_begin(struct work_turn *wt);

/* A page that is there and mapped is touched and paid for.  False: it isn't. */
static inline bool work_touch_fast(struct work_turn *wt, struct vma *vma,
				   uint64_t index, bool write)
{
	if (!touch_page(vma, index, write))
		return false;
	wt->user_ns += turn_touch_ns(wt, pte_pfn(vma->pte[index]));
	return true;
}

/* One page of an area, and of the task's file; begun for @doing. */
enum turn work_touch(struct work_turn *wt, enum work_doing doing,
		     struct vma *vma, uint64_t index, bool write);
enum turn work_file(struct work_turn *wt, enum work_doing doing, uint64_t index,
		    bool write);

/* Sleep, in state S. */
enum turn work_sleep(struct work_turn *wt, uint64_t until_ns);

/* Make the anonymous area longer by pages that are committed; -ENOMEM. */
int work_extend(struct vm *vm, struct task *t, uint64_t pages);
#define WORK_MAX_AREA (4ull * VM_MAX_PAGES)

/*
 * For accesses to come of @f: fetch the frame of page @frame, whose slot has
 * been fetched, and what an activation of page @place would need.
 */
void work_fetch_file(struct vm *vm, const struct file *f, uint64_t frame,
		     uint64_t place);

/* The next piece of each kind, and the credit for an access of it. */
enum turn work_op(struct work_turn *wt);
void work_credit_op(struct work_turn *wt);
enum turn work_start(struct work_turn *wt);
void work_credit_start(struct work_turn *wt);
enum turn work_phase(struct work_turn *wt);
void work_credit_phase(struct task_work *w, uint64_t nr);

/*
 * Pure but for @w's generator and position: the next page 0..@span-1 of the
 * pattern, @span > 0; and whether this access writes.
 */
uint64_t pattern_next(struct task_work *w, const struct vm_phase_conf *p,
		      uint64_t span);
bool pattern_write(struct task_work *w, const struct vm_phase_conf *p);

/* Pure: a fixed one-to-one map of 0..@n-1 on itself, @n > 0, well mixed. */
uint64_t pattern_scatter(uint64_t x, uint64_t n);

#endif
