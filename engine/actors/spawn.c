/* SPDX-License-Identifier: MIT */
/*
 * spawn.c - a task is made from its description.
 *
 * task_spawn() is called by vm.c for the tasks of the machine, and behind the
 * door for those that come later.  What is wrong with a description has been
 * said by task_conf_check(); here only what depends on the machine as it is
 * now can fail.  Memory comes as the task runs (workload_start.c).
 *
 * Locking: the world's lock.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "actors/cpu.h"
#include "actors/workload.h"
#include "memory/machine_check.h"
#include "memory/trace.h"
#include "reclaim/overcommit.h"
#include "world/name.h"

#define FIRST_STREAM (1ull << 32) /* apart from those of actors */

static int complain(struct vm_complaint *c, const char *field, const char *why)
{
	name_copy(c->what, sizeof(c->what), why);
	c->field = field;
	c->index = -1;
	return -EINVAL;
}

/* Its file, made now if the machine has none of that name. */
static int open_file(struct vm *vm, struct task *t,
		     const struct vm_task_conf *conf, struct vm_complaint *c)
{
	struct file *f;

	if (!conf->file[0])
		return 0;
	f = file_find(vm, conf->file);
	if (!f && !conf->file_pages)
		return complain(c, "file",
				"file: not a file of the machine, want "
				"file_size");
	if (f && f->mapping.kind != MAPPING_FILE)
		return complain(c, "file", "file: has no disk behind it");
	f = file_get(vm, conf->file, f ? f->disk : 0, conf->file_pages);
	if (!f)
		return -ENOMEM;
	assert(f->mapping.kind == MAPPING_FILE);
	f->refs++;
	t->file = f;
	return 0;
}

static int map_areas(struct vm *vm, struct task *t)
{
	struct task_work *w = t->work;
	const struct vm_task_conf *conf = &w->conf;
	int err;

	assert(!w->anon && !w->map);
	if (conf->anon_pages) {
		err = vm_enough_memory(vm, t, conf->anon_pages);
		if (err)
			return err;
		err = work_extend(vm, t, conf->anon_pages);
		if (err)
			return err;
		if (conf->mlock_pages)
			mlock_pages(vm, w->anon, conf->mlock_pages);
	}
	if (!t->file || !conf->map_file)
		return 0;
	w->map = mm_add_vma(vm, t->mm, t->file->nr_pages, t->file);
	return w->map ? 0 : -ENOMEM;
}

static void set_identity(struct vm *vm, struct task *t,
			 const struct vm_task_conf *conf)
{
	t->ppid = conf->ppid ? conf->ppid : 1;
	if (t->pid == 1)
		t->ppid = 0;
	t->uid = conf->uid;
	t->gid = conf->gid;
	task_set_threads(vm, t, MAX(conf->nr_threads, 1));
	t->oom_score_adj = conf->oom_score_adj;
	t->oom_score_adj_min = MIN(conf->oom_score_adj, 0);
	t->nodes = conf->nodes ? conf->nodes : ~0ull;
	name_copy(t->comm, sizeof(t->comm), conf->comm);
	name_copy(t->args, sizeof(t->args),
		  conf->args[0] ? conf->args : conf->comm);
	assert(t->comm[0]);
}

/* Near the first node that its memory may come from. */
static int first_cpu(struct vm *vm, const struct vm_task_conf *conf)
{
	if (conf->cpu >= 0)
		return conf->cpu;
	if (!conf->nodes)
		return (int)cpu_pick(vm, -1);
	return (int)cpu_pick(vm, __builtin_ctzll(conf->nodes));
}

static int make_work(struct vm *vm, struct task *t,
		     const struct vm_task_conf *conf)
{
	struct task_work *w;

	assert(!t->work && !t->exec && !t->mm);
	t->exec = calloc(1, sizeof(*t->exec));
	w = t->work = calloc(1, sizeof(*w));
	t->mm = mm_create(vm, t);
	if (!t->exec || !w || !t->mm)
		return -ENOMEM;
	w->conf = *conf;
	prng_init(&w->prng, vm->conf.seed, FIRST_STREAM + vm->forks);
	w->start_left = MAX(conf->anon_resident, conf->mlock_pages);
	w->swap_left = conf->anon_swapped;
	w->grow_at = conf->anon_pages;
	return 0;
}

static void trace_spawn(struct vm *vm, struct task *t)
{
	struct vm_event ev;

	if (!trace_enabled(vm))
		return;
	ev = trace_event(vm, VM_EV_TASK_SPAWN, t);
	trace_send(vm, &ev);
}

static void start_running(struct vm *vm, struct task *t,
			  const struct vm_task_conf *conf)
{
	t->cpu_bound = conf->cpu >= 0;
	task_set_cpu(vm, t, first_cpu(vm, conf));
	task_wake(vm, t);
	assert(t->queued && t->state == TASK_RUNNABLE);
}

/* As fork() when the numbers are used up, and which limit that was. */
static int no_number(const struct vm *vm, int pid, struct vm_complaint *c)
{
	struct name n = name_in(c->what, sizeof(c->what));

	c->field = "pid";
	c->index = -1;
	if (vm->nr_tasks >= VM_MAX_TASKS) {
		name_text(&n, "the most tasks run that a machine can have, ");
		name_uint(&n, VM_MAX_TASKS);
		return -EAGAIN;
	}
	name_text(&n, "pid: ");
	if (pid)
		name_int(&n, pid);
	else
		name_text(&n, "none is free");
	name_text(&n, ", want one below kernel.pid_max, ");
	name_int(&n, vm->pid_max);
	return -EAGAIN;
}

/* Of a real process the host has said that it may be. */
static bool beyond_pid_max(const struct vm *vm, const struct vm_task_conf *conf)
{
	return !conf->own_tids && conf->pid >= vm->pid_max;
}

int task_spawn(struct vm *vm, const struct vm_task_conf *conf,
	       struct vm_complaint *c)
{
	struct task *t;
	int err;

	if (!task_conf_check(&vm->conf, conf, -1, c))
		return -EINVAL;
	if (beyond_pid_max(vm, conf))
		return no_number(vm, conf->pid, c);
	if (conf->own_tids)
		task_move_thread(vm, conf->pid);
	t = task_create(vm, conf->comm, conf->pid, &err);
	if (!t)
		return err == -EAGAIN ? no_number(vm, conf->pid, c) : err;
	set_identity(vm, t, conf);
	err = make_work(vm, t, conf);
	if (err)
		goto err_task;
	err = open_file(vm, t, conf, c);
	if (err)
		goto err_task;
	err = map_areas(vm, t);
	if (err)
		goto err_task;
	start_running(vm, t, conf);
	trace_spawn(vm, t);
	return t->pid;

err_task:
	work_release(vm, t);
	return err;
}
