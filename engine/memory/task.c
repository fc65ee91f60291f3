/* SPDX-License-Identifier: MIT */
/*
 * task.c - tasks come, change state and go.
 *
 * Called by the workload (spawn, exit), by the CPUs (sleep, wake) and by what
 * makes a task wait: faults, allocation, dirty throttling.  One function
 * changes a state, so that the counts of running and blocked tasks, the
 * pressure figures and the run queues cannot disagree.  kernel/pid.c:alloc_pid
 * and kernel/sched/stats.h are the models.
 *
 * Locking: the world's lock.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memory/state.h"

#define RESERVED_PIDS 300 /* not used again after the first round */
#define FIRST_PAUSE_PAGES 32 /* F.2 */
#define FIRST_RATELIMIT (100u << 20 >> VM_PAGE_SHIFT) /* F.4: 100 MiB/s */

struct task *task_find(struct vm *vm, int pid)
{
	struct task *t = task_of_thread(vm, pid);

	return t && t->pid == pid ? t : NULL;
}

struct task *task_of_thread(struct vm *vm, int tid)
{
	return tid > 0 && tid <= VM_MAX_PID ? vm->pid_table[tid] : NULL;
}

static int next_pid(const struct vm *vm, int pid)
{
	if (pid + 1 < MIN(vm->pid_max, VM_MAX_PID))
		return pid + 1;
	return vm->last_pid < RESERVED_PIDS ? 1 : RESERVED_PIDS;
}

/* The next free number after @pid, round the end; 0 if there is none. */
static int free_pid_after(const struct vm *vm, int pid)
{
	for (int tried = 0; tried < VM_MAX_PID; tried++) {
		pid = next_pid(vm, pid);
		if (!vm->pid_table[pid])
			return pid;
	}
	return 0;
}

/* The next free pid after the last one given, or -EAGAIN. */
static int alloc_pid(struct vm *vm)
{
	int pid = free_pid_after(vm, vm->last_pid);

	if (!pid)
		return -EAGAIN;
	vm->last_pid = pid;
	return pid;
}

/* @pid if it is free, the next one for 0; or -errno. */
static int take_pid(struct vm *vm, int pid)
{
	assert(vm->pid_max > RESERVED_PIDS);
	if (vm->nr_tasks >= VM_MAX_TASKS || pid < 0 || pid > VM_MAX_PID)
		return -EAGAIN;
	if (pid == 0)
		return alloc_pid(vm);
	return vm->pid_table[pid] ? -EEXIST : pid;
}

static void task_link(struct vm *vm, struct task *t)
{
	assert(!vm->pid_table[t->pid]);
	t->prev = vm->last_task;
	if (vm->last_task)
		vm->last_task->next = t;
	else
		vm->tasks = t;
	vm->last_task = t;
	vm->pid_table[t->pid] = t;
	vm->nr_tasks++;
	vm->nr_threads += t->nr_threads;
	vm->forks++;
}

int task_next_thread(const struct vm *vm, const struct task *t, int after)
{
	if (!t->nr_tids)
		return after < t->pid ? t->pid : 0;
	for (int tid = MAX(after, 0) + 1; tid > 0 && tid <= VM_MAX_PID; tid++)
		if (vm->pid_table[tid] == t)
			return tid;
	return 0;
}

bool task_add_thread(struct vm *vm, struct task *t, int tid)
{
	assert(t->nr_tids + 1 < t->nr_threads);
	if (tid < 1 || tid > VM_MAX_PID || vm->pid_table[tid])
		return false;
	vm->pid_table[tid] = t;
	t->nr_tids++;
	return true;
}

void task_add_threads(struct vm *vm, struct task *t)
{
	int tid = t->pid;

	assert(vm->pid_table[t->pid] == t);
	while (t->nr_tids + 1 < t->nr_threads) {
		tid = free_pid_after(vm, tid);
		if (!task_add_thread(vm, t, tid))
			return;
	}
}

void task_move_thread(struct vm *vm, int tid)
{
	struct task *t = task_of_thread(vm, tid);
	int to;

	if (!t || t->pid == tid)
		return;
	assert(t->nr_tids > 0);
	to = free_pid_after(vm, tid);
	if (!to)
		return;
	vm->pid_table[to] = t;
	vm->pid_table[tid] = NULL;
}

static void drop_threads(struct vm *vm, struct task *t)
{
	for (int tid = 0; t->nr_tids;) {
		tid = task_next_thread(vm, t, tid);
		assert(tid);
		if (tid == t->pid)
			continue;
		vm->pid_table[tid] = NULL;
		t->nr_tids--;
	}
}

static void task_unlink(struct vm *vm, struct task *t)
{
	drop_threads(vm, t);
	assert(vm->pid_table[t->pid] == t && vm->nr_tasks > 0);
	if (t->prev)
		t->prev->next = t->next;
	else
		vm->tasks = t->next;
	if (t->next)
		t->next->prev = t->prev;
	else
		vm->last_task = t->prev;
	vm->pid_table[t->pid] = NULL;
	assert(vm->nr_threads >= t->nr_threads);
	vm->nr_threads -= t->nr_threads;
	vm->nr_tasks--;
}

