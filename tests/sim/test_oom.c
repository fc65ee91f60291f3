/* SPDX-License-Identifier: MIT */
/*
 * test_oom.c - the OOM killer: whom, how many, and what when nobody is left.
 *
 * Fact sheet H and the recordings of oom/6.12 by their names: one victim at
 * a time, the largest by badness, ties to the last of equals.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "check_main.h"

static struct vm_task_conf *task(struct vm_machine *m, const char *comm,
				 uint64_t pages, int adj)
{
	struct vm_task_conf *t = machine_task(m, comm);

	t->anon_pages = t->anon_resident = pages;
	t->oom_score_adj = adj;
	return t;
}

/* The n-th victim of the trace, counted from 0; "" if there is none. */
static const char *victim(const struct harness *h, int n,
			  char name[VM_COMM_LEN])
{
	const char *p = h->text;

	name[0] = '\0';
	while (p && (p = strstr(p, " victim=")) != NULL) {
		p += strlen(" victim=");
		if (n-- == 0) {
			snprintf(name, VM_COMM_LEN, "%.*s",
				 (int)strcspn(p, " \n"), p);
			break;
		}
	}
	return name;
}

/* Let "asker" take @pages more; it is protected and must get them. */
static void take(struct harness *h, uint64_t pages)
{
	ck_assert_int_eq(harness_op(h, "asker", VM_OP_ALLOC, pages), 0);
	harness_run(h, VM_SECOND);
}

static void start(struct harness *h, struct vm_machine *m)
{
	task(m, "asker", 0, VM_OOM_SCORE_ADJ_MIN);
	harness_start(h, m);
	harness_want(h, VM_EV_OOM_KILL);
	harness_want(h, VM_EV_OOM_PANIC);
	harness_run(h, VM_SECOND);
}

START_TEST(test_the_largest)
{
	struct vm_machine m;
	struct harness h;
	char name[VM_COMM_LEN];

	machine_one_node(&m, 64);
	task(&m, "small", MIB(8), 0);
	task(&m, "large", MIB(24), 0);
	task(&m, "medium", MIB(12), 0);
	start(&h, &m);
	take(&h, MIB(24));
	ck_assert_str_eq(victim(&h, 0, name), "large");
	ck_assert_uint_eq(harness_event(&h, OOM_KILL), 1);
	ck_assert_int_eq(harness_pid(&h, "large"), 0);
	ck_assert_int_ne(harness_pid(&h, "medium"), 0);
	harness_stop(&h);
}
END_TEST

/* 04-victim-plus1000, 05-negative-shifts */
START_TEST(test_adj_decides)
{
	struct vm_machine m;
	struct harness h;
	char name[VM_COMM_LEN];

	machine_one_node(&m, 64);
	task(&m, "large", MIB(24), -500);
	task(&m, "first", MIB(4), VM_OOM_SCORE_ADJ_MAX);
	task(&m, "medium", MIB(16), 0);
	start(&h, &m);
	take(&h, MIB(30));
	ck_assert_str_eq(victim(&h, 0, name), "first");
	ck_assert_str_eq(victim(&h, 1, name), "medium");
	ck_assert_uint_eq(harness_event(&h, OOM_KILL), 2);
	harness_stop(&h);
}
END_TEST

START_TEST(test_equals)
{
	struct vm_machine m;
	struct harness h;
	int last;

	machine_one_node(&m, 64);
	task(&m, "twin", MIB(16), 0);
	task(&m, "twin", MIB(16), 0);
	start(&h, &m);
	last = vm_task_next(h.vm, harness_pid(&h, "twin"));
	take(&h, MIB(36));
	ck_assert_uint_eq(harness_event(&h, OOM_KILL), 1);
	ck_assert_int_eq(vm_task_kill(h.vm, last), -ESRCH);
	ck_assert_int_ne(harness_pid(&h, "twin"), 0);
	harness_stop(&h);
}
END_TEST

/* 16-repeated-kills */
START_TEST(test_until_enough)
{
	struct vm_machine m;
	struct harness h;
	unsigned left = 0;
	int pid = 0;
	struct vm_task_stat t;

	machine_one_node(&m, 64);
	for (int i = 0; i < 5; i++)
		task(&m, "worker", MIB(8), 0);
	start(&h, &m);
	take(&h, MIB(40));
	while ((pid = vm_task_next(h.vm, pid)) != 0)
		if (vm_task_get(h.vm, pid, &t) == 0 &&
		    strcmp(t.comm, "worker") == 0)
			left++;
	ck_assert_uint_ge(harness_event(&h, OOM_KILL), 3);
	ck_assert_uint_eq(left + harness_event(&h, OOM_KILL), 5);
	ck_assert_uint_ge(left, 1);
	harness_stop(&h);
}
END_TEST

