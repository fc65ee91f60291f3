/* SPDX-License-Identifier: MIT */
/*
 * test_world_threads.c - the worlds themselves, with actors that only count.
 *
 * In threads: an actor sleeps until it is woken, an early time wins, wakers
 * and sleepers never miss each other, a paused world stands, the clock never
 * goes back, threads that cannot be had leave nothing running.  In the sim
 * world: time decides, then the seed.  Nothing is timed: whatever is waited
 * for must come, and the hang limit of the runner is what ends a failure.
 */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "fault.h"
#include "world/world.h"

#define NR_ACTORS 6
#define NR_PASSES 3000

/* An actor that passes a ball on, or counts. */
struct player {
	struct actor actor;
	struct player *next; /* woken by a step; NULL: nobody */
	unsigned long passes;
	uint64_t last_ns;
	uint64_t sleep_ns; /* own next step, from now; 0: never */
};

static struct world world;
static struct player player[NR_ACTORS];
static unsigned long limit = NR_PASSES;

static uint64_t player_step(struct actor *a, uint64_t now_ns)
{
	struct player *p = (struct player *)a;

	ck_assert_uint_ge(now_ns, p->last_ns);
	p->last_ns = now_ns;
	if (p->passes >= limit)
		return ACTOR_NEVER;
	p->passes++;
	if (p->next)
		actor_wake(&p->next->actor, now_ns);
	return p->sleep_ns ? now_ns + p->sleep_ns : ACTOR_NEVER;
}

static void setup(enum vm_world_kind kind, uint64_t seed)
{
	memset(player, 0, sizeof(player));
	ck_assert_int_eq(world_init(&world, kind, seed), 0);
	for (unsigned i = 0; i < NR_ACTORS; i++) {
		player[i].actor.step = player_step;
		memcpy(player[i].actor.name, "player", 7);
		world_add(&world, &player[i].actor);
	}
}

static void wake(unsigned i, uint64_t at_ns)
{
	lock_take(&world.lock);
	actor_wake(&player[i].actor, at_ns);
	lock_drop(&world.lock);
}

static unsigned long passes(unsigned i)
{
	unsigned long n;

	lock_take(&world.lock);
	n = player[i].passes;
	lock_drop(&world.lock);
	return n;
}

static void wait_for(unsigned i, unsigned long n)
{
	while (passes(i) < n)
		sched_yield();
}

/* A ball goes round: every wake-up must arrive. */
START_TEST(test_wakes)
{
	setup(VM_WORLD_THREADS, 1);
	for (unsigned i = 0; i < NR_ACTORS; i++)
		player[i].next = &player[(i + 1) % NR_ACTORS];
	ck_assert_int_eq(world_start(&world), 0);
	wake(0, 0);
	for (unsigned i = 0; i < NR_ACTORS; i++)
		wait_for(i, NR_PASSES);
	world_stop(&world);
	world_fini(&world);
}
END_TEST

/* An earlier time moves a sleeper, a later one does not. */
START_TEST(test_earlier)
{
	setup(VM_WORLD_THREADS, 1);
	ck_assert_int_eq(world_start(&world), 0);
	wake(0, UINT64_MAX - 1);
	wake(0, 0);
	wait_for(0, 1);
	wake(1, 0);
	wait_for(1, 1);
	lock_take(&world.lock);
	ck_assert_uint_eq(player[0].passes, 1);
	ck_assert_uint_eq(player[0].actor.due_ns, ACTOR_NEVER);
	ck_assert_uint_eq(player[0].actor.steps, 1);
	lock_drop(&world.lock);
	world_stop(&world);
	world_fini(&world);
}
END_TEST

/* Before the start, while paused and after the stop nothing moves. */
START_TEST(test_stands)
{
	uint64_t now;

	setup(VM_WORLD_THREADS, 1);
	wake(0, 0);
	lock_take(&world.lock);
	ck_assert_uint_eq(world_now(&world), 0);
	world_set_paused(&world, true);
	lock_drop(&world.lock);
	ck_assert_int_eq(world_start(&world), 0);
	for (unsigned i = 0; i < 1000; i++)
		sched_yield();
	ck_assert_uint_eq(passes(0), 0);
	lock_take(&world.lock);
	ck_assert_uint_eq(world_now(&world), 0);
	world_set_paused(&world, false);
	lock_drop(&world.lock);
	wait_for(0, 1);
	world_stop(&world);
	wake(1, 0);
	ck_assert_uint_eq(passes(1), 0);
	lock_take(&world.lock);
	now = world_now(&world);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_uint_eq(world_now(&world), now);
	lock_drop(&world.lock);
	world_fini(&world);
}
END_TEST

