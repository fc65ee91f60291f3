/* SPDX-License-Identifier: MIT */
/*
 * run.c - one run: a machine, its operations, its peace, its end.
 *
 * Called by attempt.c in a process of its own, or by test_seeds.c when one
 * run is looked at.  Calls ops.c for what is done and check.c and peace.c for
 * what must hold.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "inside.h"
#include "memory/state.h"

void wrong(struct swarm *s, const char *fmt, ...)
{
	va_list ap;

	if (s->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
}

void say(struct swarm *s, const char *fmt, ...)
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

void work_done(struct vm_op *op, int err)
{
	struct work *w = (struct work *)op;

	w->err = err;
	atomic_fetch_add(&w->done, 1);
}

/* What a check must find: M.7 of the fact sheet is broken. */
static void plant(struct swarm *s)
{
	say(s, "a counter is broken");
	lock_take(&s->vm->world.lock);
	s->vm->event[PGSCAN_ANON]++;
	lock_drop(&s->vm->world.lock);
}

/* The first try may be short of memory, the second is not. */
static int create(struct swarm *s)
{
	enum vm_world_kind kind = s->run->threads ? VM_WORLD_THREADS :
						    VM_WORLD_SIM;
	struct prng p;
	bool again;
	int err;

	prng_init(&p, s->run->seed, 2);
	begin_shortage(s, &p);
	err = vm_create(&s->vm, &s->m, kind);
	again = err && s->short_of_memory;
	end_shortage(s);
	if (!again)
		return err;
	if (err != -ENOMEM && err != -EAGAIN)
		wrong(s, "vm_create, short of memory: %d", err);
	return vm_create(&s->vm, &s->m, kind);
}

static void all_ops(struct swarm *s, unsigned *at)
{
	const struct swarm_run *r = s->run;
	struct prng p;
	unsigned i;

	for (i = 0; i < r->nr_ops && !s->why[0]; i++) {
		prng_init(&p, r->seed, 100 + i);
		*at = i + 1;
		if (r->skip[i])
			continue;
		do_op(s, &p);
		if (r->plant == i + 1)
			plant(s);
		check(s);
	}
}

static void say_figures(struct swarm *s)
{
	vm_stat_get(s->vm, &s->stat);
	say(s, "stolen %llu, swapped out %llu, stalls %llu, killed %llu",
	    (unsigned long long)(s->stat.event[PGSTEAL_KSWAPD] +
				 s->stat.event[PGSTEAL_DIRECT]),
	    (unsigned long long)s->stat.event[PSWPOUT],
	    (unsigned long long)(s->stat.event[ALLOCSTALL_NORMAL] +
				 s->stat.event[ALLOCSTALL_MOVABLE]),
	    (unsigned long long)s->stat.event[OOM_KILL]);
}

static void live(struct swarm *s, struct swarm_verdict *v)
{
	unsigned i;

	check_steps(s);
	if (s->run->threads)
		vm_set_rate(s->vm, VM_RATE_MAX);
	vm_start(s->vm);
	all_ops(s, &v->at);
	if (!s->why[0])
		check_alive(s);
	say_figures(s);
	v->steps = steps_so_far(s);
	vm_destroy(s->vm);
	for (i = 0; i < s->nr_work; i++)
		if (atomic_load(&s->work[i].done) != s->work[i].accepted)
			wrong(s, "work %u is answered %u times", i,
			      atomic_load(&s->work[i].done));
}

void swarm_run(const struct swarm_run *r, struct swarm_verdict *v)
{
	static struct swarm swarm;
	struct swarm *s = &swarm;
	int err;

	memset(v, 0, sizeof(*v));
	s->run = r;
	swarm_machine(&s->m, r->seed);
	err = create(s);
	if (!err)
		live(s, v);
	else if (err != -ENOMEM) /* a kernel that is larger than its machine */
		wrong(s, "vm_create: %d", err);
	vm_machine_fini(&s->m);
	v->failed = s->why[0] != '\0';
	memcpy(v->why, s->why, sizeof(v->why));
}
