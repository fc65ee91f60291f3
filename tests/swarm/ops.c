/* SPDX-License-Identifier: MIT */
/*
 * ops.c - what befalls a machine, and what must hold after it.
 *
 * Operations are those that a mount can ask for, and faults that it cannot:
 * disks that fail, swap slots that cannot be written, an allocation of the
 * server's own that fails.
 *
 * Called by test_seeds.c in a process of its own; calls the engine's doors
 * and, for the faults, looks behind them with the world's lock held.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fault.h"
#include "memory/state.h"
#include "memory/swap_map.h"
#include "swarm.h"

#define NR_WORK	   48 /* two more in check_alive() */
#define MAX_STEPS  4000000ull
#define PEACE_NS   (900 * VM_SECOND)

/* A piece of work that somebody waits for. */
struct work {
	struct vm_op op; /* first: done() gets its address */
	int pid;
	bool accepted;
	atomic_bool taken_back; /* or the machine is going */
	atomic_uint done;
	int err;
};

struct swarm {
	const struct swarm_run *run;
	struct vm_machine m;
	struct vm *vm;
	struct work work[NR_WORK + 2];
	unsigned nr_work;
	struct vm_stat stat;
	char why[400];
};

static void wrong(struct swarm *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The first thing that is wrong counts. */
static void wrong(struct swarm *s, const char *fmt, ...)
{
	va_list ap;

	if (s->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
}

static void say(struct swarm *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct swarm *s, const char *fmt, ...)
{
	va_list ap;

	if (!s->run->trace)
		return;
	printf("  %12llu ns  ", (unsigned long long)vm_now_ns(s->vm));
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static void done(struct vm_op *op, int err)
{
	struct work *w = (struct work *)op;

	w->err = err;
	atomic_fetch_add(&w->done, 1);
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

/* --- the operations --- */

typedef void swarm_op(struct swarm *s, struct prng *p);

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
	vm_run_until(s->vm, vm_now_ns(s->vm) + ns, MAX_STEPS);
}

static void op_settle(struct swarm *s, struct prng *p)
{
	uint64_t ns = prng_below(p, 5 * VM_SECOND);

	say(s, "settle");
	if (!s->run->threads)
		vm_run_settle(s->vm, vm_now_ns(s->vm) + ns, MAX_STEPS);
}

static void op_spawn(struct swarm *s, struct prng *p)
{
	struct vm_task_conf conf;
	struct vm_complaint c;
	int pid;

	swarm_task(&conf, p, &s->m);
	pid = vm_task_spawn(s->vm, &conf, &c);
	say(s, "spawn %s: %d", conf.comm, pid);
	if (pid == -EINVAL)
		wrong(s, "spawn: %s", c.what);
}

/* The server itself is short of memory. */
static void op_spawn_short(struct swarm *s, struct prng *p)
{
	struct vm_task_conf conf;
	struct vm_complaint c;
	int pid;

	swarm_task(&conf, p, &s->m);
	fault_arm((long)prng_below(p, 12));
	pid = vm_task_spawn(s->vm, &conf, &c);
	fault_disarm();
	say(s, "spawn %s, short of memory: %d", conf.comm, pid);
	if (pid < 0 && pid != -ENOMEM && pid != -EAGAIN)
		wrong(s, "spawn, short of memory: %d", pid);
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
	struct work *w = &s->work[s->nr_work];
	int err;

	if (s->nr_work == NR_WORK)
		return;
	w->pid = some_pid(s, p);
	w->op.kind = (enum vm_op_kind)prng_below(p, VM_NR_OPS);
	w->op.pages = 1 + prng_below(p, 1ull << prng_below(p, 14));
	w->op.done = done;
	if (w->op.kind == VM_OP_MLOCK)
		w->op.pages = 1 + prng_below(p, 512);
	s->nr_work++;
	err = vm_task_submit(s->vm, w->pid, &w->op);
	say(s, "task %d: op %d, %llu pages: %d", w->pid, (int)w->op.kind,
	    (unsigned long long)w->op.pages, err);
	w->accepted = !err;
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
	const char *name;
	unsigned i;

	if (!prng_below(p, 4))
		return &vm_ctl_table[prng_below(p, vm_ctl_count)];
	name = busy[prng_below(p, sizeof(busy) / sizeof(busy[0]))];
	for (i = 0; i < vm_ctl_count; i++)
		if (!strcmp(vm_ctl_table[i].name, name))
			return &vm_ctl_table[i];
	abort();
}

static void op_sysctl(struct swarm *s, struct prng *p)
{
	const struct vm_cred root = { .pid = 1, .comm = "swarm",
				      .cap_sys_resource = true,
				      .cap_sys_admin = true,
				      .cap_sys_rawio = true };
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

static void op_swap(struct swarm *s, struct prng *p)
{
	uint32_t i = (uint32_t)prng_below(p, s->m.nr_swaps + 1);
	unsigned tries = (unsigned)prng_below(p, 40);
	int err;

	if (prng_below(p, 2)) {
		err = vm_swapon(s->vm, i, (int32_t)prng_below(p, 5));
		say(s, "swapon %u: %d", i, err);
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

/* --- faults --- */

static void disks_fail(struct swarm *s, uint32_t permille)
{
	uint32_t i;

	lock_take(&s->vm->world.lock);
	for (i = 0; i < s->m.nr_disks; i++)
		s->vm->disk[i].fail_permille = permille;
	lock_drop(&s->vm->world.lock);
}

static void op_disk_fault(struct swarm *s, struct prng *p)
{
	static const uint32_t permille[] = { 0, 1, 50, 500, 1000 };
	uint32_t n = permille[prng_below(p, 5)];

	say(s, "of 1000 requests %u fail", n);
	disks_fail(s, n);
}

static void op_swap_fault(struct swarm *s, struct prng *p)
{
	struct swap_area *sa;
	uint32_t i, slot;

	if (!s->m.nr_swaps)
		return;
	sa = &s->vm->swap[prng_below(p, s->m.nr_swaps)];
	lock_take(&s->vm->world.lock);
	for (i = 0; i < 64 && sa->active; i++) {
		slot = (uint32_t)prng_below(p, sa->nr_slots);
		sa->slot[slot].bad = 1;
	}
	lock_drop(&s->vm->world.lock);
	say(s, "slots of area %u cannot be written", sa->id);
}

static void op_world(struct swarm *s, struct prng *p)
{
	if (!s->run->threads)
		return;
	say(s, "to the sim world and back");
	vm_world_switch(s->vm, VM_WORLD_SIM);
	vm_run_until(s->vm, vm_now_ns(s->vm) + prng_below(p, VM_SECOND), 20000);
	if (vm_world_switch(s->vm, VM_WORLD_THREADS))
		wrong(s, "no way back to the threads world");
}

/* How often each: its places in the table. */
static swarm_op *const ops[] = {
	op_run, op_run, op_run, op_run, op_run, op_run, op_run, op_run,
	op_submit, op_submit, op_submit, op_submit, op_submit, op_spawn,
	op_spawn, op_spawn, op_spawn_short, op_sysctl, op_sysctl, op_sysctl,
	op_sysctl, op_kill, op_cancel, op_adj, op_swap, op_swap, op_sync,
	op_stat, op_settle, op_disk_fault, op_swap_fault, op_world,
};

/* --- what must hold --- */

static void check_work(struct swarm *s, unsigned i)
{
	const struct work *w = &s->work[i];
	unsigned nr = atomic_load(&w->done);

	if (nr > w->accepted)
		wrong(s, "work %u is answered %u times", i, nr);
	if (!nr || !w->err || w->err == -ENOMEM || w->err == -ESRCH ||
	    w->err == -EIO)
		return;
	if (w->err != -EINTR || !atomic_load(&w->taken_back))
		wrong(s, "work %u of task %d ends with %d", i, w->pid, w->err);
}

static void check(struct swarm *s)
{
	struct vm_complaint c;
	unsigned i;

	if (s->run->threads)
		vm_pause(s->vm, true);
	if (!vm_check(s->vm, &c))
		wrong(s, "vm_check: %s", c.what);
	for (i = 0; i < s->nr_work; i++)
		check_work(s, i);
	if (s->run->threads)
		vm_pause(s->vm, false);
}

static void set(struct swarm *s, const char *name, int64_t value)
{
	const struct vm_cred root = { .pid = 1, .cap_sys_resource = true,
				      .cap_sys_admin = true,
				      .cap_sys_rawio = true };
	unsigned i;

	for (i = 0; i < vm_ctl_count; i++)
		if (!strcmp(vm_ctl_table[i].name, name))
			vm_ctl_set(s->vm, &vm_ctl_table[i],
				   &(struct vm_ctl_values){ .value = &value,
							    .nr = 1 },
				   &root);
}

/* Let it run until @w has ended, at the most PEACE_NS. */
static void run_until_done(struct swarm *s, const struct work *w)
{
	uint64_t until = vm_now_ns(s->vm) + PEACE_NS, steps = 0;

	while (!atomic_load(&w->done) && vm_now_ns(s->vm) < until &&
	       steps++ < MAX_STEPS)
		vm_run_until(s->vm, vm_now_ns(s->vm) + VM_SECOND, 100);
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
		vm_run_until(s->vm, vm_now_ns(s->vm) + VM_SECOND, MAX_STEPS);
	}
	wrong(s, "%u killed tasks do not end", left);
}

/*
 * While the others go on: who asks for memory gets it, or an error, or is
 * killed for it; nobody waits for ever.
 */
static void check_answered(struct swarm *s)
{
	struct vm_task_conf conf = { .comm = "wants", .cpu = -1 };
	struct work *w = &s->work[s->nr_work];
	struct vm_complaint c;

	vm_stat_get(s->vm, &s->stat);
	w->pid = vm_task_spawn(s->vm, &conf, &c);
	w->op.kind = VM_OP_ALLOC;
	w->op.pages = 1 + s->stat.total_pages / 4;
	w->op.done = done;
	say(s, "wants: %d asks for %llu pages", w->pid,
	    (unsigned long long)w->op.pages);
	if (w->pid < 0 || vm_task_submit(s->vm, w->pid, &w->op))
		return;
	s->nr_work++;
	w->accepted = true;
	run_until_done(s, w);
	vm_stat_get(s->vm, &s->stat);
	if (!atomic_load(&w->done) && !s->stat.panicked)
		wrong(s, "%llu pages: no answer in %llu s",
		      (unsigned long long)w->op.pages, PEACE_NS / VM_SECOND);
}

/*
 * Peace: faults are over, all tasks gone, tunables as Linux has them.  Half
 * of what is then said to be available is given to who asks for it.
 */
static void check_alive(struct swarm *s)
{
	struct vm_task_conf conf = { .comm = "last", .cpu = -1,
				     .oom_score_adj = 0 };
	struct vm_complaint c;
	struct work *w;
	unsigned i;

	if (s->run->threads)
		vm_world_switch(s->vm, VM_WORLD_SIM);
	vm_stat_get(s->vm, &s->stat);
	if (s->stat.panicked)
		return;
	disks_fail(s, 0);
	set(s, "nr_hugepages", 0);
	set(s, "overcommit_memory", 1);
	set(s, "min_free_kbytes", 1024);
	set(s, "watermark_scale_factor", 10);
	set(s, "watermark_boost_factor", 0);
	check_answered(s);
	vm_stat_get(s->vm, &s->stat);
	if (s->stat.panicked)
		return;
	end_tasks(s);
	for (i = 0; i < s->nr_work; i++)
		if (s->work[i].accepted && !atomic_load(&s->work[i].done))
			wrong(s, "work %u of dead task %d is not answered", i,
			      s->work[i].pid);
	vm_run_until(s->vm, vm_now_ns(s->vm) + 60 * VM_SECOND, MAX_STEPS);
	check(s);
	vm_stat_get(s->vm, &s->stat);
	w = &s->work[s->nr_work];
	w->pid = vm_task_spawn(s->vm, &conf, &c);
	w->op.kind = VM_OP_ALLOC;
	w->op.pages = s->stat.mem_available / 2;
	w->op.done = done;
	say(s, "last: %d asks for %llu pages", w->pid,
	    (unsigned long long)w->op.pages);
	if (w->pid < 0 || !w->op.pages || s->why[0])
		return;
	if (vm_task_submit(s->vm, w->pid, &w->op)) {
		wrong(s, "the last allocation is refused");
		return;
	}
	s->nr_work++;
	w->accepted = true;
	run_until_done(s, w);
	if (!atomic_load(&w->done))
		wrong(s, "%llu pages, half of what is available, never come",
		      (unsigned long long)w->op.pages);
	else if (w->err)
		wrong(s, "%llu pages, half of what is available: error %d",
		      (unsigned long long)w->op.pages, w->err);
	check(s);
}

const char *swarm_run(const struct swarm_run *r, unsigned *at)
{
	static struct swarm swarm;
	struct swarm *s = &swarm;
	struct prng p;
	unsigned i;
	int err;

	memset(s, 0, sizeof(*s));
	s->run = r;
	swarm_machine(&s->m, r->seed);
	*at = 0;
	err = vm_create(&s->vm, &s->m,
			r->threads ? VM_WORLD_THREADS : VM_WORLD_SIM);
	if (err) {
		/* a kernel that is larger than its machine */
		if (err != -ENOMEM)
			wrong(s, "vm_create: %d", err);
		vm_machine_fini(&s->m);
		return s->why[0] ? s->why : NULL;
	}
	if (r->threads)
		vm_set_rate(s->vm, VM_RATE_MAX);
	vm_start(s->vm);
	for (i = 0; i < r->nr_ops && !s->why[0]; i++) {
		prng_init(&p, r->seed, 100 + i);
		*at = i + 1;
		if (r->skip[i])
			continue;
		ops[prng_below(&p, sizeof(ops) / sizeof(ops[0]))](s, &p);
		check(s);
	}
	if (!s->why[0])
		check_alive(s);
	vm_stat_get(s->vm, &s->stat);
	say(s, "stolen %llu, swapped out %llu, stalls %llu, killed %llu",
	    (unsigned long long)(s->stat.event[PGSTEAL_KSWAPD] +
				 s->stat.event[PGSTEAL_DIRECT]),
	    (unsigned long long)s->stat.event[PSWPOUT],
	    (unsigned long long)(s->stat.event[ALLOCSTALL_NORMAL] +
				 s->stat.event[ALLOCSTALL_MOVABLE]),
	    (unsigned long long)s->stat.event[OOM_KILL]);
	vm_destroy(s->vm);
	for (i = 0; i < s->nr_work; i++)
		if (atomic_load(&s->work[i].done) != s->work[i].accepted)
			wrong(s, "work %u is answered %u times", i,
			      atomic_load(&s->work[i].done));
	vm_machine_fini(&s->m);
	return s->why[0] ? s->why : NULL;
}
