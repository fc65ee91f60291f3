/* SPDX-License-Identifier: MIT */
/*
 * boot.c - assemble the floors: memory, actors, what the kernel holds for
 * itself, then the tasks of the machine file.
 *
 * Called by vm_create(), before anything runs.  Calls the init function of
 * every module, and nothing calls back before the world starts.
 */
#include "boot.h"

#include <assert.h>
#include <errno.h>

#include "actors/cpu.h"
#include "actors/flusher.h"
#include "actors/kswapd.h"
#include "actors/timer.h"
#include "actors/workload.h"
#include "memory/pcp.h"
#include "memory/vmstat.h"
#include "reclaim/fault.h"
#include "reclaim/hugepages.h"
#include "reclaim/page_alloc.h"
#include "reclaim/slab.h"
#include "reclaim/writeback.h"
#include "sysctl.h"
#include "world/name.h"

#define SHADOW_AGE_BITS 26u
#define PID_MAX_DEFAULT 32768 /* kernel/pid.c:pid_idr_init */
#define PIDS_PER_CPU 1024
#define SHMEM_FILE "(tmpfs)"

/* Age bits that a shadow must do without on a machine of this size. */
static unsigned shadow_order(const struct vm *vm)
{
	unsigned order = 0;

	while (vm->total_pages >> order >> SHADOW_AGE_BITS)
		order++;
	assert(order < 8);
	return order;
}

static int boot_memory(struct vm *vm)
{
	int err = pgdats_init(vm);

	if (err)
		return err;
	assert(vm->total_pages > 0);
	vm->shadow_order = shadow_order(vm);
	build_zonelists(vm);
	init_min_free_kbytes(vm);
	return 0;
}

/* @n of node @nid's pages, for the kernel, without a counter of their own. */
static int take_kernel_pages(struct vm *vm, int nid, uint64_t n)
{
	assert(nid >= 0);
	uint64_t nr;

	for (; n; n -= nr) {
		uint32_t pfn;

		nr = n;
		pfn = alloc_run_nowait(vm, GFP_NOWAIT, nid, UINT64_MAX, &nr);
		if (pfn == PFN_NONE)
			return -ENOMEM;
		for (uint64_t i = 0; i < nr; i++)
			pfn_page(vm, pfn++)->flags = PG_KERNEL;
	}
	return 0;
}

static int fill_slab(struct vm *vm, struct pgdat *pgdat, uint64_t reclaimable,
		     uint64_t unreclaimable)
{
	int err = take_kernel_pages(vm, pgdat->nid, unreclaimable);

	if (err)
		return err;
	mod_node(pgdat, NR_SLAB_UNRECLAIMABLE, (int64_t)unreclaimable);
	reclaimable -= MIN(reclaimable, pgdat->xa_nodes.pages);
	return slab_grow(vm, pgdat, reclaimable) ? 0 : -ENOMEM;
}

static uint64_t node_part(const struct vm *vm, const struct pgdat *pgdat,
			  uint64_t pages)
{
	return pages * pgdat->managed / vm->total_pages;
}

/* What the kernel holds, spread over the nodes by their size. */
static int boot_kernel_memory(struct vm *vm)
{
	const struct vm_kernel_conf *k = &vm->conf.kernel;
	struct pgdat *pgdat;
	int err;

	assert(vm->nr_nodes > 0);
	for_each_node(vm, pgdat) {
		if (!pgdat->managed)
			continue;
		err = take_kernel_pages(vm, pgdat->nid,
					node_part(vm, pgdat, k->misc));
		if (!err)
			err = fill_slab(
				vm, pgdat,
				node_part(vm, pgdat, k->slab_reclaimable),
				node_part(vm, pgdat, k->slab_unreclaimable));
		if (err)
			return err;
	}
	return 0;
}

