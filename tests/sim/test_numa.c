/* SPDX-License-Identifier: MIT */
/*
 * test_numa.c - two nodes: where memory comes from, and node reclaim.
 *
 * Fact sheet C.1, C.2, C.6 and the recordings d-numa: with zone_reclaim_mode
 * 0 a full node is left for the other at its low mark and its kswapd never
 * wakes; with 1 clean unmapped cache goes first; 2 and 4 add what they say.
 */
#include <stdio.h>

#include "harness.h"
#include "check_main.h"

#define NODE0 0x1u

/* Node 0 full of what "cache" does; "asker" runs on its CPU. */
static void full_node(struct vm_machine *m, const char *mode)
{
	struct vm_task_conf *t;

	machine_two_nodes(m, 96);
	machine_file(m, "/big", 80);
	machine_sysctl(m, "vm.zone_reclaim_mode", mode);
	/* boosts wake kswapd on their own account */
	machine_sysctl(m, "vm.watermark_boost_factor", "0");
	machine_sysctl(m, "vm.dirty_ratio", "90");
	machine_sysctl(m, "vm.dirty_background_ratio", "80");
	m->node[0].distance[1] = m->node[1].distance[0] = 21;
	t = machine_task(m, "cache");
	snprintf(t->file, sizeof(t->file), "/big");
	t->cpu = 0;
	t->nodes = NODE0;
	machine_task(m, "asker")->cpu = 0;
}

static uint64_t miss(struct harness *h)
{
	return harness_look(h)->node[1].zone[VM_ZONE_NORMAL].numa[NUMA_MISS];
}

/* Fill by @kind, then ask for 40 MiB. */
static void ask(struct harness *h, const char *mode, enum vm_op_kind kind)
{
	struct vm_machine m;

	full_node(&m, mode);
	harness_start(h, &m);
	ck_assert_int_eq(harness_op(h, "cache", kind, MIB(76)), 0);
	ck_assert_int_eq(harness_op(h, "asker", VM_OP_ALLOC, MIB(40)), 0);
}

START_TEST(test_mode_0)
{
	struct harness h;

	ask(&h, "0", VM_OP_READ);
	/* 96 MiB, 76 of cache: what is left at home is less than 20 */
	ck_assert_uint_gt(miss(&h), MIB(20));
	ck_assert_uint_gt(harness_task(&h, "asker").node_pages[1], MIB(20));
	ck_assert_uint_eq(harness_event(&h, PGSCAN_ZONE_RECLAIM_SUCCESS), 0);
	ck_assert_uint_eq(harness_event(&h, PGSCAN_ZONE_RECLAIM_FAILED), 0);
	ck_assert_uint_eq(harness_event(&h, PGSCAN_KSWAPD), 0);
	harness_stop(&h);
}
END_TEST

START_TEST(test_mode_1)
{
	struct harness h;

	ask(&h, "1", VM_OP_READ);
	ck_assert_uint_lt(miss(&h), MIB(10));
	ck_assert_uint_gt(harness_event(&h, PGSCAN_ZONE_RECLAIM_SUCCESS), 100);
	/* counted as direct reclaim, 32 pages a success or a few more */
	ck_assert_uint_ge(harness_event(&h, PGSTEAL_DIRECT),
			  32 * harness_event(&h, PGSCAN_ZONE_RECLAIM_SUCCESS));
	ck_assert_uint_eq(harness_event(&h, PGSTEAL_ANON), 0);
	harness_stop(&h);
}
END_TEST

START_TEST(test_mode_2_writes)
{
	struct harness h;
	uint64_t without;

	ask(&h, "1", VM_OP_DIRTY);
	without = miss(&h);
	ck_assert_uint_eq(harness_node(&h, NR_VMSCAN_WRITE), 0);
	harness_stop(&h);
	ask(&h, "3", VM_OP_DIRTY);
	ck_assert_uint_lt(miss(&h), without);
	harness_stop(&h);
}
END_TEST

/* M.10 */
START_TEST(test_counters_agree)
{
	struct harness h;
	const struct vm_stat *s;
	uint64_t missed = 0, foreign = 0;

	ask(&h, "0", VM_OP_READ);
	s = harness_look(&h);
	for (unsigned nid = 0; nid < s->nr_nodes; nid++) {
		for (int i = 0; i < VM_NR_ZONES; i++) {
			const uint64_t *n = s->node[nid].zone[i].numa;

			ck_assert_uint_eq(n[NUMA_HIT] + n[NUMA_MISS],
					  n[NUMA_LOCAL] + n[NUMA_OTHER]);
			missed += n[NUMA_MISS];
			foreign += n[NUMA_FOREIGN];
		}
	}
	ck_assert_uint_gt(missed, 0);
	ck_assert_uint_eq(missed, foreign);
	harness_stop(&h);
}
END_TEST

/* The same touches take longer on the other node. */
START_TEST(test_remote_touches_cost_more)
{
	uint64_t ns[2];

	for (unsigned nid = 0; nid < 2; nid++) {
		struct vm_machine m;
		struct harness h;
		struct vm_task_conf *t;
		struct vm_task_stat before;

		machine_two_nodes(&m, 64);
		t = machine_task(&m, "toucher");
		t->cpu = 0;
		t->nodes = 1u << nid;
		t->anon_pages = t->anon_resident = MIB(16);
		harness_start(&h, &m);
		harness_run(&h, VM_SECOND);
		before = harness_task(&h, "toucher");
		for (int i = 0; i < 10; i++)
			harness_op(&h, "toucher", VM_OP_TOUCH, MIB(16));
		ns[nid] =
			harness_task(&h, "toucher").utime_ns - before.utime_ns;
		harness_stop(&h);
	}
	ck_assert_uint_gt(ns[0], 0);
	ck_assert_uint_gt(ns[1], ns[0] + ns[0] / 4);
}
END_TEST

CHECK_MAIN("numa", test_mode_0, test_mode_1, test_mode_2_writes,
	   test_counters_agree, test_remote_touches_cost_more)
