/* SPDX-License-Identifier: MIT */
/*
 * test_swap.c - anonymous pages leave for swap and come back.
 *
 * Fact sheet G: slots, swap cache, areas by priority, read-ahead by
 * page-cluster, and what happens without a free slot.
 */
#include <errno.h>

#include "harness.h"
#include "check_main.h"

/* "sleeper" and "hungry" do not fit together; @swap MiB of swap. */
static void crowded(struct vm_machine *m, unsigned swap)
{
	struct vm_task_conf *t;

	machine_one_node(m, 64);
	m->nr_cpus = 2;
	if (swap)
		machine_swap(m, swap);
	t = machine_task(m, "sleeper");
	t->anon_pages = t->anon_resident = MIB(40);
	machine_task(m, "hungry");
}

static uint64_t swap_used(struct harness *h)
{
	const struct vm_stat *s = harness_look(h);

	return s->swap_total - s->swap_free;
}

START_TEST(test_out)
{
	struct vm_machine m;
	struct harness h;
	uint64_t out;

	crowded(&m, 64);
	harness_start(&h, &m);
	harness_run(&h, VM_SECOND);
	ck_assert_uint_eq(swap_used(&h), 0);
	ck_assert_int_eq(harness_op(&h, "hungry", VM_OP_ALLOC, MIB(40)), 0);
	harness_settle(&h, 600 * VM_SECOND);
	out = harness_task(&h, "sleeper").swapents;
	ck_assert_uint_gt(out, MIB(8));
	ck_assert_uint_ge(swap_used(&h),
			  out + harness_task(&h, "hungry").swapents);
	ck_assert_uint_ge(harness_event(&h, PSWPOUT), out);
	/* what is not in memory is in swap */
	ck_assert_uint_eq(harness_task(&h, "sleeper").rss_anon + out, MIB(40));
	harness_stop(&h);
}
END_TEST

/*
 * A disk that seeks for every page: reclaim waits for a place in its queue,
 * and does not put all of swap under writeback to find nothing free.
 */
START_TEST(test_slow_disk)
{
	struct vm_machine m;
	struct harness h;

	crowded(&m, 64);
	vm_disk_defaults(&m.disk[0], VM_DISK_HDD);
	harness_start(&h, &m);
	ck_assert_int_eq(harness_op(&h, "hungry", VM_OP_ALLOC, MIB(40)), 0);
	/* the batch that found the last place may be 32 pages on each CPU */
	ck_assert_uint_le(harness_node(&h, NR_WRITEBACK), 256 + 3 * 32);
	ck_assert_uint_eq(harness_event(&h, OOM_KILL), 0);
	harness_stop(&h);
}
END_TEST

START_TEST(test_and_back)
{
	struct vm_machine m;
	struct harness h;
	struct vm_task_stat t;

	crowded(&m, 64);
	harness_start(&h, &m);
	ck_assert_int_eq(harness_op(&h, "hungry", VM_OP_ALLOC, MIB(40)), 0);
	harness_settle(&h, 600 * VM_SECOND);
	ck_assert_int_eq(harness_op(&h, "hungry", VM_OP_EXIT, 0), 0);
	harness_run(&h, VM_SECOND);
	ck_assert_uint_eq(harness_event(&h, PSWPIN), 0);
	ck_assert_int_eq(harness_op(&h, "sleeper", VM_OP_TOUCH, MIB(40)), 0);
	harness_settle(&h, 600 * VM_SECOND);
	t = harness_task(&h, "sleeper");
	ck_assert_uint_eq(t.rss_anon, MIB(40));
	ck_assert_uint_eq(t.swapents, 0);
	ck_assert_uint_gt(t.majflt, 0);
	ck_assert_uint_gt(harness_event(&h, PSWPIN), MIB(8));
	ck_assert_uint_gt(harness_node(&h, WORKINGSET_REFAULT_ANON), MIB(8));
	harness_stop(&h);
}
END_TEST

