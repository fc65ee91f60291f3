/* SPDX-License-Identifier: MIT */
/*
 * vm.c - the front door: create, run, stop, observe.
 *
 * Takes the engine's lock for every call and drops it after one step, so
 * that a reader never waits longer than that.  Runs what waits outside (the
 * done() of ops) without it.  Locking: world.lock, taken here.
 */
#include <vm/vm.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "actors/flusher.h"
#include "actors/kswapd.h"
#include "actors/workload.h"
#include "boot.h"
#include "vm_check.h"
#include "memory/state.h"
#include "reclaim/fault.h"
#include "reclaim/hugepages.h"
#include "reclaim/page_alloc.h"

/* Steps of the sim world for which the lock is held at a stretch. */
#define STEPS_A_TURN 16u

static void deliver(struct world *w)
{
	struct vm *vm = container_of(w, struct vm, world);
	struct vm_op *op, *next;

	lock_take(&w->lock);
	op = vm->ended;
	vm->ended = vm->last_ended = NULL;
	w->deliver_pending = false;
	lock_drop(&w->lock);
	for (; op; op = next) {
		next = op->next;
		assert(op->done);
		op->done(op, op->err);
	}
}

static void free_conf(struct vm_machine *conf)
{
	free(conf->file);
	free(conf->task);
}

static int copy_conf(struct vm_machine *to, const struct vm_machine *from)
{
	size_t files = from->nr_files * sizeof(*from->file);
	size_t tasks = from->nr_tasks * sizeof(*from->task);

	*to = *from;
	to->file = malloc(files + 1);
	to->task = malloc(tasks + 1);
	if (!to->file || !to->task) {
		free_conf(to);
		return -ENOMEM;
	}
	if (files)
		memcpy(to->file, from->file, files);
	if (tasks)
		memcpy(to->task, from->task, tasks);
	return 0;
}

int vm_create(struct vm **vmp, const struct vm_machine *m,
	      enum vm_world_kind kind)
{
	struct vm_complaint complaint;
	struct vm *vm;
	int err;

	*vmp = NULL;
	if (!vm_machine_check(m, &complaint))
		return -EINVAL;
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return -ENOMEM;
	err = copy_conf(&vm->conf, m);
	if (err)
		goto err_vm;
	err = world_init(&vm->world, kind, m->seed);
	if (err)
		goto err_conf;
	vm->world.deliver = deliver;
	lock_take(&vm->world.lock);
	err = vm_boot(vm);
	lock_drop(&vm->world.lock);
	if (err)
		goto err_boot;
	check_every_step(vm);
	*vmp = vm;
	return 0;

err_boot:
	vm_unboot(vm);
	world_fini(&vm->world);
err_conf:
	free_conf(&vm->conf);
err_vm:
	free(vm);
	return err;
}

int vm_start(struct vm *vm)
{
	assert(!vm->world.started);
	return world_start(&vm->world);
}

void vm_destroy(struct vm *vm)
{
	if (!vm)
		return;
	if (vm->world.started)
		world_stop(&vm->world);
	lock_take(&vm->world.lock);
	vm->observer = NULL;
	vm_unboot(vm);
	lock_drop(&vm->world.lock);
	deliver(&vm->world);
	world_fini(&vm->world);
	free_conf(&vm->conf);
	free(vm);
}

enum vm_world_kind vm_world_kind(struct vm *vm)
{
	enum vm_world_kind kind;

	lock_take(&vm->world.lock);
	kind = vm->world.kind;
	lock_drop(&vm->world.lock);
	return kind;
}

uint64_t vm_now_ns(struct vm *vm)
{
	uint64_t now;

	lock_take(&vm->world.lock);
	now = world_now(&vm->world);
	lock_drop(&vm->world.lock);
	return now;
}

void vm_hold(struct vm *vm)
{
	lock_keep(&vm->world.lock);
}

void vm_release(struct vm *vm)
{
	lock_let_go(&vm->world.lock);
}

uint64_t vm_steps(struct vm *vm)
{
	uint64_t steps = 0;

	lock_take(&vm->world.lock);
	for (uint32_t i = 0; i < vm->world.nr_actors; i++)
		steps += vm->world.actor[i]->steps;
	lock_drop(&vm->world.lock);
	return steps;
}

int vm_world_switch(struct vm *vm, enum vm_world_kind kind)
{
	int err;

	if (vm_world_kind(vm) == kind)
		return 0;
	if (vm->world.started)
		world_stop(&vm->world);
	lock_take(&vm->world.lock);
	vm->world.kind = kind;
	lock_drop(&vm->world.lock);
	err = world_start(&vm->world);
	if (!err)
		return 0;
	assert(kind == VM_WORLD_THREADS);
	lock_take(&vm->world.lock);
	vm->world.kind = VM_WORLD_SIM;
	lock_drop(&vm->world.lock);
	return err;
}

