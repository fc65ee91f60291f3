/* SPDX-License-Identifier: MIT */
/*
 * test_read_errors.c - a disk that cannot read.
 *
 * read(2) says EIO and stays where it is; who touches what is mapped, or was
 * swapped out, is killed by SIGBUS.  The page is in no cache afterwards, all
 * sums agree, and when the disk has recovered it is read like any other.
 */
#include <errno.h>
#include <stdio.h>

#include "check_main.h"
#include "harness.h"
#include "memory/state.h"

static void disk_fails(struct harness *h, uint32_t permille)
{
	lock_take(&h->vm->world.lock);
	h->vm->disk[0].fail_permille = permille;
	lock_drop(&h->vm->world.lock);
}

static void reader(struct vm_machine *m)
{
	struct vm_task_conf *t;

	machine_one_node(m, 64);
	machine_file(m, "/file", 16);
	t = machine_task(m, "reader");
	snprintf(t->file, sizeof(t->file), "/file");
}

START_TEST(test_read)
{
	struct vm_machine m;
	struct harness h;
	uint64_t cached, requests;

	reader(&m);
	harness_start(&h, &m);
	cached = harness_node(&h, NR_FILE_PAGES);
	disk_fails(&h, 1000);
	for (int i = 0; i < 3; i++) {
		requests = harness_look(&h)->disk[0].reads;
		ck_assert_int_eq(harness_op(&h, "reader", VM_OP_READ, 8), -EIO);
		ck_assert_uint_gt(harness_look(&h)->disk[0].reads, requests);
	}
	harness_run(&h, VM_SECOND);
	harness_check(&h);
	ck_assert_uint_eq(harness_node(&h, NR_FILE_PAGES), cached);
	ck_assert_int_gt(harness_pid(&h, "reader"), 0);
	disk_fails(&h, 0);
	ck_assert_int_eq(harness_op(&h, "reader", VM_OP_READ, 8), 0);
	ck_assert_uint_ge(harness_node(&h, NR_FILE_PAGES), cached + 8);
	/* what is cached needs no disk */
	disk_fails(&h, 1000);
	ck_assert_int_eq(harness_op(&h, "reader", VM_OP_DIRTY, 8), 0);
	harness_stop(&h);
}
END_TEST

/* Its work is not asked for: it goes on with the next page. */
START_TEST(test_workload)
{
	struct vm_machine m;
	struct vm_phase_conf *p;
	struct harness h;
	uint64_t requests;

	reader(&m);
	p = machine_phase(&m.task[0]);
	p->target = VM_TARGET_FILE;
	p->pattern = VM_PATTERN_UNIFORM;
	p->rate = 1000;
	harness_start(&h, &m);
	disk_fails(&h, 500);
	harness_run(&h, 2 * VM_SECOND);
	harness_check(&h);
	requests = harness_look(&h)->disk[0].reads;
	ck_assert_uint_gt(requests, 0);
	disk_fails(&h, 1000);
	harness_run(&h, 2 * VM_SECOND);
	harness_check(&h);
	ck_assert_uint_gt(harness_look(&h)->disk[0].reads, requests);
	ck_assert_int_gt(harness_pid(&h, "reader"), 0);
	harness_stop(&h);
}
END_TEST

START_TEST(test_mapping)
{
	struct vm_machine m;
	struct vm_phase_conf *p;
	struct harness h;
	uint64_t cached;

	reader(&m);
	m.task[0].map_file = true;
	p = machine_phase(&m.task[0]);
	p->duration_ns = VM_SECOND;
	p = machine_phase(&m.task[0]);
	p->target = VM_TARGET_MAPPING;
	p->pattern = VM_PATTERN_UNIFORM;
	p->rate = 1000;
	harness_start(&h, &m);
	harness_want(&h, VM_EV_TASK_EXIT);
	cached = harness_node(&h, NR_FILE_PAGES);
	disk_fails(&h, 1000);
	harness_run(&h, 3 * VM_SECOND);
	harness_check(&h);
	ck_assert_int_eq(harness_pid(&h, "reader"), 0);
	ck_assert_uint_eq(harness_seen(&h, VM_EV_TASK_EXIT), 1);
	ck_assert_msg(strstr(h.text, "value=7"), "%s", h.text);
	ck_assert_uint_eq(harness_event(&h, PGMAJFAULT), 1);
	ck_assert_uint_eq(harness_node(&h, NR_FILE_PAGES), cached);
	harness_stop(&h);
}
END_TEST

START_TEST(test_swap)
{
	struct vm_machine m;
	struct vm_task_conf *t;
	struct harness h;
	const struct vm_stat *s;

	machine_one_node(&m, 64);
	machine_swap(&m, 64);
	t = machine_task(&m, "sleeper");
	t->anon_pages = t->anon_resident = MIB(40);
	machine_task(&m, "hungry");
	harness_start(&h, &m);
	harness_settle(&h, 10 * VM_SECOND);
	ck_assert_int_eq(harness_op(&h, "hungry", VM_OP_ALLOC, MIB(30)), 0);
	ck_assert_uint_gt(harness_task(&h, "sleeper").swapents, 0);
	harness_want(&h, VM_EV_TASK_EXIT);
	harness_run(&h, 5 * VM_SECOND);
	disk_fails(&h, 1000);
	ck_assert_int_eq(harness_op(&h, "sleeper", VM_OP_TOUCH, MIB(40)),
			 -ESRCH);
	disk_fails(&h, 0);
	harness_run(&h, 5 * VM_SECOND);
	harness_check(&h);
	ck_assert_int_eq(harness_pid(&h, "sleeper"), 0);
	ck_assert_msg(strstr(h.text, "value=7"), "%s", h.text);
	/* Nothing of it is left there. */
	ck_assert_int_eq(harness_op(&h, "hungry", VM_OP_TOUCH, MIB(30)), 0);
	ck_assert_int_eq(harness_op(&h, "hungry", VM_OP_FREE, MIB(30)), 0);
	harness_run(&h, 5 * VM_SECOND);
	s = harness_look(&h);
	ck_assert_uint_eq(s->swap_free, s->swap_total);
	harness_stop(&h);
}
END_TEST

CHECK_MAIN("read errors", test_read, test_workload, test_mapping, test_swap)
