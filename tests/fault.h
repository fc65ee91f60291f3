/* SPDX-License-Identifier: MIT */
/*
 * fault.h - make one allocation of the program under test fail.
 *
 * Every program in tests/ is linked so that malloc(), calloc(), realloc(),
 * reallocarray(), aligned_alloc(), posix_memalign(), mmap(), mremap() and
 * pthread_create() go through fault.c.  Nothing fails until a countdown is
 * armed; then exactly one call fails, as it does when memory is short (NULL
 * or MAP_FAILED with ENOMEM; ENOMEM; EAGAIN for pthread_create), and all
 * calls after it succeed.
 *
 * To try every allocation of a function once:
 *
 *	for (long n = 0; ; n++) {
 *		fault_arm(n);
 *		err = vm_create(&vm, &machine, VM_WORLD_SIM);
 *		if (!fault_disarm())
 *			break;		(fewer than n + 1 allocations)
 *		ck_assert_int_eq(err, -ENOMEM);
 *	}
 *
 * Calls that libraries make among themselves are not counted: only those in
 * code that is linked into the program.
 *
 * Locking: any thread may allocate while a countdown runs; arming is for one
 * thread.
 */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

#include <stdbool.h>

/* Let @countdown allocations pass and the one after them fail. */
void fault_arm(long countdown);

/* No failures any more.  True if the one that was armed has happened. */
bool fault_disarm(void);

#endif
