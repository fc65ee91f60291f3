/* SPDX-License-Identifier: MIT */
/*
 * memory_rig.c - builds the machine of memory_rig.h from the engine's parts,
 * and takes it down again.
 *
 * Called by unit tests of floors 0 and 1.  Calls the same functions as boot.c,
 * but starts nobody who acts.
 */
#include "memory_rig.h"

struct rig rig;

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
static void rig_disk(uint32_t id, enum vm_disk_kind kind)
{
	struct vm_disk_conf conf = { .kind = kind };

	vm_disk_defaults(&conf, kind);
	memcpy(conf.name, "sd", 3);
	rig.vm->conf.disk[id] = conf;
	ck_assert_int_eq(
		disk_init(rig.vm, &rig.vm->disk[id], id, &conf), 0);
}

/* The machine as far as the memory of one node needs it. */
static void rig_conf(struct vm_machine *m, uint64_t pages)
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

void rig_start(uint64_t pages, enum vm_disk_kind kind)
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
	vm->pid_max = VM_MAX_PID;
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

void rig_stop(void)
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

void rig_run(uint64_t ns)
{
	lock_take(&rig.vm->world.lock);
	while (world_sim_step(&rig.vm->world, ns))
		;
	lock_drop(&rig.vm->world.lock);
	ck_assert_uint_ge(rig.vm->world.now_ns, ns);
}

enum access_result rig_drive(struct access *a)
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

struct access rig_touch(struct vma *vma, uint64_t index,
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

struct access rig_rw(struct file *f, uint64_t index, bool write)
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