/* page-cluster 3 reads eight slots at a time, 0 reads one. */
START_TEST(test_read_ahead)
{
	struct vm_machine m;
	struct harness h;
	uint64_t faults[2], ahead[2];

	for (int cluster = 0; cluster <= 1; cluster++) {
		crowded(&m, 64);
		machine_sysctl(&m, "vm.page-cluster", cluster ? "3" : "0");
		harness_start(&h, &m);
		harness_op(&h, "hungry", VM_OP_ALLOC, MIB(40));
		harness_settle(&h, 600 * VM_SECOND);
		harness_op(&h, "hungry", VM_OP_EXIT, 0);
		harness_run(&h, VM_SECOND);
		harness_op(&h, "sleeper", VM_OP_TOUCH, MIB(40));
		faults[cluster] = harness_task(&h, "sleeper").majflt;
		ahead[cluster] = harness_event(&h, SWAP_RA);
		harness_stop(&h);
	}
	ck_assert_uint_eq(ahead[0], 0);
	ck_assert_uint_gt(ahead[1], 0);
	ck_assert_uint_gt(faults[0], 2 * faults[1]);
}
END_TEST

/* The higher priority is filled first. */
START_TEST(test_priorities)
{
	struct vm_machine m;
	struct harness h;
	const struct vm_stat *s;

	crowded(&m, 8);
	machine_swap(&m, 64);
	m.swap[0].priority = 5;
	m.swap[1].priority = 10;
	harness_start(&h, &m);
	ck_assert_int_eq(harness_op(&h, "hungry", VM_OP_ALLOC, MIB(40)), 0);
	harness_settle(&h, 600 * VM_SECOND);
	s = harness_look(&h);
	ck_assert_uint_eq(s->swap[0].used, 0);
	ck_assert_uint_gt(s->swap[1].used, MIB(8));
	harness_stop(&h);
}
END_TEST

/* Out of swap is as no swap: somebody has to go. */
START_TEST(test_full)
{
	struct vm_machine m;
	struct harness h;

	crowded(&m, 4);
	harness_start(&h, &m);
	harness_op(&h, "hungry", VM_OP_ALLOC, MIB(60));
	harness_run(&h, VM_SECOND);
	ck_assert_uint_ge(harness_event(&h, OOM_KILL), 1);
	harness_stop(&h);
}
END_TEST

/* swapoff(2) to its end; time passes in between. */
static int swapoff(struct harness *h)
{
	int err;

	for (int i = 0; i < 100000; i++) {
		err = vm_swapoff(h->vm, 0);
		if (err != -EAGAIN)
			return err;
		harness_run(h, VM_MILLISECOND);
	}
	ck_abort_msg("swapoff has no end");
	return -EAGAIN;
}

START_TEST(test_swapoff)
{
	struct vm_machine m;
	struct harness h;
	int err;

	crowded(&m, 64);
	harness_start(&h, &m);
	ck_assert_int_eq(harness_op(&h, "hungry", VM_OP_ALLOC, MIB(40)), 0);
	harness_settle(&h, 600 * VM_SECOND);
	/* more is out than would fit */
	err = swapoff(&h);
	ck_assert_int_eq(err, -ENOMEM);
	ck_assert_uint_gt(harness_look(&h)->swap_total, 0);
	ck_assert_int_eq(harness_op(&h, "hungry", VM_OP_EXIT, 0), 0);
	harness_run(&h, VM_SECOND);
	ck_assert_int_eq(swapoff(&h), 0);
	ck_assert_uint_eq(harness_look(&h)->swap_total, 0);
	ck_assert_uint_eq(harness_task(&h, "sleeper").swapents, 0);
	ck_assert_uint_eq(harness_task(&h, "sleeper").rss_anon, MIB(40));
	ck_assert_int_eq(swapoff(&h), -EINVAL);
	ck_assert_int_eq(vm_swapon(h.vm, 0, 7), 0);
	ck_assert_uint_eq(harness_look(&h)->swap[0].priority, 7);
	ck_assert_int_eq(vm_swapon(h.vm, 0, 7), -EBUSY);
	harness_stop(&h);
}
END_TEST

CHECK_MAIN("swap", test_out, test_slow_disk, test_and_back, test_read_ahead,
	   test_priorities, test_full, test_swapoff)
