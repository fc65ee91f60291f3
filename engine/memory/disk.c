/* SPDX-License-Identifier: MIT */
/*
 * disk.c - requests to a disk, and when they end.
 *
 * Called by faults, swap and the flusher, which queue pages, and by the world
 * when the oldest request is due.  Every page that is through goes to
 * vm->end_io.  An end is fixed when the request is queued: what comes later
 * does not move it.  Locking: the world's lock.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "memory/vmstat.h"
#include "world/reserve.h"

#define FIRST_CAPACITY 256u
#define SECTORS_PER_PAGE (VM_PAGE_SIZE / 512)
#define NS_PER_S 1000000000ull
#define START_BW (100ull << 20 >> VM_PAGE_SHIFT) /* F.4: 100 MiB/s */
#define STEP_PAGES 256u

static size_t ring_bytes(uint32_t capacity)
{
	return capacity * sizeof(struct disk_io);
}

static struct disk_io *ring_at(const struct disk_queue *q, uint32_t i)
{
	assert(i < q->capacity);
	return &q->io[(q->head + i) % q->capacity];
}

/* A ring twice as long, in order from its start. */
static int ring_grow(struct disk_queue *q)
{
	uint32_t capacity = q->capacity ? 2 * q->capacity : FIRST_CAPACITY;
	struct disk_io *io = reserve_alloc(ring_bytes(capacity));

	if (!io)
		return -ENOMEM;
	for (uint32_t i = 0; i < q->nr; i++)
		io[i] = *ring_at(q, i);
	if (q->io)
		reserve_free(q->io, ring_bytes(q->capacity));
	q->io = io;
	q->capacity = capacity;
	q->head = 0;
	return 0;
}

int disk_queue_room(struct disk_queue *q, uint32_t nr)
{
	int err = 0;

	assert(q->nr == 0 && nr <= UINT32_MAX / 2);
	while (q->capacity < nr && !err)
		err = ring_grow(q);
	return err;
}

/* Columns 13 and 14 of /proc/diskstats: time with something in flight. */
static void disk_account(struct disk *d, uint64_t now_ns)
{
	uint64_t ns = now_ns > d->stat_since_ns ? now_ns - d->stat_since_ns : 0;

	if (d->stat.in_flight)
		d->stat.busy_ns += ns;
	d->stat.weighted_ns += ns * d->stat.in_flight;
	d->stat_since_ns = MAX(now_ns, d->stat_since_ns);
}

static void count_submitted(struct disk *d, bool write, unsigned nr)
{
	count_events(d->vm, write ? PGPGOUT : PGPGIN,
		     (uint64_t)nr * SECTORS_PER_PAGE);
	if (write)
		d->nr_writeback += nr;
}

static void count_ended(struct disk *d, const struct disk_io *io, uint64_t ns)
{
	uint64_t sectors = (uint64_t)io->nr * SECTORS_PER_PAGE;

	if (io->write) {
		d->stat.writes++;
		d->stat.write_sectors += sectors;
		d->stat.write_ns += ns;
		return;
	}
	d->stat.reads++;
	d->stat.read_sectors += sectors;
	d->stat.read_ns += ns;
}

static void end_page(struct disk *d, const struct disk_io *io)
{
	if (io->write) {
		assert(d->nr_writeback > 0);
		d->nr_writeback--;
		d->nr_written++;
	}
	d->vm->end_io(d->vm, d, io);
}

/* The oldest request of @q is through.  Pages ended. */
static unsigned end_request(struct disk *d, struct disk_queue *q,
			    uint64_t now_ns)
{
	unsigned nr = q->io[q->head].nr;

	assert(nr > 0 && nr <= q->nr && d->stat.in_flight > 0);
	disk_account(d, now_ns);
	d->stat.in_flight--;
	assert(q->nr_requests > 0);
	q->nr_requests--;
	count_ended(d, &q->io[q->head],
		    q->io[q->head].done_ns - q->io[q->head].start_ns);
	for (unsigned i = 0; i < nr; i++) {
		struct disk_io io = q->io[q->head];

		q->head = (q->head + 1) % q->capacity;
		q->nr--;
		end_page(d, &io);
	}
	return nr;
}

uint64_t disk_write_room_ns(const struct disk *d)
{
	const struct disk_queue *q = &d->queue[1];
	uint32_t over = q->nr_requests - DISK_NR_REQUESTS;

	assert(q->nr_requests <= q->nr);
	if (q->nr_requests < DISK_NR_REQUESTS)
		return 0;
	/* the last of those that have to end first, if each is of one page */
	return q->io[(q->head + over) % q->capacity].done_ns;
}

static uint64_t queue_due(const struct disk_queue *q)
{
	return q->nr ? q->io[q->head].done_ns : ACTOR_NEVER;
}

static uint64_t disk_due(const struct disk *d)
{
	return MIN(queue_due(&d->queue[0]), queue_due(&d->queue[1]));
}

/* The older of the two queues' heads first: in the order of their ends. */
static uint64_t disk_step(struct actor *a, uint64_t now_ns)
{
	struct disk *d = container_of(a, struct disk, actor);
	unsigned nr = 0;

	while (disk_due(d) <= now_ns && nr < STEP_PAGES) {
		bool write = queue_due(&d->queue[1]) < queue_due(&d->queue[0]);

		nr += end_request(d, &d->queue[write], now_ns);
	}
	assert(nr > 0 || disk_due(d) > now_ns);
	return disk_due(d);
}

