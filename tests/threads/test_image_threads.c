/* SPDX-License-Identifier: MIT */
/*
 * test_image_threads.c - saving and restoring while real threads run.
 *
 * An image does not say which world it comes from: it is saved in one and
 * restored in the other.  A machine is restored while others read it, tune it
 * and wait for work of its tasks: all of them go on, with the machine that it
 * is now.  Meant for the ThreadSanitizer build as well.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "check_main.h"
#include "fault.h"
#include "harness.h"
#include "sim/image_bytes.h"

#define ROUNDS 12
#define MANY   10000

static struct vm *create(enum vm_world_kind kind)
{
	struct vm_machine m;
	struct vm *vm;

	machine_busy(&m, 16, 20, 32);
	ck_assert_int_eq(vm_create(&vm, &m, kind), 0);
	vm_machine_fini(&m);
	ck_assert_int_eq(vm_set_rate(vm, VM_RATE_MAX), 0);
	ck_assert_int_eq(vm_start(vm), 0);
	return vm;
}

static void breathe(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void run_on(struct vm *vm, uint64_t ns)
{
	const uint64_t until = vm_now_ns(vm) + ns;

	while (vm_now_ns(vm) < until)
		breathe();
}

static void check_and_destroy(struct vm *vm)
{
	struct vm_complaint c;
	bool good;

	vm_pause(vm, true);
	good = vm_check(vm, &c);
	ck_assert_msg(good, "vm_check: %s", good ? "" : c.what);
	vm_destroy(vm);
}

/* The sim world's machine, in threads, stopped: the same bytes; and back. */
START_TEST(test_between_worlds)
{
	struct image_bytes a = { 0 }, b = { 0 };
	struct vm *sim = create(VM_WORLD_SIM);
	struct vm *threads = create(VM_WORLD_THREADS);

	vm_run_until(sim, 3 * VM_SECOND, UINT64_MAX);
	image_bytes_save(&a, sim);
	vm_pause(threads, true);
	image_bytes_restore(&a, threads);
	ck_assert_int_eq(vm_world_kind(threads), VM_WORLD_THREADS);
	ck_assert(vm_paused(threads));
	ck_assert_uint_eq(vm_rate(threads), VM_RATE_MAX);
	ck_assert_uint_eq(vm_now_ns(threads), 3 * VM_SECOND);
	image_bytes_save(&b, threads);
	image_bytes_same(&a, &b, 0);
	vm_pause(threads, false);
	run_on(threads, 5 * VM_SECOND);
	vm_pause(threads, true);
	image_bytes_save(&b, threads);
	image_bytes_restore(&b, sim);
	ck_assert_int_eq(vm_world_kind(sim), VM_WORLD_SIM);
	image_bytes_save(&a, sim);
	image_bytes_same(&a, &b, 1);
	vm_run_until(sim, vm_now_ns(sim) + VM_SECOND, UINT64_MAX);
	image_bytes_free(&a);
	image_bytes_free(&b);
	check_and_destroy(sim);
	check_and_destroy(threads);
}
END_TEST

/* A machine that was switched between worlds goes on in the one it is in. */
START_TEST(test_not_started)
{
	struct image_bytes a = { 0 }, b = { 0 };
	struct vm_machine m;
	struct vm *vm;

	machine_busy(&m, 16, 20, 32);
	ck_assert_int_eq(vm_create(&vm, &m, VM_WORLD_THREADS), 0);
	vm_machine_fini(&m);
	image_bytes_save(&a, vm);
	image_bytes_restore(&a, vm);
	image_bytes_save(&b, vm);
	image_bytes_same(&a, &b, 0);
	ck_assert_int_eq(vm_start(vm), 0);
	breathe();
	ck_assert_int_eq(vm_world_switch(vm, VM_WORLD_SIM), 0);
	image_bytes_restore(&a, vm);
	ck_assert_uint_eq(vm_now_ns(vm), 0);
	vm_run_until(vm, VM_SECOND, UINT64_MAX);
	image_bytes_free(&a);
	image_bytes_free(&b);
	check_and_destroy(vm);
}
END_TEST

/* --- others at the same time --------------------------------------------- */