void task_set_threads(struct vm *vm, struct task *t, uint32_t nr)
{
	assert(nr >= 1 && vm->pid_table[t->pid] == t);
	vm->nr_threads += nr - t->nr_threads;
	t->nr_threads = nr;
}

struct task *task_create(struct vm *vm, const char *comm, int pid, int *err)
{
	struct task *t;

	pid = take_pid(vm, pid);
	if (pid < 0) {
		*err = pid;
		return NULL;
	}
	t = calloc(1, sizeof(*t));
	if (!t) {
		*err = -ENOMEM;
		return NULL;
	}
	t->pid = pid;
	t->ppid = pid == 1 ? 0 : 1;
	memcpy(t->comm, comm, strnlen(comm, sizeof(t->comm) - 1));
	t->state = TASK_SLEEPING;
	t->wake_ns = ACTOR_NEVER;
	t->nr_threads = 1;
	t->nodes = ~0ull;
	t->file_last = UINT64_MAX; /* nothing yet: page 0 follows it */
	t->start_ns = vm->world.now_ns;
	t->nr_dirtied_pause = FIRST_PAUSE_PAGES;
	t->dirty_ratelimit = FIRST_RATELIMIT;
	task_link(vm, t);
	return t;
}

/* Let psi count @t as @bits. */
static void task_psi_set(struct vm *vm, struct task *t, uint32_t bits)
{
	uint32_t clear = t->psi & ~bits, set = bits & ~t->psi;

	t->psi = bits;
	if (clear | set)
		psi_change(&vm->psi, (unsigned)t->cpu, clear, set,
			   vm->world.now_ns);
}

/* What follows from the state is not the caller's to say. */
static uint32_t psi_normal(const struct task *t, uint32_t bits)
{
	bits &= PSI_MEMSTALL | PSI_IOWAIT;
	if (t->state == TASK_DEAD)
		return 0;
	if (t->state != TASK_RUNNABLE)
		return bits;
	bits &= ~(uint32_t)PSI_IOWAIT;
	bits |= PSI_RUNNING;
	return bits & PSI_MEMSTALL ? bits | PSI_MEMSTALL_RUNNING : bits;
}

void task_psi(struct vm *vm, struct task *t, uint32_t clear, uint32_t set)
{
	assert(!(clear & set));
	task_psi_set(vm, t, psi_normal(t, (t->psi & ~clear) | set));
}

void task_set_cpu(struct vm *vm, struct task *t, int cpu)
{
	uint32_t bits = t->psi;

	assert(cpu >= 0 && (uint32_t)cpu < vm->conf.nr_cpus && !t->queued);
	if (cpu == t->cpu)
		return;
	task_psi_set(vm, t, 0);
	t->cpu = cpu;
	task_psi_set(vm, t, bits);
}

/* @t enters (1) or leaves (-1) the state that it is in. */
static void count_state(struct vm *vm, const struct task *t, int n)
{
	uint32_t by = (uint32_t)n;

	if (t->state == TASK_RUNNABLE)
		vm->nr_running += by;
	if (t->state != TASK_UNINTERRUPTIBLE)
		return;
	vm->nr_uninterruptible += by;
	if (t->flags & TF_IOWAIT)
		vm->nr_iowait += by;
}

void task_set_state(struct vm *vm, struct task *t, enum task_state s,
		    uint64_t wake_ns)
{
	enum task_state old = t->state;

	assert(old != TASK_DEAD);
	t->wake_ns = wake_ns;
	if (s == old)
		return;
	count_state(vm, t, -1);
	t->state = s;
	if (s != TASK_UNINTERRUPTIBLE)
		t->flags &= ~(uint32_t)TF_IOWAIT;
	count_state(vm, t, 1);
	if (old == TASK_RUNNABLE) {
		t->nvcsw++;
		vm->context_switches++;
	}
	task_psi_set(vm, t,
		     psi_normal(t, t->flags & TF_IOWAIT ?
					   t->psi | PSI_IOWAIT :
					   t->psi & ~(uint32_t)PSI_IOWAIT));
	if (s == TASK_RUNNABLE && vm->task_runnable)
		vm->task_runnable(vm, t);
}

void task_wake(struct vm *vm, struct task *t)
{
	if (t->state == TASK_SLEEPING || t->state == TASK_UNINTERRUPTIBLE)
		task_set_state(vm, t, TASK_RUNNABLE, vm->world.now_ns);
	assert(t->state == TASK_RUNNABLE || t->state == TASK_DEAD);
}

void task_release(struct vm *vm, struct task *t)
{
	assert(!t->mm && !t->exec && !t->work && !t->queued);
	if (t->state != TASK_DEAD)
		task_set_state(vm, t, TASK_DEAD, ACTOR_NEVER);
	assert(t->psi == 0);
	task_unlink(vm, t);
	free(t);
}
