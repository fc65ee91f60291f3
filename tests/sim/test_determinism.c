/* SPDX-License-Identifier: MIT */
/*
 * test_determinism.c - one seed, one history.
 *
 * A busy machine is run twice; every figure of the snapshot and every line
 * of the trace must be the same.  Another seed must give another history,
 * else the first half shows nothing.
 */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "check_main.h"

/* Every mechanism has something to do. */
static void busy(struct vm_machine *m, uint64_t seed)
{
	struct vm_task_conf *t;
	struct vm_phase_conf *p;

	machine_two_nodes(m, 48);
	machine_swap(m, 32);
	machine_file(m, "/big", 128);
	m->seed = seed;

	t = machine_task(m, "random");
	t->anon_pages = t->anon_resident = MIB(40);
	p = machine_phase(t);
	p->pattern = VM_PATTERN_UNIFORM;
	p->rate = 20000;
	p->write_permille = 300;

	t = machine_task(m, "skewed");
	snprintf(t->file, sizeof(t->file), "/big");
	p = machine_phase(t);
	p->pattern = VM_PATTERN_ZIPF;
	p->target = VM_TARGET_FILE;
	p->rate = 5000;
	p->write_permille = 200;

	t = machine_task(m, "leaky");
	t->oom_score_adj = 500;
	p = machine_phase(t);
	p->pattern = VM_PATTERN_SEQUENTIAL;
	p->grow = true;
	p->rate = MIB(4);
}

/* Run it; the snapshot and the trace are the caller's. */
static void history(uint64_t seed, struct vm_stat *s, char **text)
{
	struct vm_machine m;
	struct harness h;

	busy(&m, seed);
	harness_start(&h, &m);
	for (int ev = 0; ev < VM_NR_EVENT_TYPES; ev++)
		harness_want(&h, ev);
	for (int i = 0; i < 40; i++)
		harness_run(&h, VM_SECOND / 2);
	*s = *harness_look(&h);
	*text = strdup(h.text ? h.text : "");
	ck_assert_ptr_nonnull(*text);
	harness_stop(&h);
}

START_TEST(test_same_seed)
{
	static struct vm_stat a, b;
	char *one, *two;

	history(7, &a, &one);
	history(7, &b, &two);
	ck_assert_uint_gt(a.event[PGSTEAL_KSWAPD], 0);
	ck_assert_uint_gt(a.event[PSWPOUT], 0);
	ck_assert_uint_gt(strlen(one), 1000);
	ck_assert_msg(strcmp(one, two) == 0, "the traces differ");
	ck_assert_mem_eq(a.event, b.event, sizeof(a.event));
	ck_assert_mem_eq(a.node, b.node, sizeof(a.node));
	ck_assert_mem_eq(a.cpu, b.cpu, sizeof(a.cpu));
	ck_assert_mem_eq(a.psi, b.psi, sizeof(a.psi));
	ck_assert_mem_eq(a.loadavg, b.loadavg, sizeof(a.loadavg));
	free(one);
	free(two);
}
END_TEST

START_TEST(test_other_seed)
{
	static struct vm_stat a, b;
	char *one, *two;

	history(7, &a, &one);
	history(8, &b, &two);
	ck_assert_msg(strcmp(one, two) != 0, "the seed changes nothing");
	free(one);
	free(two);
}
END_TEST

/* Looking, and stopping anywhere, changes nothing. */
START_TEST(test_steps_do_not_matter)
{
	static struct vm_stat whole, pieces;
	struct vm_machine m;
	struct harness h;

	busy(&m, 7);
	harness_start(&h, &m);
	harness_run(&h, 10 * VM_SECOND);
	whole = *harness_look(&h);
	harness_stop(&h);

	busy(&m, 7);
	harness_start(&h, &m);
	while (!vm_run_until(h.vm, 10 * VM_SECOND, 1000))
		harness_look(&h);
	pieces = *harness_look(&h);
	ck_assert_mem_eq(whole.event, pieces.event, sizeof(whole.event));
	ck_assert_mem_eq(whole.node, pieces.node, sizeof(whole.node));
	ck_assert_mem_eq(whole.cpu, pieces.cpu, sizeof(whole.cpu));
	ck_assert_mem_eq(whole.psi, pieces.psi, sizeof(whole.psi));
	harness_stop(&h);
}
END_TEST

struct noted_op {
	struct vm_op op;
	struct vm *vm;
	uint64_t step; /* where it was done; 0: not yet */
};

static void note_done(struct vm_op *op, int err)
{
	struct noted_op *n = (struct noted_op *)op;

	ck_assert_int_eq(err, 0);
	n->step = vm_steps(n->vm);
}

/* Who runs by steps gets no more of them than he asked for, also when an op
 * has ended on the way: its caller may be back with the next one. */
START_TEST(test_step_that_ends_an_op)
{
	struct noted_op n = {
		.op = { .kind = VM_OP_ALLOC, .pages = MIB(2),
			.done = note_done },
	};
	struct vm_machine m;
	struct harness h;
	uint64_t step;

	busy(&m, 7);
	harness_start(&h, &m);
	n.vm = h.vm;
	ck_assert_int_eq(vm_task_submit(h.vm, harness_pid(&h, "skewed"),
					&n.op), 0);
	for (step = vm_steps(h.vm) + 1; !n.step; step++) {
		vm_run_until(h.vm, 100 * VM_SECOND, 1);
		ck_assert_uint_eq(vm_steps(h.vm), step);
	}
	ck_assert_uint_eq(n.step, vm_steps(h.vm));
	harness_stop(&h);
}
END_TEST

CHECK_MAIN("determinism", test_same_seed, test_other_seed,
	   test_steps_do_not_matter, test_step_that_ends_an_op)
