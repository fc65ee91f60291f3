/* SPDX-License-Identifier: MIT */
/*
 * test_flusher.c - when dirty pages are written, and what drop_caches and the
 * huge page pool take: on a machine of two nodes with a slow and a fast disk.
 */
#include <errno.h>
#include <string.h>

#include <vm/vm.h>

#include "actors/flusher.h"
#include "memory/vmstat.h"
#include "reclaim/drop_caches.h"
#include "reclaim/hugepages.h"
#include "reclaim/writeback.h"
#include "world/name.h"

#include "check_main.h"

#define NODE_PAGES 65536
#define HUGE_PAGES 512u

static struct vm_machine machine;
static struct vm *vm;

static void add_disk(unsigned i, const char *name, enum vm_disk_kind kind)
{
	name_copy(machine.disk[i].name, sizeof(machine.disk[i].name), name);
	vm_disk_defaults(&machine.disk[i], kind);
	name_copy(machine.file[i].name, sizeof(machine.file[i].name), name);
	machine.file[i].disk = i;
	machine.file[i].pages = 100000;
}

static void setup(void)
{
	vm_machine_init(&machine);
	machine.nr_nodes = 2;
	for (unsigned i = 0; i < 2; i++) {
		machine.node[i].mem_pages = NODE_PAGES;
		machine.node[i].distance[i] = 10;
		machine.node[i].distance[!i] = 20;
		machine.cpu_node[i] = (uint8_t)i;
	}
	machine.nr_cpus = 2;
	machine.nr_disks = 2;
	machine.nr_files = 2;
	machine.file = calloc(2, sizeof(*machine.file));
	add_disk(0, "fast", VM_DISK_NVME);
	add_disk(1, "slow", VM_DISK_HDD);
	machine.seed = 11;
	vm_machine_layout(&machine);
	ck_assert_int_eq(vm_create(&vm, &machine, VM_WORLD_SIM), 0);
}

static void teardown(void)
{
	struct vm_complaint c;

	ck_assert_msg(vm_check(vm, &c), "%s", c.what);
	vm_destroy(vm);
	vm_machine_fini(&machine);
}

static void run_ms(uint64_t ms)
{
	uint64_t until = vm_now_ns(vm) + ms * VM_MILLISECOND;

	while (!vm_run_until(vm, until, 10000))
		;
}

static void set(const char *name, int64_t value)
{
	const struct vm_ctl *ctl = vm_ctl_find(name);
	struct vm_ctl_values v = { .value = &value, .nr = 1 };
	struct vm_cred root = { .pid = 1,
				.cap_sys_admin = true,
				.cap_sys_resource = true };

	ck_assert_ptr_nonnull(ctl);
	ck_assert_int_eq(vm_ctl_set(vm, ctl, &v, &root), 0);
}

/* A task that reads or writes @accesses pages of @file, at @rate. */
static int start(const char *file, bool writes, uint64_t accesses,
		 uint64_t rate)
{
	struct vm_task_conf conf = { .cpu = -1, .nr_phases = 1 };
	struct vm_complaint c;
	int pid;

	name_copy(conf.comm, sizeof(conf.comm), "user");
	name_copy(conf.file, sizeof(conf.file), file);
	conf.phase[0] =
		(struct vm_phase_conf){ .pattern = VM_PATTERN_SEQUENTIAL,
					.target = VM_TARGET_FILE,
					.accesses = accesses,
					.rate = rate,
					.write_permille = writes ? 1000 : 0 };
	pid = vm_task_spawn(vm, &conf, &c);
	ck_assert_int_gt(pid, 0);
	return pid;
}

static uint64_t dirty(void)
{
	return global_node_item(vm, NR_FILE_DIRTY);
}

static uint64_t written(void)
{
	return global_node_item(vm, NR_WRITTEN);
}

/* 30 s old at the least, found by a look every 5 s. */
START_TEST(test_periodic)
{
	setup();
	start("fast", true, 100, 0);
	run_ms(29900);
	ck_assert_uint_eq(dirty(), 100);
	ck_assert_uint_eq(written(), 0);
	run_ms(5300);
	ck_assert_uint_eq(dirty(), 0);
	ck_assert_uint_eq(written(), 100);
	ck_assert_uint_eq(global_node_item(vm, NR_DIRTIED), 100);
	ck_assert_uint_eq(global_node_item(vm, NR_WRITEBACK), 0);
	teardown();
}
END_TEST

START_TEST(test_periodic_off)
{
	setup();
	set("dirty_writeback_centisecs", 0);
	start("fast", true, 100, 0);
	run_ms(120000);
	ck_assert_uint_eq(dirty(), 100);
	set("dirty_writeback_centisecs", 100); /* and on again: at once due */
	run_ms(1100);
	ck_assert_uint_eq(dirty(), 0);
	teardown();
}
END_TEST

START_TEST(test_sync)
{
	setup();
	start("fast", true, 3000, 0);
	start("slow", true, 2000, 0);
	run_ms(200);
	ck_assert_uint_eq(dirty(), 5000);
	ck_assert(flusher_idle(vm->disk[0].flusher));
	vm_sync(vm);
	ck_assert(!flusher_idle(vm->disk[0].flusher));
	ck_assert(vm_run_settle(vm, vm_now_ns(vm) + VM_SECOND, 1000000));
	ck_assert_uint_eq(dirty(), 0);
	ck_assert_uint_eq(written(), 5000);
	ck_assert_uint_eq(vm->disk[0].stat.write_sectors, 3000 * 8);
	ck_assert_uint_eq(vm->disk[1].stat.write_sectors, 2000 * 8);
	ck_assert_uint_eq(vm->event[PGPGOUT], 5000 * 8);
	teardown();
}
END_TEST

