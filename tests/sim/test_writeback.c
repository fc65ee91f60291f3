/* SPDX-License-Identifier: MIT */
/*
 * test_writeback.c - dirty pages: who writes them, when, and who waits.
 *
 * Fact sheet F and the recording c2-dirty-slowdisk: background writing begins
 * at the background limit, a writer is held near the mean of both limits and
 * stopped by the upper one, old pages are written by the periodic flusher.
 */
#include <stdio.h>

#include "harness.h"
#include "check_main.h"

/* A writer of one file on a disk of @bps; rate 0 is idle. */
static void writer(struct vm_machine *m, uint64_t bps, uint64_t rate)
{
	machine_one_node(m, 128);
	m->nr_cpus = 2;
	m->disk[0].bandwidth_bps = bps;
	machine_file(m, "/log", 512);
	machine_stream(m, "writer", "/log", rate)->write_permille = 1000;
	m->task[0].nr_phases = rate > 0;
}

/*
 * A device that has never written has no share of the limits, and is flushed
 * by the first periodic run (seen in the recording too): give it one.
 */
static void start_with_history(struct harness *h, struct vm_machine *m)
{
	harness_start(h, m);
	ck_assert_int_eq(harness_op(h, "writer", VM_OP_DIRTY, MIB(4)), 0);
	vm_sync(h->vm);
	harness_settle(h, 10 * VM_SECOND);
}

static uint64_t dirty(struct harness *h)
{
	return harness_node(h, NR_FILE_DIRTY) + harness_node(h, NR_WRITEBACK);
}

/* F.2: nothing is written before the background limit or the expiry. */
START_TEST(test_below_background)
{
	struct vm_machine m;
	struct harness h;
	uint64_t out;

	writer(&m, 100 << 20, 0);
	start_with_history(&h, &m);
	out = harness_event(&h, PGPGOUT);
	ck_assert_int_eq(harness_op(&h, "writer", VM_OP_DIRTY, MIB(2)), 0);
	harness_run(&h, 10 * VM_SECOND);
	ck_assert_uint_lt(MIB(2), harness_look(&h)->dirty_background_threshold);
	ck_assert_uint_eq(dirty(&h), MIB(2));
	ck_assert_uint_eq(harness_event(&h, PGPGOUT), out);
	harness_stop(&h);
}
END_TEST

/* Recorded: expired after 30 to 36 s (expiry 30 s, a flusher each 5 s). */
START_TEST(test_expiry)
{
	struct vm_machine m;
	struct harness h;
	uint64_t out;

	writer(&m, 100 << 20, 0);
	start_with_history(&h, &m);
	out = harness_event(&h, PGPGOUT);
	ck_assert_int_eq(harness_op(&h, "writer", VM_OP_DIRTY, MIB(2)), 0);
	harness_run(&h, 29 * VM_SECOND);
	ck_assert_uint_eq(dirty(&h), MIB(2));
	harness_run(&h, 7 * VM_SECOND);
	ck_assert_uint_eq(dirty(&h), 0);
	ck_assert_uint_eq(harness_event(&h, PGPGOUT) - out, 8 * MIB(2));
	harness_stop(&h);
}
END_TEST

START_TEST(test_background)
{
	struct vm_machine m;
	struct harness h;
	uint64_t limit;

	writer(&m, 200 << 20, 0);
	harness_start(&h, &m);
	limit = harness_look(&h)->dirty_background_threshold;
	ck_assert_int_eq(harness_op(&h, "writer", VM_OP_DIRTY, limit + 1024),
			 0);
	harness_run(&h, 3 * VM_SECOND);
	ck_assert_uint_le(dirty(&h), limit);
	ck_assert_uint_gt(harness_node(&h, NR_WRITTEN), 0);
	harness_stop(&h);
}
END_TEST

/* A disk of 3 MB/s and a writer of 64: the limit holds, the writer waits. */
START_TEST(test_throttled)
{
	struct vm_machine m;
	struct harness h;
	uint64_t limit, most = 0;

	writer(&m, 3000000, MIB(64));
	harness_start(&h, &m);
	for (int i = 0; i < 600; i++) {
		harness_run(&h, 100 * VM_MILLISECOND);
		if (dirty(&h) > most)
			most = dirty(&h);
	}
	limit = harness_look(&h)->dirty_threshold;
	ck_assert_uint_gt(harness_task(&h, "writer").throttle_ns,
			  20 * VM_SECOND);
	ck_assert_uint_gt(most, limit / 2);
	ck_assert_uint_le(most, limit + limit / 8);
	harness_stop(&h);
}
END_TEST

START_TEST(test_fast_disk_does_not_throttle)
{
	struct vm_machine m;
	struct harness h;

	writer(&m, 1000 << 20, MIB(16));
	harness_start(&h, &m);
	harness_run(&h, 30 * VM_SECOND);
	ck_assert_uint_gt(harness_node(&h, NR_WRITTEN), MIB(300));
	ck_assert_uint_lt(harness_task(&h, "writer").throttle_ns, VM_SECOND);
	harness_stop(&h);
}
END_TEST

START_TEST(test_bytes_and_ratio)
{
	struct vm_machine m;
	struct harness h;
	uint64_t by_ratio;

	writer(&m, 100 << 20, 0);
	harness_start(&h, &m);
	by_ratio = harness_look(&h)->dirty_threshold;
	ck_assert_int_eq(harness_sysctl(&h, "dirty_bytes", 8 << 20), 0);
	ck_assert_uint_eq(harness_look(&h)->dirty_threshold, MIB(8));
	ck_assert_int_eq(harness_sysctl(&h, "dirty_background_bytes", 4 << 20),
			 0);
	ck_assert_uint_eq(harness_look(&h)->dirty_background_threshold, MIB(4));
	ck_assert_int_eq(harness_sysctl(&h, "dirty_ratio", 20), 0);
	ck_assert_uint_eq(harness_look(&h)->dirty_threshold, by_ratio);
	harness_stop(&h);
}
END_TEST

START_TEST(test_sync)
{
	struct vm_machine m;
	struct harness h;

	writer(&m, 100 << 20, 0);
	harness_start(&h, &m);
	ck_assert_int_eq(harness_op(&h, "writer", VM_OP_DIRTY, MIB(2)), 0);
	vm_sync(h.vm);
	harness_settle(&h, 10 * VM_SECOND);
	ck_assert_uint_eq(dirty(&h), 0);
	harness_stop(&h);
}
END_TEST

CHECK_MAIN("writeback", test_below_background, test_expiry, test_background,
	   test_throttled, test_fast_disk_does_not_throttle,
	   test_bytes_and_ratio, test_sync)
