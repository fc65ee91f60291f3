/* SPDX-License-Identifier: MIT */
/*
 * vm.h - a running machine: the engine's front door.
 *
 *	struct vm *vm;
 *	int err = vm_create(&vm, &machine, VM_WORLD_SIM);
 *	...
 *	vm_run_until(vm, 5 * VM_SECOND, UINT64_MAX);
 *	vm_stat_get(vm, &stat);
 *	vm_destroy(vm);
 *
 * The engine has one lock, taken inside every function here and in the other
 * headers of this folder, and held for one bounded step at the most.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include <vm/machine.h>
#include <vm/stat.h>
#include <vm/sysctl.h>
#include <vm/task.h>
#include <vm/trace.h>
#include <vm/world.h>

#define VM_MICROSECOND 1000ull
#define VM_MILLISECOND 1000000ull
#define VM_SECOND      1000000000ull

#define VM_HZ 250 /* jiffies a second, as Debian builds its kernels */

/*
 * Build a machine and boot it: memory laid out, kernel memory taken, sysctls
 * set, kernel threads and tasks started; nothing has run yet.  @m is copied.
 * 0; -EINVAL if vm_machine_check() would object, -ENOMEM, -EAGAIN (threads).
 * In the threads world nothing moves until vm_start().
 */
int vm_create(struct vm **vmp, const struct vm_machine *m,
	      enum vm_world_kind kind);

/* THREADS: let go.  SIM: nothing. */
int vm_start(struct vm *vm);

/* Stop all threads, end all ops with -EINTR, free everything.  NULL is fine. */
void vm_destroy(struct vm *vm);

/*
 * Verify the invariants of fact sheet M over the whole machine.  True, or
 * false and what is wrong in @c.  Slow: walks every page.
 */
bool vm_check(struct vm *vm, struct vm_complaint *c);

/*
 * swapon(2) and swapoff(2) on area @index of the machine.  -errno as G.6:
 * -EBUSY it is on already, -EINVAL it is not, or there is none, -ENOMEM.
 *
 * vm_swapoff() brings a bounded number of pages back; -EAGAIN: let time pass
 * and call it again, or vm_swapoff_cancel(), which leaves the area in use.
 */
int vm_swapon(struct vm *vm, uint32_t index, int32_t priority);
int vm_swapoff(struct vm *vm, uint32_t index);
void vm_swapoff_cancel(struct vm *vm, uint32_t index);

/*
 * PMD-sized huge pages are switched on or off (transparent_hugepage/enabled),
 * also to what they are: on, min_free_kbytes is raised to what the correction
 * of fact sheet B.1 wants; off, it is calculated anew.  A larger value that
 * somebody has written stays.  True if a smaller one had to go.
 */
bool vm_set_thp(struct vm *vm, bool on);

/*
 * The pool of 2 MiB pages of node @nid becomes @nr pages large, or as large as
 * it can; the other nodes' stay (mm/hugetlb.c:__nr_hugepages_store_common).
 */
void vm_set_node_hugepages(struct vm *vm, uint32_t nid, uint64_t nr);

/* Count a write to sync(2): every dirty page is queued for writing. */
void vm_sync(struct vm *vm);

#endif
