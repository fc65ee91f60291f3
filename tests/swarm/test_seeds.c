/* SPDX-License-Identifier: MIT */
/*
 * test_seeds.c - run seeds, make what fails smaller, say how to see it again.
 *
 *	swarm-seeds [-n SEEDS] [-f FIRST] [-w sim|threads|both]
 *	swarm-seeds -s SEED [-w WORLD] [-o OPS] [-x OP,OP,...] [-v]
 *
 * Without arguments 200 seeds, every fourth also in the threads world.  Each
 * run is a process of its own, so that one that dies (an assert, a finding
 * of a sanitizer, a hang) is one failure more and not the end.  A failing
 * run of the sim world is shortened to the operation where it fails, then
 * operations are left out as long as it still fails; the command that is
 * printed shows it again.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "swarm.h"

#define NR_SEEDS  200
#define HANG_S	  300
#define WHY_LEN	  400
#define MAX_TRIES 300 /* runs for making one failure smaller */

/* How a run ended: 0 is well. */
struct verdict {
	bool failed;
	unsigned at;
	char why[WHY_LEN];
};

/* In the child: run, and tell the parent through @fd. */
static void child(const struct swarm_run *r, int fd)
{
	struct verdict v = { .failed = false };
	const char *why;

	alarm(HANG_S);
	why = swarm_run(r, &v.at);
	if (why) {
		v.failed = true;
		snprintf(v.why, sizeof(v.why), "%s", why);
	}
	if (write(fd, &v, sizeof(v)) != (ssize_t)sizeof(v))
		_exit(2);
	exit(0);
}

static void attempt(const struct swarm_run *r, struct verdict *v)
{
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	fflush(NULL);
	if (pipe(fds) || (pid = fork()) < 0) {
		perror("swarm-seeds");
		exit(2);
	}
	if (!pid) {
		close(fds[0]);
		child(r, fds[1]);
	}
	close(fds[1]);
	n = read(fds[0], v, sizeof(*v));
	close(fds[0]);
	waitpid(pid, &status, 0);
	if (n == (ssize_t)sizeof(*v) && !status)
		return;
	memset(v, 0, sizeof(*v));
	v->failed = true;
	v->at = r->nr_ops;
	snprintf(v->why, sizeof(v->why), "%s %d",
		 WIFSIGNALED(status) ? "killed by signal" : "exit status",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* The shortest beginning that fails, then without what it does not need. */
static void shrink(struct swarm_run *r)
{
	struct swarm_run smaller = *r;
	struct verdict v;
	unsigned low = 0, high = r->nr_ops, tries = 0, i;

	while (low < high && tries++ < MAX_TRIES) {
		smaller.nr_ops = (low + high) / 2;
		attempt(&smaller, &v);
		if (v.failed)
			high = smaller.nr_ops;
		else
			low = smaller.nr_ops + 1;
	}
	smaller.nr_ops = high;
	for (i = 0; i < high && tries++ < MAX_TRIES; i++) {
		smaller.skip[i] = true;
		attempt(&smaller, &v);
		smaller.skip[i] = v.failed;
	}
	attempt(&smaller, &v);
	if (v.failed)
		*r = smaller;
}

static void print_command(const struct swarm_run *r, const char *program)
{
	const char *comma = " -x ";
	unsigned i;

	printf("  again: %s -s %llu -w %s -o %u", program,
	       (unsigned long long)r->seed, r->threads ? "threads" : "sim",
	       r->nr_ops);
	for (i = 0; i < r->nr_ops; i++) {
		if (!r->skip[i])
			continue;
		printf("%s%u", comma, i);
		comma = ",";
	}
	printf(" -v\n");
}

/* One seed in one world; true if all is well. */
static bool try_seed(uint64_t seed, bool threads, const char *program)
{
	struct swarm_run r = { .seed = seed, .nr_ops = SWARM_OPS,
			       .threads = threads };
	struct verdict v;

	attempt(&r, &v);
	if (!v.failed)
		return true;
	printf("FAILED: seed %llu, %s world, after operation %u: %s\n",
	       (unsigned long long)seed, threads ? "threads" : "sim", v.at,
	       v.why);
	if (!threads)
		shrink(&r);
	print_command(&r, program);
	return false;
}

static void parse_skip(struct swarm_run *r, const char *list)
{
	char *end;
	unsigned long i;

	for (; *list; list = *end ? end + 1 : end) {
		i = strtoul(list, &end, 10);
		if (i < SWARM_OPS)
			r->skip[i] = true;
	}
}

static int one_run(struct swarm_run *r)
{
	const char *why;
	unsigned at;

	if (r->nr_ops > SWARM_OPS)
		r->nr_ops = SWARM_OPS;
	why = swarm_run(r, &at);
	printf("seed %llu: %s (operation %u)\n", (unsigned long long)r->seed,
	       why ? why : "well", at);
	return why != NULL;
}

static int many_runs(uint64_t first, uint64_t nr, const char *world,
		     const char *program)
{
	unsigned passed = 0, failed = 0;
	bool well, both = !world || !strcmp(world, "both");
	uint64_t seed;

	for (seed = first; seed < first + nr; seed++) {
		if (!world || strcmp(world, "threads")) {
			well = try_seed(seed, false, program);
			passed += well;
			failed += !well;
		}
		if (both ? world || seed % 4 == 0 : !strcmp(world, "threads")) {
			well = try_seed(seed, true, program);
			passed += well;
			failed += !well;
		}
	}
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed > 0;
}

int main(int argc, char **argv)
{
	struct swarm_run r = { .nr_ops = SWARM_OPS };
	uint64_t first = 1, nr = NR_SEEDS;
	const char *world = NULL;
	bool single = false;
	int c;

	while ((c = getopt(argc, argv, "n:f:w:s:o:x:v")) != -1) {
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
		case 'v':
			r.trace = true;
			break;
		default:
			return 2;
		}
	}
	r.threads = world && !strcmp(world, "threads");
	return single ? one_run(&r) : many_runs(first, nr, world, argv[0]);
}
