/* SPDX-License-Identifier: MIT */
/*
 * samples.h - where free memory turns around.
 *
 * A recording looks at the zones every 100 ms; so does a replay, and the
 * figures are taken from both in the same way: from the last sample before
 * the first run of kswapd or direct reclaim to the last, the local least and
 * greatest values of a zone's free pages, and the median of each.
 *
 * Pure: the samples are the caller's.  Values are pages; NAN where there are
 * too few samples to tell.  No locks.
 */
#ifndef TESTS_DYNAMICS_SAMPLES_H
#define TESTS_DYNAMICS_SAMPLES_H

#include "dynamics/replay.h"

/* Of zone @type of node @nid, in the @nr samples of @s. */
double samples_trough(const struct sample *s, size_t nr, int nid, int type);
double samples_crest(const struct sample *s, size_t nr, int nid, int type);

/* The median of all of them. */
double samples_median(const struct sample *s, size_t nr, int nid, int type);

/* Its free pages in the last sample before kswapd's first run. */
double samples_first(const struct sample *s, size_t nr, int nid, int type);

/* The least of all since that first run. */
double samples_least(const struct sample *s, size_t nr, int nid, int type);

/* Dirty and under writeback together: the most, and when writing began. */
double samples_most_dirty(const struct sample *s, size_t nr);
double samples_flush_begin(const struct sample *s, size_t nr);

#endif