/* Above the background limit it is written, and down to it only. */
START_TEST(test_background)
{
	struct dirty_limits l;

	setup();
	l = global_dirty_limits(vm);
	start("fast", true, l.background + 2000, 20000);
	run_ms(2000);
	ck_assert_uint_gt(written(), 1500);
	ck_assert_uint_le(dirty(), global_dirty_limits(vm).background);
	ck_assert_uint_gt(dirty(), l.background - 2000);
	teardown();
}
END_TEST

/* Nobody gets beyond the limit by more than a few pages; it takes its time. */
START_TEST(test_throttle)
{
	struct vm_task_stat s;
	int pid;

	setup();
	pid = start("slow", true, 0, 0);
	for (unsigned i = 0; i < 100; i++) {
		run_ms(50);
		ck_assert_uint_le(dirty() + global_node_item(vm, NR_WRITEBACK),
				  global_dirty_limits(vm).thresh + 64);
	}
	ck_assert_int_eq(vm_task_get(vm, pid, &s), 0);
	ck_assert_uint_gt(s.throttle_ns, 3 * VM_SECOND);
	/* the estimate has come down from 100 MiB/s to what the disk can */
	ck_assert_uint_lt(vm->disk[1].write_bw, 25600);
	ck_assert_uint_eq(vm->disk[0].write_bw, 25600);
	teardown();
}
END_TEST

/* A limit of nothing stops a writer; one that dies is let go. */
START_TEST(test_no_dirty_allowed)
{
	struct vm_task_stat s;
	int pid;

	setup();
	set("dirty_bytes", 8192);
	pid = start("slow", true, 0, 0);
	run_ms(3000);
	ck_assert_uint_le(dirty(), 33);
	ck_assert_int_eq(vm_task_get(vm, pid, &s), 0);
	ck_assert_uint_gt(s.throttle_ns, 2 * VM_SECOND);
	ck_assert_uint_gt(written(), 0);
	ck_assert_int_eq(vm_task_kill(vm, pid), 0);
	run_ms(300);
	ck_assert_int_eq(vm_task_get(vm, pid, &s), -ESRCH);
	teardown();
}
END_TEST

START_TEST(test_laptop_mode)
{
	setup();
	set("laptop_mode", 2);
	start("fast", true, 100, 0);
	run_ms(4000);
	ck_assert_uint_eq(dirty(), 100);
	start("slow", false, 10, 0); /* another disk wakes nobody */
	run_ms(4000);
	ck_assert_uint_eq(dirty(), 100);
	start("fast", false, 200, 0); /* this one has to run: soon all goes */
	run_ms(1900);
	ck_assert_uint_eq(dirty(), 100);
	run_ms(300);
	ck_assert_uint_eq(dirty(), 0);
	teardown();
}
END_TEST

START_TEST(test_drop_caches)
{
	uint64_t cached;

	setup();
	start("fast", false, 2000, 0);
	start("slow", true, 300, 0);
	run_ms(1000);
	cached = global_node_item(vm, NR_FILE_PAGES);
	ck_assert_uint_ge(cached, 2300);
	set("drop_caches", 1);
	ck_assert_uint_eq(global_node_item(vm, NR_FILE_PAGES), 300);
	ck_assert_uint_eq(dirty(), 300);
	ck_assert_uint_eq(vm->files[0]->nr_cached, 0);
	ck_assert_uint_eq(vm->event[DROP_PAGECACHE], 1);
	ck_assert_uint_eq(vm->event[DROP_SLAB], 0);
	/* what could not go waits at the head of the inactive list */
	ck_assert_uint_eq(global_node_item(vm, NR_INACTIVE_FILE), 300);
	set("drop_caches", 2);
	ck_assert_uint_eq(vm->event[DROP_PAGECACHE], 1);
	ck_assert_uint_eq(vm->event[DROP_SLAB], 1);
	teardown();
}
END_TEST

START_TEST(test_huge_pages)
{
	uint64_t free;

	setup();
	free = global_zone_item(vm, NR_FREE_PAGES);
	ck_assert_uint_eq(set_max_huge_pages(vm, 20, ~0ull), 20);
	ck_assert_uint_eq(vm->node[0].hugepages, 10);
	ck_assert_uint_eq(vm->node[1].hugepages_free, 10);
	ck_assert_uint_eq(global_zone_item(vm, NR_FREE_PAGES),
			  free - 20 * HUGE_PAGES);
	ck_assert_uint_eq(set_max_huge_pages(vm, 25, 2), 25);
	ck_assert_uint_eq(vm->node[1].hugepages, 15);
	ck_assert_uint_eq(vm->event[HTLB_BUDDY_PGALLOC], 25);
	/* less than asked for, when there is no more */
	ck_assert_uint_lt(set_max_huge_pages(vm, 1000000, ~0ull),
			  2 * NODE_PAGES / HUGE_PAGES);
	ck_assert_uint_ge(vm->event[HTLB_BUDDY_PGALLOC_FAIL], 2);
	ck_assert_uint_eq(set_max_huge_pages(vm, 3, ~0ull), 3);
	ck_assert_uint_eq(set_max_huge_pages(vm, 0, ~0ull), 0);
	ck_assert_uint_eq(nr_huge_pages(vm), 0);
	ck_assert_uint_eq(global_zone_item(vm, NR_FREE_PAGES), free);
	teardown();
}
END_TEST

CHECK_MAIN("flusher", test_periodic, test_periodic_off, test_sync,
	   test_background, test_throttle, test_no_dirty_allowed,
	   test_laptop_mode, test_drop_caches, test_huge_pages)
