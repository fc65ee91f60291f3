/* SPDX-License-Identifier: MIT */
/*
 * test_kswapd.c - background reclaim: when it begins, when it ends.
 *
 * A reader streams a file through a small machine.  kswapd has to wake below
 * low (or high, the textbook's mark), sleep above high, and keep up, so that
 * nobody reclaims directly.  Fact sheet D; the figures of the recording
 * a-stream-read are in the comments where one is used.
 */
#include <stdio.h>

#include "harness.h"
#include "check_main.h"

#define BIG "/data/big"

/* A machine and a reader of @mib MiB at @rate pages a second. */
static void stream(struct vm_machine *m, uint64_t rate)
{
	machine_one_node(m, 128);
	/* boosts move the marks, and wake kswapd on their own account */
	machine_sysctl(m, "vm.watermark_boost_factor", "0");
	m->nr_cpus = 2;
	machine_file(m, BIG, 512);
	machine_stream(m, "reader", BIG, rate);
}

static const struct vm_zone_stat *zone(struct harness *h)
{
	return &harness_look(h)->node[0].zone[VM_ZONE_NORMAL];
}

START_TEST(test_keeps_up)
{
	struct vm_machine m;
	struct harness h;

	stream(&m, MIB(32));
	harness_start(&h, &m);
	harness_run(&h, 20 * VM_SECOND);
	ck_assert_uint_gt(harness_event(&h, PGSTEAL_KSWAPD), MIB(400));
	ck_assert_uint_eq(harness_event(&h, PGSTEAL_DIRECT), 0);
	ck_assert_uint_eq(harness_event(&h, ALLOCSTALL_MOVABLE), 0);
	ck_assert_uint_eq(harness_task(&h, "reader").direct_reclaims, 0);
	/* clean pages, read once: no write, no second visit, no swap */
	ck_assert_uint_eq(harness_event(&h, PGPGOUT), 0);
	ck_assert_uint_eq(harness_event(&h, PGSTEAL_ANON), 0);
	ck_assert_uint_eq(harness_event(&h, PGACTIVATE), 0);
	/* D.3: the reader goes on, so that a nap of 100 ms is never whole */
	ck_assert_uint_gt(harness_event(&h, KSWAPD_LOW_WMARK_HIT_QUICKLY), 100);
	ck_assert_uint_lt(harness_event(&h, KSWAPD_HIGH_WMARK_HIT_QUICKLY), 10);
	harness_stop(&h);
}
END_TEST

START_TEST(test_sleeps_before_there_is_need)
{
	struct vm_machine m;
	struct harness h;

	stream(&m, MIB(8));
	harness_start(&h, &m);
	harness_want(&h, VM_EV_WAKEUP_KSWAPD);
	harness_run(&h, 5 * VM_SECOND);
	ck_assert_uint_gt(zone(&h)->item[NR_FREE_PAGES], zone(&h)->high);
	ck_assert_int_eq(zone(&h)->band, VM_BAND_ABOVE_HIGH);
	ck_assert_uint_eq(harness_event(&h, PGSCAN_KSWAPD), 0);
	ck_assert_uint_eq(harness_seen(&h, VM_EV_WAKEUP_KSWAPD), 0);
	harness_stop(&h);
}
END_TEST

/* Let the reader go on until kswapd is woken; free pages just before. */
static uint64_t free_at_wakeup(struct harness *h)
{
	uint64_t before = 0;

	harness_want(h, VM_EV_WAKEUP_KSWAPD);
	for (int i = 0; i < 200000; i++) {
		before = zone(h)->item[NR_FREE_PAGES];
		harness_run(h, VM_MILLISECOND / 4);
		if (harness_seen(h, VM_EV_WAKEUP_KSWAPD))
			return before;
	}
	ck_abort_msg("kswapd was never woken");
	return 0;
}

/* Recorded: woken at 805 free pages with low at 808. */
START_TEST(test_wakes_below_low)
{
	struct vm_machine m;
	struct harness h;
	uint64_t at;

	stream(&m, MIB(16));
	harness_start(&h, &m);
	at = free_at_wakeup(&h);
	ck_assert_uint_le(at, zone(&h)->low + 64);
	ck_assert_uint_gt(at, zone(&h)->min);
	harness_stop(&h);
}
END_TEST

