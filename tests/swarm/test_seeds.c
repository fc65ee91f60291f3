/* SPDX-License-Identifier: MIT */
/*
 * test_seeds.c - run seeds, make what fails smaller, say how to see it again.
 *
 *	swarm-seeds [-n SEEDS] [-f FIRST] [-w sim|threads|both] [-v]
 *	swarm-seeds -s SEED [-w WORLD] [-o OPS] [-x OP-OP,...] [-e] [-p OP] [-v]
 *
 * Without arguments 200 seeds, every fourth also in the threads world.  -v
 * says what each seed took, or what one run does.  -e looks at every page
 * after every step; a failure of the sim world is looked at again in that
 * way, to tell the very step.  -p breaks a counter in operation OP.
 *
 * Before anything else a failure is planted: a swarm that does not find it,
 * and does not make it small, has failed.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "swarm.h"

#define NR_SEEDS 200

struct tally {
	unsigned passed, failed;
	double seconds, slowest;
	uint64_t steps, slowest_seed;
	bool slowest_threads, verbose;
};

static double seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static const char *world_name(bool threads)
{
	return threads ? "threads" : "sim";
}

static void print_command(const struct swarm_run *r, const char *program)
{
	const char *comma = " -x ";
	unsigned i, last;

	printf("  again: %s -s %llu -w %s -o %u", program,
	       (unsigned long long)r->seed, world_name(r->threads), r->nr_ops);
	for (i = 0; i < r->nr_ops; i++) {
		if (!r->skip[i])
			continue;
		for (last = i; last + 1 < r->nr_ops && r->skip[last + 1];)
			last++;
		printf("%s%u-%u", comma, i, last);
		comma = ",";
		i = last;
	}
	printf("%s -v\n", r->every_step ? " -e" : "");
}

/* Smaller, and seen as early as can be. */
static void report(struct swarm_run *r, const char *program)
{
	struct swarm_verdict v;

	swarm_shrink(r);
	if (!r->threads) {
		r->every_step = true;
		swarm_attempt(r, &v);
		/* a long run has no time for so many looks */
		r->every_step = v.failed && strcmp(v.why, "hangs");
		if (r->every_step)
			printf("  smaller: after operation %u: %s\n", v.at,
			       v.why);
	}
	print_command(r, program);
	fflush(stdout);
}

/* One seed in one world. */
static void try_seed(struct tally *t, uint64_t seed, bool threads,
		     const char *program)
{
	struct swarm_run r = { .seed = seed, .nr_ops = SWARM_OPS,
			       .threads = threads };
	struct swarm_verdict v;
	double took = seconds_now();

	swarm_attempt(&r, &v);
	took = seconds_now() - took;
	t->seconds += took;
	t->steps += v.steps;
	if (took > t->slowest) {
		t->slowest = took;
		t->slowest_seed = seed;
		t->slowest_threads = threads;
	}
	if (t->verbose)
		printf("seed %llu, %s world: %llu steps, %.3f s\n",
		       (unsigned long long)seed, world_name(threads),
		       (unsigned long long)v.steps, took);
	t->passed += !v.failed;
	t->failed += v.failed;
	if (!v.failed)
		return;
	printf("FAILED: seed %llu, %s world, after operation %u: %s\n",
	       (unsigned long long)seed, world_name(threads), v.at, v.why);
	if (v.at)
		r.nr_ops = v.at;
	report(&r, program);
}

/* Is what is broken found, and nothing else left of the run? */
static bool finds_planted(void)
{
	struct swarm_run r = { .seed = 1, .nr_ops = 12, .plant = 8 };
	struct swarm_verdict v;
	unsigned i;

	swarm_attempt(&r, &v);
	if (!v.failed || v.at != r.plant || !strstr(v.why, "pgscan"))
		return false;
	swarm_shrink(&r);
	for (i = 0; i < r.plant - 1; i++)
		if (!r.skip[i])
			return false;
	return r.nr_ops == r.plant && !r.skip[r.plant - 1];
}

static int many_runs(struct tally *t, uint64_t first, uint64_t nr,
		     const char *world, const char *program)
{
	bool both = !world || !strcmp(world, "both");
	uint64_t seed;

	if (finds_planted())
		t->passed++;
	else
		t->failed++, printf("FAILED: what is planted is not found\n");
	for (seed = first; seed < first + nr; seed++) {
		if (both || !strcmp(world, "sim"))
			try_seed(t, seed, false, program);
		if (both ? world || seed % 4 == 0 : !strcmp(world, "threads"))
			try_seed(t, seed, true, program);
	}
	printf("%.0f s, %.1f million steps; the slowest: seed %llu, %s world, "
	       "%.1f s\n",
	       t->seconds, (double)t->steps / 1e6,
	       (unsigned long long)t->slowest_seed,
	       world_name(t->slowest_threads), t->slowest);
	printf("%u passed, %u failed, 0 skipped\n", t->passed, t->failed);
	return t->failed > 0;
}

static void parse_skip(struct swarm_run *r, const char *list)
{
	unsigned long i, last;
	char *end;

	for (; *list; list = *end ? end + 1 : end) {
		i = last = strtoul(list, &end, 10);
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (; i <= last && i < SWARM_OPS; i++)
			r->skip[i] = true;
	}
}

static int one_run(struct swarm_run *r)
{
	struct swarm_verdict v;

	if (r->nr_ops > SWARM_OPS)
		r->nr_ops = SWARM_OPS;
	swarm_run(r, &v);
	printf("seed %llu: %s (operation %u, %llu steps)\n",
	       (unsigned long long)r->seed, v.failed ? v.why : "well", v.at,
	       (unsigned long long)v.steps);
	return v.failed;
}

int main(int argc, char **argv)
{
	struct swarm_run r = { .nr_ops = SWARM_OPS };
	struct tally t = { .passed = 0 };
	uint64_t first = 1, nr = NR_SEEDS;
	const char *world = NULL;
	bool single = false;
	int c;

	while ((c = getopt(argc, argv, "n:f:w:s:o:x:p:ev")) != -1) {
		switch (c) {
		case 'n':
			nr = strtoull(optarg, NULL, 10);
			break;
		case 'f':
			first = strtoull(optarg, NULL, 10);
			break;
		case 'w':
			world = optarg;
			break;
		case 's':
			r.seed = strtoull(optarg, NULL, 10);
			single = true;
			break;
		case 'o':
			r.nr_ops = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'x':
			parse_skip(&r, optarg);
			break;
		case 'p':
			r.plant = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'e':
			r.every_step = true;
			break;
		case 'v':
			t.verbose = r.trace = true;
			break;
		default:
			return 2;
		}
	}
	r.threads = world && !strcmp(world, "threads");
	return single ? one_run(&r) :
			many_runs(&t, first, nr, world, argv[0]);
}
