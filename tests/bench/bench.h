/* SPDX-License-Identifier: MIT */
/*
 * bench.h - what the benchmarks share: clocks, medians, large arrays, chance.
 *
 * A benchmark compares two things in one run.  It calls both by turns, so
 * that what else the machine does hits both alike, and reports medians:
 *
 *	for (r = 0; r < bench_rounds; r++) {
 *		probe[r] = probe_touch(...);
 *		ours[r] = our_touch(...);
 *	}
 *	bench_ratio("touch-uniform-1", ours, probe);
 *
 * What is found goes to stdout, a line a figure: key, value, and how it came
 * about, with tabs between.  run.sh puts the lines into its table.
 *
 * Units: seconds of CPU time unless a name says otherwise; rates are a
 * second.  Errors: what cannot be had ends the program with status 1, as
 * there is nobody to tell it to.  One thread; no locks.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_MAX_ROUNDS 15u

extern unsigned bench_rounds; /* 1..BENCH_MAX_ROUNDS */
extern bool bench_smoke;      /* small and short: does it run at all? */

/* CPU time of this process, and what the clock on the wall says. */
double bench_cpu_s(void);
double bench_wall_s(void);

/* Of the first bench_rounds values; sorts them. */
double bench_median(double *v);

/* Print @key with the median over rounds of ours[r] / theirs[r]. */
void bench_ratio(const char *key, const double *ours, const double *theirs);

/* Print @key with @value and a remark made as printf does. */
void bench_say(const char *key, double value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Complain and end. */
void bench_fail(const char *what) __attribute__((noreturn));

/* Zeroed memory on huge pages, there from the start; and back. */
void *bench_alloc(size_t size);
void bench_free(void *p, size_t size);

/* xorshift64; *@s is not 0. */
static inline uint64_t bench_rand(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/*
 * @nr numbers 0..@span-1, zipf with exponent 1.0, the frequent ones spread
 * over the span, which is a power of two.  bench_free() them.
 */
uint32_t *bench_zipf(uint64_t span, uint64_t nr);

#endif