/* The clock goes on through every change of rate, pause and world. */
START_TEST(test_clock)
{
	uint64_t last = 0;

	setup(VM_WORLD_THREADS, 1);
	limit = ULONG_MAX;
	player[0].sleep_ns = 50000;
	for (unsigned i = 0; i < 60; i++) {
		uint64_t now;

		ck_assert_int_eq(world_start(&world), 0);
		wake(0, 0);
		lock_take(&world.lock);
		world_set_rate(&world, i % 2 ? VM_RATE_MIN : VM_RATE_MAX);
		world_set_paused(&world, i % 3 == 0);
		world_set_paused(&world, false);
		now = world_now(&world);
		lock_drop(&world.lock);
		ck_assert_uint_ge(now, last);
		wait_for(0, i + 1);
		world_stop(&world);
		lock_take(&world.lock);
		last = world_now(&world);
		lock_drop(&world.lock);
		ck_assert_uint_ge(last, now);
	}
	ck_assert_uint_gt(last, 0);
	world_fini(&world);
}
END_TEST

/* At a thousand times real time, nobody steps before his virtual time. */
START_TEST(test_virtual_times)
{
	setup(VM_WORLD_THREADS, 1);
	limit = 100;
	for (unsigned i = 0; i < NR_ACTORS; i++)
		player[i].sleep_ns = 1000000 * (i + 1);
	lock_take(&world.lock);
	world_set_rate(&world, VM_RATE_MAX);
	lock_drop(&world.lock);
	ck_assert_int_eq(world_start(&world), 0);
	for (unsigned i = 0; i < NR_ACTORS; i++)
		wake(i, 0);
	for (unsigned i = 0; i < NR_ACTORS; i++) {
		wait_for(i, limit);
		/* nobody steps before his time */
		lock_take(&world.lock);
		ck_assert_uint_ge(player[i].last_ns,
				  (limit - 1) * player[i].sleep_ns);
		lock_drop(&world.lock);
	}
	world_stop(&world);
	world_fini(&world);
}
END_TEST

static unsigned delivered;

static uint64_t ending_step(struct actor *a, uint64_t now_ns)
{
	(void)now_ns;
	((struct player *)a)->passes++;
	a->world->deliver_pending = true;
	return ACTOR_NEVER;
}

/* It can take the lock, so it is called without it. */
static void deliver(struct world *w)
{
	lock_take(&w->lock);
	delivered++;
	lock_drop(&w->lock);
}

START_TEST(test_delivers)
{
	unsigned n = 0;

	setup(VM_WORLD_THREADS, 1);
	world.deliver = deliver;
	player[0].actor.step = ending_step;
	ck_assert_int_eq(world_start(&world), 0);
	for (unsigned i = 1; i <= 100; i++) {
		wake(0, 0);
		while (n < i) {
			lock_take(&world.lock);
			n = delivered;
			lock_drop(&world.lock);
			sched_yield();
		}
	}
	ck_assert_uint_eq(delivered, 100);
	world_stop(&world);
	world_fini(&world);
}
END_TEST

/* Any thread of them may be refused: those before it end again. */
START_TEST(test_no_threads)
{
	for (long n = 0;; n++) {
		int err;

		setup(VM_WORLD_THREADS, 1);
		fault_arm(n);
		err = world_start(&world);
		if (!fault_disarm()) {
			ck_assert_int_eq(err, 0);
			ck_assert_int_eq(n, NR_ACTORS);
			world_stop(&world);
			world_fini(&world);
			return;
		}
		ck_assert_int_eq(err, -EAGAIN);
		for (unsigned i = 0; i < NR_ACTORS; i++)
			ck_assert(!player[i].actor.running);
		world_fini(&world);
	}
}
END_TEST

/* --- the sim world --- */

static unsigned order[64], nr_order;

static uint64_t noting_step(struct actor *a, uint64_t now_ns)
{
	struct player *p = (struct player *)a;

	ck_assert_uint_eq(now_ns, a->world->now_ns);
	if (nr_order < sizeof(order) / sizeof(order[0]))
		order[nr_order++] = (unsigned)(p - player);
	return p->sleep_ns ? now_ns + p->sleep_ns : ACTOR_NEVER;
}

