/* SPDX-License-Identifier: MIT */
/*
 * test_snapshot.c - figures that are calculated when they are read.
 *
 * A machine of two nodes on which nothing runs: what the snapshot says is
 * held against the zones behind it, with levels and marks written there so
 * that each rule and each band is met.
 */
#include <string.h>

#include <vm/vm.h>

#include "check_main.h"
#include "memory/state.h"

static struct vm *vm;
static struct vm_stat s;

static void setup(void)
{
	static struct vm_machine m;

	vm_machine_init(&m);
	m.nr_nodes = 2;
	m.node[0].mem_pages = m.node[1].mem_pages = 65536;
	m.node[0].distance[1] = m.node[1].distance[0] = 21;
	m.nr_cpus = 3;
	m.cpu_node[2] = 1;
	m.nr_disks = 1;
	vm_disk_defaults(&m.disk[0], VM_DISK_SSD);
	memcpy(m.disk[0].name, "sda", 4);
	m.nr_swaps = 2;
	m.swap[0] = (struct vm_swap_conf){ "/dev/sda2", false, 0, 1001, 5 };
	m.swap[1] = (struct vm_swap_conf){ "/swap", true, 0, 501,
					   VM_SWAP_PRIO_AUTO };
	m.boot_epoch_s = 1700000000;
	vm_machine_layout(&m);
	ck_assert_int_eq(vm_create(&vm, &m, VM_WORLD_SIM), 0);
	vm_stat_get(vm, &s);
}

static struct zone *normal(void)
{
	return &vm->node[0].zone[VM_ZONE_DMA32];
}

START_TEST(test_shape)
{
	uint64_t managed = 0;

	setup();
	ck_assert_uint_eq(s.nr_nodes, 2);
	ck_assert_uint_eq(s.nr_cpus, 3);
	ck_assert_uint_eq(s.nr_disks, 1);
	ck_assert_str_eq(s.disk[0].name, "sda");
	ck_assert_uint_eq(s.node[0].distance[0], 10);
	ck_assert_uint_eq(s.node[0].distance[1], 21);
	ck_assert_uint_eq(s.boot_epoch_s, 1700000000);
	ck_assert(!s.panicked);
	for (unsigned n = 0; n < 2; n++)
		for (unsigned z = 0; z < VM_NR_ZONES; z++)
			managed += s.node[n].zone[z].managed;
	ck_assert_uint_eq(s.total_pages, managed);
	ck_assert_uint_eq(s.node[0].zone[VM_ZONE_DMA].present, 3998);
	vm_destroy(vm);
}
END_TEST

/* Free pages are the free blocks, and no page is missing. */
START_TEST(test_free)
{
	setup();
	for (unsigned n = 0; n < 2; n++) {
		for (unsigned z = 0; z < VM_NR_ZONES; z++) {
			const struct vm_zone_stat *zs = &s.node[n].zone[z];
			uint64_t free = 0;

			for (unsigned o = 0; o < VM_NR_ORDERS; o++)
				for (unsigned t = 0; t < VM_NR_MIGRATETYPES;
				     t++)
					free += zs->nr_free[o][t] << o;
			ck_assert_uint_eq(zs->item[NR_FREE_PAGES], free);
			ck_assert_uint_le(free, zs->managed);
		}
	}
	ck_assert_uint_eq(
		vm_stat_zone_sum(&s, NR_FREE_PAGES),
		s.node[0].zone[VM_ZONE_DMA].item[NR_FREE_PAGES] +
			s.node[0].zone[VM_ZONE_DMA32].item[NR_FREE_PAGES] +
			s.node[1].zone[VM_ZONE_DMA32].item[NR_FREE_PAGES]);
	vm_destroy(vm);
}
END_TEST

