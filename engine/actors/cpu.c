/* SPDX-License-Identifier: MIT */
/*
 * cpu.c - the simulated CPUs: who runs, for how long, and what time it was.
 *
 * A CPU is an actor.  Its step lets the first task of its queue work for at
 * most CPU_STEP_NS and is then busy for as long as that work took; a task's
 * turn is CPU_SLICE_NS.  Sleepers with a time are kept in a heap (sleepers.c)
 * and wake in its step.  A CPU without tasks takes one from a CPU that has
 * several.
 *
 * Calls workload.c:work_step(); is called by the world, and as
 * vm->task_runnable by memory/task.c.  Locking: the world's lock.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "actors/cpu.h"
#include "actors/sleepers.h"
#include "actors/workload.h"
#include "memory/vmstat.h"
#include "world/name.h"
#include "world/reserve.h"

#define IOWAIT_COUNT 1 /* of psi_cpu.nr[]: bit number of PSI_IOWAIT */
#define HEAP_BYTES   (VM_MAX_TASKS * sizeof(struct task *))

void cpu_queue_add(struct cpu *c, struct task *t)
{
	assert(!t->queued && !t->sleep_at);
	t->run_next = NULL;
	t->run_prev = c->run_tail;
	if (c->run_tail)
		c->run_tail->run_next = t;
	else
		c->run = t;
	c->run_tail = t;
	t->queued = true;
	c->nr_run++;
}

static void queue_del(struct cpu *c, struct task *t)
{
	assert(t->queued && c->nr_run > 0);
	if (t->run_prev)
		t->run_prev->run_next = t->run_next;
	else
		c->run = t->run_next;
	if (t->run_next)
		t->run_next->run_prev = t->run_prev;
	else
		c->run_tail = t->run_prev;
	t->run_next = NULL;
	t->run_prev = NULL;
	t->queued = false;
	c->nr_run--;
}

/* Fewest tasks among the CPUs of @node; -1: of all. */
static struct cpu *least_loaded(struct vm *vm, int node)
{
	struct cpu *best = NULL;

	for (uint32_t i = 0; i < vm->conf.nr_cpus; i++) {
		struct cpu *c = &vm->cpu[i];

		if (node >= 0 && vm->conf.cpu_node[i] != node)
			continue;
		if (!best || c->nr_run + c->nr_sleepers <
				     best->nr_run + best->nr_sleepers)
			best = c;
	}
	return best;
}

unsigned cpu_pick(struct vm *vm, int node)
{
	struct cpu *c = least_loaded(vm, node);

	if (!c)
		c = least_loaded(vm, -1);
	assert(c);
	return c->id;
}

/* A woken task whose CPU is taken goes to one that is free, near first. */
static struct cpu *wake_place(struct vm *vm, const struct task *t)
{
	struct cpu *home = &vm->cpu[t->cpu];
	uint8_t node = vm->conf.cpu_node[t->cpu];
	struct cpu *other = NULL;

	assert((uint32_t)t->cpu < vm->conf.nr_cpus);
	if (t->cpu_bound || !home->nr_run)
		return home;
	for (uint32_t i = 0; i < vm->conf.nr_cpus; i++) {
		struct cpu *c = &vm->cpu[i];

		if (c->nr_run)
			continue;
		if (vm->conf.cpu_node[i] == node)
			return c;
		if (!other)
			other = c;
	}
	return other ? other : home;
}

void cpu_enqueue(struct vm *vm, struct task *t)
{
	struct cpu *c;

	if (vm->timer.step && vm->timer.due_ns == ACTOR_NEVER)
		actor_wake(&vm->timer, vm->world.now_ns);
	if (t->flags & TF_KTHREAD || t->queued || !t->work)
		return;
	sleepers_remove(&vm->cpu[t->cpu], t);
	c = wake_place(vm, t);
	if ((int)c->id != t->cpu)
		task_set_cpu(vm, t, (int)c->id);
	cpu_queue_add(c, t);
	assert(c->run);
	actor_wake(&c->actor, MAX(vm->world.now_ns, c->busy_until_ns));
}

void cpu_forget(struct vm *vm, struct task *t)
{
	struct cpu *c = &vm->cpu[t->cpu];

	if (!t->queued && !t->sleep_at)
		return;
	assert((uint32_t)t->cpu < vm->conf.nr_cpus);
	if (t->queued)
		queue_del(c, t);
	sleepers_remove(c, t);
}

