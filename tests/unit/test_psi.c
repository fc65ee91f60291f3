/* SPDX-License-Identifier: MIT */
/*
 * test_psi.c - pressure averages and the load average, to the last digit.
 *
 * The check values of fact sheet J.5, the states some and full of a CPU, the
 * weighing of CPUs by their busy time, and the decay over idle periods.
 */
#include "check_main.h"
#include "memory/psi.h"

#define SECOND 1000000000ull

/* An average as the file prints it, times 100. */
static unsigned hundredths(uint64_t v)
{
	return (unsigned)((v >> 11) * 100 + (((v & 2047) * 100) >> 11));
}

START_TEST(test_check_values)
{
	static const unsigned want[5][3] = {
		{ 1811, 327, 68 },   { 3294, 643, 136 },  { 4509, 949, 203 },
		{ 5504, 1245, 270 }, { 6318, 1532, 337 },
	};
	uint64_t avg[3] = { 0 };

	for (unsigned i = 0; i < 5; i++) {
		psi_calc_avgs(avg, 0, PSI_PERIOD_NS, PSI_PERIOD_NS);
		for (unsigned j = 0; j < 3; j++)
			ck_assert_uint_eq(hundredths(avg[j]), want[i][j]);
	}
}
END_TEST

/* Full stall for ever is 100 %, and not more. */
START_TEST(test_saturates)
{
	uint64_t avg[3] = { 0 };

	for (unsigned i = 0; i < 5000; i++)
		psi_calc_avgs(avg, 0, PSI_PERIOD_NS, PSI_PERIOD_NS);
	for (unsigned j = 0; j < 3; j++)
		ck_assert_uint_eq(hundredths(avg[j]), 10000);
	for (unsigned i = 0; i < 5000; i++)
		psi_calc_avgs(avg, 0, 0, PSI_PERIOD_NS);
	for (unsigned j = 0; j < 3; j++)
		ck_assert_uint_eq(avg[j], 0);
}
END_TEST

/* Missed periods are idle periods, up to the rounding of the power. */
START_TEST(test_missed)
{
	uint64_t one[3], many[3] = { 204800, 204800, 204800 };

	for (unsigned j = 0; j < 3; j++)
		one[j] = many[j];
	psi_calc_avgs(one, 5, 0, PSI_PERIOD_NS);
	for (unsigned i = 0; i < 6; i++)
		psi_calc_avgs(many, 0, 0, PSI_PERIOD_NS);
	for (unsigned j = 0; j < 3; j++) {
		ck_assert_uint_le(one[j], many[j] + 400);
		ck_assert_uint_ge(one[j] + 400, many[j]);
	}
	psi_calc_avgs(one, UINT32_MAX, 0, PSI_PERIOD_NS);
	for (unsigned j = 0; j < 3; j++)
		ck_assert_uint_eq(one[j], 0);
}
END_TEST

/* A task reclaims for a second while nobody else runs: some and full. */
START_TEST(test_some_and_full)
{
	struct vm_psi out[VM_NR_PSI];
	struct psi p;

	ck_assert_int_eq(psi_init(&p, 1), 0);
	psi_change(&p, 0, 0, PSI_RUNNING | PSI_MEMSTALL | PSI_MEMSTALL_RUNNING,
		   0);
	/* after half a second another one runs: no longer full */
	psi_change(&p, 0, 0, PSI_RUNNING, SECOND / 2);
	psi_change(&p, 0, PSI_RUNNING, 0, SECOND);
	psi_change(&p, 0, PSI_RUNNING | PSI_MEMSTALL | PSI_MEMSTALL_RUNNING, 0,
		   SECOND);
	psi_get(&p, SECOND, out);
	ck_assert_uint_eq(out[VM_PSI_MEM].some_total_us, 1000000);
	ck_assert_uint_eq(out[VM_PSI_MEM].full_total_us, 500000);
	ck_assert_uint_eq(out[VM_PSI_CPU].some_total_us, 500000);
	ck_assert_uint_eq(out[VM_PSI_CPU].full_total_us, 0);
	ck_assert_uint_eq(out[VM_PSI_IO].some_total_us, 0);
	psi_fini(&p);
}
END_TEST

START_TEST(test_iowait)
{
	struct vm_psi out[VM_NR_PSI];
	struct psi p;

	ck_assert_int_eq(psi_init(&p, 1), 0);
	psi_change(&p, 0, 0, PSI_IOWAIT, 0);
	psi_change(&p, 0, 0, PSI_RUNNING, 300000000);
	psi_change(&p, 0, PSI_IOWAIT | PSI_RUNNING, 0, 400000000);
	psi_get(&p, SECOND, out);
	ck_assert_uint_eq(out[VM_PSI_IO].some_total_us, 400000);
	ck_assert_uint_eq(out[VM_PSI_IO].full_total_us, 300000);
	ck_assert_uint_eq(out[VM_PSI_MEM].some_total_us, 0);
	psi_fini(&p);
}
END_TEST