/* Files of tmpfs that are there from the start: initramfs, /run. */
static int boot_shmem(struct vm *vm)
{
	uint64_t n = vm->conf.kernel.shmem;
	struct file *f;

	if (!n)
		return 0;
	f = file_get(vm, SHMEM_FILE, FILE_NO_DISK, n);
	if (!f)
		return -ENOMEM;
	for (uint64_t i = 0; i < n; i++) {
		uint32_t pfn = alloc_pages_nowait(
			vm, GFP_CACHE_NOWAIT, 0, (int)(i % vm->nr_nodes),
			UINT64_MAX);

		if (pfn == PFN_NONE ||
		    !slab_node_for(vm, &f->xa, i, (int)(i % vm->nr_nodes),
				   GFP_XA_NOWAIT))
			return -ENOMEM;
		pfn_page(vm, pfn)->flags = PG_SWAPBACKED | PG_UPTODATE;
		file_insert(vm, f, i, pfn);
		lru_add(vm, pfn);
	}
	assert(global_node_item(vm, NR_SHMEM) == n);
	return 0;
}

static struct task *kernel_thread(struct vm *vm, const char *name, int cpu)
{
	int err;
	struct task *t = task_create(vm, name, 0, &err);

	if (!t)
		return NULL;
	assert(cpu >= 0 && (uint32_t)cpu < vm->conf.nr_cpus);
	t->flags |= TF_KTHREAD;
	t->ppid = t->pid == 2 ? 0 : 2;
	t->cpu = cpu;
	return t;
}

/* pid 1 and the kernel threads that a reader of ps expects first. */
static int boot_first_tasks(struct vm *vm)
{
	static const char *const common[] = { "khungtaskd", "oom_reaper",
					      "ksmd", "khugepaged" };
	struct task *init;
	char name[VM_COMM_LEN];
	int err;

	/* What the machine file asks for is bounded by VM_MAX_PID alone. */
	vm->pid_max = VM_MAX_PID + 1;
	init = task_create(vm, "init", 1, &err);
	if (!init)
		return err;
	init->flags |= TF_INIT;
	vm->last_pid = 1;
	if (!kernel_thread(vm, "kthreadd", 0))
		return -ENOMEM;
	for (uint32_t c = 0; c < vm->conf.nr_cpus; c++) {
		name_number(name, sizeof(name), "ksoftirqd/", c);
		if (!kernel_thread(vm, name, (int)c))
			return -ENOMEM;
	}
	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		if (!kernel_thread(vm, common[i], 0))
			return -ENOMEM;
	for (uint32_t n = 0; n < vm->nr_nodes; n++) {
		name_number(name, sizeof(name), "kcompactd", n);
		if (!kernel_thread(vm, name, 0))
			return -ENOMEM;
	}
	assert(task_find(vm, 2));
	return 0;
}

static int boot_disks(struct vm *vm)
{
	int err = 0;

	vm->end_io = end_io;
	vm->wake_flusher = flusher_wake;
	for (uint32_t d = 0; d < vm->conf.nr_disks && !err; d++)
		err = disk_init(vm, &vm->disk[d], d, &vm->conf.disk[d]);
	for (uint32_t d = 0; d < vm->conf.nr_disks && !err; d++)
		err = flusher_init(vm, &vm->disk[d]);
	for (uint32_t f = 0; f < vm->conf.nr_files && !err; f++) {
		const struct vm_file_conf *c = &vm->conf.file[f];

		if (!file_get(vm, c->name, c->disk, c->pages))
			err = -ENOMEM;
	}
	for (uint32_t s = 0; s < vm->conf.nr_swaps && !err; s++)
		err = swap_area_on(vm, s, vm->conf.swap[s].priority);
	assert(err <= 0);
	return err;
}

static int boot_actors(struct vm *vm)
{
	struct pgdat *pgdat;
	int err;

	vm->task_runnable = cpu_enqueue;
	err = boot_disks(vm);
	if (err)
		return err;
	for_each_node(vm, pgdat) {
		if (!pgdat->managed)
			continue;
		err = kswapd_init(vm, pgdat);
		if (err)
			return err;
	}
	err = cpus_init(vm);
	if (err)
		return err;
	timer_init(vm);
	assert(vm->world.nr_actors > vm->conf.nr_cpus);
	return 0;
}

