/* SPDX-License-Identifier: MIT */
/*
 * world_threads.c - the world of threads: a pthread an actor, real time.
 *
 * A thread steps its actor whenever the actor is due, and sleeps on the
 * actor's condition until then.  It drops the lock after every step, and the
 * lock is fair, so readers and other actors come in between.  While the
 * world is paused the threads sleep without a time.
 *
 * Called by world.c.  Calls pthreads, the monotonic clock, the actors' steps
 * and, without the lock, world->deliver().  Signals belong to the program,
 * so the threads block all of them.
 */
#define _GNU_SOURCE

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "world/name.h"
#include "world/world_threads.h"

#define NS_PER_S	1000000000ull
#define THREAD_NAME_LEN 16

uint64_t real_now_ns(void)
{
	struct timespec ts;
	int err = clock_gettime(CLOCK_MONOTONIC, &ts);

	assert(!err);
	(void)err;
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* a * b / c without overflow in between; a, b and c are not large at once. */
static uint64_t mul_div(uint64_t a, uint32_t b, uint32_t c, bool up)
{
	const uint64_t whole = a / c, rest = a % c * b;
	uint64_t high, sum;

	assert(c > 0);
	if (__builtin_mul_overflow(whole, (uint64_t)b, &high))
		return UINT64_MAX;
	if (__builtin_add_overflow(high, (rest + (up ? c - 1 : 0)) / c, &sum))
		return UINT64_MAX;
	return sum;
}

uint64_t real_to_virtual(uint64_t real_ns, uint32_t rate)
{
	return mul_div(real_ns, rate, VM_RATE_ONE, false);
}

uint64_t virtual_to_real(uint64_t virtual_ns, uint32_t rate)
{
	assert(rate >= VM_RATE_MIN);
	return mul_div(virtual_ns, VM_RATE_ONE, rate, true);
}

/* The real time at which @a is due, UINT64_MAX for never. */
static uint64_t real_due(const struct world *w, const struct actor *a)
{
	uint64_t wait;

	if (w->paused || a->due_ns == ACTOR_NEVER)
		return UINT64_MAX;
	if (a->due_ns <= w->base_ns)
		return w->real_base_ns;
	wait = virtual_to_real(a->due_ns - w->base_ns, w->rate);
	if (wait > UINT64_MAX - w->real_base_ns)
		return UINT64_MAX;
	return w->real_base_ns + wait;
}

/* Tell those outside; they take the lock themselves. */
static void deliver(struct world *w) REQUIRES(w->lock)
{
	assert(w->deliver);
	w->deliver_pending = false;
	lock_drop(&w->lock);
	w->deliver(w);
	lock_take_behind(&w->lock);
}

static void *actor_main(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->world;

	lock_take_behind(&w->lock);
	while (!w->stopping) {
		const uint64_t now = world_now(w);

		if (w->paused || a->due_ns > now) {
			lock_wait(&w->lock, &a->wake, real_due(w, a));
			continue;
		}
		actor_step(a, now);
		if (w->deliver_pending)
			deliver(w);
		/* Its turn comes after all who wait now, and after who asks. */
		lock_drop(&w->lock);
		lock_take_behind(&w->lock);
	}
	lock_drop(&w->lock);
	return NULL;
}

static int thread_start(struct actor *a)
{
	char name[THREAD_NAME_LEN];

	assert(!a->running);
	if (lock_cond_init(&a->wake))
		return -EAGAIN;
	if (pthread_create(&a->thread, NULL, actor_main, a)) {
		lock_cond_fini(&a->wake);
		return -EAGAIN;
	}
	name_copy(name, sizeof(name), a->name);
	pthread_setname_np(a->thread, name);
	return 0;
}

/*
 * The lock is held all the while: no actor steps, and so none wakes another,
 * before all of them are there.
 */
int threads_start(struct world *w)
{
	sigset_t all, old;
	int err = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	lock_take(&w->lock);
	for (uint32_t i = 0; i < w->nr_actors && !err; i++) {
		err = thread_start(w->actor[i]);
		w->actor[i]->running = !err;
	}
	lock_drop(&w->lock);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

void threads_wake(struct world *w)
{
	for (uint32_t i = 0; i < w->nr_actors; i++)
		if (w->actor[i]->running)
			lock_signal(&w->lock, &w->actor[i]->wake);
}

void threads_join(struct world *w)
{
	for (uint32_t i = 0; i < w->nr_actors; i++) {
		struct actor *a = w->actor[i];

		if (!a->running)
			continue;
		pthread_join(a->thread, NULL);
	}
	lock_take(&w->lock);
	for (uint32_t i = 0; i < w->nr_actors; i++) {
		if (!w->actor[i]->running)
			continue;
		w->actor[i]->running = false;
		lock_cond_fini(&w->actor[i]->wake);
	}
	lock_drop(&w->lock);
}
