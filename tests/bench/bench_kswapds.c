/* SPDX-License-Identifier: MIT */
/*
 * bench_kswapds.c - two kswapds on two cores, against one on one core.
 *
 * The threads world at its highest rate: every actor is always late, so that
 * the host's processors are the only limit.  On each node a task reads one
 * file after another, which its kswapd has to make room for; counted is what
 * has been reclaimed in a second on the wall.
 */
#define _GNU_SOURCE

#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "bench.h"
#include "engine.h"

#define NODE_PAGES (256u << (20 - VM_PAGE_SHIFT))

/* This thread and those it starts, on the first @nr of our processors. */
static void use_cores(const cpu_set_t *all, int nr)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < CPU_SETSIZE && nr; i++)
		if (CPU_ISSET(i, all)) {
			CPU_SET(i, &set);
			nr--;
		}
	sched_setaffinity(0, sizeof(set), &set);
}

static void start_reader(struct vm *vm, uint32_t nid)
{
	struct vm_task_conf t = {
		.comm = "reader",
		.cpu = (int)nid,
		.nodes = 1ull << nid,
		.file_pages = 4 * NODE_PAGES,
		.repeat = true,
		.nr_phases = 1,
		.phase = { { .pattern = VM_PATTERN_SEQUENTIAL,
			     .target = VM_TARGET_FILE } },
	};
	struct vm_complaint c = { .what = "refused" };

	snprintf(t.file, sizeof(t.file), "/data/%u", nid);
	if (vm_task_spawn(vm, &t, &c) < 0)
		bench_fail(c.what);
}

static uint64_t reclaimed(struct vm *vm)
{
	static struct vm_stat s;

	vm_stat_get(vm, &s);
	return s.event[PGSTEAL_KSWAPD] + s.event[PGSTEAL_DIRECT];
}

static void wait_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

/* Pages a second on the wall. */
static double nodes_on_cores(const cpu_set_t *all, uint32_t nr)
{
	const struct machine_shape shape = {
		.node_pages = NODE_PAGES, .nr_nodes = nr, .nr_cpus = nr,
	};
	struct vm *vm = machine_create(&shape);
	uint64_t before, unused;
	double began, rate;

	use_cores(all, (int)nr);
	for (uint32_t i = 0; i < nr; i++)
		start_reader(vm, i);
	if (vm_set_rate(vm, VM_RATE_MAX) ||
	    vm_world_switch(vm, VM_WORLD_THREADS))
		bench_fail("threads cannot be started");
	/* until every node is full and reclaims */
	for (unused = 0; unused < 200 && reclaimed(vm) < nr * NODE_PAGES;
	     unused++)
		wait_ms(10);
	before = reclaimed(vm);
	began = bench_wall_s();
	wait_ms(bench_smoke ? 50 : 1000);
	rate = (double)(reclaimed(vm) - before) / (bench_wall_s() - began);
	vm_destroy(vm);
	return rate;
}

void bench_kswapds(void)
{
	double one[BENCH_MAX_ROUNDS], two[BENCH_MAX_ROUNDS];
	cpu_set_t all;

	if (sched_getaffinity(0, sizeof(all), &all) || CPU_COUNT(&all) < 2) {
		fprintf(stderr, "bench: kswapds wants two processors\n");
		return;
	}
	for (unsigned r = 0; r < bench_rounds; r++) {
		one[r] = nodes_on_cores(&all, 1);
		two[r] = nodes_on_cores(&all, 2);
	}
	sched_setaffinity(0, sizeof(all), &all);
	bench_ratio("kswapds", two, one);
}
