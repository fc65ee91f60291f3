/* SPDX-License-Identifier: MIT */
/*
 * psi.c - pressure stall information and the load average.
 *
 * Fact sheet J.5 and J.6; kernel/sched/psi.c and kernel/sched/loadavg.c.
 * Every CPU counts its tasks by what they wait for and adds up the time spent
 * in each state; a collection weighs the CPUs by the time in which they were
 * not idle.  The weights are taken in fine units here, so that a stall on a
 * CPU that was busy for less than a jiffy counts too.
 *
 * Called by task.c (a task's state changes), timer.c (a period has passed)
 * and snapshot.c.  Calls nothing.  Guarded by the world's lock.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "memory/psi.h"
#include "world/compiler.h"

#define FIXED_SHIFT 11u
#define FIXED_1	    (1ull << FIXED_SHIFT)

/* exp(-2 s / 10 s), .. 60 s, .. 300 s */
static const uint64_t psi_exp[3] = { 1677, 1981, 2034 };
/* exp(-5 s / 60 s), .. 5 min, .. 15 min */
static const uint64_t load_exp[3] = { 1884, 2014, 2037 };

/* Time shares are weighed in units that keep the products in 64 bits. */
#define WEIGHT_BITS 20u

int psi_init(struct psi *p, uint32_t nr_cpus)
{
	assert(nr_cpus > 0 && nr_cpus <= VM_MAX_CPUS);
	*p = (struct psi){ .nr_cpus = nr_cpus, .avg_next_ns = PSI_PERIOD_NS };
	p->cpu = calloc(nr_cpus, sizeof(*p->cpu));
	return p->cpu ? 0 : -ENOMEM;
}

void psi_fini(struct psi *p)
{
	free(p->cpu);
	p->cpu = NULL;
}

static uint32_t count(const struct psi_cpu *c, enum psi_bit bit)
{
	return c->nr[__builtin_ctz(bit)];
}

/* Add the time since the last change to the states that hold. */
static void psi_cpu_account(struct psi_cpu *c, uint64_t now_ns)
{
	const uint64_t d = now_ns - c->since_ns;
	const uint32_t running = count(c, PSI_RUNNING);
	const uint32_t iowait = count(c, PSI_IOWAIT);
	const uint32_t stalled = count(c, PSI_MEMSTALL);
	const uint32_t reclaiming = count(c, PSI_MEMSTALL_RUNNING);

	assert(now_ns >= c->since_ns);
	c->since_ns = now_ns;
	if (iowait) {
		c->some_ns[VM_PSI_IO] += d;
		c->full_ns[VM_PSI_IO] += running ? 0 : d;
	}
	if (stalled) {
		c->some_ns[VM_PSI_MEM] += d;
		/* nobody runs but those who reclaim */
		c->full_ns[VM_PSI_MEM] += running > reclaiming ? 0 : d;
	}
	if (running > 1)
		c->some_ns[VM_PSI_CPU] += d;
	if (running || iowait || stalled)
		c->nonidle_ns += d;
}

void psi_change(struct psi *p, unsigned cpu, uint32_t clear, uint32_t set,
		uint64_t now_ns)
{
	struct psi_cpu *c = &p->cpu[cpu];

	assert(cpu < p->nr_cpus);
	psi_cpu_account(c, now_ns);
	for (unsigned i = 0; i < PSI_NR_COUNTS; i++) {
		assert(!(clear & 1u << i) || c->nr[i] > 0);
		c->nr[i] -= !!(clear & 1u << i);
		c->nr[i] += !!(set & 1u << i);
	}
}

/* How far times must be shifted so that their sum has WEIGHT_BITS bits. */
static unsigned weight_shift(const struct psi *p)
{
	uint64_t sum = 0;
	unsigned shift = 0;

	for (uint32_t i = 0; i < p->nr_cpus; i++)
		sum += p->cpu[i].nonidle_ns;
	while (sum >> shift >= 1ull << WEIGHT_BITS)
		shift++;
	return shift;
}

/* Times of one state, weighed: sum(t * nonidle) / sum(nonidle). */
static uint64_t weighed(const struct psi *p, enum vm_psi_res res, bool full,
			unsigned shift)
{
	uint64_t sum = 0, weights = 0;

	for (uint32_t i = 0; i < p->nr_cpus; i++) {
		const struct psi_cpu *c = &p->cpu[i];
		const uint64_t w = c->nonidle_ns >> shift;
		const uint64_t t = full ? c->full_ns[res] : c->some_ns[res];

		assert(t <= c->nonidle_ns);
		sum += t * w;
		weights += w;
	}
	return weights ? sum / weights : 0;
}

