/* SPDX-License-Identifier: MIT */
/*
 * inside.h - among the files of a run: ops.c and faults.c say what befalls
 * the machine, check.c what must hold all the time, peace.c what at the end.
 *
 * Nobody returns errors: the first thing that is wrong is kept, wrong(), and
 * ends the run.  Locking: the run's one thread; the members that the engine's
 * threads write are atomic or say that the world's lock guards them.
 */
#ifndef TESTS_SWARM_INSIDE_H
#define TESTS_SWARM_INSIDE_H

#include <stdatomic.h>

#include "swarm.h"

#define SWARM_NR_WORK	48		/* and three more in peace.c */
#define SWARM_MAX_STEPS 4000000ull	/* of a run at a stretch */

/* A piece of work that somebody waits for. */
struct work {
	struct vm_op op; /* first: done() gets its address */
	int pid;
	bool accepted;
	atomic_bool taken_back; /* or the machine is going */
	atomic_uint done;
	int err;
};

struct swarm {
	const struct swarm_run *run;
	struct vm_machine m;
	struct vm *vm;
	struct work work[SWARM_NR_WORK + 3];
	unsigned nr_work;
	struct vm_stat stat;
	bool short_of_memory; /* one of the server's allocations may fail */
	char why[SWARM_WHY_LEN];
	/* the world's lock guards these */
	uint64_t steps;	  /* of the engine */
	uint64_t bad_step; /* in which step_what was seen; 0: in none */
	char step_what[SWARM_WHY_LEN];
};

typedef void swarm_op(struct swarm *s, struct prng *p);

/* The first thing that is wrong counts. */
void wrong(struct swarm *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* With -v: what is done. */
void say(struct swarm *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* done() of a struct work. */
void work_done(struct vm_op *op, int err);

/* One operation, drawn by @p; an allocation may fail in it. */
void do_op(struct swarm *s, struct prng *p);

/* Faults of the machine, as operations. */
swarm_op op_disk_fault, op_disk_slow, op_swap_fault;

/* Perhaps let an allocation fail soon; and no more. */
void begin_shortage(struct swarm *s, struct prng *p);
void end_shortage(struct swarm *s);

/* The disks are as the machine has them, and do not fail. */
void end_faults(struct swarm *s);

/* Look after every step, from here on; and at everything, now. */
void check_steps(struct swarm *s);
void check(struct swarm *s);

/* Steps of the engine so far. */
uint64_t steps_so_far(struct swarm *s);

/*
 * Faults are over, tunables as Linux has them: who asks is answered, who is
 * killed ends, and half of what is then said to be available is given.
 */
void check_alive(struct swarm *s);

#endif
