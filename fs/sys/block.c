/* SPDX-License-Identifier: MIT */
/*
 * block.c - /sys/block: the simulated disks, as lsblk and iostat look.
 *
 * A disk is rq->index[0].  Its size is what the machine file says; that it
 * is full nobody checks.
 *
 * Called through the tables of /sys.  Session's lock.
 */
#include <errno.h>

#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"
#include "fs/sys/sys.h"

#define MSEC_NS	    1000000u
#define SECTORS_PER_PAGE (VM_PAGE_SIZE / 512)

static const struct vm_disk_stat *disk_of(const struct tree_req *rq)
{
	return &machine_stat(rq)->disk[rq->index[0]];
}

static int stat_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_disk_stat *d = disk_of(rq);
	const uint64_t v[] = {
		d->reads, 0, d->read_sectors, d->read_ns / MSEC_NS,
		d->writes, 0, d->write_sectors, d->write_ns / MSEC_NS,
		d->in_flight, d->busy_ns / MSEC_NS, d->weighted_ns / MSEC_NS,
		0, 0, 0, 0, 0, 0
	};
	unsigned i;

	for (i = 0; i < TREE_NR(v); i++) {
		if (i)
			strbuf_putc(sb, ' ');
		strbuf_u64_pad(sb, v[i], 8);
	}
	strbuf_putc(sb, '\n');
	return 0;
}

static int dev_show(const struct tree_req *rq, struct strbuf *sb)
{
	struct disk_number nr = disk_number(machine_stat(rq), rq->index[0]);

	strbuf_u64(sb, nr.major);
	strbuf_putc(sb, ':');
	strbuf_u64(sb, nr.minor);
	strbuf_putc(sb, '\n');
	return 0;
}

static int inflight_show(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_u64_pad(sb, disk_of(rq)->in_flight, 8);
	strbuf_puts(sb, "        0\n");
	return 0;
}

static int size_show(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_u64(sb, disk_of(rq)->pages * SECTORS_PER_PAGE);
	strbuf_putc(sb, '\n');
	return 0;
}

static int rotational_show(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_puts(sb, disk_of(rq)->kind == VM_DISK_HDD ? "1\n" : "0\n");
	return 0;
}

static const struct tree_entry queue_entries[] = {
	TEXT("hw_sector_size", 0444, "512\n"),
	TEXT("logical_block_size", 0444, "512\n"),
	TEXT("nr_requests", 0644, "64\n"),
	TEXT("physical_block_size", 0444, "4096\n"),
	TEXT("read_ahead_kb", 0644, "128\n"),
	RO("rotational", 0644, rotational_show),
	TEXT("scheduler", 0644, "[none] mq-deadline\n"),
};

static const struct tree_dir queue_dir = { TREE_ENTRIES(queue_entries) };

static const struct tree_entry disk_entries[] = {
	RO("dev", 0444, dev_show),
	RO("inflight", 0444, inflight_show),
	DIR("queue", 0755, &queue_dir),
	TEXT("removable", 0444, "0\n"),
	TEXT("ro", 0444, "0\n"),
	RO("size", 0444, size_show),
	RO("stat", 0444, stat_show),
};

static const struct tree_dir disk_dir = { TREE_ENTRIES(disk_entries) };

static int64_t disk_find(const struct tree_req *dir, const char *name)
{
	const struct vm_stat *s = machine_stat(dir);
	uint32_t i;

	for (i = 0; i < s->nr_disks; i++)
		if (!strcmp(s->disk[i].name, name))
			return i;
	return -ENOENT;
}

static int64_t disk_next(const struct tree_req *dir, uint32_t from,
			 char name[TREE_NAME_LEN])
{
	const struct vm_stat *s = machine_stat(dir);

	if (from >= s->nr_disks)
		return -1;
	memcpy(name, s->disk[from].name, VM_NAME_LEN);
	return from;
}

static const struct tree_index disk_index = {
	.entry = { .mode = S_IFDIR | 0755, .dir = &disk_dir },
	.find = disk_find,
	.next = disk_next,
	.stable = true,
};

static const struct tree_index *const block_indexes[] = { &disk_index };

const struct tree_dir sys_block_dir = { TREE_INDEXES(block_indexes) };