START_TEST(test_the_one_that_asks)
{
	struct vm_machine m;
	struct harness h;
	char name[VM_COMM_LEN];

	machine_one_node(&m, 64);
	machine_sysctl(&m, "vm.oom_kill_allocating_task", "1");
	task(&m, "large", MIB(40), 0);
	task(&m, "greedy", 0, 0);
	start(&h, &m);
	ck_assert_int_eq(harness_op(&h, "greedy", VM_OP_ALLOC, MIB(30)),
			 -ESRCH);
	ck_assert_str_eq(victim(&h, 0, name), "greedy");
	ck_assert_int_ne(harness_pid(&h, "large"), 0);
	harness_stop(&h);
}
END_TEST

/* A leaking program at -1000: all others go, then the machine stops. */
START_TEST(test_nobody_left)
{
	struct vm_machine m;
	struct harness h;
	uint64_t rss;

	machine_one_node(&m, 64);
	task(&m, "innocent", MIB(4), 0);
	task(&m, "leaky", 0, VM_OOM_SCORE_ADJ_MIN);
	m.task[1].nr_phases = 1;
	m.task[1].phase[0].target = VM_TARGET_ANON;
	m.task[1].phase[0].pattern = VM_PATTERN_SEQUENTIAL;
	m.task[1].phase[0].grow = true;
	m.task[1].phase[0].rate = MIB(32);
	start(&h, &m);
	harness_run(&h, 20 * VM_SECOND);
	ck_assert_uint_eq(harness_event(&h, OOM_KILL), 1);
	ck_assert_uint_eq(harness_seen(&h, VM_EV_OOM_PANIC), 1);
	ck_assert(harness_look(&h)->panicked);
	rss = harness_task(&h, "leaky").rss_anon;
	harness_run(&h, 20 * VM_SECOND);
	ck_assert_uint_eq(harness_task(&h, "leaky").rss_anon, rss);
	harness_stop(&h);
}
END_TEST

/* 13-panic-on-oom-1 */
START_TEST(test_panic_on_oom)
{
	struct vm_machine m;
	struct harness h;

	machine_one_node(&m, 64);
	machine_sysctl(&m, "vm.panic_on_oom", "1");
	task(&m, "large", MIB(40), 0);
	task(&m, "greedy", 0, 0);
	m.task[1].nr_phases = 1;
	m.task[1].phase[0].target = VM_TARGET_ANON;
	m.task[1].phase[0].grow = true;
	m.task[1].phase[0].pattern = VM_PATTERN_SEQUENTIAL;
	m.task[1].phase[0].rate = MIB(32);
	start(&h, &m);
	harness_run(&h, 20 * VM_SECOND);
	ck_assert_uint_eq(harness_event(&h, OOM_KILL), 0);
	ck_assert(harness_look(&h)->panicked);
	ck_assert_int_ne(harness_pid(&h, "large"), 0);
	harness_stop(&h);
}
END_TEST

/* Bound to a node that is full: only those with memory there are looked at. */
START_TEST(test_bound_to_a_node)
{
	struct vm_machine m;
	struct harness h;
	char name[VM_COMM_LEN];

	machine_two_nodes(&m, 64);
	task(&m, "elsewhere", MIB(36), 0)->nodes = 1;
	task(&m, "here", MIB(20), 0)->nodes = 2;
	task(&m, "asker", 0, VM_OOM_SCORE_ADJ_MIN)->nodes = 2;
	harness_start(&h, &m);
	harness_want(&h, VM_EV_OOM_KILL);
	harness_run(&h, VM_SECOND);
	take(&h, MIB(48));
	ck_assert_str_eq(victim(&h, 0, name), "here");
	ck_assert_int_ne(harness_pid(&h, "elsewhere"), 0);
	ck_assert_uint_eq(harness_task(&h, "asker").node_pages[0], 0);
	harness_stop(&h);
}
END_TEST

CHECK_MAIN("oom", test_the_largest, test_adj_decides, test_equals,
	   test_until_enough, test_the_one_that_asks, test_nobody_left,
	   test_panic_on_oom, test_bound_to_a_node)
