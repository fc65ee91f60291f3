/* SPDX-License-Identifier: MIT */
/*
 * test_disk.c - when requests end, and what the disk counts.
 *
 * The times are worked out by hand from disk.h's sentence: a request takes the
 * disk for its transfer and latency / depth, and ends a latency later.
 */
#include "memory_rig.h"

static struct {
	uint32_t pfn[4096];
	uint64_t at_ns[4096];
	bool write[4096], failed[4096];
	unsigned nr;
} ended;

static void note_end(struct vm *vm, struct disk *d, const struct disk_io *io)
{
	ck_assert_ptr_eq(d->vm, vm);
	ck_assert_uint_lt(ended.nr, 4096);
	ended.pfn[ended.nr] = io->pfn;
	ended.at_ns[ended.nr] = vm->world.now_ns;
	ended.write[ended.nr] = io->write;
	ended.failed[ended.nr++] = io->failed;
}

/* Disk 1: 4 KiB take 1000 ns, a read 5000 ns, a write 8000 ns, @depth deep. */
static struct disk *start(enum vm_disk_kind kind, uint32_t depth)
{
	struct disk *d;

	memset(&ended, 0, sizeof(ended));
	rig_start(8192, kind);
	d = &rig.vm->disk[1];
	d->conf.read_latency_ns = 5000;
	d->conf.write_latency_ns = 8000;
	d->conf.bandwidth_bps = 4096ull * 1000000;
	d->conf.queue_depth = depth;
	rig.vm->end_io = note_end;
	return d;
}

static uint64_t submit(struct disk *d, bool write, uint32_t pfn, unsigned nr)
{
	uint32_t list[256];
	uint64_t done;
	bool sync;

	for (unsigned i = 0; i < nr; i++)
		list[i] = pfn + i;
	done = disk_submit(d, write, list, nr, &sync);
	ck_assert(sync == (d->conf.kind == VM_DISK_ZRAM));
	return done;
}

START_TEST(test_deep_queue_overlaps_latencies)
{
	struct disk *d = start(VM_DISK_NVME, 5);

	/* 1000 transfer + 5000/5 apart, each a latency after its transfer */
	ck_assert_uint_eq(submit(d, false, 1, 1), 6000);
	ck_assert_uint_eq(submit(d, false, 2, 1), 8000);
	ck_assert_uint_eq(submit(d, false, 3, 1), 10000);
	ck_assert(!disk_idle(d));
	rig_run(20000);
	ck_assert(disk_idle(d));
	ck_assert_uint_eq(ended.nr, 3);
	ck_assert_uint_eq(ended.at_ns[0], 6000);
	ck_assert_uint_eq(ended.at_ns[2], 10000);
	ck_assert_uint_eq(ended.pfn[2], 3);
	rig_stop();
}
END_TEST

START_TEST(test_depth_one_seeks_for_each)
{
	struct disk *d = start(VM_DISK_HDD, 1);

	ck_assert_uint_eq(submit(d, false, 1, 1), 6000);
	ck_assert_uint_eq(submit(d, false, 2, 1), 12000);
	/* one request of ten pages seeks once */
	ck_assert_uint_eq(submit(d, false, 10, 10), 27000);
	rig_run(30000);
	ck_assert_uint_eq(ended.nr, 12);
	rig_stop();
}
END_TEST

START_TEST(test_reads_pass_writes)
{
	struct disk *d = start(VM_DISK_NVME, 1);
	uint64_t write_end, later;

	write_end = submit(d, true, 100, 100); /* 100000 + 8000 */
	ck_assert_uint_eq(write_end, 108000);
	/* a read need not wait for it, but shares the disk */
	ck_assert_uint_eq(submit(d, false, 1, 1), 6000);
	ck_assert_uint_eq(submit(d, false, 2, 1), 14000);
	/* what the reads took is missing for the writes that come later */
	later = submit(d, true, 300, 1);
	ck_assert_uint_eq(later, 108000 + 2 * 6000 + 9000);
	rig_run(200000);
	ck_assert_uint_eq(ended.nr, 103);
	ck_assert(!ended.write[0] && !ended.write[1] && ended.write[2]);
	rig_stop();
}
END_TEST

