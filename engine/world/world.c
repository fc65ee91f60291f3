/* SPDX-License-Identifier: MIT */
/*
 * world.c - what both worlds have in common: actors, the clock, starting.
 *
 * The virtual clock is base_ns plus the real time since real_base_ns times
 * the rate; in the sim world, while paused and before the start it stands.
 * Every change of rate or state first moves the base to now, so the clock
 * never jumps and never goes back.
 *
 * Called by vm.c, which owns the world, and by all actors.  Calls the two
 * worlds: world_threads.c for threads and real time; the sim world's step is
 * in world_sim.c.  Everything is guarded by world->lock.
 */
#include <assert.h>
#include <errno.h>

#include "world/world.h"
#include "world/world_threads.h"

int world_init(struct world *w, enum vm_world_kind kind, uint64_t seed)
{
	int err;

	assert(kind == VM_WORLD_SIM || kind == VM_WORLD_THREADS);
	*w = (struct world){
		.kind = kind,
		.seed = seed,
		.rate = VM_RATE_ONE,
	};
	err = lock_init(&w->lock, LOCK_RANK_WORLD);
	if (err)
		return err;
	prng_init(&w->prng, seed, 0);
	return 0;
}

void world_fini(struct world *w)
{
	/* The actors are their owners', and may be gone by now. */
	assert(!w->started);
	lock_fini(&w->lock);
}

void world_add(struct world *w, struct actor *a)
{
	assert(!w->started);
	assert(w->nr_actors < WORLD_MAX_ACTORS);
	assert(a->step);
	a->world = w;
	a->due_ns = ACTOR_NEVER;
	a->steps = 0;
	a->running = false;
	w->actor[w->nr_actors++] = a;
	/* Stream 0 is the world's own. */
	prng_init(&a->prng, w->seed, w->nr_actors);
}

/* Does the virtual clock follow the real one just now? */
static bool clock_runs(const struct world *w)
{
	return w->kind == VM_WORLD_THREADS && w->started && !w->paused;
}

uint64_t world_now(struct world *w)
{
	uint64_t now;

	if (!clock_runs(w))
		return w->now_ns;
	now = w->base_ns +
	      real_to_virtual(real_now_ns() - w->real_base_ns, w->rate);
	if (now > w->now_ns)
		w->now_ns = now;
	return w->now_ns;
}

/* From here on the clock counts from now. */
static void clock_rebase(struct world *w) REQUIRES(w->lock)
{
	w->base_ns = world_now(w);
	w->real_base_ns = real_now_ns();
	assert(w->base_ns == w->now_ns);
}

void actor_wake(struct actor *a, uint64_t at_ns)
{
	assert(a->world);
	if (at_ns >= a->due_ns)
		return;
	a->due_ns = at_ns;
	if (a->running)
		lock_signal(&a->world->lock, &a->wake);
}

void actor_step(struct actor *a, uint64_t now_ns)
{
	struct world *w = a->world;
	uint64_t next;

	assert(a->due_ns <= now_ns);
	/* Whoever wakes the actor during its own step is heard as well. */
	a->due_ns = ACTOR_NEVER;
	next = a->step(a, now_ns);
	if (next < a->due_ns)
		a->due_ns = next;
	a->steps++;
	if (w->after_step)
		w->after_step(w, a);
}

int world_start(struct world *w)
{
	int err = 0;

	lock_take(&w->lock);
	assert(!w->started);
	clock_rebase(w);
	w->started = true;
	w->stopping = false;
	lock_drop(&w->lock);
	if (w->kind == VM_WORLD_THREADS)
		err = threads_start(w);
	if (err)
		world_stop(w);
	return err;
}

void world_stop(struct world *w)
{
	lock_take(&w->lock);
	w->stopping = true;
	threads_wake(w);
	lock_drop(&w->lock);
	threads_join(w);
	lock_take(&w->lock);
	clock_rebase(w);
	w->started = false;
	lock_drop(&w->lock);
}

void world_set_rate(struct world *w, uint32_t rate)
{
	assert(rate >= VM_RATE_MIN && rate <= VM_RATE_MAX);
	clock_rebase(w);
	w->rate = rate;
	/* What they wait for comes at another real time now. */
	threads_wake(w);
}

void world_set_paused(struct world *w, bool paused)
{
	if (w->paused == paused)
		return;
	clock_rebase(w);
	w->paused = paused;
	threads_wake(w);
}
