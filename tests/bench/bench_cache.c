/* SPDX-License-Identifier: MIT */
/*
 * bench_cache.c - a zipf(1.0) stream of reads through the page cache, against
 * what a cache simulator does with it.
 *
 * Every request is a page of read(): looked up, marked accessed, allocated
 * and read in when it is not there, with kswapd and direct reclaim at work.
 * The disk has no latency, as a simulator's has none.  The machine's size
 * decides how much of the file fits; the simulators get as many places as
 * the cache then has.  The stream is a table made before.
 */
#include <stdio.h>

#include "actors/workload.h"
#include "bench.h"
#include "engine.h"
#include "probe.h"
#include "reclaim/fault.h"
#include "memory/vmstat.h"

#define RUN 32u /* requests between two looks at the clock */

struct stream_test {
	struct vm *vm;
	struct task *task;
	struct probe_stream stream; /* misses: ours */
	struct access access;	    /* the one in hand */
};

/* One page; what it cost in virtual time. */
static uint64_t request(struct stream_test *s, uint64_t index)
{
	struct access *a = &s->access;
	uint64_t cost = 0;

	a->kind = ACCESS_READ;
	a->file = s->task->file;
	a->index = index;
	s->stream.misses += file_lookup(a->file, index) == PFN_NONE;
	access_begin(s->vm, s->task, a);
	for (;;) {
		switch (access_step(s->vm, s->task, a)) {
		case ACCESS_DONE:
			return cost + a->cost_ns;
		case ACCESS_EIO:
		case ACCESS_OOM:
			bench_fail("out of memory");
		case ACCESS_SLEEP:
			machine_run(s->vm, a->until_ns);
			task_wake(s->vm, s->task);
			break;
		case ACCESS_AGAIN:
			break;
		}
		cost += a->cost_ns;
	}
}

static double our_stream(struct stream_test *s, uint64_t from, uint64_t to)
{
	uint64_t now = s->vm->world.now_ns;
	double began = bench_cpu_s();

	s->stream.misses = 0;
	for (uint64_t i = from; i < to; i++) {
		/* as a workload does, which draws ahead */
		if (i + WORK_AHEAD < to) {
			file_prefetch(s->task->file,
				      s->stream.at[i + WORK_AHEAD]);
			work_fetch_file(s->vm, s->task->file,
					s->stream.at[i + WORK_AHEAD / 2],
					s->stream.at[i + WORK_AHEAD / 4]);
		}
		now += request(s, s->stream.at[i]);
		if (i % RUN == 0)
			machine_run(s->vm, now);
	}
	began = bench_cpu_s() - began;
	return (double)(to - from) / began;
}

/* So many pages of a machine hold no page cache, about. */
static uint64_t overhead(uint64_t cache)
{
	return cache / 24 + 2048;
}

static void stream_through(unsigned millions, unsigned percent)
{
	uint64_t span = bench_smoke ? 1u << 16 : (uint64_t)millions << 20;
	/* so many that more pages are asked for than the cache holds */
	uint64_t nr = bench_smoke ? 1u << 18 :
		      millions > 1 ? 64u << 20 : 24u << 20;
	uint64_t capacity = span * percent / 100;
	const struct machine_shape shape = {
		.node_pages = capacity + overhead(capacity),
		.nr_nodes = 1, .nr_cpus = 1,
	};
	double ours[BENCH_MAX_ROUNDS], hash[BENCH_MAX_ROUNDS];
	struct stream_test s = { .stream = { .nr = nr, .span = span } };
	struct probe_stream clock;
	uint64_t hit, half = nr / 2;
	char key[64];

	s.stream.at = bench_zipf(span, nr);
	for (unsigned r = 0; r < bench_rounds; r++) {
		s.vm = machine_open(&shape);
		s.task = machine_task(s.vm, 0, span, false);
		our_stream(&s, 0, half); /* warm */
		ours[r] = our_stream(&s, half, nr);
		clock = s.stream;
		clock.capacity = s.task->file->nr_cached;
		machine_close(s.vm);
		hash[r] = probe_cache_hash(&clock);
	}
	snprintf(key, sizeof(key), "cache-%uM-%u", millions, percent);
	bench_ratio(key, ours, hash);
	snprintf(key, sizeof(key), "cache-rate-%uM-%u", millions, percent);
	bench_say(key, bench_median(ours) / 1e6, "M requests a CPU second");
	hit = half - s.stream.misses;
	/* the same half of the stream, counted after the same warming up */
	probe_cache_clock(&clock);
	nr = clock.misses;
	clock.nr = half;
	probe_cache_clock(&clock);
	snprintf(key, sizeof(key), "cache-hits-%uM-%u", millions, percent);
	bench_say(key,
		  (double)hit / (double)(half - (nr - clock.misses)),
		  "hit ratio %.4f, CLOCK %.4f, %llu pages cached",
		  (double)hit / (double)half,
		  1 - (double)(nr - clock.misses) / (double)half,
		  (unsigned long long)clock.capacity);
	bench_free((void *)(uintptr_t)s.stream.at,
		   s.stream.nr * sizeof(*s.stream.at));
}

void bench_cache(void)
{
	stream_through(1, 10);
	stream_through(1, 50);
	if (bench_smoke)
		return;
	stream_through(16, 10);
	stream_through(16, 50);
}
