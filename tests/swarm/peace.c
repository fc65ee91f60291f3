/* SPDX-License-Identifier: MIT */
/*
 * peace.c - what a machine must still be able to do when its faults are over.
 *
 * Whoever asks for memory that Linux would give gets it, or an error, or is
 * killed; nobody waits for ever.  The bounds are virtual time in the sim world
 * and steps in the threads world, so that a slow host fails nothing.
 *
 * Called by run.c at the end of a run.  Calls the engine's doors.
 */
#include <string.h>
#include <time.h>

#include "inside.h"

#define PEACE_NS (900 * VM_SECOND)

static void set(struct swarm *s, const char *name, int64_t value)
{
	const struct vm_cred root = { .pid = 1, .cap_sys_resource = true,
				      .cap_sys_admin = true,
				      .cap_sys_rawio = true };

	vm_ctl_set(s->vm, vm_ctl_find(name),
		   &(struct vm_ctl_values){ .value = &value, .nr = 1 }, &root);
}

static bool panicked(struct swarm *s)
{
	vm_stat_get(s->vm, &s->stat);
	return s->stat.panicked;
}

static void wait_in_sim(struct swarm *s, const struct work *w)
{
	uint64_t until = vm_now_ns(s->vm) + PEACE_NS, steps = 0;

	while (!atomic_load(&w->done) && vm_now_ns(s->vm) < until &&
	       steps++ < SWARM_MAX_STEPS)
		vm_run_until(s->vm, vm_now_ns(s->vm) + VM_SECOND, 100);
}

/* If nobody steps any more the run hangs, which is seen as well. */
static void wait_in_threads(struct swarm *s, const struct work *w)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	uint64_t from = steps_so_far(s);

	while (!atomic_load(&w->done) && !panicked(s) &&
	       steps_so_far(s) - from < SWARM_MAX_STEPS)
		nanosleep(&ms, NULL);
}

/* A new task called @comm asks for @pages, and is waited for. */
static const struct work *ask(struct swarm *s, const char *comm,
			      uint64_t pages)
{
	struct vm_task_conf conf = { .cpu = -1 };
	struct work *w = &s->work[s->nr_work];
	struct vm_complaint c;

	memcpy(conf.comm, comm, strlen(comm) + 1);
	w->pid = vm_task_spawn(s->vm, &conf, &c);
	w->op.kind = VM_OP_ALLOC;
	w->op.pages = pages;
	w->op.done = work_done;
	say(s, "%s: %d asks for %llu pages", comm, w->pid,
	    (unsigned long long)pages);
	if (w->pid < 0 || vm_task_submit(s->vm, w->pid, &w->op))
		return NULL;
	s->nr_work++;
	w->accepted = true;
	if (vm_world_kind(s->vm) == VM_WORLD_SIM)
		wait_in_sim(s, w);
	else
		wait_in_threads(s, w);
	return w;
}

/*
 * While the others go on: who asks for memory gets it, or an error, or is
 * killed for it.
 */
static void check_answered(struct swarm *s)
{
	const struct work *w;

	if (s->why[0] || panicked(s))
		return;
	w = ask(s, "wants", 1 + s->stat.total_pages / 4);
	if (w && !atomic_load(&w->done) && !panicked(s))
		wrong(s, "%llu pages: no answer in %llu %s",
		      (unsigned long long)w->op.pages,
		      vm_world_kind(s->vm) == VM_WORLD_SIM ?
			      PEACE_NS / VM_SECOND : SWARM_MAX_STEPS,
		      vm_world_kind(s->vm) == VM_WORLD_SIM ?
			      "s" : "steps");
}

/* What was asked for in the course of the run is answered as well. */
static void check_all_answered(struct swarm *s)
{
	unsigned i;

	if (s->why[0] || panicked(s))
		return;
	for (i = 0; i < s->nr_work; i++) {
		if (!s->work[i].accepted)
			continue;
		wait_in_sim(s, &s->work[i]);
		if (!atomic_load(&s->work[i].done) && !panicked(s))
			wrong(s, "work %u of task %d: no answer in %llu s", i,
			      s->work[i].pid, PEACE_NS / VM_SECOND);
	}
}

/* Everybody ends, whatever he waits for. */
static void end_tasks(struct swarm *s)
{
	struct vm_task_stat t;
	unsigned left = 0, tries;
	int pid;

	for (tries = 0; tries < 900; tries++) {
		for (left = 0, pid = 1;
		     (pid = vm_task_next(s->vm, pid)) > 0;)
			if (!vm_task_get(s->vm, pid, &t) && !t.kthread) {
				vm_task_kill(s->vm, pid);
				left++;
			}
		if (!left)
			return;
		vm_run_until(s->vm, vm_now_ns(s->vm) + VM_SECOND,
			     SWARM_MAX_STEPS);
	}
	wrong(s, "%u killed tasks do not end", left);
}

static void check_killed(struct swarm *s)
{
	unsigned i;

	if (s->why[0] || panicked(s))
		return;
	end_tasks(s);
	for (i = 0; i < s->nr_work; i++)
		if (s->work[i].accepted && !atomic_load(&s->work[i].done))
			wrong(s, "work %u of dead task %d is not answered", i,
			      s->work[i].pid);
	vm_run_until(s->vm, vm_now_ns(s->vm) + 60 * VM_SECOND,
		     SWARM_MAX_STEPS);
}

/* Alone on the machine. */
static void check_last(struct swarm *s)
{
	const struct work *w;
	uint64_t pages;

	if (s->why[0] || panicked(s))
		return;
	pages = s->stat.mem_available / 2;
	if (!pages)
		return;
	w = ask(s, "last", pages);
	if (!w)
		wrong(s, "the last allocation is refused");
	else if (!atomic_load(&w->done))
		wrong(s, "%llu pages, half of what is available, never come",
		      (unsigned long long)pages);
	else if (w->err)
		wrong(s, "%llu pages, half of what is available: error %d",
		      (unsigned long long)pages, w->err);
}

void check_alive(struct swarm *s)
{
	if (panicked(s))
		return;
	end_faults(s);
	set(s, "nr_hugepages", 0);
	set(s, "overcommit_memory", 1);
	set(s, "min_free_kbytes", 1024);
	set(s, "watermark_scale_factor", 10);
	set(s, "watermark_boost_factor", 0);
	if (vm_world_kind(s->vm) == VM_WORLD_THREADS) {
		check_answered(s);
		vm_world_switch(s->vm, VM_WORLD_SIM);
	}
	check_answered(s);
	check_all_answered(s);
	check_killed(s);
	check(s);
	check_last(s);
	check(s);
}
