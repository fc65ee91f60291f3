/* SPDX-License-Identifier: MIT */
/*
 * psi.c - pressure stall information and the load average.
 *
 * Fact sheet J.5 and J.6; kernel/sched/psi.c and kernel/sched/loadavg.c.
 * Every CPU counts its tasks by what they wait for; a change of that brings
 * the totals up to that moment first, by how many of the CPUs not idle were in
 * each state since the last change.
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

/* Which states hold on a CPU: in[resource][full]; false if it is idle. */
static bool psi_states(const struct psi_cpu *c, bool in[VM_NR_PSI][2])
{
	const uint32_t running = count(c, PSI_RUNNING);
	const uint32_t iowait = count(c, PSI_IOWAIT);
	const uint32_t stalled = count(c, PSI_MEMSTALL);

	in[VM_PSI_IO][0] = iowait;
	in[VM_PSI_IO][1] = iowait && !running;
	in[VM_PSI_MEM][0] = stalled;
	/* nobody runs but those who reclaim */
	in[VM_PSI_MEM][1] =
		stalled && running <= count(c, PSI_MEMSTALL_RUNNING);
	in[VM_PSI_CPU][0] = running > 1;
	in[VM_PSI_CPU][1] = false;
	return running || iowait || stalled;
}

/* Count the CPU in, or with @sign -1 out again. */
static void psi_count(struct psi *p, const struct psi_cpu *c, int sign)
{
	bool in[VM_NR_PSI][2];

	p->nr_busy += (uint32_t)sign * psi_states(c, in);
	for (unsigned res = 0; res < VM_NR_PSI; res++)
		for (unsigned full = 0; full < 2; full++)
			p->nr_in[res][full] += (uint32_t)sign * in[res][full];
	assert(p->nr_busy <= p->nr_cpus);
}

void psi_recount(struct psi *p)
{
	p->nr_busy = 0;
	memset(p->nr_in, 0, sizeof(p->nr_in));
	for (uint32_t i = 0; i < p->nr_cpus; i++)
		psi_count(p, &p->cpu[i], 1);
}

/* @d_ns times @nr / @of, in parts of a nanosecond. */
static uint64_t share(uint64_t d_ns, uint32_t nr, uint32_t of)
{
	assert(nr <= of && of > 0);
	return d_ns / of * nr * PSI_PARTS + d_ns % of * nr * PSI_PARTS / of;
}

/* What has held since the last change goes into the totals. */
static void psi_roll(struct psi *p, uint64_t now_ns)
{
	const uint64_t d = now_ns - p->last_ns;

	assert(now_ns >= p->last_ns);
	p->last_ns = now_ns;
	if (!d || !p->nr_busy)
		return;
	for (unsigned res = 0; res < VM_NR_PSI; res++)
		for (unsigned full = 0; full < 2; full++)
			p->total[res][full] +=
				share(d, p->nr_in[res][full], p->nr_busy);
}

void psi_change(struct psi *p, unsigned cpu, uint32_t clear, uint32_t set,
		uint64_t now_ns)
{
	struct psi_cpu *c = &p->cpu[cpu];

	assert(cpu < p->nr_cpus);
	psi_roll(p, now_ns);
	psi_count(p, c, -1);
	for (unsigned i = 0; i < PSI_NR_COUNTS; i++) {
		assert(!(clear & 1u << i) || c->nr[i] > 0);
		c->nr[i] -= !!(clear & 1u << i);
		c->nr[i] += !!(set & 1u << i);
	}
	psi_count(p, c, 1);
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
			p->total[res][full] / PSI_PARTS -
			p->avg_total_ns[res][full];

		sample = MIN(sample, period_ns);
		p->avg_total_ns[res][full] += sample;
		psi_calc_avgs(p->avg[res][full], missed, sample, period_ns);
	}
}

void psi_update(struct psi *p, uint64_t now_ns)
{
	uint64_t missed, period;

	psi_roll(p, now_ns);
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
	struct psi at = *p;

	psi_update(&at, now_ns);
	for (unsigned res = 0; res < VM_NR_PSI; res++) {
		struct vm_psi *o = &out[res];

		for (unsigned i = 0; i < 3; i++) {
			o->some_avg[i] = at.avg[res][0][i];
			o->full_avg[i] = at.avg[res][1][i];
		}
		o->some_total_us = at.total[res][0] / PSI_PARTS / 1000;
		o->full_total_us = at.total[res][1] / PSI_PARTS / 1000;
		assert(o->full_total_us <= o->some_total_us);
	}
}

void loadavg_calc(uint64_t load[3], uint64_t active)
{
	assert(active <= VM_MAX_TASKS * 2ull);
	for (unsigned i = 0; i < 3; i++)
		load[i] = decay(load[i], load_exp[i], active * FIXED_1);
}
