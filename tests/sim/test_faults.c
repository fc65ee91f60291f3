/* SPDX-License-Identifier: MIT */
/*
 * test_faults.c - the server itself is short of memory.
 *
 * Every allocation that the engine makes is failed once, one run for each.
 * The call must say -ENOMEM (or -EAGAIN for a thread), leave nothing behind
 * (the leak checker of the sanitizer build watches) and work the next time.
 */
#include <errno.h>
#include <stdio.h>

#include "fault.h"
#include "harness.h"
#include "check_main.h"

/* More allocations than this in one call would be a loop. */
#define MANY 20000

static void machine(struct vm_machine *m)
{
	struct vm_task_conf *t;

	machine_two_nodes(m, 32);
	machine_swap(m, 16);
	machine_file(m, "/file", 16);
	t = machine_task(m, "one");
	t->anon_pages = t->anon_resident = MIB(4);
	t->map_file = true;
	snprintf(t->file, sizeof(t->file), "/file");
	machine_task(m, "two")->anon_resident = 0;
	vm_machine_layout(m);
}

static void create(enum vm_world_kind kind)
{
	struct vm_machine m;
	struct vm *vm;
	long n;
	int err;

	machine(&m);
	for (n = 0; n < MANY; n++) {
		vm = NULL;
		fault_arm(n);
		err = vm_create(&vm, &m, kind);
		if (!fault_disarm())
			break;
		ck_assert_msg(err == -ENOMEM || err == -EAGAIN,
			      "allocation %ld: %d", n, err);
		ck_assert_ptr_null(vm);
	}
	ck_assert_int_gt(n, 5);
	ck_assert_int_lt(n, MANY);
	ck_assert_int_eq(err, 0);
	vm_destroy(vm);
	vm_machine_fini(&m);
}

START_TEST(test_create_sim)
{
	create(VM_WORLD_SIM);
}
END_TEST

START_TEST(test_create_threads)
{
	create(VM_WORLD_THREADS);
}
END_TEST

START_TEST(test_start_threads)
{
	struct vm_machine m;
	struct vm *vm;
	long n;

	machine(&m);
	for (n = 0; n < MANY; n++) {
		int err;
		bool hit;

		ck_assert_int_eq(vm_create(&vm, &m, VM_WORLD_THREADS), 0);
		fault_arm(n);
		err = vm_start(vm);
		hit = fault_disarm();
		vm_destroy(vm);
		if (!hit)
			break;
		ck_assert_msg(err == -EAGAIN || err == -ENOMEM, "%ld: %d", n,
			      err);
	}
	ck_assert_int_gt(n, 2);
	vm_machine_fini(&m);
}
END_TEST

START_TEST(test_spawn)
{
	struct vm_machine m;
	struct harness h;
	struct vm_complaint c;
	struct vm_task_conf conf = { .comm = "late", .cpu = -1 };
	long n;
	int pid;

	conf.anon_pages = conf.anon_resident = MIB(1);
	conf.file_pages = MIB(1);
	snprintf(conf.file, sizeof(conf.file), "/new");
	machine(&m);
	harness_start(&h, &m);
	for (n = 0; n < MANY; n++) {
		fault_arm(n);
		pid = vm_task_spawn(h.vm, &conf, &c);
		if (!fault_disarm())
			break;
		ck_assert_msg(pid == -ENOMEM || pid == -EAGAIN || pid > 0,
			      "allocation %ld: %d", n, pid);
		harness_check(&h);
	}
	ck_assert_int_gt(n, 0);
	ck_assert_int_gt(pid, 0);
	harness_run(&h, VM_SECOND);
	harness_stop(&h);
}
END_TEST

START_TEST(test_swapon)
{
	struct vm_machine m;
	struct harness h;
	long n;
	int err;

	machine(&m);
	harness_start(&h, &m);
	ck_assert_int_eq(vm_swapoff(h.vm, 0), 0);
	for (n = 0; n < MANY; n++) {
		fault_arm(n);
		err = vm_swapon(h.vm, 0, 3);
		if (!fault_disarm())
			break;
		ck_assert_msg(err == -ENOMEM, "allocation %ld: %d", n, err);
		harness_check(&h);
	}
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(err, 0);
	harness_stop(&h);
}
END_TEST