/* Stalled CPUs by CPUs not idle: an idle one does not thin it out. */
START_TEST(test_weights)
{
	struct vm_psi out[VM_NR_PSI];
	struct psi p;

	ck_assert_int_eq(psi_init(&p, 3), 0);
	psi_change(&p, 0, 0, PSI_IOWAIT, 0);
	psi_change(&p, 1, 0, PSI_RUNNING, 0);
	psi_get(&p, SECOND, out);
	ck_assert_uint_eq(out[VM_PSI_IO].some_total_us, 500000);
	/* the other one goes idle, and a third one stalls as well */
	psi_change(&p, 1, PSI_RUNNING, 0, SECOND);
	psi_change(&p, 2, 0, PSI_IOWAIT, SECOND);
	psi_get(&p, 2 * SECOND, out);
	ck_assert_uint_eq(out[VM_PSI_IO].some_total_us, 1500000);
	psi_fini(&p);
}
END_TEST

/* However often somebody looks: the same, and never less than before. */
START_TEST(test_looking)
{
	struct vm_psi out[VM_NR_PSI], often[VM_NR_PSI];
	struct psi p, q;
	uint64_t last = 0;

	ck_assert_int_eq(psi_init(&p, 2), 0);
	ck_assert_int_eq(psi_init(&q, 2), 0);
	for (uint64_t t = 0; t < 3000; t++) {
		const uint64_t now = t * 7000001;
		const unsigned cpu = t % 3 == 0;
		const bool on = p.cpu[cpu].nr[1] == 0;
		const uint32_t bit = PSI_IOWAIT;

		psi_change(&p, cpu, on ? 0 : bit, on ? bit : 0, now);
		psi_change(&q, cpu, on ? 0 : bit, on ? bit : 0, now);
		psi_get(&q, now + 3500000, often);
		ck_assert_uint_ge(often[VM_PSI_IO].some_total_us, last);
		last = often[VM_PSI_IO].some_total_us;
	}
	psi_get(&p, 30 * SECOND, out);
	psi_get(&q, 30 * SECOND, often);
	ck_assert_mem_eq(out, often, sizeof(out));
	ck_assert_uint_gt(last, SECOND / 1000);
	psi_fini(&p);
	psi_fini(&q);
}
END_TEST

/* One period of full stall through the whole machinery gives 18.11. */
START_TEST(test_period)
{
	struct vm_psi out[VM_NR_PSI];
	struct psi p;

	ck_assert_int_eq(psi_init(&p, 2), 0);
	for (unsigned cpu = 0; cpu < 2; cpu++)
		psi_change(&p, cpu, 0, PSI_MEMSTALL, 0);
	psi_get(&p, PSI_PERIOD_NS - 1, out);
	ck_assert_uint_eq(out[VM_PSI_MEM].some_avg[0], 0);
	psi_get(&p, PSI_PERIOD_NS, out);
	ck_assert_uint_eq(hundredths(out[VM_PSI_MEM].some_avg[0]), 1811);
	ck_assert_uint_eq(hundredths(out[VM_PSI_MEM].full_avg[1]), 327);
	ck_assert_uint_eq(out[VM_PSI_MEM].full_total_us, PSI_PERIOD_NS / 1000);
	/* nothing more for a day: it decays at the next look */
	psi_update(&p, PSI_PERIOD_NS);
	for (unsigned cpu = 0; cpu < 2; cpu++)
		psi_change(&p, cpu, PSI_MEMSTALL, 0, PSI_PERIOD_NS);
	psi_get(&p, 86400 * SECOND, out);
	ck_assert_uint_eq(out[VM_PSI_MEM].some_avg[2], 0);
	ck_assert_uint_eq(out[VM_PSI_MEM].some_total_us, PSI_PERIOD_NS / 1000);
	psi_fini(&p);
}
END_TEST

/* One task that always runs: the kernel's well known climb. */
START_TEST(test_loadavg)
{
	uint64_t load[3] = { 0 };

	loadavg_calc(load, 1);
	ck_assert_uint_eq(load[0], 164);
	ck_assert_uint_eq(load[1], 34);
	ck_assert_uint_eq(load[2], 11);
	for (unsigned i = 0; i < 2000; i++)
		loadavg_calc(load, 1);
	for (unsigned j = 0; j < 3; j++)
		ck_assert_uint_eq(load[j], 2048);
	for (unsigned i = 0; i < 2000; i++)
		loadavg_calc(load, 0);
	for (unsigned j = 0; j < 3; j++)
		ck_assert_uint_eq(load[j], 0);
}
END_TEST

CHECK_MAIN("psi", test_check_values, test_saturates, test_missed,
	   test_some_and_full, test_iowait, test_weights, test_looking,
	   test_period, test_loadavg)
