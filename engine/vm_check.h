/* SPDX-License-Identifier: MIT */
/*
 * vm_check.h - the invariants of fact sheet M, and our own.
 *
 * vm_check() of <vm/vm.h> looks at everything; check_counters() only at what
 * can be told from counters.  Locking: the world's lock.
 */
#ifndef ENGINE_VM_CHECK_H
#define ENGINE_VM_CHECK_H

#include "memory/state.h"

/* False and why in @c: sums that disagree. */
bool check_counters(struct vm *vm, struct vm_complaint *c);

/* False and why in @c: pages, lists and tables that disagree. */
bool check_pages(struct vm *vm, struct vm_complaint *c);

/*
 * In developer builds: counters after every step, pages after every
 * CHECK_PAGES_STEPS; a violation aborts the program with what it is in a
 * variable for the debugger.  Else nothing.
 */
void check_every_step(struct vm *vm);

#endif
