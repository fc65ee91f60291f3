/* SPDX-License-Identifier: MIT */
/*
 * ops.c - what befalls a machine: all that a mount can ask for.
 *
 * An operation says with -v what it does, and with wrong() that an answer is
 * none of those that the door promises.  Called by run.c; calls the engine's
 * doors, and faults.c for what they cannot do.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inside.h"

/* The errors that a door may answer with, 0 behind the last. */
static void check_err(struct swarm *s, const char *what, int err,
		      const int *may)
{
	unsigned i;

	if (err >= 0)
		return;
	for (i = 0; may[i]; i++)
		if (err == may[i])
			return;
	wrong(s, "%s: %d", what, err);
}

/* Some user task, not init; or 0. */
static int some_pid(struct swarm *s, struct prng *p)
{
	int pid = 0, found = 0;
	struct vm_task_stat t;
	unsigned nr = 0;

	while ((pid = vm_task_next(s->vm, pid)) > 0)
		if (pid > 1 && !vm_task_get(s->vm, pid, &t) && !t.kthread &&
		    prng_below(p, ++nr) == 0)
			found = pid;
	return found;
}

static void op_run(struct swarm *s, struct prng *p)
{
	uint64_t ns = 1ull << (prng_below(p, 4) ? 16 + prng_below(p, 16) :
						  prng_below(p, 16));

	ns += prng_below(p, ns);
	say(s, "run %llu ns", (unsigned long long)ns);
	if (s->run->threads) {
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		return;
	}
	vm_run_until(s->vm, vm_now_ns(s->vm) + ns, SWARM_MAX_STEPS);
}

static void op_settle(struct swarm *s, struct prng *p)
{
	uint64_t ns = prng_below(p, 5 * VM_SECOND);

	say(s, "settle");
	if (!s->run->threads)
		vm_run_settle(s->vm, vm_now_ns(s->vm) + ns, SWARM_MAX_STEPS);
}

static void op_spawn(struct swarm *s, struct prng *p)
{
	static const int may[] = { -EAGAIN, -EEXIST, -ENOMEM, 0 };
	struct vm_task_conf conf;
	struct vm_complaint c;
	int pid;

	swarm_task(&conf, p, &s->m);
	pid = vm_task_spawn(s->vm, &conf, &c);
	say(s, "spawn %s: %d", conf.comm, pid);
	check_err(s, pid == -EINVAL ? c.what : "spawn", pid, may);
}

static void op_kill(struct swarm *s, struct prng *p)
{
	int pid = some_pid(s, p);

	say(s, "kill %d", pid);
	if (pid > 1)
		vm_task_kill(s->vm, pid);
}

static void op_submit(struct swarm *s, struct prng *p)
{
	static const int may[] = { -ESRCH, -EINVAL, -ENOMEM, -EIO, 0 };
	struct work *w = &s->work[s->nr_work];
	int err;

	if (s->nr_work == SWARM_NR_WORK)
		return;
	w->pid = some_pid(s, p);
	w->op.kind = (enum vm_op_kind)prng_below(p, VM_NR_OPS);
	w->op.pages = 1 + prng_below(p, 1ull << prng_below(p, 14));
	w->op.done = work_done;
	if (w->op.kind == VM_OP_MLOCK)
		w->op.pages = 1 + prng_below(p, 512);
	s->nr_work++;
	err = vm_task_submit(s->vm, w->pid, &w->op);
	say(s, "task %d: op %d, %llu pages: %d", w->pid, (int)w->op.kind,
	    (unsigned long long)w->op.pages, err);
	w->accepted = !err;
	check_err(s, "submit", err, may);
}

static void op_cancel(struct swarm *s, struct prng *p)
{
	struct work *w;

	if (!s->nr_work)
		return;
	w = &s->work[prng_below(p, s->nr_work)];
	if (!w->accepted || atomic_load(&w->done))
		return;
	say(s, "cancel the work of task %d", w->pid);
	atomic_store(&w->taken_back, true);
	vm_task_cancel(s->vm, w->pid, &w->op);
	/* a thread may have ended it and be about to say so */
	if (!s->run->threads && atomic_load(&w->done) != 1)
		wrong(s, "cancelled work is answered %u times",
		      atomic_load(&w->done));
}

/* A value within the bounds mostly, small mostly. */
static int64_t some_value(const struct vm_ctl *ctl, struct prng *p)
{
	uint64_t v = prng_below(p, 1ull << prng_below(p, 20));

	switch (prng_below(p, 8)) {
	case 0:
		return ctl->min;
	case 1:
		return ctl->max < INT32_MAX ? ctl->max : (int64_t)v;
	case 2:
		return (int64_t)prng_u64(p);
	case 3:
		return -(int64_t)v;
	}
	if (ctl->max > ctl->min && (uint64_t)(ctl->max - ctl->min) < v)
		v %= (uint64_t)(ctl->max - ctl->min) + 1;
	return ctl->min > 0 ? ctl->min + (int64_t)v : (int64_t)v;
}

