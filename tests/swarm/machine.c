/* SPDX-License-Identifier: MIT */
/*
 * machine.c - draw a machine and its tasks.
 *
 * Small machines, since every page is looked at after every operation, but
 * of every shape that a machine file can describe: nodes without CPUs, zones
 * of odd sizes, disks that crawl, swap on several of them, tasks bound to
 * nodes, files that are mapped, every tunable.
 *
 * Called by ops.c and test_seeds.c.  Pure but for malloc.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "swarm.h"

#define MIB(n) ((uint64_t)(n) << (20 - VM_PAGE_SHIFT))

static uint64_t between(struct prng *p, uint64_t low, uint64_t high)
{
	return low + prng_below(p, high - low + 1);
}

static bool one_in(struct prng *p, uint64_t n)
{
	return prng_below(p, n) == 0;
}

static void draw_nodes(struct vm_machine *m, struct prng *p)
{
	unsigned i, j;

	m->nr_nodes = one_in(p, 2) ? 1 : (uint32_t)between(p, 1, 4);
	for (i = 0; i < m->nr_nodes; i++) {
		m->node[i].mem_pages = between(p, MIB(24), MIB(56));
		if (one_in(p, 4))
			m->node[i].movable_pages = between(p, 0, MIB(8));
	}
	for (i = 0; i < m->nr_nodes; i++)
		for (j = 0; j <= i; j++)
			m->node[i].distance[j] = m->node[j].distance[i] =
				i == j ? 10 : (uint8_t)between(p, 11, 60);
	m->nr_cpus = (uint32_t)between(p, 1, 4);
	for (i = 0; i < m->nr_cpus; i++)
		m->cpu_node[i] = (uint8_t)prng_below(p, m->nr_nodes);
}

static void draw_disks(struct vm_machine *m, struct prng *p)
{
	struct vm_swap_conf *s;
	unsigned i;

	m->nr_disks = (uint32_t)between(p, 1, 3);
	for (i = 0; i < m->nr_disks; i++) {
		vm_disk_defaults(&m->disk[i],
				 (enum vm_disk_kind)prng_below(
					 p, i ? VM_NR_DISK_KINDS :
						VM_DISK_ZRAM));
		snprintf(m->disk[i].name, VM_NAME_LEN, "disk%u", i);
		if (one_in(p, 3))
			m->disk[i].bandwidth_bps = between(p, 1, 200) << 20;
	}
	m->nr_swaps = (uint32_t)prng_below(p, 4);
	for (i = 0; i < m->nr_swaps; i++) {
		s = &m->swap[i];
		snprintf(s->path, VM_NAME_LEN, "/dev/swap%u", i);
		s->disk = (uint32_t)prng_below(p, m->nr_disks);
		s->pages = between(p, 64, MIB(32));
		s->is_file = one_in(p, 4);
		s->priority = one_in(p, 2) ? VM_SWAP_PRIO_AUTO :
					     (int32_t)prng_below(p, 4);
	}
}

static void draw_files(struct vm_machine *m, struct prng *p)
{
	unsigned i;

	m->nr_files = (uint32_t)prng_below(p, 4);
	m->file = calloc(m->nr_files + 1, sizeof(*m->file));
	if (!m->file)
		abort();
	for (i = 0; i < m->nr_files; i++) {
		snprintf(m->file[i].name, VM_NAME_LEN, "/file%u", i);
		/* zram is for swap */
		m->file[i].disk = 0;
		m->file[i].pages = between(p, 1, MIB(64));
	}
}