START_TEST(test_counts)
{
	struct disk *d = start(VM_DISK_NVME, 1);

	submit(d, false, 1, 4);
	submit(d, true, 10, 2);
	ck_assert_uint_eq(d->stat.in_flight, 2);
	ck_assert_uint_eq(d->nr_writeback, 2);
	ck_assert_uint_eq(d->nr_written, 0);
	ck_assert_uint_eq(rig.vm->event[PGPGIN], 4 * 8);
	ck_assert_uint_eq(rig.vm->event[PGPGOUT], 2 * 8);
	/* the read ends at 9000; the write waits for it, 9000 + 10000 */
	rig_run(100000);
	ck_assert_uint_eq(d->stat.reads, 1);
	ck_assert_uint_eq(d->stat.read_sectors, 32);
	ck_assert_uint_eq(d->stat.read_ns, 9000);
	ck_assert_uint_eq(d->stat.writes, 1);
	ck_assert_uint_eq(d->stat.write_sectors, 16);
	ck_assert_uint_eq(d->stat.write_ns, ended.at_ns[5]);
	ck_assert_uint_eq(d->stat.in_flight, 0);
	ck_assert_uint_eq(d->stat.busy_ns, ended.at_ns[5]);
	ck_assert_uint_eq(d->stat.weighted_ns, 9000 + ended.at_ns[5]);
	ck_assert_uint_eq(d->nr_writeback, 0);
	ck_assert_uint_eq(d->nr_written, 2);
	rig_stop();
}
END_TEST

START_TEST(test_zram_is_through_at_once)
{
	struct disk *d = start(VM_DISK_ZRAM, 1);

	ck_assert_uint_eq(submit(d, true, 7, 2), 10000);
	ck_assert_uint_eq(ended.nr, 2);
	ck_assert_uint_eq(ended.at_ns[1], 0);
	ck_assert(disk_idle(d));
	ck_assert_uint_eq(d->nr_writeback, 0);
	ck_assert_uint_eq(d->stat.writes, 1);
	rig_stop();
}
END_TEST

START_TEST(test_page_is_found_in_queue)
{
	struct disk *d = start(VM_DISK_NVME, 1);
	uint64_t second;

	submit(d, false, 1, 4);
	second = submit(d, false, 20, 4);
	ck_assert_uint_eq(disk_page_done_ns(d, false, 23), second);
	ck_assert_uint_eq(disk_page_done_ns(d, true, 23), ACTOR_NEVER);
	ck_assert_uint_eq(disk_page_done_ns(d, false, 24), ACTOR_NEVER);
	rig_run(second);
	ck_assert_uint_eq(disk_page_done_ns(d, false, 23), ACTOR_NEVER);
	rig_stop();
}
END_TEST

/* Longer than its first ring, wrapped around, and still in order. */
START_TEST(test_long_queue_keeps_its_order)
{
	struct disk *d = start(VM_DISK_NVME, 1);
	unsigned sent = 0;

	for (unsigned i = 0; i < 20; i++, sent += 10)
		submit(d, false, sent, 10);
	rig_run(100000);
	ck_assert_uint_gt(ended.nr, 0);
	ck_assert_uint_lt(ended.nr, sent);
	for (unsigned i = 0; i < 100; i++, sent += 10)
		submit(d, false, sent, 10);
	rig_run(100000000);
	ck_assert_uint_eq(ended.nr, sent);
	for (unsigned i = 0; i < sent; i++)
		ck_assert_uint_eq(ended.pfn[i], i);
	rig_stop();
}
END_TEST

START_TEST(test_failing_disk)
{
	struct disk *d = start(VM_DISK_NVME, 1);

	d->fail_permille = 1000;
	submit(d, false, 1, 3);
	d->fail_permille = 0;
	submit(d, false, 4, 1);
	rig_run(1000000);
	ck_assert_uint_eq(ended.nr, 4);
	ck_assert(ended.failed[0] && ended.failed[1] && ended.failed[2]);
	ck_assert(!ended.failed[3]);
	rig_stop();
}
END_TEST

/* However busy the readers, writes get their quarter. */
START_TEST(test_writes_are_not_starved)
{
	struct disk *d = start(VM_DISK_NVME, 1);
	uint64_t reads = 0, now = 0;

	d->conf.read_latency_ns = 0;
	d->conf.write_latency_ns = 0;
	submit(d, true, 5000, 1);
	for (unsigned i = 0; i < 300; i++) {
		now = submit(d, false, i, 1);
		reads++;
		rig_run(now);
		if (d->queue[1].nr < 4)
			submit(d, true, 5001 + i, 1);
	}
	ck_assert_uint_eq(reads, 300);
	ck_assert_uint_gt(d->nr_written, 300 / 5);
	ck_assert_uint_lt(d->nr_written, 300);
	rig_run(now + 100000000);
	rig_stop();
}
END_TEST

CHECK_MAIN("disk", test_deep_queue_overlaps_latencies,
	   test_depth_one_seeks_for_each, test_reads_pass_writes, test_counts,
	   test_zram_is_through_at_once, test_page_is_found_in_queue,
	   test_long_queue_keeps_its_order, test_failing_disk,
	   test_writes_are_not_starved)
