/* SPDX-License-Identifier: MIT */
/*
 * swarm.h - one seed is one machine and what befalls it.
 *
 * A run is a machine drawn from the seed and a row of operations, each drawn
 * from the seed and its own place in the row: leaving one out changes none of
 * the others, so that a failing run can be made smaller.  Before some of them
 * an allocation of the server is made to fail.  The counters are checked after
 * every step of the engine, every page now and then and after every
 * operation (vm_check()); at the end the machine is given peace, and must then
 * do what Linux would do.
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

#define SWARM_OPS     100 /* in a run */
#define SWARM_WHY_LEN 400

struct swarm_run {
	uint64_t seed;
	unsigned nr_ops;	/* the first so many are done */
	bool threads;		/* world */
	bool skip[SWARM_OPS];	/* not these */
	bool trace;		/* say what is done */
	bool every_step;	/* look at every page after every step */
	unsigned plant;		/* break a counter in this one, from 1; 0 */
};

/* How a run ended. */
struct swarm_verdict {
	bool failed;
	unsigned at;	/* operations that had been begun */
	uint64_t steps; /* of the engine: all, or to where it was seen */
	char why[SWARM_WHY_LEN];
};

/* Draw the machine.  Never one that vm_machine_check() refuses. */
void swarm_machine(struct vm_machine *m, uint64_t seed);

/* Draw a task for a machine like @m. */
void swarm_task(struct vm_task_conf *t, struct prng *p,
		const struct vm_machine *m);

/* Do it, once in a process. */
void swarm_run(const struct swarm_run *r, struct swarm_verdict *v);

/* The same in a process of its own: whatever it does, there is a verdict. */
void swarm_attempt(const struct swarm_run *r, struct swarm_verdict *v);

/*
 * @r fails: make it a run with fewer operations that fails as well.  What
 * needs a race to fail is tried several times, and may stay larger.
 */
void swarm_shrink(struct swarm_run *r);

#endif
