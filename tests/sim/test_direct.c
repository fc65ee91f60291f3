/* SPDX-License-Identifier: MIT */
/*
 * test_direct.c - direct reclaim: who does it, what it costs, when it ends.
 *
 * Memory is full of anonymous pages that have to be swapped; a task asks
 * faster than the disk writes.  Fact sheet C.3, C.4.
 */
#include <stdio.h>

#include "harness.h"
#include "check_main.h"

/* "owner" holds nearly all of memory, "asker" and "idler" have nothing. */
static void full(struct vm_machine *m)
{
	struct vm_task_conf *t;

	machine_one_node(m, 64);
	m->nr_cpus = 2;
	machine_swap(m, 128);
	t = machine_task(m, "owner");
	t->anon_pages = t->anon_resident = MIB(52);
	t = machine_task(m, "asker");
	t->cpu = 0;
	t = machine_task(m, "idler");
	t->cpu = 1;
	t->anon_pages = t->anon_resident = KIB(64);
}

START_TEST(test_blocks_the_asker)
{
	struct vm_machine m;
	struct harness h;
	struct vm_task_stat t;

	full(&m);
	harness_start(&h, &m);
	harness_want(&h, VM_EV_DIRECT_RECLAIM_BEGIN);
	harness_want(&h, VM_EV_DIRECT_RECLAIM_END);
	harness_run(&h, VM_SECOND);
	ck_assert_int_eq(harness_op(&h, "asker", VM_OP_ALLOC, MIB(32)), 0);
	t = harness_task(&h, "asker");
	ck_assert_uint_ge(t.rss_anon + t.swapents, MIB(32));
	ck_assert_uint_gt(t.direct_reclaims, 0);
	ck_assert_uint_gt(t.direct_reclaim_ns, 0);
	ck_assert_uint_eq(harness_task(&h, "idler").direct_reclaims, 0);
	ck_assert_uint_gt(harness_event(&h, PGSTEAL_DIRECT), 0);
	harness_stop(&h);
}
END_TEST

/* M.15, and every begin has its end. */
START_TEST(test_stalls_are_counted)
{
	struct vm_machine m;
	struct harness h;
	uint64_t stalls;

	full(&m);
	harness_start(&h, &m);
	harness_want(&h, VM_EV_DIRECT_RECLAIM_BEGIN);
	harness_want(&h, VM_EV_DIRECT_RECLAIM_END);
	ck_assert_int_eq(harness_op(&h, "asker", VM_OP_ALLOC, MIB(32)), 0);
	harness_settle(&h, 600 * VM_SECOND);
	stalls = harness_event(&h, ALLOCSTALL_MOVABLE);
	ck_assert_uint_gt(stalls, 0);
	ck_assert_uint_ge(stalls, harness_seen(&h, VM_EV_DIRECT_RECLAIM_BEGIN));
	ck_assert_uint_eq(harness_seen(&h, VM_EV_DIRECT_RECLAIM_BEGIN),
			  harness_seen(&h, VM_EV_DIRECT_RECLAIM_END));
	harness_stop(&h);
}
END_TEST

/* The time that it costs is memory pressure, some of it and for everybody. */
START_TEST(test_pressure)
{
	struct vm_machine m;
	struct harness h;
	const struct vm_psi *psi;

	full(&m);
	vm_disk_defaults(&m.disk[0], VM_DISK_HDD);
	harness_start(&h, &m);
	harness_run(&h, VM_SECOND);
	psi = &harness_look(&h)->psi[VM_PSI_MEM];
	ck_assert_uint_eq(psi->some_total_us, 0);
	ck_assert_int_eq(harness_op(&h, "asker", VM_OP_ALLOC, MIB(32)), 0);
	harness_run(&h, 4 * VM_SECOND);
	psi = &harness_look(&h)->psi[VM_PSI_MEM];
	ck_assert_uint_gt(psi->some_total_us, 0);
	ck_assert_uint_gt(psi->some_avg[0], 0);
	ck_assert_uint_le(psi->full_total_us, psi->some_total_us);
	harness_stop(&h);
}
END_TEST

