/* SPDX-License-Identifier: MIT */
/*
 * workload.h - what a task does next: its ops first, then its phases.
 */
#ifndef ENGINE_ACTORS_WORKLOAD_H
#define ENGINE_ACTORS_WORKLOAD_H

#include "memory/state.h"
#include "reclaim/fault.h"

struct task_work {
	struct vm_task_conf conf;
	struct vma *anon, *map; /* areas; NULL if it has none */
	uint32_t phase;
	uint64_t phase_began_ns;
	uint64_t accesses;	/* done in this phase */
	uint64_t credit_ns;	/* rate: the time of the next access */
	uint64_t position;	/* SEQUENTIAL */
	struct prng prng;
	uint64_t start_left;	/* of anon_resident, not touched yet */
	uint64_t swap_left;	/* of anon_swapped, not swapped out yet */
};

enum work_result {
	WORK_RUN,   /* cost_ns was used */
	WORK_SLEEP, /* until until_ns (ACTOR_NEVER: for good), state as set */
	WORK_EXIT   /* the task has ended and its memory is gone */
};

/*
 * Let @t work for at most @budget_ns.  @user_ns and @sys_ns: time used.
 */
enum work_result work_step(struct vm *vm, struct task *t, uint64_t now_ns,
			   uint64_t budget_ns, uint64_t *user_ns,
			   uint64_t *sys_ns, uint64_t *until_ns);

/* Start a task from its description; the pid, or -errno. */
int task_spawn(struct vm *vm, const struct vm_task_conf *conf,
	       struct vm_complaint *c);

/* End ops with @err (the task died, the machine stops). */
void work_end_ops(struct vm *vm, struct task *t, int err);

#endif
