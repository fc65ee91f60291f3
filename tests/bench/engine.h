/* SPDX-License-Identifier: MIT */
/*
 * engine.h - the engine's side of the benchmarks: a machine in the sim world,
 * looked at from inside, and what is measured on it.
 *
 * A machine here has nodes of equal size, CPUs spread over them, one disk
 * without latency (zram), and swap if it is asked for.  Nothing runs but
 * what the benchmark starts.  The engine's lock is held from machine_open()
 * to machine_close(), so that inner functions can be called as steps do;
 * clang cannot follow a lock that a pointer brings along, hence the words
 * NO_LOCK_ANALYSIS.
 *
 * Sizes are in pages.  Errors: the program ends, see bench.h.
 */
#ifndef TESTS_BENCH_ENGINE_H
#define TESTS_BENCH_ENGINE_H

#include <vm/vm.h>

#include "memory/state.h"

#define PAGES_PER_GIB ((uint64_t)1 << (30 - VM_PAGE_SHIFT))

struct machine_shape {
	uint64_t node_pages;
	uint32_t nr_nodes, nr_cpus;
	uint64_t swap_pages; /* 0: none */
};

/* Nobody holds its lock; for whoever stays before the door. */
struct vm *machine_create(const struct machine_shape *shape);

/* The same, its lock held, for whoever calls inner functions. */
struct vm *machine_open(const struct machine_shape *shape) NO_LOCK_ANALYSIS;
void machine_close(struct vm *vm) NO_LOCK_ANALYSIS;

/*
 * Start a task with an anonymous area of @anon pages, all resident, and, if
 * @file is not 0, a file of so many pages, mapped as well if @map.  Returns
 * when it has its memory and sleeps.
 */
struct task *machine_task(struct vm *vm, uint64_t anon, uint64_t file,
			  bool map);

/* Let virtual time pass up to @ns. */
void machine_run(struct vm *vm, uint64_t ns) NO_LOCK_ANALYSIS;

/* What is measured; each prints its lines. */
void bench_touch(void);
void bench_reclaim(void);
void bench_cache(void);
void bench_metadata(void);
void bench_fill(void);
void bench_kswapds(void);

#endif
