/* SPDX-License-Identifier: MIT */
/*
 * boot.h - from a description to a machine that could run (boot.c), and its
 * end.  For vm.c alone.  Locking: nobody else knows the machine yet.
 */
#ifndef ENGINE_BOOT_H
#define ENGINE_BOOT_H

#include "memory/state.h"

/*
 * Memory, marks, kernel threads, disks, CPUs, files, swap, tasks, in this
 * order.  0 or -errno; vm_unboot() undoes also what a failed call has done.
 */
int vm_boot(struct vm *vm);
void vm_unboot(struct vm *vm);

#endif
