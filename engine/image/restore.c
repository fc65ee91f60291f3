/* SPDX-License-Identifier: MIT */
/*
 * restore.c - vm_restore(): a machine becomes another one.
 *
 * A second machine is made, as the first one was but without anybody in it,
 * and the image is read into it.  When all of that has gone well the two
 * exchange what they consist of, under the lock and with the threads stopped;
 * what the first one was is then taken down as the second.  Until then the
 * first one runs on and nothing of it has changed.
 *
 * Called from outside the engine.  Calls vm_create(), vm_destroy() and the
 * image_*.c.  Locking: takes the world's lock.
 */
#include <vm/vm.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "actors/cpu.h"
#include "actors/flusher.h"
#include "actors/kswapd.h"
#include "actors/workload.h"
#include "image/image.h"
#include "world/name.h"
#include "world/reserve.h"

/* --- empty --------------------------------------------------------------- */

static void wipe_mm(struct vm *vm, struct mm *mm)
{
	if (!mm)
		return;
	mm->rss_anon = mm->rss_file = mm->rss_shmem = 0;
	mm->swapents = 0;
	mm->nr_ptes = 0;
	assert(mm->nr_vmas <= MAX_VMAS);
	mm_destroy(vm, mm);
}

static void wipe_task(struct vm *vm, struct task *t)
{
	assert(!t->ops);
	wipe_mm(vm, t->mm);
	free(t->exec);
	free(t->work);
	t->mm = NULL;
	t->exec = NULL;
	t->work = NULL;
	t->queued = false;
	t->psi = 0;
	t->state = TASK_DEAD;
	task_release(vm, t);
}

void image_wipe(struct vm *vm)
{
	struct pgdat *pgdat;

	while (vm->tasks)
		wipe_task(vm, vm->tasks);
	for (uint32_t f = 0; f < vm->nr_files; f++) {
		vm->files[f]->nr_cached = vm->files[f]->nr_shadows = 0;
		xarray_wipe(&vm->files[f]->xa);
	}
	for (uint32_t s = 0; s < VM_MAX_SWAPS; s++)
		if (vm->swap[s].active)
			xarray_wipe(&vm->swap[s].xa);
	for (uint32_t d = 0; d < vm->conf.nr_disks; d++)
		for (unsigned q = 0; q < ARRAY_SIZE(vm->disk[d].queue); q++)
			vm->disk[d].queue[q].nr = 0;
	/* their lists may be what made the image be refused */
	for_each_node (vm, pgdat) {
		pgdat->xa_nodes.slabs = pgdat->xa_nodes.small_slabs = PFN_NONE;
		pgdat->xa_nodes.pages = pgdat->xa_nodes.room = 0;
	}
	assert(vm->nr_tasks == 0);
}

/*
 * A machine of @vm's hardware in which nothing is: no task, no file, all
 * memory free, swap off.  0, -ENOMEM or -EAGAIN.
 */
static int make_empty(struct vm *vm, struct vm **emptyp)
{
	struct vm_machine *m = malloc(sizeof(*m));
	int err;

	*emptyp = NULL;
	if (!m)
		return -ENOMEM;
	lock_take(&vm->world.lock);
	*m = vm->conf;
	lock_drop(&vm->world.lock);
	m->file = NULL;
	m->task = NULL;
	m->nr_files = m->nr_tasks = m->nr_swaps = m->nr_sysctls = 0;
	m->kernel = (struct vm_kernel_conf){ 0 };
	err = vm_create(emptyp, m, VM_WORLD_SIM);
	free(m);
	assert(err != -EINVAL);
	if (err)
		return err;
	image_wipe(*emptyp);
	(*emptyp)->conf.nr_swaps = vm->conf.nr_swaps;
	(*emptyp)->conf.nr_sysctls = vm->conf.nr_sysctls;
	return 0;
}

/* --- read ---------------------------------------------------------------- */

static void read_image(struct image *im, uint64_t length)
{
	const struct vm *vm = im->vm;

	image_header(im, length);
	image_hardware(im);
	if (im->err)
		return;
	im->seen = reserve_alloc(vm->nr_frames);
	if (!im->seen) {
		image_fail(im, -ENOMEM);
		return;
	}
	image_walk(im);
	if (im->at != im->end)
		image_bad(im);
	if (!im->err)
		image_verify(im);
	reserve_free(im->seen, vm->nr_frames);
	assert(!im->saving);
}

static int load(struct vm *empty, const void *bytes, size_t len,
		struct vm_complaint *c)
{
	struct image im = { .vm = empty, .c = c };

	im.at = bytes;
	im.end = im.at + len;
	lock_take(&empty->world.lock);
	read_image(&im, len);
	lock_drop(&empty->world.lock);
	assert(im.err <= 0);
	if (im.err)
		return im.err;
	return vm_check(empty, c) ? 0 : -EINVAL;
}

/* --- exchange ------------------------------------------------------------ */

static void exchange_bytes(void *a, void *b, size_t size)
{
	char tmp[4096], *p = a, *q = b;

	while (size) {
		size_t n = MIN(size, sizeof(tmp));

		memcpy(tmp, p, n);
		memcpy(p, q, n);
		memcpy(q, tmp, n);
		p += n;
		q += n;
		size -= n;
	}
	assert(p != q);
}

#define EXCHANGE(a, b) exchange_bytes(&(a), &(b), sizeof(a))

