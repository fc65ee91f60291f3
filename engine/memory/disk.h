/* SPDX-License-Identifier: MIT */
/*
 * disk.h - a disk: when does a request end.
 *
 * Two queues, reads and writes, each first come first served.  A request of
 * n pages occupies the disk for n * 4096 / bandwidth, plus latency / depth of
 * its queue, and ends a latency after that began: so depth many requests
 * overlap, and an hdd of depth 1 seeks for each.  Reads go before writes, as
 * the kernel's I/O schedulers have it: while writes are queued, reads get three
 * quarters of the disk and writes what is left.
 *
 * Counts pgpgin and pgpgout, the columns of /proc/diskstats, nr_writeback and
 * nr_written of the disk.
 *
 * The disk is an actor: it steps when the oldest request ends and hands its
 * pages to vm->end_io.  Times in virtual ns.  Locking: the world's lock.
 */
#ifndef ENGINE_MEMORY_DISK_H
#define ENGINE_MEMORY_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include <vm/stat.h>

#include "world/world.h"

struct task;
struct vm;

struct disk_io {
	uint64_t done_ns;
	uint64_t start_ns;
	uint32_t pfn;
	uint16_t nr;	/* pages of the request that this one begins; 0 */
	bool write;
	bool failed;
};

struct disk_queue {
	struct disk_io *io; /* ring, grows by doubling */
	uint32_t head, nr, capacity;
	uint64_t last_done_ns;
	uint64_t free_ns; /* the disk is taken by this queue until then */
	uint32_t nr_requests;
};

/* /sys/block/DISK/queue/nr_requests: who wants to queue more must wait. */
#define DISK_NR_REQUESTS 256u

struct disk {
	struct actor actor;
	struct vm *vm;
	uint32_t id;
	struct vm_disk_conf conf;
	struct disk_queue queue[2]; /* reads, writes */
	struct vm_disk_stat stat;
	uint64_t stat_since_ns;
	/* F.4 step 5: the estimate of its write bandwidth, pages a second */
	uint64_t write_bw, avg_write_bw;
	uint64_t bw_time_ns, bw_written, nr_written;
	uint64_t nr_writeback;	    /* pages in its write queue */
	uint64_t nr_file_writeback; /* file.c: of files, not of swap */
	uint32_t nr_writers;	    /* tasks that dirtied its pages lately */
	uint64_t nr_writers_ns;	    /* when they were counted */
	uint64_t last_io_ns;	    /* end of its last request: laptop_mode */
	uint32_t fail_permille;	    /* requests that end with an error */
	struct flusher *flusher;    /* actors/flusher.h */
};

int disk_init(struct vm *vm, struct disk *d, uint32_t id,
	      const struct vm_disk_conf *conf);
void disk_fini(struct disk *d);

/*
 * Queue one request for the pages @pfn[0..nr-1].  Returns when it will end.
 * A zram disk ends at once: *@sync is true and end_io has been called.
 */
uint64_t disk_submit(struct disk *d, bool write, const uint32_t *pfn,
		     unsigned nr, bool *sync);

/*
 * Make room for @nr pages in the empty queue @q, for somebody who fills it by
 * himself.  0 or -ENOMEM.
 */
int disk_queue_room(struct disk_queue *q, uint32_t nr);

/* When the request that holds @pfn will end; ACTOR_NEVER if none does. */
uint64_t disk_page_done_ns(const struct disk *d, bool write, uint32_t pfn);

/*
 * Until when somebody who writes page by page must wait for a place in the
 * queue; 0: there is one.
 */
uint64_t disk_write_room_ns(const struct disk *d);

/* Nothing queued? */
bool disk_idle(const struct disk *d);

#endif
