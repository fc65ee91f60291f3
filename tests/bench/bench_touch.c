/* SPDX-License-Identifier: MIT */
/*
 * bench_touch.c - touches of resident pages, against independent touches of
 * bare frames.
 *
 * Both get the same places: for zipf from a table made before, so that
 * neither pays for it; for uniform each draws its own.  The last lines are
 * the whole workload, its own generator and the CPU's time slices included.
 */
#include <stdio.h>
#include <string.h>

#include "actors/cpu.h"
#include "actors/workload.h"
#include "bench.h"
#include "engine.h"
#include "probe.h"

#define TOUCHES (8u << 20)
#define BATCH	4096u /* between two looks at the turn's end */

static uint64_t nr_touches(void)
{
	return bench_smoke ? 1u << 16 : TOUCHES;
}

struct our_touch {
	struct work_turn wt;
	struct vma *vma;
	const uint32_t *at; /* NULL: uniform */
	uint64_t mask;
};

/* The body of a phase's fast path, at places that are given. */
static double touch(struct our_touch *o)
{
	uint64_t nr = nr_touches(), s = 0x9e3779b97f4a7c15ull, done = 0;
	double began = bench_cpu_s();

	if (o->at)
		for (; done < nr; done++) {
			if (!work_touch_fast(&o->wt, o->vma, o->at[done],
					     false))
				bench_fail("a page is not there");
		}
	for (; done < nr; done++)
		if (!work_touch_fast(&o->wt, o->vma,
				     bench_rand(&s) & o->mask, false))
			bench_fail("a page is not there");
	return (double)nr / (bench_cpu_s() - began);
}

/* The task's workload by itself, with @pattern. */
static double run_phase(struct vm *vm, struct task *t, enum vm_pattern pattern)
{
	struct task_work *w = t->work;
	uint64_t before, nr = nr_touches();
	double began, took;

	w->conf.nr_phases = 1;
	w->conf.phase[0] = (struct vm_phase_conf){
		.pattern = pattern,
		.target = VM_TARGET_ANON,
		.duration_ns = UINT64_MAX,
	};
	w->phase = 0;
	w->phase_begun = false;
	w->accesses = 0;
	task_wake(vm, t);
	machine_run(vm, vm->world.now_ns + CPU_STEP_NS);
	before = w->accesses;
	began = bench_cpu_s();
	while (w->accesses - before < nr)
		machine_run(vm, vm->world.now_ns + CPU_STEP_NS);
	took = bench_cpu_s() - began;
	nr = w->accesses - before;
	w->conf.nr_phases = 0;
	machine_run(vm, vm->world.now_ns + CPU_STEP_NS);
	return (double)nr / took;
}

static void turn_for(struct work_turn *wt, struct vm *vm, struct task *t)
{
	*wt = (struct work_turn){
		.vm = vm, .t = t, .now_ns = vm->world.now_ns,
		.budget_ns = UINT64_MAX,
	};
	work_turn_begin(wt);
}

static void touch_size(uint64_t gib, enum vm_pattern pattern)
{
	uint64_t pages = gib * PAGES_PER_GIB;
	const char *name = pattern == VM_PATTERN_ZIPF ? "zipf" : "uniform";
	struct machine_shape shape = {
		.node_pages = pages + pages / 8, .nr_nodes = 1, .nr_cpus = 1,
	};
	double ours[BENCH_MAX_ROUNDS], whole[BENCH_MAX_ROUNDS];
	double probe[BENCH_MAX_ROUNDS];
	struct probe_frames *f = probe_frames_create(pages);
	struct vm *vm = machine_open(&shape);
	struct our_touch o = { .mask = pages - 1 };
	struct task *t = machine_task(vm, pages, 0, false);
	uint32_t *at = NULL;
	char key[64];

	if (pattern == VM_PATTERN_ZIPF)
		at = bench_zipf(pages, nr_touches());
	o.vma = t->work->anon;
	o.at = at;
	turn_for(&o.wt, vm, t);
	for (unsigned r = 0; r < bench_rounds; r++) {
		probe[r] = at ? probe_touch_at(f, at, nr_touches()) :
				probe_touch_uniform(f, nr_touches());
		ours[r] = touch(&o);
		whole[r] = run_phase(vm, t, pattern);
	}
	snprintf(key, sizeof(key), "touch-%s-%u", name, (unsigned)gib);
	bench_ratio(key, ours, probe);
	snprintf(key, sizeof(key), "workload-%s-%u", name, (unsigned)gib);
	bench_ratio(key, whole, probe);
	if (at)
		bench_free(at, nr_touches() * sizeof(*at));
	machine_close(vm);
	probe_frames_destroy(f);
}

void bench_touch(void)
{
	static const uint64_t sizes[] = { 1, 8, 64 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (bench_smoke && i)
			return;
		touch_size(sizes[i], VM_PATTERN_UNIFORM);
		touch_size(sizes[i], VM_PATTERN_ZIPF);
	}
}