/* Pages that nobody uses twice and nobody wrote: kswapd is enough. */
START_TEST(test_not_while_kswapd_keeps_up)
{
	struct vm_machine m;
	struct harness h;

	machine_one_node(&m, 64);
	m.nr_cpus = 2;
	machine_file(&m, "/data/big", 256);
	/* room for a whole read-ahead between the marks */
	machine_sysctl(&m, "vm.min_free_kbytes", "4096");
	snprintf(machine_task(&m, "reader")->file, VM_NAME_LEN, "/data/big");
	harness_start(&h, &m);
	for (int i = 0; i < 2048; i++) {
		ck_assert_int_eq(harness_op(&h, "reader", VM_OP_READ, 32), 0);
		harness_run(&h, 2 * VM_MILLISECOND);
	}
	ck_assert_uint_gt(harness_event(&h, PGSTEAL_KSWAPD), MIB(128));
	ck_assert_uint_eq(harness_event(&h, ALLOCSTALL_MOVABLE), 0);
	harness_stop(&h);
}
END_TEST

/* Zone Movable above the rest of the node, full; the rest as good as. */
static void full_with_movable(struct vm_machine *m)
{
	struct vm_zone_conf *zone;
	struct vm_task_conf *t;

	machine_one_node(m, 64);
	vm_disk_defaults(&m->disk[0], VM_DISK_HDD);
	machine_swap(m, 64);
	zone = m->node[0].zone;
	zone[VM_ZONE_NORMAL].spanned = MIB(40);
	zone[VM_ZONE_NORMAL].present = zone[VM_ZONE_NORMAL].managed = MIB(40);
	zone[VM_ZONE_MOVABLE] = (struct vm_zone_conf){
		.start_pfn = MIB(40),
		.spanned = MIB(24),
		.present = MIB(24),
		.managed = MIB(24),
	};
	t = machine_task(m, "first");
	t->anon_pages = t->anon_resident = MIB(24);
	machine_task(m, "second");
	machine_task(m, "asker");
}

static void answered(struct vm_op *op, int err)
{
	ck_assert_int_eq(err, 0);
	op->pages = 0;
}

/*
 * C.4: who is throttled waits for the zones up to Normal, whatever zone his
 * page may come from; when Movable is free again kswapd has to go on below.
 */
START_TEST(test_throttled_has_kswapd_awake)
{
	struct vm_op op = { .kind = VM_OP_ALLOC, .pages = 8,
			    .done = answered };
	const struct vm_zone_stat *zone;
	struct vm_machine m;
	struct harness h;

	full_with_movable(&m);
	harness_start(&h, &m);
	harness_run(&h, VM_SECOND);
	ck_assert_int_eq(harness_op(&h, "second", VM_OP_ALLOC, MIB(32)), 0);
	zone = harness_look(&h)->node[0].zone;
	ck_assert_uint_lt(zone[VM_ZONE_NORMAL].item[NR_FREE_PAGES], MIB(8));
	ck_assert_int_eq(harness_sysctl(&h, "min_free_kbytes", 24 << 10), 0);
	ck_assert_int_eq(vm_task_submit(h.vm, harness_pid(&h, "asker"), &op),
			 0);
	harness_run(&h, VM_MILLISECOND);
	ck_assert_uint_gt(harness_event(&h, PGSCAN_DIRECT_THROTTLE), 0);
	ck_assert_int_eq(vm_task_kill(h.vm, harness_pid(&h, "first")), 0);
	harness_run(&h, 60 * VM_SECOND);
	ck_assert_msg(!op.pages, "throttled for ever");
	harness_stop(&h);
}
END_TEST

/*
 * Clean pages are freed in passing: all of it is inside of the asker's turns,
 * in which no time passes.  What it takes him is the CPU time of it.
 */
START_TEST(test_takes_cpu_time)
{
	struct vm_machine m;
	struct harness h;
	struct vm_task_stat stat;

	machine_one_node(&m, 128);
	machine_file(&m, "/big", 512);
	machine_stream(&m, "reader", "/big", MIB(1024));
	harness_start(&h, &m);
	harness_run(&h, 5 * VM_SECOND);
	stat = harness_task(&h, "reader");
	ck_assert_uint_gt(stat.direct_reclaims, 0);
	ck_assert_uint_ge(stat.direct_reclaim_ns,
			  harness_event(&h, PGSTEAL_DIRECT) *
				  m.cost.reclaim_ns);
	harness_stop(&h);
}
END_TEST

CHECK_MAIN("direct", test_blocks_the_asker, test_takes_cpu_time,
	   test_stalls_are_counted, test_pressure,
	   test_not_while_kswapd_keeps_up, test_throttled_has_kswapd_awake)