int disk_init(struct vm *vm, struct disk *d, uint32_t id,
	      const struct vm_disk_conf *conf)
{
	size_t len = strnlen(conf->name, ACTOR_NAME_LEN - 1);
	int err;

	assert(conf->queue_depth >= 1 && conf->bandwidth_bps > 0);
	memset(d, 0, sizeof(*d));
	d->vm = vm;
	d->id = id;
	d->conf = *conf;
	memcpy(d->actor.name, conf->name, len);
	d->actor.step = disk_step;
	d->fail_permille = conf->fail_permille;
	d->stat.kind = conf->kind;
	d->stat.pages = conf->pages;
	memcpy(d->stat.name, conf->name, sizeof(d->stat.name));
	d->write_bw = START_BW;
	d->avg_write_bw = START_BW;
	for (unsigned i = 0; i < ARRAY_SIZE(d->queue); i++) {
		err = ring_grow(&d->queue[i]);
		if (err)
			goto err_queues;
	}
	world_add(&vm->world, &d->actor);
	return 0;

err_queues:
	disk_fini(d);
	return err;
}

void disk_fini(struct disk *d)
{
	for (unsigned i = 0; i < ARRAY_SIZE(d->queue); i++) {
		struct disk_queue *q = &d->queue[i];

		if (q->io)
			reserve_free(q->io, ring_bytes(q->capacity));
		*q = (struct disk_queue){ 0 };
	}
}

/* Time that moving @nr pages takes, without latency. */
static uint64_t transfer_ns(const struct disk *d, unsigned nr)
{
	return (uint64_t)nr * VM_PAGE_SIZE * NS_PER_S / d->conf.bandwidth_bps;
}

static uint64_t latency_ns(const struct disk *d, bool write)
{
	return write ? d->conf.write_latency_ns : d->conf.read_latency_ns;
}

/*
 * Take the disk for a request; when it ends.  A read takes time away from the
 * writes that come after it, never all of it.
 */
static uint64_t disk_reserve(struct disk *d, bool write, unsigned nr,
			     uint64_t now_ns)
{
	struct disk_queue *q = &d->queue[write], *writes = &d->queue[1];
	uint64_t latency = latency_ns(d, write), transfer = transfer_ns(d, nr);
	uint64_t taken = transfer + latency / d->conf.queue_depth;
	uint64_t start = MAX(now_ns, q->free_ns), done;

	if (!write && writes->nr)
		taken += taken / 3;
	q->free_ns = start + taken;
	if (!write)
		writes->free_ns =
			MAX(writes->free_ns, now_ns) + taken - taken / 4;
	done = MAX(start + transfer + latency, q->last_done_ns);
	q->last_done_ns = done;
	assert(done >= now_ns);
	return done;
}

/* What is in memory, as that of zram is, can be read. */
static bool draw_failure(struct disk *d, bool write)
{
	if (!write && d->conf.kind == VM_DISK_ZRAM)
		return false;
	return d->fail_permille &&
	       prng_below(&d->actor.prng, 1000) < d->fail_permille;
}

/* Queue the pages of @first, the first of which is in it. */
static void disk_queue_pages(struct disk *d, const struct disk_io *first,
			     const uint32_t *pfn)
{
	struct disk_queue *q = &d->queue[first->write];
	unsigned nr = first->nr;

	/* without memory for a longer queue its head ends early */
	while (q->capacity - q->nr < nr)
		if (ring_grow(q))
			end_request(d, q, d->vm->world.now_ns);
	for (unsigned i = 0; i < nr; i++) {
		struct disk_io *io = ring_at(q, q->nr++);

		*io = *first;
		io->pfn = pfn[i];
		io->nr = i == 0 ? (uint16_t)nr : 0;
	}
	d->stat.in_flight++;
	q->nr_requests++;
	actor_wake(&d->actor, first->done_ns);
}

/* zram: it is the CPU that works; through when this returns. */
static void disk_do_sync(struct disk *d, const struct disk_io *first,
			 const uint32_t *pfn)
{
	struct disk_io io = *first;
	uint64_t ns = io.done_ns - io.start_ns;

	assert(d->conf.kind == VM_DISK_ZRAM);
	count_ended(d, &io, ns);
	d->stat.busy_ns += ns;
	d->stat.weighted_ns += ns;
	for (unsigned i = 0; i < first->nr; i++) {
		io.pfn = pfn[i];
		io.nr = i == 0 ? first->nr : 0;
		end_page(d, &io);
	}
}

uint64_t disk_submit(struct disk *d, bool write, const uint32_t *pfn,
		     unsigned nr, bool *sync)
{
	uint64_t now_ns = d->vm->world.now_ns;
	struct disk_io first = {
		.start_ns = now_ns,
		.nr = (uint16_t)nr,
		.write = write,
		.failed = draw_failure(d, write),
	};

	assert(nr > 0 && nr <= UINT16_MAX);
	*sync = d->conf.kind == VM_DISK_ZRAM;
	count_submitted(d, write, nr);
	if (*sync) {
		first.done_ns =
			now_ns + transfer_ns(d, nr) + latency_ns(d, write);
		disk_do_sync(d, &first, pfn);
		return first.done_ns;
	}
	disk_account(d, now_ns);
	first.done_ns = disk_reserve(d, write, nr, now_ns);
	disk_queue_pages(d, &first, pfn);
	return first.done_ns;
}

uint64_t disk_page_done_ns(const struct disk *d, bool write, uint32_t pfn)
{
	const struct disk_queue *q = &d->queue[write];

	for (uint32_t i = 0; i < q->nr; i++)
		if (ring_at(q, i)->pfn == pfn)
			return ring_at(q, i)->done_ns;
	return ACTOR_NEVER;
}

bool disk_idle(const struct disk *d)
{
	return d->queue[0].nr == 0 && d->queue[1].nr == 0;
}
