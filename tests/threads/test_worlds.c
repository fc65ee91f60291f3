/* SPDX-License-Identifier: MIT */
/*
 * test_worlds.c - the threads world, with clients that do not wait.
 *
 * A machine runs on real threads at a thousand times real time while others
 * read it, tune it, start and kill tasks, submit and cancel work, and switch
 * worlds.  Meant for the ThreadSanitizer build, where a race is a failure;
 * in every build the invariants must hold afterwards and every op must be
 * answered exactly once.  Nothing here measures time: loops end by counts.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "harness.h"
#include "check_main.h"

#define ROUNDS	   200
#define NR_CLIENTS 4

static struct vm *create(void)
{
	struct vm_machine m;
	struct vm *vm;

	machine_busy(&m, 24, 24, 64);
	ck_assert_int_eq(vm_create(&vm, &m, VM_WORLD_THREADS), 0);
	vm_machine_fini(&m);
	ck_assert_int_eq(vm_set_rate(vm, VM_RATE_MAX), 0);
	return vm;
}

static void breathe(void)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	nanosleep(&ms, NULL);
}

static int pid_of_worker(struct vm *vm)
{
	struct harness h = { .vm = vm };

	return harness_pid(&h, "worker");
}

/* All invariants, with the machine stopped between two steps. */
static void check_and_destroy(struct vm *vm)
{
	struct vm_complaint c;
	bool good;

	vm_pause(vm, true);
	good = vm_check(vm, &c);
	ck_assert_msg(good, "vm_check: %s", good ? "" : c.what);
	vm_destroy(vm);
}

START_TEST(test_runs)
{
	struct vm *vm = create();
	static struct vm_stat s;

	ck_assert_uint_eq(vm_now_ns(vm), 0);
	ck_assert_int_eq(vm_start(vm), 0);
	do {
		breathe();
		vm_stat_get(vm, &s);
	} while (!s.event[PGSTEAL_KSWAPD] || s.now_ns < 20 * VM_SECOND);
	check_and_destroy(vm);
}
END_TEST

START_TEST(test_paused)
{
	struct vm *vm = create();
	static struct vm_stat a, b;

	ck_assert_int_eq(vm_start(vm), 0);
	for (int i = 0; i < 20; i++) {
		vm_pause(vm, true);
		ck_assert(vm_paused(vm));
		vm_stat_get(vm, &a);
		breathe();
		vm_stat_get(vm, &b);
		ck_assert_uint_eq(a.now_ns, b.now_ns);
		ck_assert_mem_eq(a.event, b.event, sizeof(a.event));
		vm_pause(vm, false);
		breathe();
	}
	check_and_destroy(vm);
}
END_TEST

/* --- clients --- */

struct client {
	struct vm *vm;
	pthread_t thread;
	unsigned answers; /* WORKER: done() calls */
	unsigned accepted;
};

static void *reader(void *arg)
{
	struct client *c = arg;
	struct vm_stat *s = malloc(sizeof(*s));
	struct vm_task_stat t;
	int pid;

	for (int i = 0; s && i < 4 * ROUNDS; i++) {
		vm_stat_get(c->vm, s);
		for (pid = 0; (pid = vm_task_next(c->vm, pid)) != 0;)
			vm_task_get(c->vm, pid, &t);
	}
	free(s);
	return NULL;
}

static void *tuner(void *arg)
{
	static const char *const name[] = { "swappiness", "min_free_kbytes",
					    "dirty_ratio", "drop_caches",
					    "zone_reclaim_mode" };
	static const int64_t value[][2] = {
		{ 0, 200 }, { 1024, 4096 }, { 5, 60 }, { 1, 3 }, { 0, 7 }
	};
	struct client *c = arg;
	struct harness h = { .vm = c->vm };

	for (int i = 0; i < ROUNDS; i++)
		harness_sysctl(&h, name[i % 5], value[i % 5][i / 5 % 2]);
	return NULL;
}

static void *spawner(void *arg)
{
	struct client *c = arg;
	struct vm_task_conf conf = { .comm = "brief", .cpu = -1 };
	struct vm_complaint why;
	int pid;

	conf.anon_pages = conf.anon_resident = MIB(1);
	for (int i = 0; i < ROUNDS; i++) {
		pid = vm_task_spawn(c->vm, &conf, &why);
		if (pid > 0 && i % 2)
			vm_task_kill(c->vm, pid);
		if (pid > 0 && i % 3 == 0)
			vm_task_set_comm(c->vm, pid, "renamed");
	}
	return NULL;
}

/* An op that its client waits for. */
struct waiting {
	struct vm_op op;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	unsigned done;
};

static void op_done(struct vm_op *op, int err)
{
	struct waiting *w = (struct waiting *)op;

	(void)err;
	pthread_mutex_lock(&w->lock);
	w->done++;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
}