struct client {
	struct vm *vm;
	pthread_t thread;
	atomic_bool stop;
	unsigned accepted;
	atomic_uint answers;
};

static void *reader(void *arg)
{
	struct client *c = arg;
	struct vm_stat *s = malloc(sizeof(*s));
	struct vm_task_stat t;
	int pid;

	while (s && !c->stop) {
		vm_stat_get(c->vm, s);
		for (pid = 0; (pid = vm_task_next(c->vm, pid)) != 0;)
			vm_task_get(c->vm, pid, &t);
		breathe();
	}
	free(s);
	return NULL;
}

struct work {
	struct vm_op op;
	struct client *c;
	atomic_bool done;
};

static void done(struct vm_op *op, int err)
{
	struct work *w = (struct work *)op;

	(void)err;
	w->c->answers++;
	w->done = true;
}

static void *worker(void *arg)
{
	struct client *c = arg;
	struct harness h = { .vm = c->vm };
	struct work w = { .c = c };

	while (!c->stop) {
		w.op = (struct vm_op){ .kind = VM_OP_ALLOC, .pages = KIB(64),
				       .done = done };
		w.done = false;
		if (vm_task_submit(c->vm, harness_pid(&h, "worker"), &w.op))
			continue;
		c->accepted++;
		while (!w.done)
			breathe();
	}
	return NULL;
}

static void start_client(struct client *c, struct vm *vm,
			 void *(*fn)(void *arg))
{
	c->vm = vm;
	ck_assert_int_eq(pthread_create(&c->thread, NULL, fn, c), 0);
}

static void stop_client(struct client *c)
{
	c->stop = true;
	ck_assert_int_eq(pthread_join(c->thread, NULL), 0);
	ck_assert_uint_eq(c->accepted, c->answers);
}

START_TEST(test_while_others_look)
{
	struct vm *vm = create(VM_WORLD_THREADS);
	struct client look = { 0 }, work = { 0 };
	struct image_bytes a = { 0 };
	uint64_t now;

	run_on(vm, VM_SECOND);
	image_bytes_save(&a, vm);
	now = vm_now_ns(vm);
	start_client(&look, vm, reader);
	start_client(&work, vm, worker);
	for (int i = 0; i < ROUNDS; i++) {
		run_on(vm, VM_SECOND / 4);
		image_bytes_restore(&a, vm);
		ck_assert_int_eq(vm_world_kind(vm), VM_WORLD_THREADS);
	}
	stop_client(&work);
	stop_client(&look);
	ck_assert_uint_ge(vm_now_ns(vm), now > VM_SECOND ? VM_SECOND : now);
	ck_assert_uint_gt(work.accepted, 0);
	image_bytes_free(&a);
	check_and_destroy(vm);
}
END_TEST

/* Whatever is refused, threads among it: the machine is what it was. */
START_TEST(test_no_threads)
{
	struct image_bytes then = { 0 }, own = { 0 }, now = { 0 };
	struct vm *vm = create(VM_WORLD_THREADS);
	struct vm_complaint c;
	unsigned refused = 0;
	long n;

	vm_pause(vm, true);
	image_bytes_save(&then, vm);
	vm_pause(vm, false);
	run_on(vm, VM_SECOND);
	vm_pause(vm, true);
	image_bytes_save(&own, vm);
	for (n = 0; n < MANY; n++) {
		int err;

		fault_arm(n);
		err = vm_restore(vm, then.at, then.len, &c);
		if (!fault_disarm())
			break;
		ck_assert_int_eq(vm_world_kind(vm), VM_WORLD_THREADS);
		if (!err) {
			image_bytes_restore(&own, vm);
			continue;
		}
		refused += err == -EAGAIN;
		image_bytes_save(&now, vm);
		image_bytes_same(&own, &now, (unsigned)n);
	}
	/* the locks of the second machine have none; two CPUs and more do */
	ck_assert_uint_gt(refused, 2);
	image_bytes_free(&then);
	image_bytes_free(&own);
	image_bytes_free(&now);
	vm_pause(vm, false);
	run_on(vm, VM_SECOND);
	check_and_destroy(vm);
}
END_TEST

CHECK_MAIN("image_threads", test_between_worlds, test_not_started,
	   test_while_others_look, test_no_threads)
