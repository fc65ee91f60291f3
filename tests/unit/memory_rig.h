/* SPDX-License-Identifier: MIT */
/*
 * memory_rig.h - what exists, without anybody who acts: for tests of floors 0
 * and 1 that want to look inside.
 *
 *	rig_start(4096, VM_DISK_SSD);
 *	vma = mm_add_vma(rig.vm, rig.task->mm, 100, NULL);
 *	rig_touch(vma, 7, true);
 *	ck_assert_uint_eq(rig.task->minflt, 1);
 *	rig_stop();
 *
 * One node with one zone, DMA32, one CPU, one task, two disks: 0 is an nvme,
 * 1 is what the test says.  min_free_kbytes is at its smallest, page-cluster 3,
 * the dirty limits are the usual ones.  No kswapd runs and no flusher writes;
 * waking a flusher is counted, waking kswapd makes its actor due, which does
 * nothing.
 *
 * Time is virtual, begins at 0 and moves only by rig_run(), which lets the
 * disks end what is due until then.  The tests may change the disks' figures
 * and the tunables as they like.
 *
 * Errors: what cannot be done fails the Check test that is running.  Ownership:
 * rig_stop() takes everything down, and on the way verifies that each page that
 * was taken comes back.  Locking: one thread; the lock is never taken.
 */
#ifndef TESTS_UNIT_MEMORY_RIG_H
#define TESTS_UNIT_MEMORY_RIG_H

#include <string.h>

#include "memory/vmstat.h"
#include "reclaim/fault.h"
#include "reclaim/page_alloc.h"
#include "reclaim/writeback.h"

#include "check_main.h"

struct rig {
	struct vm *vm;
	struct task *task;
	struct actor kswapd; /* due when it was woken, or ACTOR_NEVER */
	struct task_exec exec;
	unsigned flusher_wakes;
};

static struct rig rig;

/* The step of an actor that never has anything to do. */
static uint64_t rig_idle(struct actor *a, uint64_t now_ns)
{
	(void)a;
	(void)now_ns;
	return ACTOR_NEVER;
}

/* vm->wake_flusher. */
static void rig_flusher(struct vm *vm, struct disk *d, enum vm_wb_reason why)
{
	(void)vm;
	(void)d;
	(void)why;
	rig.flusher_wakes++;
}

/* Make disk @id one of @kind, with the figures of fact sheet K. */
static inline void rig_disk(uint32_t id, enum vm_disk_kind kind)
{
	struct vm_disk_conf conf = { .kind = kind };

	vm_disk_defaults(&conf, kind);
	memcpy(conf.name, "sd", 3);
	rig.vm->conf.disk[id] = conf;
	ck_assert_int_eq(
		disk_init(rig.vm, &rig.vm->disk[id], id, &conf), 0);
}

/* The machine as far as the memory of one node needs it. */
static inline void rig_conf(struct vm_machine *m, uint64_t pages)
{
	vm_machine_init(m);
	m->nr_nodes = 1;
	m->nr_cpus = 1;
	m->nr_disks = 2;
	m->node[0].mem_pages = pages;
	m->node[0].distance[0] = VM_MIN_DISTANCE;
	m->node[0].zone[VM_ZONE_DMA32] = (struct vm_zone_conf){
		.start_pfn = 4096,
		.spanned = pages,
		.present = pages,
		.managed = pages,
	};
}

