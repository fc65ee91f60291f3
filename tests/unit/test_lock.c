/* SPDX-License-Identifier: MIT */
/*
 * test_lock.c - the fair lock: one at a time, in the order of asking.
 *
 * Threads are held back by looking at the tickets, never by time, so that
 * the order in which they ask is known.
 */
#include <sched.h>
#include <stdbool.h>

#include "check_main.h"
#include "world/lock.h"

#define NR_THREADS 8
#define NR_ROUNDS  2000

static struct lock lock;
static unsigned long counter;

static void *count(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < NR_ROUNDS; i++) {
		lock_take(&lock);
		/* read and written apart, so that a second one would show */
		const unsigned long was = counter;

		if (i % 64 == 0)
			sched_yield();
		counter = was + 1;
		lock_drop(&lock);
	}
	return NULL;
}

START_TEST(test_excludes)
{
	pthread_t thread[NR_THREADS];

	ck_assert_int_eq(lock_init(&lock, LOCK_RANK_WORLD), 0);
	for (unsigned i = 0; i < NR_THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, count, NULL),
				 0);
	for (unsigned i = 0; i < NR_THREADS; i++)
		pthread_join(thread[i], NULL);
	ck_assert_uint_eq(counter, NR_THREADS * NR_ROUNDS);
	lock_fini(&lock);
}
END_TEST

static unsigned order[NR_THREADS], nr_done;

static void *note_turn(void *arg)
{
	lock_take(&lock);
	order[nr_done++] = *(const unsigned *)arg;
	lock_drop(&lock);
	return NULL;
}

/* How many tickets have been drawn. */
static uint64_t drawn(void)
{
	uint64_t n;

	pthread_mutex_lock(&lock.mutex);
	n = lock.next;
	pthread_mutex_unlock(&lock.mutex);
	return n;
}

/* Those who wait are served in the order of their tickets, and before a
 * thread that gives the lock back and wants it again. */
START_TEST(test_fair)
{
	pthread_t thread[NR_THREADS];
	unsigned id[NR_THREADS];

	ck_assert_int_eq(lock_init(&lock, LOCK_RANK_WORLD), 0);
	lock_take(&lock);
	for (unsigned i = 0; i < NR_THREADS; i++) {
		id[i] = i;
		ck_assert_int_eq(
			pthread_create(&thread[i], NULL, note_turn, &id[i]), 0);
		while (drawn() < i + 2)
			sched_yield();
	}
	lock_drop(&lock);
	lock_take(&lock);
	ck_assert_uint_eq(nr_done, NR_THREADS);
	lock_drop(&lock);
	for (unsigned i = 0; i < NR_THREADS; i++) {
		ck_assert_uint_eq(order[i], i);
		pthread_join(thread[i], NULL);
	}
	lock_fini(&lock);
}
END_TEST

static void *note_turn_behind(void *arg)
{
	lock_take_behind(&lock);
	order[nr_done++] = *(const unsigned *)arg;
	lock_drop(&lock);
	return NULL;
}

static uint64_t drawn_behind(void)
{
	uint64_t n;

	pthread_mutex_lock(&lock.mutex);
	n = lock.behind_next;
	pthread_mutex_unlock(&lock.mutex);
	return n;
}

/* Who stands behind waits for all who do not, whoever came first. */
START_TEST(test_behind)
{
	static const unsigned id[] = { 0, 1, 2, 3 };
	pthread_t thread[4];

	ck_assert_int_eq(lock_init(&lock, LOCK_RANK_WORLD), 0);
	nr_done = 0;
	lock_take_behind(&lock);
	for (unsigned i = 0; i < 4; i++) {
		bool behind = i < 2;

		ck_assert_int_eq(
			pthread_create(&thread[i], NULL,
				       behind ? note_turn_behind : note_turn,
				       (void *)(uintptr_t)&id[i]), 0);
		while (behind ? drawn_behind() < i + 2 : drawn() < i - 1)
			sched_yield();
	}
	lock_drop(&lock);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	ck_assert_uint_eq(nr_done, 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(order[i], (i + 2) % 4);
	lock_fini(&lock);
}
END_TEST

static pthread_cond_t cond;
static bool ready, answered;

static void *answer(void *arg)
{
	(void)arg;
	lock_take(&lock);
	while (!ready)
		lock_wait(&lock, &cond, UINT64_MAX);
	answered = true;
	lock_signal(&lock, &cond);
	lock_drop(&lock);
	return NULL;
}

/* A waiter gives the lock away, wakes when signalled, and has it again. */
START_TEST(test_wait)
{
	pthread_t thread;

	ck_assert_int_eq(lock_init(&lock, LOCK_RANK_WORLD), 0);
	ck_assert_int_eq(lock_cond_init(&cond), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, answer, NULL), 0);
	lock_take(&lock);
	ready = true;
	lock_signal(&lock, &cond);
	while (!answered)
		lock_wait(&lock, &cond, UINT64_MAX);
	lock_drop(&lock);
	pthread_join(thread, NULL);
	lock_cond_fini(&cond);
	lock_fini(&lock);
}
END_TEST

/* A time that has passed ends the wait, with the lock held. */
START_TEST(test_wait_until)
{
	ck_assert_int_eq(lock_init(&lock, LOCK_RANK_WORLD), 0);
	ck_assert_int_eq(lock_cond_init(&cond), 0);
	lock_take(&lock);
	for (unsigned i = 0; i < 100; i++)
		lock_wait(&lock, &cond, i);
	ck_assert(lock.behind_holds);
	lock_drop(&lock);
	lock_cond_fini(&cond);
	lock_fini(&lock);
}
END_TEST

/* The control lock comes before the world's lock. */
START_TEST(test_rank_order)
{
	struct lock control;

	ck_assert_int_eq(lock_init(&control, LOCK_RANK_CONTROL), 0);
	ck_assert_int_eq(lock_init(&lock, LOCK_RANK_WORLD), 0);
	lock_take(&control);
	lock_take(&lock);
	lock_drop(&lock);
	lock_drop(&control);
	lock_fini(&lock);
	lock_fini(&control);
}
END_TEST

/* Who keeps it may take and drop it, and nobody gets in between. */
START_TEST(test_kept)
{
	pthread_t thread;
	unsigned id = 1;

	ck_assert_int_eq(lock_init(&lock, LOCK_RANK_WORLD), 0);
	nr_done = 0;
	lock_keep(&lock);
	ck_assert_int_eq(pthread_create(&thread, NULL, note_turn, &id), 0);
	while (drawn() < 2)
		sched_yield();
	for (unsigned i = 0; i < NR_ROUNDS; i++) {
		lock_take(&lock);
		lock_keep(&lock);
		lock_let_go(&lock);
		lock_drop(&lock);
		sched_yield();
	}
	ck_assert_uint_eq(nr_done, 0);
	lock_let_go(&lock);
	lock_take(&lock);
	ck_assert_uint_eq(nr_done, 1);
	lock_drop(&lock);
	pthread_join(thread, NULL);
	lock_fini(&lock);
}
END_TEST

CHECK_MAIN("lock", test_excludes, test_fair, test_behind, test_wait,
	   test_wait_until, test_rank_order, test_kept)
