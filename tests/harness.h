/* SPDX-License-Identifier: MIT */
/*
 * harness.h - a small machine in the sim world, and what a test asks of it.
 *
 *	struct vm_machine m;
 *	struct harness h;
 *
 *	machine_one_node(&m, 64);
 *	machine_swap(&m, 32);
 *	struct vm_task_conf *t = machine_task(&m, "hog");
 *	t->anon_pages = t->anon_resident = MIB(16);
 *	harness_start(&h, &m);
 *	harness_run(&h, 5 * VM_SECOND);
 *	ck_assert_uint_gt(harness_event(&h, PSWPOUT), 0);
 *	harness_stop(&h);
 *
 * The machines are small on purpose: developer builds verify every page
 * after every step.  All of them have one seed, so that a run repeats to the
 * byte.
 *
 * Errors: a function that cannot do its part fails the Check test that is
 * running; nothing here returns an error that a test could forget.
 *
 * Ownership: machine_*() fill in a struct vm_machine of the caller's, which
 * harness_start() takes over and frees.  Pointers into it are good until
 * the next machine_*() call.  One thread, no locks.
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vm/vm.h>

/* Mebibytes and kibibytes as pages. */
#define MIB(n) ((uint64_t)(n) << (20 - VM_PAGE_SHIFT))
#define KIB(n) ((uint64_t)(n) >> (VM_PAGE_SHIFT - 10))

/* Steps of actors after which a run counts as stuck. */
#define HARNESS_MAX_STEPS 50000000ull

struct harness {
	struct vm *vm;
	struct vm_stat stat; /* the last harness_look() */
	/* the trace: one line an event that is wanted */
	uint64_t want; /* mask of 1 << enum vm_event_type */
	char *text;    /* owned */
	size_t len, room;
	/* what an op that is under way has come to */
	bool op_done;
	int op_err;
};

/*
 * @mib MiB in one node, one CPU; all in zone Normal, so that there is one set
 * of marks to look at, and no huge-page correction, so that they are those of
 * fact sheet B.1; 2 MiB of slab; no task, no swap, one nvme disk (index 0).
 */
void machine_one_node(struct vm_machine *m, unsigned mib);

/* As above, @mib MiB in each of two nodes at distance 20, a CPU each. */
void machine_two_nodes(struct vm_machine *m, unsigned mib);

/* A swap partition of @mib MiB (header page on top) on disk 0. */
void machine_swap(struct vm_machine *m, unsigned mib);

/* A file of @mib MiB on disk 0. */
void machine_file(struct vm_machine *m, const char *name, unsigned mib);

/* "vm.swappiness" is @value from the start. */
void machine_sysctl(struct vm_machine *m, const char *name, const char *value);

/* An idle task called @comm; fill in the rest before the next one. */
struct vm_task_conf *machine_task(struct vm_machine *m, const char *comm);

/* One more phase for @t, idle until filled in. */
struct vm_phase_conf *machine_phase(struct vm_task_conf *t);

/*
 * A task called @comm that goes through @file in order, @rate pages a second.
 * It reads them all; see write_permille.
 */
struct vm_phase_conf *machine_stream(struct vm_machine *m, const char *comm,
				     const char *file, uint64_t rate);

/*
 * Two nodes of @mib MiB, swap, and work for kswapd, the flusher and both CPUs:
 * a task that touches @anon_mib at random, one that reads and writes a file of
 * @file_mib, and "worker", which is idle and nobody's victim.  Laid out.
 */
void machine_busy(struct vm_machine *m, unsigned mib, unsigned anon_mib,
		  unsigned file_mib);

/* Take over @m, boot it, and begin an empty trace that wants nothing. */
void harness_start(struct harness *h, struct vm_machine *m);

/* Stop; verifies the invariants of fact sheet M first.  Not started: fine. */
void harness_stop(struct harness *h);

/* Let @ns of virtual time pass. */
void harness_run(struct harness *h, uint64_t ns);

/* Run until the machine is settled; @ns of virtual time at most. */
void harness_settle(struct harness *h, uint64_t ns);

/* The invariants hold now. */
void harness_check(struct harness *h);

/* A fresh h->stat, which is returned as well. */
const struct vm_stat *harness_look(struct harness *h);

/* One figure, fresh. */
uint64_t harness_event(struct harness *h, enum vm_event_item item);
uint64_t harness_zone(struct harness *h, enum vm_zone_item item);
uint64_t harness_node(struct harness *h, enum vm_node_item item);

/* The pid of the task called @comm, 0 if there is none. */
int harness_pid(struct harness *h, const char *comm);

/* That task, which must be there. */
struct vm_task_stat harness_task(struct harness *h, const char *comm);

/*
 * A piece of work for the task called @comm, run to its end.  0 or -errno,
 * of vm_task_submit() or of its end.
 */
int harness_op(struct harness *h, const char *comm, enum vm_op_kind kind,
	       uint64_t pages);

/* Write @value to tunable @name ("swappiness") as root.  0 or -errno. */
int harness_sysctl(struct harness *h, const char *name, int64_t value);

/* Have events of @type in the trace from now on. */
void harness_want(struct harness *h, enum vm_event_type type);

/* How many events of @type the trace has. */
unsigned harness_seen(const struct harness *h, enum vm_event_type type);

/*
 * The trace so far is, line for line, that of sim/golden/@name.txt.  A
 * difference is shown with its line number.  With GOLDEN_UPDATE=1 in the
 * environment the file is written instead: look at `git diff` then.
 */
void harness_golden(const struct harness *h, const char *name);

#endif