static void account_idle(struct cpu *c, uint64_t now)
{
	struct vm_cpu_stat *s = &c->vm->cpu_stat[c->id];
	uint64_t ns, stolen;

	if (!c->idle || now <= c->idle_since_ns)
		return;
	ns = now - c->idle_since_ns;
	stolen = MIN(c->stolen_ns, ns);
	c->stolen_ns -= stolen;
	if (c->iowait)
		s->iowait_ns += ns - stolen;
	else
		s->idle_ns += ns - stolen;
	c->idle_since_ns = now;
}

/* For a kernel thread: its own CPU if that is idle, else one near it. */
static struct cpu *charge_place(struct vm *vm, const struct task *t)
{
	struct cpu *home = &vm->cpu[t->cpu];

	assert((uint32_t)t->cpu < vm->conf.nr_cpus);
	for (uint32_t i = 0; !home->idle && i < vm->conf.nr_cpus; i++)
		if (vm->cpu[i].idle &&
		    vm->conf.cpu_node[i] == vm->conf.cpu_node[t->cpu])
			return &vm->cpu[i];
	return home;
}

uint32_t cpu_of_kthread(struct vm *vm, const struct task *t)
{
	assert(t->flags & TF_KTHREAD);
	return charge_place(vm, t)->id;
}

void cpu_charge(struct vm *vm, struct task *t, uint64_t ns)
{
	struct cpu *c = charge_place(vm, t);

	assert(t->flags & TF_KTHREAD);
	task_set_cpu(vm, t, (int)c->id);
	account_idle(c, vm->world.now_ns);
	t->stime_ns += ns;
	vm->cpu_stat[c->id].system_ns += ns;
	c->stolen_ns += ns;
}

void cpus_account_idle(struct vm *vm, uint64_t now_ns)
{
	for (uint32_t i = 0; i < vm->conf.nr_cpus; i++)
		account_idle(&vm->cpu[i], now_ns);
}

/* The last waiting task, that may leave, of the CPU that has most. */
static struct task *find_to_pull(struct vm *vm, const struct cpu *to)
{
	struct cpu *busiest = NULL;
	struct task *t;

	for (uint32_t i = 0; i < vm->conf.nr_cpus; i++) {
		struct cpu *c = &vm->cpu[i];

		if (c != to && c->nr_run > 1 &&
		    (!busiest || c->nr_run > busiest->nr_run))
			busiest = c;
	}
	if (!busiest)
		return NULL;
	for (t = busiest->run_tail; t != busiest->run; t = t->run_prev)
		if (!t->cpu_bound)
			return t;
	return NULL;
}

static void pull_task(struct cpu *c)
{
	struct task *t = find_to_pull(c->vm, c);

	if (!t)
		return;
	assert(t->cpu != (int)c->id);
	queue_del(&c->vm->cpu[t->cpu], t);
	task_set_cpu(c->vm, t, (int)c->id);
	cpu_queue_add(c, t);
}

static void wake_sleepers(struct cpu *c, uint64_t now)
{
	struct task *t;

	while ((t = sleepers_first(c)) && t->wake_ns <= now) {
		sleepers_remove(c, t);
		task_wake(c->vm, t);
		assert(t->queued || t->state != TASK_RUNNABLE);
	}
}

static uint64_t go_idle(struct cpu *c, uint64_t now)
{
	const struct task *t = sleepers_first(c);

	assert(!c->run);
	if (!c->idle)
		c->idle_since_ns = now;
	c->idle = true;
	c->iowait = c->vm->psi.cpu[c->id].nr[IOWAIT_COUNT] > 0;
	c->last_pid = 0;
	return t ? t->wake_ns : ACTOR_NEVER;
}

/* Time that @t has used: its own figures and the CPU's. */
static void account_work(struct cpu *c, struct task *t, uint64_t user,
			 uint64_t sys)
{
	struct vm_cpu_stat *s = &c->vm->cpu_stat[c->id];

	t->utime_ns += user;
	t->stime_ns += sys;
	s->user_ns += user;
	s->system_ns += sys;
	c->slice_ns -= MIN(c->slice_ns, user + sys);
	assert(c->slice_ns <= CPU_SLICE_NS);
}

