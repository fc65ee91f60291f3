/* SPDX-License-Identifier: MIT */
/*
 * test_overcommit.c - the three modes, at their edges.
 *
 * A machine of figures only: total pages, one swap area, one task.  Nothing
 * runs in it.
 */
#include <errno.h>
#include <stdlib.h>

#include <vm/vm.h>

#include "check_main.h"
#include "memory/state.h"
#include "reclaim/overcommit.h"

#define TOTAL 100000u
#define SWAP  20000u

static struct vm *vm;
static struct task *task;
static struct mm *mm;
static int64_t refused_bytes;

static void observe(void *arg, const struct vm_event *ev)
{
	(void)arg;
	ck_assert_int_eq(ev->type, VM_EV_ENOMEM);
	refused_bytes = ev->value;
}

static void setup(int mode)
{
	vm = calloc(1, sizeof(*vm));
	task = calloc(1, sizeof(*task));
	mm = calloc(1, sizeof(*mm));
	ck_assert(vm && task && mm);
	vm->nr_nodes = 1;
	vm->total_pages = TOTAL;
	vm->conf.nr_swaps = 1;
	vm->swap[0].active = true;
	vm->swap[0].nr_slots = SWAP + 1;
	vm->ctl.overcommit_memory = mode;
	vm->ctl.overcommit_ratio = 50;
	vm->observer = observe;
	task->mm = mm;
	task->pid = 7;
	task->uid = 1000;
	refused_bytes = 0;
}

static void teardown(void)
{
	free(mm);
	free(task);
	free(vm);
}

START_TEST(test_limit)
{
	setup(0);
	ck_assert_uint_eq(vm_commit_limit(vm), TOTAL / 2 + SWAP);
	vm->node[0].hugepages = 10;
	ck_assert_uint_eq(vm_commit_limit(vm), (TOTAL - 5120) / 2 + SWAP);
	vm->node[0].hugepages = 0;
	vm->ctl.overcommit_ratio = 200;
	ck_assert_uint_eq(vm_commit_limit(vm), 2 * TOTAL + SWAP);
	vm->ctl.overcommit_kbytes = 4003;
	ck_assert_uint_eq(vm_commit_limit(vm), 1000 + SWAP);
	teardown();
}
END_TEST

/* Recorded: -5 % on a guest, in unsigned arithmetic (errata 14). */
START_TEST(test_negative_ratio)
{
	const uint64_t want = (uint64_t)TOTAL * (uint64_t)-5 / 100 + SWAP;

	setup(0);
	vm->ctl.overcommit_ratio = -5;
	ck_assert_uint_eq(vm_commit_limit(vm), want);
	ck_assert_uint_gt(want, UINT64_MAX / 101);
	teardown();
}
END_TEST

START_TEST(test_heuristic)
{
	setup(0);
	ck_assert_int_eq(vm_enough_memory(vm, task, TOTAL + SWAP), 0);
	/* what is committed already does not matter */
	ck_assert_int_eq(vm_enough_memory(vm, task, TOTAL + SWAP), 0);
	ck_assert_int_eq(vm_enough_memory(vm, task, TOTAL + SWAP + 1), -ENOMEM);
	ck_assert_uint_eq(vm->committed_as, 2 * (TOTAL + SWAP));
	ck_assert_uint_eq(mm->committed, 2 * (TOTAL + SWAP));
	ck_assert_int_eq(refused_bytes,
			 (int64_t)(TOTAL + SWAP + 1) * VM_PAGE_SIZE);
	vm_unacct_memory(vm, task, 2 * (TOTAL + SWAP));
	ck_assert_uint_eq(vm->committed_as, 0);
	ck_assert_uint_eq(mm->committed, 0);
	teardown();
}
END_TEST

START_TEST(test_always)
{
	setup(1);
	ck_assert_int_eq(vm_enough_memory(vm, task, 1ull << 50), 0);
	ck_assert_int_eq(vm_enough_memory(vm, task, 1ull << 50), 0);
	ck_assert_uint_eq(vm->committed_as, 1ull << 51);
	teardown();
}
END_TEST

/* The commitment with the request must stay below the limit. */
START_TEST(test_never)
{
	const uint64_t limit = TOTAL / 2 + SWAP;

	setup(2);
	task->uid = 0;
	ck_assert_int_eq(vm_enough_memory(vm, task, limit), -ENOMEM);
	ck_assert_uint_eq(vm->committed_as, 0);
	ck_assert_int_eq(vm_enough_memory(vm, task, limit - 1), 0);
	ck_assert_int_eq(vm_enough_memory(vm, task, 1), -ENOMEM);
	vm_unacct_memory(vm, task, limit - 1);
	teardown();
}
END_TEST

START_TEST(test_reserves)
{
	const uint64_t limit = TOTAL / 2 + SWAP;

	setup(2);
	vm->ctl.admin_reserve_kbytes = 8192;  /* 2048 pages */
	vm->ctl.user_reserve_kbytes = 131072; /* 32768 pages */
	mm->total_vm = 3200;		      /* a 32nd: 100 */
	ck_assert_int_eq(vm_enough_memory(vm, task, limit - 2148), -ENOMEM);
	ck_assert_int_eq(vm_enough_memory(vm, task, limit - 2149), 0);
	vm_unacct_memory(vm, task, limit - 2149);
	/* root may use the first reserve */
	task->uid = 0;
	ck_assert_int_eq(vm_enough_memory(vm, task, limit - 100), -ENOMEM);
	ck_assert_int_eq(vm_enough_memory(vm, task, limit - 101), 0);
	vm_unacct_memory(vm, task, limit - 101);
	/* a large process leaves no more than the user's reserve */
	mm->total_vm = 1u << 25;
	ck_assert_int_eq(vm_enough_memory(vm, task, limit - 32768), -ENOMEM);
	ck_assert_int_eq(vm_enough_memory(vm, task, limit - 32769), 0);
	vm_unacct_memory(vm, task, limit - 32769);
	/* limits below the reserves refuse everything */
	vm->ctl.overcommit_kbytes = 4;
	vm->swap[0].active = false;
	ck_assert_int_eq(vm_enough_memory(vm, task, 1), -ENOMEM);
	teardown();
}
END_TEST

CHECK_MAIN("overcommit", test_limit, test_negative_ratio, test_heuristic,
	   test_always, test_never, test_reserves)
