/* SPDX-License-Identifier: MIT */
/*
 * sleepers.c - a heap of sleeping tasks (see sleepers.h).
 *
 * Ten thousand tasks that wake a hundred times a second each are a million
 * wake-ups a second: each costs a few comparisons here.
 *
 * Called by cpu.c only.  Locking: the world's lock.
 */
#include <assert.h>

#include "actors/sleepers.h"

static bool earlier(const struct task *a, const struct task *b)
{
	return a->wake_ns != b->wake_ns ? a->wake_ns < b->wake_ns
					: a->pid < b->pid;
}

static void put(struct cpu *c, uint32_t at, struct task *t)
{
	assert(at < c->nr_sleepers);
	c->sleeper[at] = t;
	t->sleep_at = at + 1;
}

/* Let @t rise from the free place @at to where it belongs. */
static void sift_up(struct cpu *c, uint32_t at, struct task *t)
{
	while (at > 0 && earlier(t, c->sleeper[(at - 1) / 2])) {
		put(c, at, c->sleeper[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put(c, at, t);
}

static void sift_down(struct cpu *c, uint32_t at, struct task *t)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= c->nr_sleepers)
			break;
		if (child + 1 < c->nr_sleepers &&
		    earlier(c->sleeper[child + 1], c->sleeper[child]))
			child++;
		if (!earlier(c->sleeper[child], t))
			break;
		put(c, at, c->sleeper[child]);
		at = child;
	}
	put(c, at, t);
}

void sleepers_add(struct cpu *c, struct task *t)
{
	assert(!t->sleep_at && c->nr_sleepers < VM_MAX_TASKS);
	c->nr_sleepers++;
	sift_up(c, c->nr_sleepers - 1, t);
}

void sleepers_remove(struct cpu *c, struct task *t)
{
	uint32_t at = t->sleep_at;
	struct task *last;

	if (!at)
		return;
	at--;
	assert(at < c->nr_sleepers && c->sleeper[at] == t);
	t->sleep_at = 0;
	c->nr_sleepers--;
	last = c->sleeper[c->nr_sleepers];
	c->sleeper[c->nr_sleepers] = NULL;
	if (last == t)
		return;
	if (at > 0 && earlier(last, c->sleeper[(at - 1) / 2]))
		sift_up(c, at, last);
	else
		sift_down(c, at, last);
}
