/* SPDX-License-Identifier: MIT */
/*
 * table.c - the rows: figure, real, simulated, difference, tolerance.
 *
 * Called by replay.c for every row of a scenario.  A row outside its
 * tolerance is marked and counted as failed.  No locks.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/replay.h"

/* Room for rounding in what is said to be exact. */
#define EXACT 1e-9

static bool near(double real, double sim, double share)
{
	return fabs(sim - real) <= fabs(real) * share + EXACT;
}

static bool within_factor(double real, double sim, double factor)
{
	return sim <= real * factor && sim * factor >= real;
}

/* "B 15%": between @real and B, or within 15 % of one of them. */
static bool between(struct replay *r, const char *text, double real,
		    double sim)
{
	double other, percent;
	char tail;

	if (sscanf(text, "%lf %lf%c", &other, &percent, &tail) != 3 ||
	    tail != '%') {
		replay_complain(r, "to %s: want \"to B N%%\"", text);
		return false;
	}
	return (sim >= fmin(real, other) && sim <= fmax(real, other)) ||
	       near(real, sim, percent / 100) ||
	       near(other, sim, percent / 100);
}

static bool tolerated(struct replay *r, const char *how, double real,
		      double sim)
{
	double n;
	char unit;

	if (isnan(real) || isnan(sim))
		return false;
	if (strcmp(how, "=") == 0)
		return near(real, sim, 0);
	if (strcmp(how, ">=") == 0)
		return sim >= real;
	if (strcmp(how, "<=") == 0)
		return sim <= real;
	if (strncmp(how, "to ", 3) == 0)
		return between(r, how + 3, real, sim);
	if (sscanf(how, "x%lf", &n) == 1)
		return within_factor(real, sim, n);
	if (sscanf(how, "+-%lf", &n) == 1)
		return fabs(sim - real) <= n + EXACT;
	if (sscanf(how, "%lf%c", &n, &unit) == 2 && unit == '%')
		return near(real, sim, n / 100);
	replay_complain(r, "no such tolerance: %s", how);
	return false;
}

static void count(struct replay *r, bool ok)
{
	if (ok)
		r->passed++;
	else
		r->failed++;
}

static const char *number(char *buf, size_t size, double v)
{
	snprintf(buf, size, fabs(v) < 100 && v != floor(v) ? "%.3f" : "%.0f",
		 v);
	return buf;
}

static char *trim(char *s)
{
	char *end = s + strlen(s);

	while (*s == ' ' || *s == '\t')
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return s;
}

static void difference(char *buf, size_t size, double real, double sim)
{
	if (real != 0 && !isnan(sim))
		snprintf(buf, size, "%+.1f%%", (sim - real) * 100 / real);
	else
		snprintf(buf, size, "%+.0f", sim - real);
}

void table_row(struct replay *r, char *args)
{
	char a[24], b[24], d[24];
	char *part[4];
	double real, sim;
	bool ok;

	for (int i = 0; i < 4; i++) {
		part[i] = args ? trim(strsep(&args, "|")) : NULL;
		if (!part[i] || !*part[i]) {
			replay_complain(r, "a row is TEXT | FIGURE | REAL | "
					   "TOLERANCE");
			return;
		}
	}
	sim = figure_value(r, part[1]);
	real = figure_value(r, part[2]);
	ok = tolerated(r, part[3], real, sim);
	difference(d, sizeof(d), real, sim);
	printf("%-46s %10s %10s %9s  %-14s %s\n", part[0],
	       number(a, sizeof(a), real), number(b, sizeof(b), sim), d,
	       part[3], ok ? "ok" : "FAILED");
	count(r, ok);
}

void table_words(struct replay *r, const char *what, const char *real,
		 const char *simulated)
{
	bool ok = strcmp(real, simulated) == 0;

	printf("%-46s %s\n%-46s %s %s\n", what, real, "", simulated,
	       ok ? "ok" : "FAILED");
	count(r, ok);
}

void table_count(struct replay *r, const char *what, int real, int simulated)
{
	printf("%-46s %10d %10d %9d  %-14s %s\n", what, real, simulated,
	       simulated - real, "=", simulated == real ? "ok" : "FAILED");
	count(r, simulated == real && real > 0);
}
