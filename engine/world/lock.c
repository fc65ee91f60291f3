/* SPDX-License-Identifier: MIT */
/*
 * lock.c - the fair lock: tickets over a pthread mutex.
 *
 * Whoever wants the lock draws a ticket and sleeps until it is served.  The
 * mutex inside guards only the numbers, so it is never held long; the
 * sleepers are spread over a few condition variables by ticket, so that
 * passing the lock on wakes one thread, or a few, and not all.
 *
 * Called by world.c for the actors and by every function of the door.  Calls
 * nothing but pthreads.
 */
#include <assert.h>
#include <errno.h>
#include <time.h>

#include "world/lock.h"

#define NS_PER_S 1000000000ull
#define MAX_HELD 4u

/* The ranks that this thread holds, in the order in which it took them. */
static _Thread_local enum lock_rank held[MAX_HELD];
static _Thread_local unsigned nr_held;

/* The lock that this thread keeps, or NULL; how many times over. */
static _Thread_local const struct lock *kept;
static _Thread_local unsigned nr_kept;

static void rank_push(const struct lock *l)
{
	if (!vm_developer)
		return;
	assert(nr_held < MAX_HELD);
	assert(nr_held == 0 || held[nr_held - 1] < l->rank);
	held[nr_held++] = l->rank;
}

static void rank_pop(const struct lock *l)
{
	if (!vm_developer)
		return;
	(void)l;
	assert(nr_held > 0);
	nr_held--;
	assert(held[nr_held] == l->rank);
}

int lock_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int err;

	assert(cond);
	if (pthread_condattr_init(&attr))
		return -EAGAIN;
	err = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (!err)
		err = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return err ? -EAGAIN : 0;
}

void lock_cond_fini(pthread_cond_t *cond)
{
	int err = pthread_cond_destroy(cond);

	assert(!err);
	(void)err;
}

static int turns_init(pthread_cond_t *turn)
{
	for (unsigned i = 0; i < LOCK_NR_TURNS; i++) {
		if (!pthread_cond_init(&turn[i], NULL))
			continue;
		while (i-- > 0)
			lock_cond_fini(&turn[i]);
		return -EAGAIN;
	}
	return 0;
}

static void turns_fini(pthread_cond_t *turn)
{
	for (unsigned i = 0; i < LOCK_NR_TURNS; i++)
		lock_cond_fini(&turn[i]);
}

int lock_init(struct lock *l, enum lock_rank rank)
{
	assert(rank == LOCK_RANK_CONTROL || rank == LOCK_RANK_WORLD);
	*l = (struct lock){ .rank = rank };
	if (pthread_mutex_init(&l->mutex, NULL))
		return -EAGAIN;
	if (turns_init(l->turn))
		goto err_mutex;
	if (turns_init(l->behind_turn))
		goto err_turn;
	return 0;

err_turn:
	turns_fini(l->turn);
err_mutex:
	pthread_mutex_destroy(&l->mutex);
	return -EAGAIN;
}

void lock_fini(struct lock *l)
{
	assert(l->next == l->serving);
	assert(l->behind_next == l->behind_serving && !l->behind_holds);
	turns_fini(l->turn);
	turns_fini(l->behind_turn);
	pthread_mutex_destroy(&l->mutex);
}

/* Draw a ticket and wait for it; the mutex is held. */
static void ticket_wait(struct lock *l)
{
	const uint64_t mine = l->next++;

	assert(mine >= l->serving);
	while (l->serving != mine || l->behind_holds)
		pthread_cond_wait(&l->turn[mine % LOCK_NR_TURNS], &l->mutex);
}

/* The same, until nobody from outside waits. */
static void ticket_wait_behind(struct lock *l)
{
	const uint64_t mine = l->behind_next++;

	assert(mine >= l->behind_serving);
	while (l->behind_serving != mine || l->next != l->serving ||
	       l->behind_holds)
		pthread_cond_wait(&l->behind_turn[mine % LOCK_NR_TURNS],
				  &l->mutex);
	l->behind_holds = true;
}

/* Serve the next ticket; the mutex is held. */
static void ticket_pass(struct lock *l)
{
	assert(l->behind_holds || l->serving < l->next);
	if (l->behind_holds) {
		l->behind_holds = false;
		l->behind_serving++;
	} else {
		l->serving++;
	}
	if (l->serving < l->next)
		pthread_cond_broadcast(&l->turn[l->serving % LOCK_NR_TURNS]);
	else if (l->behind_serving < l->behind_next)
		pthread_cond_broadcast(
			&l->behind_turn[l->behind_serving % LOCK_NR_TURNS]);
}

NO_LOCK_ANALYSIS void lock_take(struct lock *l)
{
	if (kept == l)
		return;
	rank_push(l);
	pthread_mutex_lock(&l->mutex);
	ticket_wait(l);
	pthread_mutex_unlock(&l->mutex);
}

NO_LOCK_ANALYSIS void lock_take_behind(struct lock *l)
{
	rank_push(l);
	pthread_mutex_lock(&l->mutex);
	ticket_wait_behind(l);
	pthread_mutex_unlock(&l->mutex);
}

NO_LOCK_ANALYSIS void lock_drop(struct lock *l)
{
	if (kept == l)
		return;
	rank_pop(l);
	pthread_mutex_lock(&l->mutex);
	ticket_pass(l);
	pthread_mutex_unlock(&l->mutex);
}

NO_LOCK_ANALYSIS void lock_keep(struct lock *l)
{
	assert(!kept || kept == l);
	lock_take(l);
	kept = l;
	nr_kept++;
}

NO_LOCK_ANALYSIS void lock_let_go(struct lock *l)
{
	assert(kept == l && nr_kept);
	if (--nr_kept)
		return;
	kept = NULL;
	lock_drop(l);
}

void lock_wait(struct lock *l, pthread_cond_t *cond, uint64_t until_ns)
{
	const struct timespec ts = {
		.tv_sec = (time_t)(until_ns / NS_PER_S),
		.tv_nsec = (long)(until_ns % NS_PER_S),
	};

	assert(!vm_developer || (nr_held && held[nr_held - 1] == l->rank));
	assert(kept != l);
	pthread_mutex_lock(&l->mutex);
	ticket_pass(l);
	if (until_ns == UINT64_MAX)
		pthread_cond_wait(cond, &l->mutex);
	else
		pthread_cond_timedwait(cond, &l->mutex, &ts);
	ticket_wait_behind(l);
	pthread_mutex_unlock(&l->mutex);
}

void lock_signal(struct lock *l, pthread_cond_t *cond)
{
	assert(cond);
	pthread_mutex_lock(&l->mutex);
	pthread_cond_signal(cond);
	pthread_mutex_unlock(&l->mutex);
}