static void next_turn(struct cpu *c, struct task *t)
{
	assert(c->run == t);
	if (c->slice_ns)
		return;
	c->slice_ns = CPU_SLICE_NS;
	if (c->nr_run == 1)
		return;
	queue_del(c, t);
	cpu_queue_add(c, t);
	t->nivcsw++;
	c->vm->context_switches++;
}

/* @t leaves the queue: it sleeps, or has ended and is freed. */
static void leave_queue(struct cpu *c, struct task *t, enum work_result r)
{
	queue_del(c, t);
	c->slice_ns = CPU_SLICE_NS;
	if (r == WORK_EXIT) {
		c->last_pid = 0;
		work_release(c->vm, t);
		return;
	}
	assert(t->state != TASK_RUNNABLE);
	if (t->wake_ns != ACTOR_NEVER)
		sleepers_add(c, t);
}

static uint64_t run_task(struct cpu *c, struct task *t, uint64_t now)
{
	struct work_turn wt = { .vm = c->vm, .t = t, .now_ns = now };
	enum work_result r;

	if (c->last_pid != t->pid) {
		c->vm->context_switches += c->last_pid == 0;
		c->slice_ns = CPU_SLICE_NS;
		c->last_pid = t->pid;
	}
	c->vm->cpu_now = c->id;
	wt.budget_ns = MIN(c->slice_ns, CPU_STEP_NS);
	r = work_step(&wt);
	account_work(c, t, wt.user_ns, wt.sys_ns);
	assert(r != WORK_RUN || wt.user_ns + wt.sys_ns > 0);
	/* Somebody may have woken it while it went to sleep. */
	if (r == WORK_RUN || (r == WORK_SLEEP && t->state == TASK_RUNNABLE))
		next_turn(c, t);
	else
		leave_queue(c, t, r);
	c->busy_until_ns = now + wt.user_ns + wt.sys_ns + c->stolen_ns;
	c->stolen_ns = 0;
	return c->busy_until_ns;
}

static uint64_t cpu_step(struct actor *a, uint64_t now_ns)
{
	struct cpu *c = container_of(a, struct cpu, actor);

	if (c->vm->panicked) {
		work_end_all_ops(c->vm, -EIO);
		return ACTOR_NEVER;
	}
	if (now_ns < c->busy_until_ns)
		return c->busy_until_ns;
	account_idle(c, now_ns);
	wake_sleepers(c, now_ns);
	if (!c->run)
		pull_task(c);
	if (!c->run)
		return go_idle(c, now_ns);
	assert(c->nr_run > 0);
	c->idle = false;
	return run_task(c, c->run, now_ns);
}

static int cpu_init(struct vm *vm, struct cpu *c, uint32_t id)
{
	c->sleeper = reserve_alloc(HEAP_BYTES);
	if (!c->sleeper)
		return -ENOMEM;
	c->vm = vm;
	c->id = id;
	c->slice_ns = CPU_SLICE_NS;
	c->idle = true;
	vm->cpu_stat[id].node = vm->conf.cpu_node[id];
	name_number(c->actor.name, sizeof(c->actor.name), "cpu", id);
	c->actor.step = cpu_step;
	world_add(&vm->world, &c->actor);
	return 0;
}

int cpus_init(struct vm *vm)
{
	int err;

	assert(vm->conf.nr_cpus > 0 && vm->conf.nr_cpus <= VM_MAX_CPUS);
	vm->cpu = calloc(vm->conf.nr_cpus, sizeof(*vm->cpu));
	if (!vm->cpu)
		return -ENOMEM;
	for (uint32_t i = 0; i < vm->conf.nr_cpus; i++) {
		err = cpu_init(vm, &vm->cpu[i], i);
		if (err)
			goto err_cpus;
	}
	return 0;

err_cpus:
	cpus_fini(vm);
	return err;
}

void cpus_fini(struct vm *vm)
{
	if (!vm->cpu)
		return;
	for (uint32_t i = 0; i < vm->conf.nr_cpus; i++)
		reserve_free(vm->cpu[i].sleeper, HEAP_BYTES);
	free(vm->cpu);
	vm->cpu = NULL;
}
