/* SPDX-License-Identifier: MIT */
/*
 * engine.c - bench-engine: the benchmarks of the engine, without files.
 *
 * Usage: bench-engine [--smoke] [--rounds N] NAME...
 *
 * Run by run.sh, which pins it.  Builds the machines for the others and runs
 * what is named.  Calls the door, and inner functions with the lock held.
 */
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/workload.h"
#include "bench.h"

static const struct {
	const char *name;
	void (*run)(void);
} benchmarks[] = {
	{ "cache", bench_cache },
	{ "fill", bench_fill },
	{ "kswapds", bench_kswapds },
	{ "metadata", bench_metadata },
	{ "reclaim", bench_reclaim },
	{ "touch", bench_touch },
};

static void fill_conf(struct vm_machine *m, const struct machine_shape *shape)
{
	vm_machine_init(m);
	m->seed = 1;
	m->nr_nodes = shape->nr_nodes;
	for (uint32_t i = 0; i < m->nr_nodes; i++) {
		m->node[i].mem_pages = shape->node_pages;
		for (uint32_t j = 0; j < m->nr_nodes; j++)
			m->node[i].distance[j] = i == j ? VM_MIN_DISTANCE : 20;
	}
	m->nr_cpus = shape->nr_cpus;
	for (uint32_t i = 0; i < m->nr_cpus; i++)
		m->cpu_node[i] =
			(uint8_t)(i * m->nr_nodes / m->nr_cpus);
	m->nr_disks = 1;
	vm_disk_defaults(&m->disk[0], VM_DISK_ZRAM);
	memcpy(m->disk[0].name, "zram0", sizeof("zram0"));
	if (shape->swap_pages) {
		m->nr_swaps = 1;
		m->swap[0].pages = shape->swap_pages;
		m->swap[0].priority = VM_SWAP_PRIO_AUTO;
		memcpy(m->swap[0].path, "/dev/zram0", sizeof("/dev/zram0"));
	}
	vm_machine_layout(m);
}

struct vm *machine_create(const struct machine_shape *shape)
{
	struct vm_machine m;
	struct vm *vm;

	fill_conf(&m, shape);
	if (vm_create(&vm, &m, VM_WORLD_SIM))
		bench_fail("the machine cannot be built");
	vm_machine_fini(&m);
	return vm;
}

struct vm *machine_open(const struct machine_shape *shape)
{
	struct vm *vm = machine_create(shape);

	lock_take(&vm->world.lock);
	return vm;
}

void machine_close(struct vm *vm)
{
	lock_drop(&vm->world.lock);
	vm_destroy(vm);
}

void machine_run(struct vm *vm, uint64_t ns)
{
	while (world_sim_step(&vm->world, ns))
		;
}

struct task *machine_task(struct vm *vm, uint64_t anon, uint64_t file,
			  bool map)
{
	struct vm_task_conf conf = {
		.comm = "bench",
		.cpu = 0,
		.anon_pages = anon,
		.anon_resident = anon,
		.file_pages = file,
		.map_file = map,
	};
	struct vm_complaint c = { .what = "refused" };
	struct task *t;
	int pid;

	if (file)
		memcpy(conf.file, "/data", sizeof("/data"));
	pid = task_spawn(vm, &conf, &c);
	if (pid < 0)
		bench_fail(c.what);
	t = task_find(vm, pid);
	do
		machine_run(vm, vm->world.now_ns + VM_SECOND / 10);
	while (work_is_starting(t));
	return t;
}

static bool run_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(benchmarks); i++)
		if (!strcmp(benchmarks[i].name, name)) {
			benchmarks[i].run();
			return true;
		}
	return false;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--smoke")) {
			bench_smoke = true;
			bench_rounds = 1;
		} else if (!strcmp(argv[i], "--rounds") && argv[i + 1]) {
			bench_rounds = (unsigned)strtoul(argv[++i], NULL, 10);
		} else if (!run_named(argv[i])) {
			fprintf(stderr, "bench-engine: %s?\n", argv[i]);
			return 2;
		}
		if (bench_rounds < 1 || bench_rounds > BENCH_MAX_ROUNDS)
			return 2;
	}
	return EXIT_SUCCESS;
}
