/* SPDX-License-Identifier: MIT */
/*
 * cpu.h - a simulated CPU: runs its tasks, one time slice after another.
 *
 * A task runs until its slice (CPU_SLICE_NS of virtual time) is used up, it
 * sleeps, or it ends.  A step is one task's work of at most CPU_STEP_NS.
 */
#ifndef ENGINE_ACTORS_CPU_H
#define ENGINE_ACTORS_CPU_H

#include "memory/state.h"

#define CPU_SLICE_NS (3 * 1000000ull)
#define CPU_STEP_NS  (200 * 1000ull)

struct cpu {
	struct actor actor;
	struct vm *vm;
	uint32_t id;
	struct task *run; /* queue of runnable tasks, the first runs */
	uint32_t nr_run;
	uint64_t slice_ns; /* left for the first */
	uint64_t idle_since_ns;
	uint64_t sleep_heap_min; /* earliest wake_ns of its sleepers */
};

int cpus_init(struct vm *vm);
void cpus_fini(struct vm *vm);

/* The CPU with the fewest tasks, of @node if that is >= 0. */
unsigned cpu_pick(struct vm *vm, int node);

/* vm->task_runnable: @t has become runnable. */
void cpu_enqueue(struct vm *vm, struct task *t);

#endif