/* The lock, the kind of world and how it runs stay; actors and clock go. */
static void exchange_worlds(struct world *a, struct world *b)
{
	assert(!a->started && !b->started);
	EXCHANGE(a->now_ns, b->now_ns);
	EXCHANGE(a->nr_actors, b->nr_actors);
	EXCHANGE(a->actor, b->actor);
	EXCHANGE(a->seed, b->seed);
	EXCHANGE(a->prng, b->prng);
	EXCHANGE(a->deliver_pending, b->deliver_pending);
	a->base_ns = a->now_ns;
	b->base_ns = b->now_ns;
}

/* @p, if it pointed into @from, as it points into @to. */
static void *moved(void *p, const struct vm *from, struct vm *to)
{
	const uintptr_t at = (uintptr_t)p - (uintptr_t)from;

	assert(from != to);
	return p && at < sizeof(*from) ? (char *)to + at : p;
}

#define MOVE(p, from, to) ((p) = moved((p), (from), (to)))

static void move_actors(struct vm *vm, const struct vm *from)
{
	struct world *w = &vm->world;
	struct pgdat *pgdat;

	for (uint32_t i = 0; i < w->nr_actors; i++) {
		MOVE(w->actor[i], from, vm);
		w->actor[i]->world = w;
		assert(!w->actor[i]->running);
	}
	for (uint32_t c = 0; c < vm->conf.nr_cpus; c++)
		vm->cpu[c].vm = vm;
	for (uint32_t d = 0; d < vm->conf.nr_disks; d++) {
		vm->disk[d].vm = vm;
		vm->disk[d].flusher->vm = vm;
		vm->disk[d].flusher->disk = &vm->disk[d];
	}
	for_each_node(vm, pgdat) {
		struct kswapd *k = pgdat->kswapd;

		if (!k)
			continue;
		k->vm = vm;
		k->pgdat = pgdat;
		MOVE(k->sc.pgdat, from, vm);
	}
}

/* What points at a part of struct vm: it has just come from @from. */
static void move(struct vm *vm, const struct vm *from)
{
	struct task *t;

	for (unsigned i = 0; i < ARRAY_SIZE(vm->zone_table); i++)
		MOVE(vm->zone_table[i], from, vm);
	for (unsigned i = 0; i < MAPPING_MAX; i++)
		MOVE(vm->mapping[i], from, vm);
	for_each_task(vm, t)
		if (t->exec)
			MOVE(t->exec->access.alloc.reclaim.sc.pgdat, from, vm);
	move_actors(vm, from);
	assert(vm->zone_table[0] == &vm->node[0].zone[0]);
}

/*
 * @a and @b become each other, but for who observes and what is the caller's.
 * Everything but the world is exchanged as it lies there: struct vm begins
 * with its world.
 */
static void exchange(struct vm *a, struct vm *b)
{
	_Static_assert(offsetof(struct vm, world) == 0, "the world is first");
	const size_t world = sizeof(a->world);

	exchange_bytes((char *)a + world, (char *)b + world,
		       sizeof(*a) - world);
	exchange_worlds(&a->world, &b->world);
	EXCHANGE(a->conf.nr_files, b->conf.nr_files);
	EXCHANGE(a->conf.file, b->conf.file);
	EXCHANGE(a->conf.nr_tasks, b->conf.nr_tasks);
	EXCHANGE(a->conf.task, b->conf.task);
	EXCHANGE(a->observer, b->observer);
	EXCHANGE(a->observer_arg, b->observer_arg);
	EXCHANGE(a->psi_watched, b->psi_watched);
	assert(a->nr_nodes == b->nr_nodes);
	move(a, b);
	move(b, a);
}

static void exchange_locked(struct vm *vm, struct vm *other)
{
	lock_take(&vm->world.lock);
	assert(!other->world.started);
	exchange(vm, other);
	/* the trigger looks at once; the sim world is left as it was */
	if (vm->psi_watched && vm->world.kind == VM_WORLD_THREADS)
		actor_wake(&vm->timer, vm->world.now_ns);
	lock_drop(&vm->world.lock);
}

/*
 * @vm becomes @other, and runs on if it ran.  -EAGAIN: threads cannot be
 * started again, not for either of them if that is bad: @vm is what it was,
 * in the sim world if need be, as after vm_world_switch().
 */
static int become(struct vm *vm, struct vm *other)
{
	const bool started = vm->world.started;
	int err;

	if (started)
		world_stop(&vm->world);
	exchange_locked(vm, other);
	err = started ? world_start(&vm->world) : 0;
	if (!err)
		return 0;
	assert(vm->world.kind == VM_WORLD_THREADS);
	exchange_locked(vm, other);
	if (world_start(&vm->world)) {
		lock_take(&vm->world.lock);
		vm->world.kind = VM_WORLD_SIM;
		lock_drop(&vm->world.lock);
	}
	return err;
}

/* Take down what nobody else knows; who waits for ops in it hears of it. */
static void drop(struct vm *vm)
{
	if (!vm)
		return;
	lock_take(&vm->world.lock);
	work_end_all_ops(vm, -EINTR);
	image_wipe(vm);
	assert(!vm->world.started);
	lock_drop(&vm->world.lock);
	vm_destroy(vm);
}

int vm_restore(struct vm *vm, const void *bytes, size_t len,
	       struct vm_complaint *c)
{
	struct vm *other;
	int err;

	assert(bytes || !len);
	name_copy(c->what, sizeof(c->what), "no memory for a second machine");
	c->field = "image";
	c->index = -1;
	err = make_empty(vm, &other);
	if (!err)
		err = load(other, bytes, len, c);
	if (err)
		goto out;
	err = become(vm, other);
	if (err)
		name_copy(c->what, sizeof(c->what),
			  "threads cannot be started");
out:
	drop(other);
	return err;
}
