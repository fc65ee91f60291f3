/* SPDX-License-Identifier: MIT */
/*
 * bench_machine.c - what a simulated page costs: bytes of metadata, and time
 * when a large machine is filled instead of a small one.
 *
 * Bytes are counted twice: from the structures, and as what this process
 * grows by while a machine is filled (everything: page tables, lists, and
 * what nobody thought of).
 */
#include <stdio.h>

#include "bench.h"
#include "engine.h"
#include "memory/lruvec.h"

#define HOST_PAGE 4096u

/* Resident memory of this process, in bytes. */
static uint64_t resident(void)
{
	unsigned long long total, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%llu %llu", &total, &pages) != 2)
		bench_fail("/proc/self/statm");
	fclose(f);
	return (uint64_t)pages * HOST_PAGE;
}

static void count_structs(void)
{
	double frame = sizeof(struct page);
	double lru = (double)sizeof(struct lru_chunk) / LRU_CHUNK_PAGES;
	double entry = sizeof(uint32_t);

	bench_say("metadata-structs", frame + lru + entry,
		  "%.0f frame + %.2f LRU place + %.0f entry or cache slot, "
		  "which keeps the shadow; the reverse map is in the frame",
		  frame, lru, entry);
}

void bench_metadata(void)
{
	uint64_t pages = bench_smoke ? PAGES_PER_GIB / 4 : 16 * PAGES_PER_GIB;
	const struct machine_shape shape = {
		.node_pages = pages + pages / 8, .nr_nodes = 1, .nr_cpus = 1,
	};
	struct vm *vm = machine_open(&shape);
	uint64_t before = resident();

	count_structs();
	machine_task(vm, pages, 0, false);
	bench_say("metadata", (double)(resident() - before) / (double)pages,
		  "bytes a page, measured while %llu MiB were filled",
		  (unsigned long long)(pages >> 8));
	machine_close(vm);
}

/* Seconds of CPU time a page. */
static double fill(const struct machine_shape *shape, uint64_t pages)
{
	struct vm *vm = machine_open(shape);
	double began = bench_cpu_s();

	machine_task(vm, pages, 0, false);
	began = bench_cpu_s() - began;
	machine_close(vm);
	return began / (double)pages;
}

void bench_fill(void)
{
	const struct machine_shape small = {
		.node_pages = 4 * PAGES_PER_GIB, .nr_nodes = 2, .nr_cpus = 4,
	};
	const struct machine_shape large = {
		.node_pages = 128 * PAGES_PER_GIB, .nr_nodes = 8,
		.nr_cpus = 64,
	};
	uint64_t pages = (bench_smoke ? 1 : 64) * PAGES_PER_GIB;
	double a[BENCH_MAX_ROUNDS], b[BENCH_MAX_ROUNDS];
	double ratio[BENCH_MAX_ROUNDS];

	for (unsigned r = 0; r < bench_rounds; r++) {
		a[r] = fill(&small, (bench_smoke ? 1 : 6) * PAGES_PER_GIB);
		b[r] = fill(&large, pages);
		ratio[r] = b[r] / a[r];
	}
	bench_say("fill", bench_median(ratio), "%.0f ns a page against %.0f",
		  bench_median(b) * 1e9, bench_median(a) * 1e9);
}
