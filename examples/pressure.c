/* SPDX-License-Identifier: MIT */
/*
 * pressure.c - a machine under pressure, without any file system.
 *
 * It builds a machine of 256 MiB in the sim world, starts a program that
 * leaks 8 MiB a second beside one that reads a file, and prints a line for
 * every five virtual seconds until the OOM killer has been called or three
 * minutes are over: what is free, who reclaims, what is swapped.
 *
 * It uses nothing but the engine's door, include/vm, which shows that the
 * engine stands alone: no FUSE, no machine file.  Exit status 1 if something
 * is not as it says.  One thread, no locks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vm/vm.h>

#define PAGES_PER_MIB (1u << (20 - VM_PAGE_SHIFT))
#define LINE_NS	      (5 * VM_SECOND)
#define END_NS	      (180 * VM_SECOND)

static void set_name(char *name, size_t size, const char *text)
{
	snprintf(name, size, "%s", text);
}

/* A node, two CPUs, a disk with a file and a swap partition. */
static void build(struct vm_machine *m)
{
	vm_machine_init(m);
	m->seed = 1;
	m->nr_nodes = 1;
	m->node[0].mem_pages = 256 * PAGES_PER_MIB;
	m->node[0].distance[0] = VM_MIN_DISTANCE;
	m->nr_cpus = 2;
	m->nr_disks = 1;
	vm_disk_defaults(&m->disk[0], VM_DISK_NVME);
	set_name(m->disk[0].name, sizeof(m->disk[0].name), "nvme0n1");
	m->nr_swaps = 1;
	m->swap[0].pages = 128 * PAGES_PER_MIB;
	m->swap[0].priority = VM_SWAP_PRIO_AUTO;
	set_name(m->swap[0].path, sizeof(m->swap[0].path), "/dev/nvme0n1p2");
	m->kernel.slab_reclaimable = 4 * PAGES_PER_MIB;
	m->kernel.slab_unreclaimable = 4 * PAGES_PER_MIB;
	vm_machine_layout(m);
}

/* Growing anonymous memory, 8 MiB more every second. */
static void leaky(struct vm_task_conf *t)
{
	memset(t, 0, sizeof(*t));
	set_name(t->comm, sizeof(t->comm), "leaky");
	t->cpu = 0;
	t->nr_phases = 1;
	t->phase[0].target = VM_TARGET_ANON;
	t->phase[0].pattern = VM_PATTERN_SEQUENTIAL;
	t->phase[0].grow = true;
	t->phase[0].rate = 8 * PAGES_PER_MIB;
}

/* A file of 512 MiB, read round and round at 32 MiB a second. */
static void reader(struct vm_task_conf *t)
{
	memset(t, 0, sizeof(*t));
	set_name(t->comm, sizeof(t->comm), "reader");
	set_name(t->file, sizeof(t->file), "/data/big");
	t->cpu = 1;
	t->file_pages = 512 * PAGES_PER_MIB;
	t->nr_phases = 1;
	t->phase[0].target = VM_TARGET_FILE;
	t->phase[0].pattern = VM_PATTERN_SEQUENTIAL;
	t->phase[0].rate = 32 * PAGES_PER_MIB;
}

static int start(struct vm *vm, void (*conf)(struct vm_task_conf *))
{
	struct vm_complaint c = { .what = "" };
	struct vm_task_conf t;
	int pid;

	conf(&t);
	pid = vm_task_spawn(vm, &t, &c);
	if (pid < 0)
		fprintf(stderr, "pressure: %s: %s\n", t.comm,
			c.what[0] ? c.what : strerror(-pid));
	return pid;
}

static void print(const struct vm_stat *s)
{
	uint64_t file = vm_stat_node_sum(s, NR_INACTIVE_FILE) +
			vm_stat_node_sum(s, NR_ACTIVE_FILE);

	printf("%4llu s  free %5" PRIu64 "  file %5" PRIu64
	       "  swapped %5" PRIu64 "  kswapd %6" PRIu64 "  direct %5" PRIu64
	       "  killed %" PRIu64 "\n",
	       s->now_ns / VM_SECOND, vm_stat_zone_sum(s, NR_FREE_PAGES), file,
	       s->swap_total - s->swap_free, s->event[PGSTEAL_KSWAPD],
	       s->event[PGSTEAL_DIRECT], s->event[OOM_KILL]);
}

/* Until somebody is killed.  True if all came about in that order. */
static bool run(struct vm *vm)
{
	static struct vm_stat s;
	struct vm_complaint c;

	for (uint64_t t = LINE_NS; t <= END_NS; t += LINE_NS) {
		while (!vm_run_until(vm, t, UINT64_MAX))
			;
		vm_stat_get(vm, &s);
		print(&s);
		if (s.event[OOM_KILL])
			break;
	}
	if (!vm_check(vm, &c)) {
		fprintf(stderr, "pressure: %s\n", c.what);
		return false;
	}
	return s.event[PGSTEAL_KSWAPD] && s.event[PSWPOUT] && s.event[OOM_KILL];
}

int main(void)
{
	struct vm_machine m;
	struct vm *vm = NULL;
	bool good = false;
	int err;

	build(&m);
	err = vm_create(&vm, &m, VM_WORLD_SIM);
	vm_machine_fini(&m);
	if (err) {
		fprintf(stderr, "pressure: %s\n", strerror(-err));
		return EXIT_FAILURE;
	}
	puts("pages of 4 KiB in a machine of 256 MiB, 128 MiB of swap");
	if (start(vm, leaky) > 0 && start(vm, reader) > 0)
		good = run(vm);
	vm_destroy(vm);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
