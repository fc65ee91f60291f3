/* SPDX-License-Identifier: MIT */
/*
 * samples.c - medians of the saw-tooth of a zone's free pages.
 *
 * Called by figure.c.  The recordings' figures in the scenarios were read off
 * with the same rules.  Pure.
 */
#include "dynamics/samples.h"

#include <math.h>
#include <stdlib.h>

/*
 * The samples in which memory was reclaimed: from kswapd's first run to the
 * last run of anybody's, one before.  (Where all must be swapped kswapd works
 * through to the end in one run.)
 */
struct span {
	size_t from, to; /* to: one behind */
};

static struct span busy(const struct sample *s, size_t nr)
{
	struct span b = { 0, 0 };
	bool seen = false;

	for (size_t i = 1; i < nr; i++) {
		if (s[i].reclaims == s[i - 1].reclaims)
			continue;
		if (!seen)
			b.from = i - 1;
		seen = true;
		b.to = i + 1;
	}
	return b;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static double median(uint64_t *v, size_t nr)
{
	if (!nr)
		return NAN;
	qsort(v, nr, sizeof(*v), by_value);
	return nr % 2 ? (double)v[nr / 2]
		      : (double)(v[nr / 2 - 1] + v[nr / 2]) / 2;
}

/* Median of the values where the curve turns: up, or (crest) down. */
static double turns(const struct sample *s, size_t nr, int nid, int type,
		    bool crest)
{
	struct span b = busy(s, nr);
	uint64_t *v = calloc(nr + 1, sizeof(*v));
	size_t found = 0;
	double m;

	if (!v)
		return NAN;
	for (size_t i = b.from + 1; i + 1 < b.to; i++) {
		uint64_t before = s[i - 1].free[nid][type];
		uint64_t here = s[i].free[nid][type];
		uint64_t after = s[i + 1].free[nid][type];

		if (crest ? here >= before && here > after
			  : here <= before && here < after)
			v[found++] = here;
	}
	m = median(v, found);
	free(v);
	return m;
}

double samples_trough(const struct sample *s, size_t nr, int nid, int type)
{
	return turns(s, nr, nid, type, false);
}

double samples_crest(const struct sample *s, size_t nr, int nid, int type)
{
	return turns(s, nr, nid, type, true);
}

double samples_median(const struct sample *s, size_t nr, int nid, int type)
{
	struct span b = busy(s, nr);
	uint64_t *v = calloc(nr + 1, sizeof(*v));
	size_t found = 0;
	double m;

	if (!v)
		return NAN;
	for (size_t i = b.from; i < b.to; i++)
		v[found++] = s[i].free[nid][type];
	m = median(v, found);
	free(v);
	return m;
}

double samples_first(const struct sample *s, size_t nr, int nid, int type)
{
	struct span b = busy(s, nr);

	return b.to ? (double)s[b.from].free[nid][type] : NAN;
}

double samples_least(const struct sample *s, size_t nr, int nid, int type)
{
	struct span b = busy(s, nr);
	uint64_t least = UINT64_MAX;

	for (size_t i = b.from; i < b.to; i++)
		if (s[i].free[nid][type] < least)
			least = s[i].free[nid][type];
	return b.to ? (double)least : NAN;
}

double samples_most_dirty(const struct sample *s, size_t nr)
{
	uint64_t most = 0;

	for (size_t i = 0; i < nr; i++)
		if (s[i].dirty + s[i].writeback > most)
			most = s[i].dirty + s[i].writeback;
	return nr ? (double)most : NAN;
}

double samples_flush_begin(const struct sample *s, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (s[i].writeback)
			return (double)(s[i].dirty + s[i].writeback);
	return NAN;
}