static int boot_tasks(struct vm *vm)
{
	struct vm_complaint c;
	struct task *t;

	for (uint32_t i = 0; i < vm->conf.nr_tasks; i++) {
		int pid = task_spawn(vm, &vm->conf.task[i], &c);

		if (pid < 0)
			return pid;
		assert(task_find(vm, pid));
	}
	/* Pids that are asked for come before threads, who take any. */
	for_each_task (vm, t)
		task_add_threads(vm, t);
	vm->pid_max = MAX(PID_MAX_DEFAULT,
			  (int)vm->conf.nr_cpus * PIDS_PER_CPU);
	return 0;
}

static int boot_sysctls(struct vm *vm)
{
	assert(vm->totalreserve > 0);
	for (uint32_t i = 0; i < vm->conf.nr_sysctls; i++) {
		const struct vm_sysctl_conf *s = &vm->conf.sysctl[i];
		int err = sysctl_set_text(vm, s->name, s->value);

		if (err)
			return err;
	}
	return 0;
}

/* The pools of the nodes, where the machine file tells them apart. */
static void boot_huge_pages(struct vm *vm)
{
	bool told = false;

	for (uint32_t nid = 0; nid < vm->nr_nodes; nid++)
		told |= vm->conf.node[nid].hugepages > 0;
	for (uint32_t nid = 0; told && nid < vm->nr_nodes; nid++)
		set_node_huge_pages(vm, nid, vm->conf.node[nid].hugepages);
	assert(!told || vm->ctl.nr_hugepages == nr_huge_pages(vm));
}

int vm_boot(struct vm *vm)
{
	int err = psi_init(&vm->psi, vm->conf.nr_cpus);

	assert(vm->conf.nr_nodes > 0 && vm->conf.nr_cpus > 0);
	vm->user_min_free_kbytes = -1;
	sysctl_defaults(&vm->ctl);
	if (!err)
		err = boot_memory(vm);
	if (!err)
		err = boot_first_tasks(vm);
	if (!err)
		err = boot_actors(vm);
	if (!err)
		err = boot_shmem(vm);
	if (!err)
		err = boot_kernel_memory(vm);
	if (err)
		return err;
	init_reserve_kbytes(vm);
	err = boot_sysctls(vm);
	if (err)
		return err;
	boot_huge_pages(vm);
	setup_captured_marks(vm);
	writeback_set_ratelimit(vm);
	pgdats_booted(vm);
	err = pcps_init(vm);
	return err ? err : boot_tasks(vm);
}

static void unboot_tasks(struct vm *vm)
{
	while (vm->tasks) {
		struct task *t = vm->tasks;

		work_end_ops(vm, t, -EINTR);
		work_release(vm, t);
		assert(vm->tasks != t);
	}
}

/* No request may refer to a page when the pages go. */
static void finish_io(struct vm *vm)
{
	for (uint32_t d = 0; d < vm->conf.nr_disks; d++) {
		struct disk *disk = &vm->disk[d];

		while (disk->actor.step && !disk_idle(disk))
			disk->actor.step(&disk->actor, ACTOR_NEVER - 1);
	}
}

void vm_unboot(struct vm *vm)
{
	struct pgdat *pgdat;

	finish_io(vm);
	unboot_tasks(vm);
	for_each_node(vm, pgdat)
		kswapd_fini(pgdat);
	for (uint32_t d = 0; d < vm->conf.nr_disks; d++) {
		flusher_fini(&vm->disk[d]);
		disk_fini(&vm->disk[d]);
	}
	cpus_fini(vm);
	while (vm->nr_files) {
		struct file *f = vm->files[vm->nr_files - 1];

		remove_file_pages(vm, f, 0);
		file_destroy(vm, f);
	}
	for (uint32_t s = 0; s < vm->conf.nr_swaps; s++)
		if (vm->swap[s].active)
			swap_area_off(vm, s);
	pcps_fini(vm);
	pgdats_fini(vm);
	psi_fini(&vm->psi);
}
