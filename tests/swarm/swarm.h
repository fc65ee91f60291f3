/* SPDX-License-Identifier: MIT */
/*
 * swarm.h - from one number a machine, its tasks, and what befalls them.
 *
 * A run is a machine drawn from the seed and a row of operations, each drawn
 * from the seed and its own place in the row: leaving one out changes none of
 * the others, so that a failing run can be made smaller.  After every
 * operation the whole machine is checked (vm_check()); at the end it is given
 * peace, and must then do what Linux would do.
 *
 * Ownership: what swarm_machine() fills in is for vm_machine_fini().  One
 * thread; in the threads world the machine is paused while it is looked at.
 */
#ifndef TESTS_SWARM_H
#define TESTS_SWARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vm/vm.h>

#include "world/prng.h"

#define SWARM_OPS 100 /* in a run */

struct swarm_run {
	uint64_t seed;
	unsigned nr_ops;	/* the first so many are done */
	bool threads;		/* world */
	bool skip[SWARM_OPS];	/* not these */
	bool trace;		/* say what is done */
};

/* Draw the machine.  Never one that vm_machine_check() refuses. */
void swarm_machine(struct vm_machine *m, uint64_t seed);

/* Draw a task for a machine like @m. */
void swarm_task(struct vm_task_conf *t, struct prng *p,
		const struct vm_machine *m);

/*
 * Do it.  NULL, or what is wrong, as text that lives until the next call.
 * @at: the operation after which it was seen.
 */
const char *swarm_run(const struct swarm_run *r, unsigned *at);

#endif