int vm_set_rate(struct vm *vm, uint32_t rate)
{
	if (rate < VM_RATE_MIN || rate > VM_RATE_MAX)
		return -EINVAL;
	lock_take(&vm->world.lock);
	world_set_rate(&vm->world, rate);
	lock_drop(&vm->world.lock);
	return 0;
}

uint32_t vm_rate(struct vm *vm)
{
	uint32_t rate;

	lock_take(&vm->world.lock);
	rate = vm->world.rate;
	lock_drop(&vm->world.lock);
	return rate;
}

void vm_pause(struct vm *vm, bool paused)
{
	lock_take(&vm->world.lock);
	world_set_paused(&vm->world, paused);
	lock_drop(&vm->world.lock);
}

bool vm_paused(struct vm *vm)
{
	bool paused;

	lock_take(&vm->world.lock);
	paused = vm->world.paused;
	lock_drop(&vm->world.lock);
	return paused;
}

/* Nothing left to do for kernel and disks, no task inside a fault? */
static bool settled(struct vm *vm)
{
	const struct pgdat *pgdat;
	const struct task *t;

	for_each_node(vm, pgdat)
		if (pgdat->kswapd && pgdat->kswapd->state != KSWAPD_ASLEEP)
			return false;
	for (uint32_t d = 0; d < vm->conf.nr_disks; d++) {
		assert(vm->disk[d].flusher);
		if (!disk_idle(&vm->disk[d]) ||
		    !flusher_idle(vm->disk[d].flusher))
			return false;
	}
	if (vm->nr_oom_victims)
		return false;
	for_each_task(vm, t)
		if (t->ops || (t->exec && t->exec->busy) ||
		    work_is_starting(t) ||
		    t->flags & (TF_KILLED | TF_EXITING))
			return false;
	return true;
}

bool vm_settled(struct vm *vm)
{
	bool is;

	lock_take(&vm->world.lock);
	is = settled(vm);
	lock_drop(&vm->world.lock);
	return is;
}

enum run_end { RUN_TIME, RUN_SETTLED, RUN_STEPS };

/* One step and what it ends; true when there is nothing more to do. */
static bool run_step(struct vm *vm, uint64_t until_ns, bool settle,
		     enum run_end *end) REQUIRES(vm->world.lock)
{
	if (settle && settled(vm)) {
		*end = RUN_SETTLED;
		return true;
	}
	if (!world_sim_step(&vm->world, until_ns)) {
		*end = RUN_TIME;
		return true;
	}
	return false;
}

static enum run_end run(struct vm *vm, uint64_t until_ns, uint64_t max_steps,
			bool settle)
{
	struct world *w = &vm->world;
	enum run_end end = RUN_STEPS;
	bool over = false;
	uint64_t n = 0;

	while (!over && n < max_steps) {
		bool pending;

		lock_take(&vm->world.lock);
		assert(w->kind == VM_WORLD_SIM);
		/* The step that ends an op counts: whoever hears of it may
		 * be back before another one is done. */
		do {
			over = run_step(vm, until_ns, settle, &end);
			n += !over;
		} while (!over && !w->deliver_pending && n < max_steps &&
			 n % STEPS_A_TURN);
		pending = w->deliver_pending;
		lock_drop(&vm->world.lock);
		if (pending)
			deliver(w);
	}
	return end;
}

bool vm_run_until(struct vm *vm, uint64_t until_ns, uint64_t max_steps)
{
	return run(vm, until_ns, max_steps, false) == RUN_TIME;
}

bool vm_run_settle(struct vm *vm, uint64_t until_ns, uint64_t max_steps)
{
	return run(vm, until_ns, max_steps, true) == RUN_SETTLED;
}

void vm_observe(struct vm *vm, vm_observer *fn, void *arg)
{
	lock_take(&vm->world.lock);
	vm->observer = fn;
	vm->observer_arg = arg;
	lock_drop(&vm->world.lock);
}

void vm_psi_watch(struct vm *vm, bool on)
{
	lock_take(&vm->world.lock);
	vm->psi_watched = on;
	actor_wake(&vm->timer, world_now(&vm->world));
	lock_drop(&vm->world.lock);
}

bool vm_set_thp(struct vm *vm, bool on)
{
	bool raised;

	lock_take(&vm->world.lock);
	assert(vm->total_pages > 0);
	vm->conf.thp = on;
	raised = set_recommended_min_free_kbytes(vm);
	lock_drop(&vm->world.lock);
	return raised;
}

void vm_set_node_hugepages(struct vm *vm, uint32_t nid, uint64_t nr)
{
	lock_take(&vm->world.lock);
	assert(nid < vm->nr_nodes);
	set_node_huge_pages(vm, nid, nr);
	lock_drop(&vm->world.lock);
}

void vm_sync(struct vm *vm)
{
	lock_take(&vm->world.lock);
	world_now(&vm->world);
	assert(vm->wake_flusher);
	for (uint32_t d = 0; d < vm->conf.nr_disks; d++)
		vm->wake_flusher(vm, &vm->disk[d], VM_WB_SYNC);
	lock_drop(&vm->world.lock);
}