/* Work for the protected task; every third piece is taken back. */
static void *worker(void *arg)
{
	static const enum vm_op_kind kind[] = { VM_OP_ALLOC, VM_OP_TOUCH,
						VM_OP_FREE };
	struct client *c = arg;
	int pid = pid_of_worker(c->vm);

	for (int i = 0; i < ROUNDS; i++) {
		struct waiting w = {
			.op = { .kind = kind[i % 3],
				.pages = 64,
				.done = op_done },
			.lock = PTHREAD_MUTEX_INITIALIZER,
			.cond = PTHREAD_COND_INITIALIZER,
		};

		if (vm_task_submit(c->vm, pid, &w.op))
			continue;
		c->accepted++;
		if (i % 3 == 1)
			vm_task_cancel(c->vm, pid, &w.op);
		pthread_mutex_lock(&w.lock);
		while (!w.done)
			pthread_cond_wait(&w.cond, &w.lock);
		c->answers += w.done;
		pthread_mutex_unlock(&w.lock);
	}
	return NULL;
}

static void run_clients(struct vm *vm, struct client client[NR_CLIENTS])
{
	static void *(*const what[NR_CLIENTS])(void *) = { reader, tuner,
							   spawner, worker };

	for (int i = 0; i < NR_CLIENTS; i++) {
		client[i] = (struct client){ .vm = vm };
		ck_assert_int_eq(pthread_create(&client[i].thread, NULL,
						what[i], &client[i]),
				 0);
	}
}

static void join_clients(struct client client[NR_CLIENTS])
{
	for (int i = 0; i < NR_CLIENTS; i++)
		pthread_join(client[i].thread, NULL);
	ck_assert_uint_gt(client[3].accepted, 0);
	ck_assert_uint_eq(client[3].answers, client[3].accepted);
}

START_TEST(test_clients)
{
	struct client client[NR_CLIENTS];
	struct vm *vm = create();

	ck_assert_int_eq(vm_start(vm), 0);
	run_clients(vm, client);
	join_clients(client);
	check_and_destroy(vm);
}
END_TEST

/* While they work, time stops, runs on, and changes its speed. */
START_TEST(test_clients_and_clock)
{
	struct client client[NR_CLIENTS];
	struct vm *vm = create();

	ck_assert_int_eq(vm_start(vm), 0);
	run_clients(vm, client);
	for (int i = 0; i < 50; i++) {
		vm_pause(vm, i % 2);
		breathe();
		vm_set_rate(vm, i % 3 ? VM_RATE_MAX : VM_RATE_ONE);
	}
	vm_pause(vm, false);
	vm_set_rate(vm, VM_RATE_MAX);
	join_clients(client);
	check_and_destroy(vm);
}
END_TEST

START_TEST(test_switching)
{
	struct vm *vm = create();
	uint64_t now = 0, before;

	ck_assert_int_eq(vm_start(vm), 0);
	for (int i = 0; i < 20; i++) {
		breathe();
		ck_assert_int_eq(vm_world_switch(vm, VM_WORLD_SIM), 0);
		before = vm_now_ns(vm);
		ck_assert_uint_ge(before, now);
		ck_assert(vm_run_until(vm, before + VM_SECOND, UINT64_MAX));
		now = vm_now_ns(vm);
		ck_assert_uint_eq(now, before + VM_SECOND);
		ck_assert_int_eq(vm_world_switch(vm, VM_WORLD_THREADS), 0);
		ck_assert_int_eq(vm_world_kind(vm), VM_WORLD_THREADS);
		ck_assert_uint_ge(vm_now_ns(vm), now);
	}
	check_and_destroy(vm);
}
END_TEST

static atomic_int ended, last_err;

static void count_done(struct vm_op *op, int err)
{
	(void)op;
	atomic_fetch_add(&ended, 1);
	atomic_store(&last_err, err);
}

/* Ops that are under way when the machine goes are answered with -EINTR. */
START_TEST(test_destroy_answers)
{
	struct vm_op op[8];
	struct vm *vm = create();
	int pid = pid_of_worker(vm), accepted = 0;

	/* not started: none of them can come to an end before */
	for (int i = 0; i < 8; i++) {
		op[i] = (struct vm_op){ .kind = VM_OP_ALLOC,
					.pages = 1,
					.done = count_done };
		accepted += vm_task_submit(vm, pid, &op[i]) == 0;
	}
	ck_assert_int_eq(accepted, 8);
	vm_destroy(vm);
	ck_assert_int_eq(atomic_load(&ended), accepted);
	ck_assert_int_eq(atomic_load(&last_err), -EINTR);
}
END_TEST

CHECK_MAIN("worlds", test_runs, test_paused, test_clients,
	   test_clients_and_clock, test_switching, test_destroy_answers)
