/* SPDX-License-Identifier: MIT */
/*
 * sleepers.h - the sleeping tasks of a CPU, the first to wake on top.
 *
 * A binary heap by wake_ns, pids deciding between equals, so that the order
 * does not depend on what was in the heap before.  A task knows its place, so
 * that it can be taken out when somebody wakes it early.
 * Locking: the world's lock.
 */
#ifndef ENGINE_ACTORS_SLEEPERS_H
#define ENGINE_ACTORS_SLEEPERS_H

#include "actors/cpu.h"

/* @t, which is in no heap, sleeps on @c until t->wake_ns. */
void sleepers_add(struct cpu *c, struct task *t);

/* Take @t out, if it is there. */
void sleepers_remove(struct cpu *c, struct task *t);

/* Who wakes first, or NULL. */
static inline struct task *sleepers_first(const struct cpu *c)
{
	return c->nr_sleepers ? c->sleeper[0] : NULL;
}

#endif
