/* SPDX-License-Identifier: MIT */
/*
 * lock.h - a fair lock with two queues and a rank.
 *
 * The engine's lock is taken for one bounded step at a time by threads that
 * want it again at once.  Fair, so that everybody has his turn; and with a
 * queue for those who come from outside, so that a reader of /proc waits for
 * the step that is running and not for one of every actor that waits.  What
 * comes from outside is short and never flat out: nobody starves.
 *
 * The lock-order tree, outermost first.  A thread may take a lock only if
 * its rank is higher than that of every lock it holds; developer builds
 * check it.
 *
 *	LOCK_RANK_CONTROL	switching worlds, starting and stopping
 *	  LOCK_RANK_WORLD	everything that is simulated
 */
#ifndef ENGINE_WORLD_LOCK_H
#define ENGINE_WORLD_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "world/compiler.h"

enum lock_rank { LOCK_RANK_CONTROL = 1, LOCK_RANK_WORLD = 2 };

#define LOCK_NR_TURNS 16u

struct CAPABILITY("lock") lock {
	pthread_mutex_t mutex; /* guards the two tickets, never held long */
	pthread_cond_t turn[LOCK_NR_TURNS]; /* by ticket */
	uint64_t next;	  /* ticket that the next taker draws */
	uint64_t serving; /* ticket that holds the lock, or will */
	/* the same of those who stand behind */
	pthread_cond_t behind_turn[LOCK_NR_TURNS];
	uint64_t behind_next, behind_serving;
	bool behind_holds; /* one of them has the lock */
	enum lock_rank rank;
};

/* 0 or -EAGAIN. */
int lock_init(struct lock *l, enum lock_rank rank);
void lock_fini(struct lock *l);

/*
 * Tickets are served in the order in which they were drawn; those of
 * lock_take_behind() when nobody else waits.
 */
void lock_take(struct lock *l) ACQUIRE(l);
void lock_take_behind(struct lock *l) ACQUIRE(l);
void lock_drop(struct lock *l) RELEASE(l);

/*
 * Keep @l over several takes and drops of this thread, which then do nothing:
 * what they guard is one piece for everybody else.  One lock a thread; may be
 * nested; never around a lock_wait().
 */
void lock_keep(struct lock *l);
void lock_let_go(struct lock *l);

/* A condition for lock_wait(), on the monotonic clock.  0 or -EAGAIN. */
int lock_cond_init(pthread_cond_t *cond);
void lock_cond_fini(pthread_cond_t *cond);

/*
 * Drop @l, sleep until @cond is signalled or the monotonic clock shows
 * @until_ns (UINT64_MAX: no time), take @l again, behind the others.  May wake
 * for no reason.
 */
void lock_wait(struct lock *l, pthread_cond_t *cond, uint64_t until_ns)
	REQUIRES(l);

/* Signal @cond to a lock_wait() on @l. */
void lock_signal(struct lock *l, pthread_cond_t *cond);

#endif
