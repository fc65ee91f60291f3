/* SPDX-License-Identifier: MIT */
/*
 * psi.h - pressure stall information (fact sheet J.5) and load average (J.6).
 *
 * Every task counts on its CPU as running, in I/O wait, in memory stall.
 * Time in which some, or all, non-idle tasks are stalled is averaged over the
 * CPUs that are not idle, and over 10, 60 and 300 seconds.
 *
 * kernel/sched/psi.c weighs the CPUs by their busy time whenever somebody
 * looks, so that looking decides what is read.  Here they are weighed at every
 * change of a CPU's state: the share of the CPUs not idle in that moment.
 * Looking changes nothing, and totals only grow.
 *
 * Units: virtual ns; averages in fixed point with 11 fraction bits.
 * Locking: the world's lock.
 */
#ifndef ENGINE_MEMORY_PSI_H
#define ENGINE_MEMORY_PSI_H

#include <stdint.h>

#include <vm/stat.h>

enum psi_bit {
	PSI_RUNNING = 1u << 0,
	PSI_IOWAIT = 1u << 1,
	PSI_MEMSTALL = 1u << 2,
	PSI_MEMSTALL_RUNNING = 1u << 3, /* running inside reclaim */
};

#define PSI_NR_COUNTS  4u
#define PSI_PERIOD_NS  (2 * 1000000000ull + 4000000ull) /* 2 s + 1 jiffy */
#define LOAD_PERIOD_NS (5 * 1000000000ull + 4000000ull)

struct psi_cpu {
	uint32_t nr[PSI_NR_COUNTS]; /* tasks by bit */
};

struct psi {
	uint32_t nr_cpus;
	struct psi_cpu *cpu;
	uint64_t last_ns; /* totals stand there */
	uint64_t avg_next_ns, avg_last_ns;
	uint64_t total[VM_NR_PSI][2]; /* some, full; 1 / PSI_PARTS ns */
	uint64_t avg_total_ns[VM_NR_PSI][2];
	uint64_t avg[VM_NR_PSI][2][3];
	/* CPUs not idle, and by what holds there: from cpu[], psi_recount() */
	uint32_t nr_busy;
	uint32_t nr_in[VM_NR_PSI][2];
};

#define PSI_PARTS 256u

int psi_init(struct psi *p, uint32_t nr_cpus);
void psi_fini(struct psi *p);

/* A task on @cpu stops (@clear) and starts (@set) to count as PSI_*. */
void psi_change(struct psi *p, unsigned cpu, uint32_t clear, uint32_t set,
		uint64_t now_ns);

/* Renew the averages if a period has passed. */
void psi_update(struct psi *p, uint64_t now_ns);

/* What it would say if it were renewed at @now_ns; nothing changes. */
void psi_get(const struct psi *p, uint64_t now_ns,
	     struct vm_psi out[VM_NR_PSI]);

/* Derive the counts of CPUs from those of tasks. */
void psi_recount(struct psi *p);

/*
 * Pure.  One period of an average: @avg old, @stall_ns of @period_ns stalled,
 * @missed whole idle periods before it.  kernel/sched/psi.c:calc_avgs.
 */
void psi_calc_avgs(uint64_t avg[3], unsigned missed, uint64_t stall_ns,
		   uint64_t period_ns);

/* Pure.  One 5 s turn of the load average with @active tasks. */
void loadavg_calc(uint64_t load[3], uint64_t active);

#endif