/* Move the CPUs' times into the totals. */
static void psi_collect(struct psi *p, uint64_t now_ns)
{
	unsigned shift;

	for (uint32_t i = 0; i < p->nr_cpus; i++)
		psi_cpu_account(&p->cpu[i], now_ns);
	shift = weight_shift(p);
	for (unsigned res = 0; res < VM_NR_PSI; res++) {
		p->total_ns[res][0] += weighed(p, res, false, shift);
		p->total_ns[res][1] += weighed(p, res, true, shift);
	}
	for (uint32_t i = 0; i < p->nr_cpus; i++) {
		struct psi_cpu *c = &p->cpu[i];

		for (unsigned res = 0; res < VM_NR_PSI; res++)
			c->some_ns[res] = c->full_ns[res] = 0;
		c->nonidle_ns = 0;
	}
	p->last_ns = now_ns;
}

/* x to the power of @n, in fixed point, rounded at each step. */
static uint64_t fixed_power(uint64_t x, unsigned n)
{
	uint64_t result = FIXED_1;

	for (; n; n >>= 1) {
		if (n & 1)
			result = (result * x + FIXED_1 / 2) >> FIXED_SHIFT;
		x = (x * x + FIXED_1 / 2) >> FIXED_SHIFT;
	}
	assert(result <= FIXED_1);
	return result;
}

/* A step of an average towards @active; a rising one is rounded up. */
static uint64_t decay(uint64_t avg, uint64_t e, uint64_t active)
{
	uint64_t sum = avg * e + active * (FIXED_1 - e);

	assert(e <= FIXED_1);
	if (active >= avg)
		sum += FIXED_1 - 1;
	return sum / FIXED_1;
}

void psi_calc_avgs(uint64_t avg[3], unsigned missed, uint64_t stall_ns,
		   uint64_t period_ns)
{
	const uint64_t pct = stall_ns * 100 / period_ns * FIXED_1;

	assert(stall_ns <= period_ns);
	for (unsigned i = 0; i < 3; i++) {
		if (missed)
			avg[i] = decay(avg[i], fixed_power(psi_exp[i], missed),
				       0);
		avg[i] = decay(avg[i], psi_exp[i], pct);
	}
}

/* The averages of one state; stall time beyond the period waits. */
static void psi_renew(struct psi *p, unsigned res, unsigned missed,
		      uint64_t period_ns)
{
	for (unsigned full = 0; full < 2; full++) {
		uint64_t sample =
			p->total_ns[res][full] - p->avg_total_ns[res][full];

		sample = MIN(sample, period_ns);
		p->avg_total_ns[res][full] += sample;
		psi_calc_avgs(p->avg[res][full], missed, sample, period_ns);
	}
}

void psi_update(struct psi *p, uint64_t now_ns)
{
	uint64_t missed, period;

	psi_collect(p, now_ns);
	if (now_ns < p->avg_next_ns)
		return;
	missed = (now_ns - p->avg_next_ns) / PSI_PERIOD_NS;
	/* A longer gap has decayed everything; keep it within unsigned. */
	period = now_ns - (p->avg_last_ns + missed * PSI_PERIOD_NS);
	p->avg_next_ns += (1 + missed) * PSI_PERIOD_NS;
	p->avg_last_ns = now_ns;
	/* Less than a whole one after an update that came late. */
	assert(period > 0);
	for (unsigned res = 0; res < VM_NR_PSI; res++)
		psi_renew(p, res, (unsigned)MIN(missed, UINT32_MAX), period);
}

void psi_get(const struct psi *p, uint64_t now_ns, struct vm_psi out[VM_NR_PSI])
{
	struct psi_cpu cpu[VM_MAX_CPUS];
	struct psi at = *p;

	/* Collecting weighs the CPUs since the last time: whoever only looks
	 * must not be the cause of one. */
	assert(p->nr_cpus <= VM_MAX_CPUS);
	memcpy(cpu, p->cpu, p->nr_cpus * sizeof(cpu[0]));
	at.cpu = cpu;
	psi_update(&at, now_ns);
	for (unsigned res = 0; res < VM_NR_PSI; res++) {
		struct vm_psi *o = &out[res];

		for (unsigned i = 0; i < 3; i++) {
			o->some_avg[i] = at.avg[res][0][i];
			o->full_avg[i] = at.avg[res][1][i];
		}
		o->some_total_us = at.total_ns[res][0] / 1000;
		o->full_total_us = at.total_ns[res][1] / 1000;
		assert(o->full_total_us <= o->some_total_us);
	}
}

void loadavg_calc(uint64_t load[3], uint64_t active)
{
	assert(active <= VM_MAX_TASKS * 2ull);
	for (unsigned i = 0; i < 3; i++)
		load[i] = decay(load[i], load_exp[i], active * FIXED_1);
}