/* Three of four times one that reclaim looks at. */
static const struct vm_ctl *some_ctl(struct prng *p)
{
	static const char *const busy[] = {
		"dirty_background_ratio", "dirty_bytes", "dirty_ratio",
		"dirty_expire_centisecs", "dirty_writeback_centisecs",
		"drop_caches", "laptop_mode", "lowmem_reserve_ratio",
		"min_free_kbytes", "min_slab_ratio", "min_unmapped_ratio",
		"nr_hugepages", "oom_kill_allocating_task",
		"overcommit_memory", "overcommit_ratio", "page-cluster",
		"swappiness", "vfs_cache_pressure", "watermark_boost_factor",
		"watermark_scale_factor", "zone_reclaim_mode",
	};

	if (!prng_below(p, 4))
		return &vm_ctl_table[prng_below(p, vm_ctl_count)];
	return vm_ctl_find(busy[prng_below(p, sizeof(busy) / sizeof(busy[0]))]);
}

static void op_sysctl(struct swarm *s, struct prng *p)
{
	const struct vm_cred root = { .pid = 1, .comm = "swarm",
				      .cap_sys_resource = true,
				      .cap_sys_admin = true,
				      .cap_sys_rawio = true };
	static const int may[] = { -EINVAL, -ERANGE, -EPERM, 0 };
	const struct vm_ctl *ctl = some_ctl(p);
	int64_t value[VM_CTL_MAX_VALUES] = { 0 };
	struct vm_ctl_values v = { .value = value,
				   .nr = 1 + (unsigned)prng_below(
						     p, VM_CTL_MAX_VALUES) };
	unsigned i;
	int err;

	if (ctl->type == VM_CTL_STRING ||
	    (!strcmp(ctl->name, "panic_on_oom") && prng_below(p, 8)))
		return;
	if (v.nr > ctl->nr)
		v.nr = ctl->nr;
	for (i = 0; i < v.nr; i++)
		value[i] = some_value(ctl, p);
	err = vm_ctl_set(s->vm, ctl, &v, &root);
	say(s, "%s = %lld ...: %d", ctl->name, (long long)value[0], err);
	check_err(s, ctl->name, err, may);
	vm_ctl_get(s->vm, ctl, value);
}

static void op_adj(struct swarm *s, struct prng *p)
{
	const struct vm_cred root = { .pid = 1, .cap_sys_resource = true };
	int pid = some_pid(s, p), adj = (int)prng_below(p, 2200) - 1100;
	int err = vm_task_set_oom_score_adj(s->vm, pid, adj, &root);

	say(s, "oom_score_adj of %d = %d: %d", pid, adj, err);
	if (!err && (adj < -1000 || adj > 1000))
		wrong(s, "oom_score_adj %d is taken", adj);
}

static void swap_on(struct swarm *s, struct prng *p, uint32_t i)
{
	static const int may[] = { -EBUSY, -EINVAL, -ENOMEM, 0 };
	int err = vm_swapon(s->vm, i, (int32_t)prng_below(p, 5));

	say(s, "swapon %u: %d", i, err);
	check_err(s, "swapon", err, may);
}

static void op_swap(struct swarm *s, struct prng *p)
{
	static const int may[] = { -EAGAIN, -EINVAL, -ENOMEM, 0 };
	uint32_t i = (uint32_t)prng_below(p, s->m.nr_swaps + 1);
	unsigned tries = (unsigned)prng_below(p, 40);
	int err;

	if (prng_below(p, 2)) {
		swap_on(s, p, i);
		return;
	}
	do {
		err = vm_swapoff(s->vm, i);
		if (!s->run->threads)
			vm_run_until(s->vm,
				     vm_now_ns(s->vm) + VM_MILLISECOND, 2000);
	} while (err == -EAGAIN && tries--);
	if (err == -EAGAIN)
		vm_swapoff_cancel(s->vm, i);
	say(s, "swapoff %u: %d", i, err);
	check_err(s, "swapoff", err, may);
}

static void op_sync(struct swarm *s, struct prng *p)
{
	(void)p;
	say(s, "sync");
	vm_sync(s->vm);
}

static void op_stat(struct swarm *s, struct prng *p)
{
	uint64_t now = s->stat.now_ns;

	(void)p;
	vm_stat_get(s->vm, &s->stat);
	if (s->stat.now_ns < now)
		wrong(s, "time goes back");
}

static void op_world(struct swarm *s, struct prng *p)
{
	int err;

	if (!s->run->threads)
		return;
	say(s, "to the sim world and back");
	vm_world_switch(s->vm, VM_WORLD_SIM);
	vm_run_until(s->vm, vm_now_ns(s->vm) + prng_below(p, VM_SECOND), 20000);
	err = vm_world_switch(s->vm, VM_WORLD_THREADS);
	if (err == -EAGAIN && s->short_of_memory) {
		end_shortage(s);
		err = vm_world_switch(s->vm, VM_WORLD_THREADS);
	}
	if (err)
		wrong(s, "no way back to the threads world: %d", err);
}

/* How often each: its places in the table. */
static swarm_op *const ops[] = {
	op_run, op_run, op_run, op_run, op_run, op_run, op_run, op_run,
	op_submit, op_submit, op_submit, op_submit, op_submit, op_spawn,
	op_spawn, op_spawn, op_spawn, op_sysctl, op_sysctl, op_sysctl,
	op_sysctl, op_kill, op_cancel, op_adj, op_swap, op_swap, op_sync,
	op_stat, op_settle, op_disk_fault, op_disk_slow, op_swap_fault,
	op_world,
};

void do_op(struct swarm *s, struct prng *p)
{
	swarm_op *op = ops[prng_below(p, sizeof(ops) / sizeof(ops[0]))];

	begin_shortage(s, p);
	op(s, p);
	end_shortage(s);
}
