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
	struct task *run, *run_tail; /* runnable tasks; the first runs */
	uint32_t nr_run;
	int last_pid;		/* ran last; 0: the idle task */
	uint64_t slice_ns;	/* left for the first */
	uint64_t busy_until_ns; /* what its last step did takes until then */
	bool idle;		/* since idle_since_ns */
	bool iowait;		/* idle, and a task of it waits for a disk */
	uint64_t idle_since_ns;
	uint64_t stolen_ns; /* used by kernel threads, still to be made room for
			     */
	struct task **sleeper; /* heap by wake_ns, VM_MAX_TASKS places */
	uint32_t nr_sleepers;
};

/* 0, or -ENOMEM with nothing left behind.  cpus_fini() may follow either. */
int cpus_init(struct vm *vm);
void cpus_fini(struct vm *vm);

/* The CPU with the fewest tasks, of @node if that is >= 0 and has one. */
unsigned cpu_pick(struct vm *vm, int node);

/* @t, in no queue, becomes the last of @c's. */
void cpu_queue_add(struct cpu *c, struct task *t);

/* vm->task_runnable: @t has become runnable. */
void cpu_enqueue(struct vm *vm, struct task *t);

/* @t goes away: out of its CPU's queue and sleepers. */
void cpu_forget(struct vm *vm, struct task *t);

/*
 * Kernel thread @t has worked for @ns: its figures and its CPU's.  It may move
 * to an idle CPU of its node; where there is none, tasks wait for it.
 */
void cpu_charge(struct vm *vm, struct task *t, uint64_t ns);

/* The CPU that would be charged now: kernel thread @t runs on it. */
uint32_t cpu_of_kthread(struct vm *vm, const struct task *t);

/*
 * Idle time is added up when it ends; this adds what has passed so far, for
 * who wants to read vm->cpu_stat now.
 */
void cpus_account_idle(struct vm *vm, uint64_t now_ns);

#endif
