/* SPDX-License-Identifier: MIT */
/*
 * test_image_drawn.c - random machines, saved and restored in the middle of
 * whatever they do.
 *
 * A machine of the swarm's, with random things befalling it, runs for a random
 * number of steps; it is saved, and another one, in the middle of an earlier
 * moment, becomes it.  Both run on by as many steps, and must be the same
 * again.  A row is a seed: TESTS_IMAGE_SEED=n in the environment is the first
 * of them, so that a night can try others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "sim/image_bytes.h"
#include "swarm/swarm.h"

#define NR_SEEDS   24
#define NR_MOMENTS 40
#define NO_END	   UINT64_MAX

static const struct vm_cred root = {
	.pid = 1,
	.cap_sys_resource = true,
	.cap_sys_admin = true,
	.cap_sys_rawio = true,
};

static int some_pid(struct vm *vm, struct prng *p)
{
	int pid = 0, found = 0;
	struct vm_task_stat t;
	unsigned nr = 0;

	while ((pid = vm_task_next(vm, pid)) > 0)
		if (pid > 1 && !vm_task_get(vm, pid, &t) && !t.kthread &&
		    prng_below(p, ++nr) == 0)
			found = pid;
	return found;
}

static void write_tunable(struct vm *vm, struct prng *p)
{
	const struct vm_ctl *ctl = &vm_ctl_table[prng_below(p, vm_ctl_count)];
	const int64_t value[VM_CTL_MAX_VALUES] = {
		(int64_t)prng_below(p, 1ull << prng_below(p, 12))
	};
	const struct vm_ctl_values v = { .value = value, .nr = 1 };

	if (ctl->nr)
		vm_ctl_set(vm, ctl, &v, &root);
}

/* One of the things that may happen to a machine. */
static void befall(struct vm *vm, struct prng *p, const struct vm_machine *m)
{
	struct vm_task_conf conf;
	struct vm_complaint c;

	switch (prng_below(p, 8)) {
	case 0:
	case 1:
		swarm_task(&conf, p, m);
		vm_task_spawn(vm, &conf, &c);
		break;
	case 2:
	case 3:
		write_tunable(vm, p);
		break;
	case 4:
		vm_task_kill(vm, some_pid(vm, p));
		break;
	case 5:
		vm_swapoff(vm, (uint32_t)prng_below(p, 4));
		break;
	case 6:
		vm_swapon(vm, (uint32_t)prng_below(p, 4),
			  (int32_t)prng_below(p, 3));
		break;
	default:
		vm_sync(vm);
		vm_set_thp(vm, prng_below(p, 2));
		break;
	}
}

static void check(struct vm *vm, unsigned when)
{
	struct vm_complaint c = { .what = "" };

	ck_assert_msg(vm_check(vm, &c), "%u: %s", when, c.what);
}

/* What an image leaves out is in no image: somebody else must look. */
static void same_tasks(struct vm *a, struct vm *b, unsigned when)
{
	struct vm_task_stat s, t;
	int pid = 0;

	do {
		const int next = vm_task_next(a, pid);

		ck_assert_msg(vm_task_next(b, pid) == next, "%u: after %d",
			      when, pid);
		pid = next;
		memset(&s, 0, sizeof(s));
		memset(&t, 0, sizeof(t));
		ck_assert(!pid || (!vm_task_get(a, pid, &s) &&
				   !vm_task_get(b, pid, &t)));
		ck_assert_msg(!memcmp(&s, &t, sizeof(s)), "%u: task %d", when,
			      pid);
	} while (pid);
}

static void boot(struct vm **vm, struct vm_machine *m, uint64_t seed)
{
	swarm_machine(m, seed);
	ck_assert_int_eq(vm_create(vm, m, VM_WORLD_SIM), 0);
}

START_TEST(test_drawn)
{
	const char *first = getenv("TESTS_IMAGE_SEED");
	const uint64_t seed = (uint64_t)_i +
			      (first ? strtoull(first, NULL, 0) : 1);
	struct image_bytes a = { 0 }, b = { 0 };
	struct vm_machine m, twin;
	struct vm *vm, *other;
	struct prng p;

	prng_init(&p, seed, 2);
	boot(&vm, &m, seed);
	boot(&other, &twin, seed);
	for (unsigned i = 0; i < NR_MOMENTS; i++) {
		uint64_t steps = 1 + prng_below(&p, 400);

		if (prng_below(&p, 2))
			befall(vm, &p, &m);
		vm_run_until(vm, NO_END, 1 + prng_below(&p, 2000));
		image_bytes_save(&a, vm);
		image_bytes_restore(&a, other);
		image_bytes_save(&b, other);
		image_bytes_same(&a, &b, i);
		same_tasks(vm, other, i);
		check(other, i);
		vm_run_until(vm, NO_END, steps);
		vm_run_until(other, NO_END, steps);
		image_bytes_save(&a, vm);
		image_bytes_save(&b, other);
		image_bytes_same(&a, &b, i);
	}
	image_bytes_free(&a);
	image_bytes_free(&b);
	vm_destroy(vm);
	vm_destroy(other);
	vm_machine_fini(&m);
	vm_machine_fini(&twin);
}
END_TEST

CHECK_MAIN_ROWS("image_drawn", { test_drawn, NR_SEEDS })