START_TEST(test_bands)
{
	struct zone *z;
	int64_t was;

	setup();
	z = normal();
	was = z->item[NR_FREE_PAGES];
	z->boost = 7;
	z->item[NR_FREE_PAGES] = (int64_t)z->wmark[WMARK_HIGH] + 8;
	vm_stat_get(vm, &s);
	ck_assert_int_eq(s.node[0].zone[VM_ZONE_DMA32].band,
			 VM_BAND_ABOVE_HIGH);
	ck_assert_uint_eq(s.node[0].zone[VM_ZONE_DMA32].high,
			  z->wmark[WMARK_HIGH] + 7);
	ck_assert_uint_eq(s.node[0].zone[VM_ZONE_DMA32].boost, 7);
	z->item[NR_FREE_PAGES]--;
	vm_stat_get(vm, &s);
	ck_assert_int_eq(s.node[0].zone[VM_ZONE_DMA32].band, VM_BAND_LOW_HIGH);
	z->item[NR_FREE_PAGES] = (int64_t)z->wmark[WMARK_LOW] + 7;
	vm_stat_get(vm, &s);
	ck_assert_int_eq(s.node[0].zone[VM_ZONE_DMA32].band, VM_BAND_MIN_LOW);
	z->item[NR_FREE_PAGES] = (int64_t)z->wmark[WMARK_MIN] + 7;
	vm_stat_get(vm, &s);
	ck_assert_int_eq(s.node[0].zone[VM_ZONE_DMA32].band, VM_BAND_BELOW_MIN);
	z->item[NR_FREE_PAGES] = was;
	z->boost = 0;
	vm_destroy(vm);
}
END_TEST

/* J.1, put together again from the figures of the same snapshot. */
static uint64_t available(void)
{
	uint64_t cache = vm_stat_node_sum(&s, NR_ACTIVE_FILE) +
			 vm_stat_node_sum(&s, NR_INACTIVE_FILE);
	uint64_t slab = vm_stat_node_sum(&s, NR_SLAB_RECLAIMABLE);
	uint64_t low = 0, sum;

	for (unsigned n = 0; n < s.nr_nodes; n++)
		for (unsigned z = 0; z < VM_NR_ZONES; z++)
			low += s.node[n].zone[z].low;
	sum = vm_stat_zone_sum(&s, NR_FREE_PAGES) + cache + slab;
	sum -= cache / 2 < low ? cache / 2 : low;
	sum -= slab / 2 < low ? slab / 2 : low;
	return sum > s.totalreserve_pages ? sum - s.totalreserve_pages : 0;
}

START_TEST(test_available)
{
	struct zone *z;
	int64_t was;

	setup();
	ck_assert_uint_eq(s.mem_available, available());
	z = normal();
	was = z->item[NR_FREE_PAGES];
	/* much cache: the low marks are kept of it; little: half of it */
	z->item[NR_FREE_PAGES] -= 20000;
	vm->node[0].item[NR_INACTIVE_FILE] += 15000;
	vm->node[1].item[NR_ACTIVE_FILE] += 5000;
	vm_stat_get(vm, &s);
	ck_assert_uint_eq(s.mem_available, available());
	vm->node[0].item[NR_INACTIVE_FILE] -= 15000;
	vm->node[1].item[NR_ACTIVE_FILE] -= 4999;
	vm_stat_get(vm, &s);
	ck_assert_uint_eq(s.mem_available, available());
	vm->node[1].item[NR_ACTIVE_FILE] -= 1;
	/* never below 0 */
	z->item[NR_FREE_PAGES] = 0;
	vm->node[1].zone[VM_ZONE_DMA32].item[NR_FREE_PAGES] -= 65000;
	if (vm->node[1].zone[VM_ZONE_DMA32].item[NR_FREE_PAGES] < 0)
		vm->node[1].zone[VM_ZONE_DMA32].item[NR_FREE_PAGES] = 0;
	vm->totalreserve = vm->total_pages;
	vm_stat_get(vm, &s);
	ck_assert_uint_eq(s.mem_available, 0);
	z->item[NR_FREE_PAGES] = was;
	vm_destroy(vm);
}
END_TEST

START_TEST(test_swaps)
{
	setup();
	ck_assert_uint_eq(s.nr_swaps, 2);
	ck_assert_str_eq(s.swap[0].path, "/dev/sda2");
	ck_assert_uint_eq(s.swap[0].pages, 1000);
	ck_assert_int_eq(s.swap[0].priority, 5);
	ck_assert_int_eq(s.swap[1].priority, -2);
	ck_assert(s.swap[1].is_file);
	ck_assert_uint_eq(s.swap_total, 1500);
	ck_assert_uint_eq(s.swap_free, 1500);
	ck_assert_uint_eq(s.commit_limit, s.total_pages / 2 + 1500);
	ck_assert_int_eq(vm_swapoff(vm, 0), 0);
	vm_stat_get(vm, &s);
	ck_assert_uint_eq(s.nr_swaps, 1);
	ck_assert_str_eq(s.swap[0].path, "/swap");
	ck_assert_uint_eq(s.swap_total, 500);
	vm_destroy(vm);
}
END_TEST

