/* SPDX-License-Identifier: MIT */
/*
 * attempt.c - a run in a process of its own, and a failing run made smaller.
 *
 * A run that dies (an assert, a finding of a sanitizer, a hang) is one
 * failure more and not the end.  A failing run is shortened to the operation
 * where it fails, then operations are left out as long as it still fails.
 *
 * Called by test_seeds.c; calls run.c in the child.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "swarm.h"

#define HANG_S	  300
#define MAX_TRIES 300 /* runs for making one failure smaller */
#define SHRINK_S  300 /* and seconds, so that what hangs comes to an end */
#define RACES	  5   /* tries in the threads world, where not all fail */

/* In the child: run, and tell the parent through @fd. */
static void child(const struct swarm_run *r, int fd)
{
	struct swarm_verdict v;

	alarm(HANG_S);
	swarm_run(r, &v);
	if (write(fd, &v, sizeof(v)) != (ssize_t)sizeof(v))
		_exit(2);
	exit(0);
}

static void died(const struct swarm_run *r, struct swarm_verdict *v, int status)
{
	v->failed = true;
	v->at = r->nr_ops;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		snprintf(v->why, sizeof(v->why), "hangs");
	else if (WIFSIGNALED(status))
		snprintf(v->why, sizeof(v->why), "killed by signal %d",
			 WTERMSIG(status));
	else
		snprintf(v->why, sizeof(v->why), "exit status %d",
			 WEXITSTATUS(status));
}

void swarm_attempt(const struct swarm_run *r, struct swarm_verdict *v)
{
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	memset(v, 0, sizeof(*v));
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
	if (n != (ssize_t)sizeof(*v) || status)
		died(r, v, status);
}

/* What is left of the budget for making one failure smaller. */
struct budget {
	unsigned tries;
	time_t until;
};

static bool fails(const struct swarm_run *r, struct budget *b)
{
	unsigned races = r->threads ? RACES : 1;
	struct swarm_verdict v = { .failed = false };

	while (races-- && !v.failed && b->tries && time(NULL) < b->until) {
		b->tries--;
		swarm_attempt(r, &v);
	}
	return v.failed;
}

/* Operations @from to @from + @nr - 1, unless they are needed. */
static void leave_out(struct swarm_run *r, unsigned from, unsigned nr,
		      struct budget *b)
{
	struct swarm_run without = *r;
	bool any = false;
	unsigned i;

	for (i = from; i < from + nr && i < r->nr_ops; i++) {
		any |= !r->skip[i];
		without.skip[i] = true;
	}
	if (any && fails(&without, b))
		*r = without;
}

void swarm_shrink(struct swarm_run *r)
{
	struct budget b = { .tries = MAX_TRIES,
			    .until = time(NULL) + SHRINK_S };
	struct swarm_run smaller = *r;
	unsigned low = 0, high = r->nr_ops, size, i;

	while (low < high) {
		smaller.nr_ops = (low + high) / 2;
		if (fails(&smaller, &b))
			high = smaller.nr_ops;
		else
			low = smaller.nr_ops + 1;
	}
	smaller.nr_ops = high;
	for (size = high / 2; size; size /= 2)
		for (i = 0; i < high; i += size)
			leave_out(&smaller, i, size, &b);
	b = (struct budget){ .tries = RACES, .until = time(NULL) + SHRINK_S };
	if (fails(&smaller, &b))
		*r = smaller;
}
