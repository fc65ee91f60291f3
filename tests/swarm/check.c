/* SPDX-License-Identifier: MIT */
/*
 * check.c - what must hold all the time.
 *
 * After every step of the engine its counters must agree, and now and then
 * (or, where a failure is looked into, always) its pages; after every
 * operation everything, and the answers that were given so far.
 *
 * Called by run.c, and by the engine through world->after_step, with the
 * world's lock held.
 */
#include <errno.h>
#include <stdio.h>

#include "inside.h"
#include "vm_check.h"

/* All pages are looked at after every so many steps. */
#define PAGES_STEPS 127u

/* A hook has no argument of its own; one run a process. */
static struct swarm *watched;

static void after_step(struct world *w, struct actor *a)
{
	struct swarm *s = watched;
	struct vm *vm = container_of(w, struct vm, world);
	struct vm_complaint c;
	bool pages;

	s->steps++;
	if (s->bad_step)
		return;
	pages = s->run->every_step || s->steps % PAGES_STEPS == 0;
	if (check_counters(vm, &c) && (!pages || check_pages(vm, &c)))
		return;
	s->bad_step = s->steps;
	snprintf(s->step_what, sizeof(s->step_what), "a step of %s: %s",
		 a->name, c.what);
}

void check_steps(struct swarm *s)
{
	watched = s;
	lock_take(&s->vm->world.lock);
	s->vm->world.after_step = after_step;
	lock_drop(&s->vm->world.lock);
}

uint64_t steps_so_far(struct swarm *s)
{
	uint64_t steps;

	lock_take(&s->vm->world.lock);
	steps = s->steps;
	lock_drop(&s->vm->world.lock);
	return steps;
}

static void check_seen(struct swarm *s)
{
	lock_take(&s->vm->world.lock);
	if (s->bad_step)
		wrong(s, "after step %llu, %s",
		      (unsigned long long)s->bad_step, s->step_what);
	lock_drop(&s->vm->world.lock);
}

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

void check(struct swarm *s)
{
	struct vm_complaint c;
	unsigned i;

	if (s->run->threads)
		vm_pause(s->vm, true);
	check_seen(s);
	if (!vm_check(s->vm, &c))
		wrong(s, "vm_check: %s", c.what);
	for (i = 0; i < s->nr_work; i++)
		check_work(s, i);
	if (s->run->threads)
		vm_pause(s->vm, false);
}
