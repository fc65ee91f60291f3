/* SPDX-License-Identifier: MIT */
/*
 * world.h - actors, and the two worlds that call them.
 *
 * An actor is a step function with a time.  step(a, now) does a bounded
 * amount of work and returns the virtual time of its next step: @now or
 * earlier for "again", later for "until then", ACTOR_NEVER for "when woken".
 * It is called with the world's lock held and may wake other actors.
 *
 * Nobody else in the engine calls pthread_*() or reads a clock.
 *
 * Locking: everything here is guarded by world->lock unless it says not.
 */
#ifndef ENGINE_WORLD_WORLD_H
#define ENGINE_WORLD_WORLD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <vm/machine.h>
#include <vm/world.h>

#include "world/lock.h"
#include "world/prng.h"

#define ACTOR_NEVER    UINT64_MAX
#define ACTOR_NAME_LEN 24
/* A kswapd a node, a flusher and a queue a disk, CPUs, housekeeping. */
#define WORLD_MAX_ACTORS (VM_MAX_NODES + 2 * VM_MAX_DISKS + VM_MAX_CPUS + 4)

struct world;

struct actor {
	char name[ACTOR_NAME_LEN];
	uint64_t (*step)(struct actor *a, uint64_t now_ns);
	struct world *world;
	uint64_t due_ns;  /* next step, or ACTOR_NEVER */
	struct prng prng; /* its own chance, from the machine's seed */
	uint64_t steps;	  /* done so far */
	/* THREADS */
	pthread_t thread;
	pthread_cond_t wake;
	bool running;
};

struct world {
	struct lock lock;
	enum vm_world_kind kind;
	uint64_t now_ns; /* SIM: the clock.  THREADS: last reading of it */
	uint32_t nr_actors;
	struct actor *actor[WORLD_MAX_ACTORS];
	uint64_t seed;	  /* of every generator */
	struct prng prng; /* SIM: which of two actors at one time */
	/* THREADS: virtual = base + (real - real_base) * rate / 1000 */
	uint32_t rate;
	bool paused;
	bool started;
	bool stopping;
	uint64_t base_ns, real_base_ns;
	/* called after every step in developer builds; may be NULL */
	void (*after_step)(struct world *w, struct actor *a);
	/*
	 * Something has ended that somebody outside waits for: whoever runs
	 * the world calls deliver() soon, without the lock.
	 */
	bool deliver_pending;
	void (*deliver)(struct world *w);
};

/* @seed decides all chance.  0 or -EAGAIN (the system has no more locks). */
int world_init(struct world *w, enum vm_world_kind kind, uint64_t seed);

/* All threads must have been stopped. */
void world_fini(struct world *w);

/*
 * Make @a, whose name and step are filled in, part of @w; it waits to be
 * woken.  Before world_start().  The actor's memory is the caller's.
 */
void world_add(struct world *w, struct actor *a);

/* THREADS: a thread an actor.  0, or -EAGAIN with none left running. */
int world_start(struct world *w) EXCLUDES(w->lock);

/* THREADS: ask all threads to end after their step, and wait for them. */
void world_stop(struct world *w) EXCLUDES(w->lock);

/* The virtual time now. */
uint64_t world_now(struct world *w) REQUIRES(w->lock);

/* Let @a step at @at_ns, or earlier if it is due earlier. */
void actor_wake(struct actor *a, uint64_t at_ns);

/*
 * SIM: one step of the actor whose time comes first, if that is not later
 * than @until_ns.  False when there is none; the clock then stands on
 * @until_ns.
 */
bool world_sim_step(struct world *w, uint64_t until_ns) REQUIRES(w->lock);

/* THREADS: change the clock without a jump. */
void world_set_rate(struct world *w, uint32_t rate) REQUIRES(w->lock);
void world_set_paused(struct world *w, bool paused) REQUIRES(w->lock);

#endif
