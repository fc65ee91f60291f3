/* SPDX-License-Identifier: MIT */
/*
 * replay.h - a recording of a real kernel, played again in the sim world.
 *
 * A scenario is a text file, one command a line, '#' begins a comment:
 *
 *	machine FILE		the machine, a file beside the scenario
 *	sample MS		look at the zones this often (100)
 *	spawn TASK		a task, written as sandbox/spawn takes it
 *	read COMM SIZE [RATE]	the task reads on in its file, ...
 *	write COMM SIZE [RATE]	... writes on, a MiB at a time, ...
 *	alloc COMM SIZE [RATE]	... touches new memory, a MiB at a time
 *	touch COMM SIZE		writes to its first pages, resident or not
 *	start alloc COMM SIZE [RATE]	the same, and the script goes on
 *	finish COMM SECONDS	wait for what was started, or its end
 *	kill COMM		and wait until it is gone
 *	sleep SECONDS
 *	sync			as sync(2), and wait until all is written
 *	sysctl NAME VALUE...	as root writes it; "sysctl! " expects EINVAL
 *	swapoff, swapon INDEX
 *	begin, end		what is compared lies between them
 *	row TEXT | FIGURE | REAL | TOLERANCE
 *	victims COMM...		who was killed since boot, in this order
 *	log FILE		what the kernel log says since boot, see log.h
 *
 * FIGURE is arithmetic on names, see figure.c; REAL the same, mostly a
 * number that the recording has; TOLERANCE one of
 *
 *	=		exactly
 *	15%		within 15 % of REAL
 *	+-0.1		within 0.1 of REAL
 *	x2		at most twice, at least half of REAL
 *	>= <=		not less, not more than REAL
 *	to B 15%	between REAL and B, or within 15 % of one of them
 *
 * Sizes and rates as in a machine file ("560M", "40M/s"); RATE holds the
 * average after every MiB, as the recorder's program does.
 *
 * Units: pages and virtual ns.  Errors: what is wrong with a scenario is
 * printed as FILE:LINE and counts as a failed row.  One thread, no locks but
 * the engine's, which the observer finds held.
 */
#ifndef TESTS_DYNAMICS_REPLAY_H
#define TESTS_DYNAMICS_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vm/vm.h>

struct machine_fs;

#define REPLAY_MAX_JOBS	   16
#define REPLAY_MAX_REPORTS 16
#define REPLAY_MAX_SAMPLES 100000u

/* A task's work that a script asked for: SIZE in pieces, held to a rate. */
struct job {
	char comm[VM_COMM_LEN];
	int pid;
	struct vm_op op;
	bool busy;	   /* the engine has op */
	bool over;	   /* all pieces done, or err */
	int err;	   /* 0 or -errno of the first piece that failed */
	uint64_t pages;	   /* of all pieces */
	uint64_t piece_pages; /* of one, at most */
	uint64_t done;	   /* of those that have ended */
	uint64_t rate_bps; /* 0: flat out */
	uint64_t began_ns, piece_ns, next_ns;
	/* the first piece of a write that took longer than SLOW_NS */
	uint64_t slow_at_pages;
	uint64_t longest_ns;
};

/* Every zone's free pages at one moment; zones in order, node-major. */
struct sample {
	uint64_t reclaims; /* runs of kswapd, and of direct reclaim */
	uint64_t dirty, writeback; /* all nodes */
	uint64_t free[VM_MAX_NODES][VM_NR_ZONES];
};

/* What an OOM report saw. */
struct report {
	char victim[VM_COMM_LEN]; /* "" if it was a panic */
	struct vm_task_stat task;
	struct vm_stat stat;
};

struct replay {
	const char *path; /* of the scenario */
	int line;
	struct vm *vm;
	struct vm_machine machine;
	struct job job[REPLAY_MAX_JOBS];
	int nr_jobs;

	uint64_t sample_ns, next_sample_ns;
	struct sample *sample; /* owned; since `begin` */
	size_t nr_samples;
	struct vm_stat was, now, look; /* at begin, at end, scratch */

	struct machine_fs *fs; /* writes the kernel log */
	uint64_t log_from;     /* its first record after boot */

	struct report report[REPLAY_MAX_REPORTS];
	int nr_reports;
	char victims[256]; /* their names, blanks between */

	int passed, failed;
};

/* Play the scenario at @path; its rows are printed and counted in @r. */
void replay_run(struct replay *r, const char *path);

/* One more failed row: what is wrong with the scenario itself. */
void replay_complain(struct replay *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- steps.c: what a script lets happen ---- */

/* Let virtual time pass until @until_ns, sampling and feeding jobs. */
void replay_until(struct replay *r, uint64_t until_ns);

/* The job of task @comm, newest first; NULL if there is none. */
struct job *replay_job(struct replay *r, const char *comm);

/* The pid of the task called @comm, 0 if there is none. */
int replay_pid(struct replay *r, const char *comm);

/* One command of a script; false if there is none called @word. */
bool replay_step(struct replay *r, const char *word, char *args);

/* ---- figure.c ---- */

/* The value of @text; NAN, with a complaint, if it has none. */
double figure_value(struct replay *r, const char *text);

/* ---- table.c ---- */

/* A "row" command: compare, print, count. */
void table_row(struct replay *r, char *args);

/* The same for two numbers that must be equal, and not 0. */
void table_count(struct replay *r, const char *what, int real, int simulated);

/* The same for two lists of words. */
void table_words(struct replay *r, const char *what, const char *real,
		 const char *simulated);

#endif
