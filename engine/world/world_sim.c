/* SPDX-License-Identifier: MIT */
/*
 * world_sim.c - the simulated world: one thread, a clock that jumps.
 *
 * The actor whose time comes first steps next; among equals the world's
 * generator draws, so that one seed gives one run and another seed another
 * order of what happens at one time.
 *
 * Called by vm.c's run functions.  Calls the actors' steps.  Guarded by
 * world->lock, which the caller holds for one step at a time.
 */
#include <assert.h>

#include "world/world.h"
#include "world/world_threads.h"

/* The earliest time at which an actor is due, and how many are due then. */
static uint64_t first_due(const struct world *w, uint32_t *nr)
{
	uint64_t first = ACTOR_NEVER;

	*nr = 0;
	for (uint32_t i = 0; i < w->nr_actors; i++) {
		const uint64_t due = w->actor[i]->due_ns;

		if (due < first) {
			first = due;
			*nr = 0;
		}
		*nr += due == first;
	}
	return first;
}

/* The @n-th of the actors that are due at @due_ns. */
static struct actor *nth_due(const struct world *w, uint64_t due_ns, uint64_t n)
{
	uint32_t i = 0;

	while (w->actor[i]->due_ns != due_ns || n-- > 0) {
		i++;
		assert(i < w->nr_actors);
	}
	return w->actor[i];
}

bool world_sim_step(struct world *w, uint64_t until_ns)
{
	uint32_t nr;
	const uint64_t due = first_due(w, &nr);
	uint64_t n;

	assert(w->kind == VM_WORLD_SIM);
	if (due == ACTOR_NEVER || due > until_ns) {
		if (until_ns > w->now_ns && until_ns != UINT64_MAX)
			w->now_ns = until_ns;
		return false;
	}
	if (due > w->now_ns)
		w->now_ns = due;
	n = nr > 1 ? prng_below(&w->prng, nr) : 0;
	actor_step(nth_due(w, due, n), w->now_ns);
	return true;
}
