/* SPDX-License-Identifier: MIT */
/*
 * world_threads.h - between world.c and the thread world: real time, and the
 * threads that step the actors.
 *
 * Real times are nanoseconds of the monotonic clock.
 */
#ifndef ENGINE_WORLD_WORLD_THREADS_H
#define ENGINE_WORLD_WORLD_THREADS_H

#include "world/world.h"

uint64_t real_now_ns(void);

/* Pure: how much virtual time @real_ns are at @rate, and the reverse, which
 * is rounded up so that nobody wakes too early.  Both stop at UINT64_MAX. */
uint64_t real_to_virtual(uint64_t real_ns, uint32_t rate);
uint64_t virtual_to_real(uint64_t virtual_ns, uint32_t rate);

/* A thread for every actor.  0, or -EAGAIN with some of them running. */
int threads_start(struct world *w) EXCLUDES(w->lock);

/* Let every thread look at the world again. */
void threads_wake(struct world *w) REQUIRES(w->lock);

/* Wait for the end of those that run; the world is stopping. */
void threads_join(struct world *w) EXCLUDES(w->lock);

/* One step of @a in either world; it is due. */
void actor_step(struct actor *a, uint64_t now_ns);

#endif