/* A machine of @pages frames with disks of these kinds. */
static inline void rig_start(uint64_t pages, enum vm_disk_kind kind)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	int err = 0;

	rig = (struct rig){ .vm = vm };
	ck_assert_ptr_nonnull(vm);
	rig_conf(&vm->conf, pages);
	ck_assert_int_eq(world_init(&vm->world, VM_WORLD_SIM, 1), 0);
	ck_assert_int_eq(pgdats_init(vm), 0);
	ck_assert_int_eq(psi_init(&vm->psi, 1), 0);
	build_zonelists(vm);
	vm->ctl.min_free_kbytes = 128;
	vm->ctl.page_cluster = 3;
	vm->ctl.dirty_ratio = 20;
	vm->ctl.dirty_background_ratio = 10;
	vm->ctl.watermark_scale_factor = 10;
	setup_per_zone_wmarks(vm);
	vm->end_io = end_io;
	vm->wake_flusher = rig_flusher;
	rig.kswapd.step = rig_idle;
	world_add(&vm->world, &rig.kswapd);
	vm->node[0].kswapd_actor = &rig.kswapd;
	rig_disk(0, VM_DISK_NVME);
	rig_disk(1, kind);
	rig.task = task_create(vm, "task", 0, &err);
	ck_assert_ptr_nonnull(rig.task);
	rig.task->mm = mm_create(vm, rig.task);
	rig.task->exec = &rig.exec;
	ck_assert_ptr_nonnull(rig.task->mm);
	task_set_state(vm, rig.task, TASK_RUNNABLE, 0);
}

/* Everything that the task and the files hold goes back, to the page. */
static inline void rig_stop(void)
{
	struct vm *vm = rig.vm;
	uint64_t cost_ns;

	while (!exit_mmap_step(vm, rig.task, &cost_ns))
		;
	mm_destroy(vm, rig.task->mm);
	rig.task->mm = NULL;
	rig.task->exec = NULL;
	task_release(vm, rig.task);
	while (vm->nr_files) {
		remove_file_pages(vm, vm->files[0], 0);
		file_destroy(vm, vm->files[0]);
	}
	ck_assert_uint_eq(global_zone_item(vm, NR_FREE_PAGES),
			  vm->total_pages);
	ck_assert_uint_eq(global_node_item(vm, NR_FILE_PAGES), 0);
	ck_assert_uint_eq(global_node_item(vm, NR_ANON_MAPPED), 0);
	ck_assert_uint_eq(global_node_item(vm, NR_PAGETABLE), 0);
	ck_assert_uint_eq(vm->nr_running, 0);
	for (uint32_t i = 0; i < VM_MAX_SWAPS; i++)
		if (vm->swap[i].active)
			swap_area_off(vm, i);
	for (uint32_t i = 0; i < vm->conf.nr_disks; i++)
		disk_fini(&vm->disk[i]);
	psi_fini(&vm->psi);
	pgdats_fini(vm);
	world_fini(&vm->world);
	free(vm);
}

/* Let time pass until @ns; the disks end what is due. */
static inline void rig_run(uint64_t ns)
{
	while (world_sim_step(&rig.vm->world, ns))
		;
	ck_assert_uint_ge(rig.vm->world.now_ns, ns);
}

/* Drive @a to its end, sleeping as long as it asks for; the result. */
static inline enum access_result rig_drive(struct access *a)
{
	enum access_result r;

	for (unsigned turns = 0; turns < 1000; turns++) {
		r = access_step(rig.vm, rig.task, a);
		if (r == ACCESS_DONE || r == ACCESS_OOM)
			return r;
		if (r != ACCESS_SLEEP)
			continue;
		ck_assert_int_eq(rig.task->state, TASK_UNINTERRUPTIBLE);
		rig_run(a->until_ns);
		task_wake(rig.vm, rig.task);
	}
	ck_abort_msg("an access never ended");
	return r;
}

/*
 * The task touches page @index of @vma; what its fault was like (an access
 * that never began when there was none).
 */
static inline struct access rig_touch(struct vma *vma, uint64_t index,
				      bool write)
{
	struct access a = {
		.kind = ACCESS_TOUCH,
		.vma = vma,
		.index = index,
		.write = write,
	};

	if (touch_page(vma, index, write))
		return a;
	access_begin(rig.vm, rig.task, &a);
	ck_assert_int_eq(rig_drive(&a), ACCESS_DONE);
	ck_assert(pte_present(vma->pte[index]));
	return a;
}

/* It reads, or writes, page @index of @f. */
static inline struct access rig_rw(struct file *f, uint64_t index, bool write)
{
	struct access a = {
		.kind = write ? ACCESS_WRITE : ACCESS_READ,
		.file = f,
		.index = index,
	};

	access_begin(rig.vm, rig.task, &a);
	ck_assert_int_eq(rig_drive(&a), ACCESS_DONE);
	return a;
}

#endif