static void draw_phase(struct vm_phase_conf *ph, struct prng *p,
		       const struct vm_task_conf *t)
{
	uint64_t size;

	memset(ph, 0, sizeof(*ph));
	ph->target = t->file[0] ? (enum vm_target)prng_below(p, VM_NR_TARGETS) :
				  VM_TARGET_ANON;
	if (ph->target == VM_TARGET_MAPPING && !t->map_file)
		ph->target = VM_TARGET_FILE;
	size = ph->target == VM_TARGET_ANON ? t->anon_pages : t->file_pages;
	ph->pattern = (enum vm_pattern)prng_below(p, VM_NR_PATTERNS);
	if (ph->target == VM_TARGET_ANON && (!size || one_in(p, 4))) {
		ph->grow = true;
		ph->pattern = VM_PATTERN_SEQUENTIAL;
	}
	if (ph->pattern == VM_PATTERN_HOT) {
		ph->hot_permille = (uint32_t)between(p, 1, 1000);
		ph->hot_pages = between(p, 1, size);
	}
	if (one_in(p, 2))
		ph->duration_ns = between(p, 1, 4000) * VM_MILLISECOND;
	if (one_in(p, 3))
		ph->accesses = between(p, 1, 20000);
	/* flat out is costly to run, and no other than fast */
	ph->rate = between(p, 1, one_in(p, 4) ? 50000 : 3000);
	ph->write_permille = (uint32_t)prng_below(p, 1001);
}

void swarm_task(struct vm_task_conf *t, struct prng *p,
		const struct vm_machine *m)
{
	unsigned i;

	memset(t, 0, sizeof(*t));
	snprintf(t->comm, sizeof(t->comm), "task%u",
		 (unsigned)prng_below(p, 1000));
	t->cpu = one_in(p, 2) ? -1 : (int)prng_below(p, m->nr_cpus);
	t->uid = (uint32_t)prng_below(p, 3) * 1000;
	t->oom_score_adj = one_in(p, 3) ? (int)between(p, 0, 2000) - 1000 : 0;
	if (one_in(p, 4))
		t->nodes = 1 + prng_below(p, (1ull << m->nr_nodes) - 1);
	t->anon_pages = one_in(p, 4) ? 0 : between(p, 1, MIB(24));
	t->anon_resident = prng_below(p, t->anon_pages + 1);
	if (one_in(p, 6))
		t->mlock_pages = prng_below(
			p, (t->anon_resident < MIB(2) ? t->anon_resident :
							MIB(2)) + 1);
	if (m->nr_files && one_in(p, 2)) {
		i = (unsigned)prng_below(p, m->nr_files);
		memcpy(t->file, m->file[i].name, sizeof(t->file));
		t->file_pages = m->file[i].pages;
		t->map_file = one_in(p, 2);
	}
	t->repeat = one_in(p, 2);
	t->nr_phases = (uint32_t)prng_below(p, 4);
	for (i = 0; i < t->nr_phases; i++)
		draw_phase(&t->phase[i], p, t);
}

void swarm_machine(struct vm_machine *m, uint64_t seed)
{
	struct vm_complaint c;
	struct prng p;
	unsigned i;

	prng_init(&p, seed, 1);
	vm_machine_init(m);
	m->seed = seed;
	m->thp = one_in(&p, 3);
	m->kswapd_wake = one_in(&p, 4) ? VM_KSWAPD_WAKE_HIGH :
					 VM_KSWAPD_WAKE_LOW;
	draw_nodes(m, &p);
	draw_disks(m, &p);
	draw_files(m, &p);
	m->kernel.slab_reclaimable = prng_below(&p, MIB(4));
	m->kernel.slab_unreclaimable = prng_below(&p, MIB(2));
	m->kernel.misc = prng_below(&p, MIB(1));
	m->kernel.shmem = prng_below(&p, MIB(1));
	m->nr_tasks = (uint32_t)prng_below(&p, 6);
	m->task = calloc(m->nr_tasks + 1, sizeof(*m->task));
	if (!m->task)
		abort();
	for (i = 0; i < m->nr_tasks; i++)
		swarm_task(&m->task[i], &p, m);
	/* last, so that older seeds keep the rest */
	m->page_lists = (enum vm_page_lists)prng_below(
		&p, VM_PAGE_LISTS_SCALED + 1);
	vm_machine_layout(m);
	if (!vm_machine_check(m, &c)) {
		fprintf(stderr, "seed %llu: no machine: %s\n",
			(unsigned long long)seed, c.what);
		abort();
	}
}