/* A thread that is not to be had: the machine stays in the sim world. */
START_TEST(test_switch_to_threads)
{
	struct vm_machine m;
	struct harness h;
	long n;
	int err;

	machine(&m);
	harness_start(&h, &m);
	for (n = 0; n < MANY; n++) {
		fault_arm(n);
		err = vm_world_switch(h.vm, VM_WORLD_THREADS);
		if (!fault_disarm())
			break;
		ck_assert_msg(err == -EAGAIN, "allocation %ld: %d", n, err);
		ck_assert_int_eq(vm_world_kind(h.vm), VM_WORLD_SIM);
		harness_run(&h, VM_MILLISECOND);
		harness_check(&h);
	}
	ck_assert_int_gt(n, 2);
	ck_assert_int_eq(err, 0);
	ck_assert_int_eq(vm_world_switch(h.vm, VM_WORLD_SIM), 0);
	harness_stop(&h);
}
END_TEST

/* Areas grow, slots are taken, the disk's queue becomes long. */
static void work(struct vm_machine *m)
{
	struct vm_task_conf *t;
	struct vm_phase_conf *p;

	machine(m);
	t = machine_task(m, "grows");
	p = machine_phase(t);
	p->grow = true;
	p->pattern = VM_PATTERN_SEQUENTIAL;
	p->rate = MIB(100);
	t = machine_task(m, "writes");
	snprintf(t->file, sizeof(t->file), "/file");
	vm_machine_layout(m);
}

static void ended(struct vm_op *op, int err)
{
	op->pages = 0;
	op->err = err;
}

/* Nothing of Check's in here: its allocations would be counted as well. */
static int submit(struct harness *h, struct vm_op *op, int pid)
{
	op->done = ended;
	op->err = vm_task_submit(h->vm, pid, op);
	return op->err;
}

/*
 * In the middle of what the machine does there is nobody to be told: a task
 * gets less, or a request ends early, and all sums agree.
 */
START_TEST(test_at_work)
{
	struct vm_machine m;
	struct harness h;
	bool hit = true;
	long n;

	for (n = 0; hit && n < MANY; n++) {
		struct vm_op dirty = { .kind = VM_OP_DIRTY, .pages = MIB(2) };
		struct vm_op alloc = { .kind = VM_OP_ALLOC, .pages = MIB(24) };
		int writes, one;

		work(&m);
		harness_start(&h, &m);
		writes = harness_pid(&h, "writes");
		one = harness_pid(&h, "one");
		fault_arm(n);
		if (!submit(&h, &dirty, writes) && !submit(&h, &alloc, one))
			vm_sync(h.vm);
		vm_run_until(h.vm, 2 * VM_SECOND, HARNESS_MAX_STEPS);
		hit = fault_disarm();
		ck_assert_msg(!dirty.err, "%ld: %d", n, dirty.err);
		ck_assert_msg(!alloc.err || alloc.err == -ENOMEM, "%ld: %d", n,
			      alloc.err);
		harness_check(&h);
		ck_assert_int_eq(harness_op(&h, "two", VM_OP_ALLOC, MIB(1)),
				 0);
		harness_stop(&h);
	}
	ck_assert_int_gt(n, 3);
	ck_assert_int_lt(n, MANY);
}
END_TEST

START_TEST(test_machines_that_cannot_be)
{
	struct vm_machine m;
	struct vm *vm = NULL;

	vm_machine_init(&m);
	ck_assert_int_eq(vm_create(&vm, &m, VM_WORLD_SIM), -EINVAL);
	ck_assert_ptr_null(vm);
	vm_destroy(NULL);
	vm_machine_fini(&m);
}
END_TEST

/*
 * The end comes at any step, the first moment of all included, when a task
 * already sleeps and the clock still stands at 0.
 */
START_TEST(test_destroy_at_any_step)
{
	struct harness h;
	struct vm_machine m;
	struct vm_phase_conf *p;
	struct vm_task_conf *t;
	uint64_t steps;

	for (steps = 0; steps < 120; steps++) {
		machine_two_nodes(&m, 16);
		machine_swap(&m, 8);
		machine_file(&m, "/file", 8);
		t = machine_task(&m, "reader");
		snprintf(t->file, sizeof(t->file), "/file");
		p = machine_phase(t);
		p->target = VM_TARGET_FILE;
		p->pattern = VM_PATTERN_UNIFORM;
		p->write_permille = 200;
		harness_start(&h, &m);
		vm_run_until(h.vm, VM_SECOND, steps);
		harness_stop(&h);
	}
}
END_TEST

CHECK_MAIN("faults", test_destroy_at_any_step, test_create_sim,
	   test_create_threads, test_start_threads, test_spawn, test_swapon,
	   test_switch_to_threads, test_at_work,
	   test_machines_that_cannot_be)