START_TEST(test_per_cpu)
{
	const struct vm_zone_stat *zs = &s.node[0].zone[VM_ZONE_DMA32];
	struct zone *z;

	setup();
	z = normal();
	/* nobody has allocated there: the lists are as they were made */
	memset(z->numa, 0, sizeof(z->numa));
	vm_stat_get(vm, &s);
	ck_assert_uint_eq(zs->pcp_high, 0);
	ck_assert_uint_eq(zs->pcp_batch, 15);
	/* 60,000 pages are less than 256 MiB, on 3 CPUs */
	ck_assert_uint_eq(zs->stat_threshold, 2 * 2 * 2);
	z->numa[NUMA_LOCAL] = 1;
	vm_stat_get(vm, &s);
	ck_assert_uint_eq(zs->pcp_high, z->wmark[WMARK_LOW] / 2 > 60
						? z->wmark[WMARK_LOW] / 2
						: 60);
	vm_destroy(vm);
}
END_TEST

/* Idle or busy at every time; kswapd's time comes on top of it. */
START_TEST(test_cpu_time)
{
	setup();
	vm_run_until(vm, 10 * VM_SECOND, 1000000);
	vm_stat_get(vm, &s);
	ck_assert_uint_eq(s.now_ns, 10 * VM_SECOND);
	for (unsigned i = 0; i < s.nr_cpus; i++) {
		const struct vm_cpu_stat *c = &s.cpu[i];

		ck_assert_uint_le(c->idle_ns + c->iowait_ns, s.now_ns);
		ck_assert_uint_ge(c->user_ns + c->system_ns + c->idle_ns +
					  c->iowait_ns,
				  s.now_ns);
	}
	ck_assert_uint_eq(s.cpu[2].node, 1);
	vm_destroy(vm);
}
END_TEST

/* Names stand at their item, and each one once. */
START_TEST(test_names)
{
	ck_assert_str_eq(vm_zone_item_name[NR_FREE_PAGES], "nr_free_pages");
	ck_assert_str_eq(vm_zone_item_name[NR_UNACCEPTED], "nr_unaccepted");
	ck_assert_str_eq(vm_numa_item_name[NUMA_OTHER], "numa_other");
	ck_assert_str_eq(vm_node_item_name[NR_FILE_DIRTY], "nr_dirty");
	ck_assert_str_eq(vm_node_item_name[NR_SWAPCACHE], "nr_swapcached");
	ck_assert_str_eq(vm_node_item_name[PGDEMOTE_KHUGEPAGED],
			 "pgdemote_khugepaged");
	ck_assert_str_eq(vm_event_item_name[PGPGIN], "pgpgin");
	ck_assert_str_eq(vm_event_item_name[OOM_KILL], "oom_kill");
	ck_assert_str_eq(vm_event_item_name[PGSCAN_ZONE_RECLAIM_FAILED],
			 "zone_reclaim_failed");
	ck_assert_str_eq(vm_event_item_name[THP_SWPOUT_FALLBACK],
			 "thp_swpout_fallback");
	ck_assert_str_eq(vm_event_item_name[SWAP_RA_HIT], "swap_ra_hit");
	ck_assert_str_eq(vm_event_item_name[DIRECT_MAP_LEVEL3_SPLIT],
			 "direct_map_level3_splits");
	for (unsigned i = 0; i < VM_NR_EVENT_ITEMS; i++) {
		ck_assert_ptr_nonnull(vm_event_item_name[i]);
		for (unsigned j = 0; j < i; j++)
			ck_assert_str_ne(vm_event_item_name[i],
					 vm_event_item_name[j]);
	}
	/* with four thresholds and nr_unstable: the lines of /proc/vmstat */
	ck_assert_uint_eq(VM_NR_ZONE_ITEMS + VM_NR_NUMA_ITEMS +
				  VM_NR_NODE_ITEMS + VM_NR_EVENT_ITEMS + 5,
			  185);
}
END_TEST

CHECK_MAIN("snapshot", test_shape, test_free, test_bands, test_available,
	   test_swaps, test_per_cpu, test_cpu_time, test_names)