START_TEST(test_wakes_below_high_in_the_textbook)
{
	struct vm_machine m;
	struct harness h;
	uint64_t at;

	stream(&m, MIB(16));
	m.kswapd_wake = VM_KSWAPD_WAKE_HIGH;
	harness_start(&h, &m);
	at = free_at_wakeup(&h);
	ck_assert_uint_le(at, zone(&h)->high + 64);
	ck_assert_uint_gt(at, zone(&h)->low + 64);
	harness_stop(&h);
}
END_TEST

/* What it does after the reader has gone: up to high, then a full sleep. */
START_TEST(test_goes_on_to_high_and_sleeps)
{
	struct vm_machine m;
	struct harness h;

	stream(&m, MIB(16));
	m.task[0].phase[0].accesses = MIB(256);
	harness_start(&h, &m);
	harness_want(&h, VM_EV_KSWAPD_SLEEP);
	harness_run(&h, 30 * VM_SECOND);
	harness_settle(&h, 60 * VM_SECOND);
	ck_assert_uint_gt(zone(&h)->item[NR_FREE_PAGES], zone(&h)->high);
	ck_assert(!harness_look(&h)->node[0].kswapd_active);
	ck_assert_uint_ge(harness_seen(&h, VM_EV_KSWAPD_SLEEP), 1);
	harness_stop(&h);
}
END_TEST

START_TEST(test_trace_of_a_stream)
{
	struct vm_machine m;
	struct harness h;

	stream(&m, MIB(16));
	m.task[0].phase[0].accesses = MIB(160);
	harness_start(&h, &m);
	harness_want(&h, VM_EV_WAKEUP_KSWAPD);
	harness_want(&h, VM_EV_KSWAPD_WAKE);
	harness_want(&h, VM_EV_KSWAPD_SLEEP);
	harness_want(&h, VM_EV_DIRECT_RECLAIM_BEGIN);
	harness_want(&h, VM_EV_SHRINK_INACTIVE);
	harness_run(&h, 20 * VM_SECOND);
	harness_golden(&h, "kswapd_stream");
	harness_stop(&h);
}
END_TEST

/* D.4: a node that has nothing to give is left alone after 16 runs. */
START_TEST(test_gives_up)
{
	struct vm_machine m;
	struct harness h;
	uint64_t runs;

	machine_one_node(&m, 64);
	m.kernel.slab_reclaimable = 0;
	machine_task(&m, "asker");
	harness_start(&h, &m);
	/* no swap, no file: what is taken cannot come back */
	while (zone(&h)->item[NR_FREE_PAGES] > zone(&h)->low)
		ck_assert_int_eq(harness_op(&h, "asker", VM_OP_ALLOC, 8), 0);
	ck_assert_int_eq(harness_op(&h, "asker", VM_OP_ALLOC, 8), 0);
	ck_assert_int_eq(zone(&h)->band, VM_BAND_MIN_LOW);
	harness_run(&h, 10 * VM_SECOND);
	ck_assert(harness_look(&h)->node[0].unreclaimable);
	runs = harness_event(&h, PAGEOUTRUN);
	ck_assert_uint_ge(runs, 16);
	ck_assert_uint_eq(harness_event(&h, PGSTEAL_KSWAPD), 0);
	ck_assert_int_eq(harness_op(&h, "asker", VM_OP_ALLOC, 8), 0);
	harness_run(&h, 10 * VM_SECOND);
	ck_assert_uint_eq(harness_event(&h, PAGEOUTRUN), runs);
	harness_stop(&h);
}
END_TEST

CHECK_MAIN("kswapd", test_keeps_up, test_sleeps_before_there_is_need,
	   test_wakes_below_low, test_wakes_below_high_in_the_textbook,
	   test_goes_on_to_high_and_sleeps, test_trace_of_a_stream,
	   test_gives_up)