static void setup_sim(uint64_t seed)
{
	setup(VM_WORLD_SIM, seed);
	for (unsigned i = 0; i < NR_ACTORS; i++)
		player[i].actor.step = noting_step;
	nr_order = 0;
	ck_assert_int_eq(world_start(&world), 0);
}

static unsigned run(uint64_t until_ns, unsigned max)
{
	unsigned n = 0;

	lock_take(&world.lock);
	while (n < max && world_sim_step(&world, until_ns))
		n++;
	lock_drop(&world.lock);
	return n;
}

START_TEST(test_sim_time)
{
	setup_sim(1);
	wake(2, 300);
	wake(0, 100);
	wake(1, 200);
	ck_assert_uint_eq(run(250, 100), 2);
	ck_assert_uint_eq(world.now_ns, 250);
	ck_assert_uint_eq(order[0], 0);
	ck_assert_uint_eq(order[1], 1);
	/* a time that has passed is now */
	wake(3, 10);
	ck_assert_uint_eq(run(260, 100), 1);
	ck_assert_uint_eq(order[2], 3);
	ck_assert_uint_eq(run(UINT64_MAX, 100), 1);
	ck_assert_uint_eq(order[3], 2);
	/* nothing to come, and no end: the clock stays */
	ck_assert_uint_eq(world.now_ns, 300);
	world_stop(&world);
	world_fini(&world);
}
END_TEST

/* Everybody at one time, again and again: who steps is drawn. */
static void sim_order(uint64_t seed, unsigned out[64])
{
	setup_sim(seed);
	for (unsigned i = 0; i < NR_ACTORS; i++) {
		player[i].sleep_ns = 10;
		wake(i, 0);
	}
	ck_assert_uint_eq(run(UINT64_MAX, 64), 64);
	memcpy(out, order, sizeof(order));
	world_stop(&world);
	world_fini(&world);
}

START_TEST(test_sim_seed)
{
	unsigned a[64], b[64], c[64];

	sim_order(1, a);
	sim_order(1, b);
	sim_order(2, c);
	ck_assert(!memcmp(a, b, sizeof(a)));
	ck_assert(memcmp(a, c, sizeof(a)));
	/* each of them once at every time */
	for (unsigned t = 0; t + NR_ACTORS <= 64; t += NR_ACTORS) {
		unsigned seen = 0;

		for (unsigned i = 0; i < NR_ACTORS; i++)
			seen |= 1u << a[t + i];
		ck_assert_uint_eq(seen, (1u << NR_ACTORS) - 1);
	}
}
END_TEST

static uint64_t self_waking_step(struct actor *a, uint64_t now_ns)
{
	((struct player *)a)->passes++;
	/* heard, though the step has not ended */
	if (((struct player *)a)->passes == 1)
		actor_wake(a, now_ns + 5);
	return ACTOR_NEVER;
}

START_TEST(test_sim_self_wake)
{
	setup_sim(1);
	player[0].actor.step = self_waking_step;
	wake(0, 7);
	ck_assert_uint_eq(run(11, 100), 1);
	ck_assert_uint_eq(run(12, 100), 1);
	ck_assert_uint_eq(run(1000, 100), 0);
	world_stop(&world);
	world_fini(&world);
}
END_TEST

/* One machine in both worlds, by turns: steps and clock go on. */
START_TEST(test_switch)
{
	setup(VM_WORLD_SIM, 1);
	limit = ULONG_MAX;
	player[0].sleep_ns = 1000;
	wake(0, 0);
	for (unsigned i = 0; i < 10; i++) {
		uint64_t now;

		world.kind = VM_WORLD_SIM;
		ck_assert_int_eq(world_start(&world), 0);
		now = world.now_ns;
		run(now + 10000, 100);
		ck_assert_uint_eq(world.now_ns, now + 10000);
		world_stop(&world);
		world.kind = VM_WORLD_THREADS;
		ck_assert_int_eq(world_start(&world), 0);
		wait_for(0, passes(0) + 3);
		world_stop(&world);
		ck_assert_uint_gt(world.now_ns, now + 10000);
	}
	world_fini(&world);
}
END_TEST

CHECK_MAIN("world_threads", test_wakes, test_earlier, test_stands, test_clock,
	   test_virtual_times, test_delivers, test_no_threads, test_sim_time,
	   test_sim_seed, test_sim_self_wake, test_switch)
