/* SPDX-License-Identifier: MIT */
/*
 * bench.c - clocks, medians, large arrays and chance for the benchmarks.
 *
 * Called by all of them; calls libc only, so that a probe shares no code with
 * what it is held against.
 */
#define _GNU_SOURCE

#include "bench.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define HUGE_PAGE (2u << 20)

unsigned bench_rounds = 5;
bool bench_smoke;

static double clock_s(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

double bench_cpu_s(void)
{
	return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

double bench_wall_s(void)
{
	return clock_s(CLOCK_MONOTONIC);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double bench_median(double *v)
{
	unsigned n = bench_rounds;

	qsort(v, n, sizeof(*v), compare);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

void bench_say(const char *key, double value, const char *fmt, ...)
{
	va_list ap;

	printf("%s\t%.4g\t", key, value);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void bench_ratio(const char *key, const double *ours, const double *theirs)
{
	double ratio[BENCH_MAX_ROUNDS];
	double a[BENCH_MAX_ROUNDS], b[BENCH_MAX_ROUNDS];

	for (unsigned r = 0; r < bench_rounds; r++) {
		a[r] = ours[r];
		b[r] = theirs[r];
		ratio[r] = ours[r] / theirs[r];
	}
	bench_say(key, bench_median(ratio), "%.1f M/s against %.1f M/s",
		  bench_median(a) / 1e6, bench_median(b) / 1e6);
}

void bench_fail(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(EXIT_FAILURE);
}

void *bench_alloc(size_t size)
{
	char *p = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uintptr_t at;

	if (p == MAP_FAILED)
		bench_fail("no memory");
	at = ((uintptr_t)p + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
	if (at != (uintptr_t)p)
		munmap(p, at - (uintptr_t)p);
	p = (char *)at;
	madvise(p, size, MADV_HUGEPAGE);
	memset(p, 0, size);
	return p;
}

void bench_free(void *p, size_t size)
{
	munmap(p, size);
}

static double uniform(uint64_t *s)
{
	return (double)(bench_rand(s) >> 11) * 0x1.0p-53;
}

/* Rejection-inversion, Hoermann and Derflinger 1996. */
uint32_t *bench_zipf(uint64_t span, uint64_t nr)
{
	const double low = log(1.5) - 1, high = log((double)span + 0.5);
	const double sure = 2 - exp(log(2.5) - 0.5);
	uint32_t *out = bench_alloc(nr * sizeof(*out));
	uint64_t s = 88172645463325252ull;

	for (uint64_t i = 0; i < nr; i++) {
		double u, x, k;

		do {
			u = high + uniform(&s) * (low - high);
			x = exp(u);
			k = fmin(fmax(floor(x + 0.5), 1), (double)span);
		} while (k - x > sure && u < log(k + 0.5) - 1 / k);
		out[i] = (uint32_t)((uint64_t)k * 0x9e3779b1u & (span - 1));
	}
	return out;
}
