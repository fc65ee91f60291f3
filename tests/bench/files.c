/* SPDX-License-Identifier: MIT */
/*
 * files.c - bench-files: a client of virtual files, with a clock.
 *
 * Usage: bench-files [-r ROUNDS] [-n TIMES] KEY OP THEIRS OURS
 *        bench-files [-n TIMES] KEY p99 FILE...
 *
 *	orc	open, read, close	pread	read of an open file at 0
 *	write	open, write 10, close	dir	list a directory
 *
 * Every round does TIMES on each by turns and takes both medians; printed is
 * the median over rounds of ours / theirs.  p99 prints microseconds, of one
 * orc or (even ones) pread of every file.  Run by run.sh, pinned.
 */
#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define MAX_TIMES 20000u
#define WARM	  20u

struct target {
	const char *path;
	int fd; /* for pread */
};

typedef void operation(const struct target *t);

static char buf[64 << 10];
static double sample[MAX_TIMES];
static unsigned times = 300;

static void fail(const char *path)
{
	fprintf(stderr, "bench-files: %s: %s\n", path, strerror(errno));
	exit(EXIT_FAILURE);
}

static void op_orc(const struct target *t)
{
	int fd = open(t->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, buf, sizeof(buf)) <= 0)
		fail(t->path);
	close(fd);
}

static void op_pread(const struct target *t)
{
	if (pread(t->fd, buf, sizeof(buf), 0) <= 0)
		fail(t->path);
}

static void op_write(const struct target *t)
{
	int fd = open(t->path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0 || write(fd, "10\n", 3) != 3)
		fail(t->path);
	close(fd);
}

static void op_dir(const struct target *t)
{
	DIR *d = opendir(t->path);
	unsigned n = 0;

	if (!d)
		fail(t->path);
	while (readdir(d))
		n++;
	closedir(d);
	if (!n)
		fail(t->path);
}

static const struct {
	const char *name;
	operation *op;
} operations[] = {
	{ "dir", op_dir },
	{ "orc", op_orc },
	{ "pread", op_pread },
	{ "write", op_write },
};

static double clocked(operation *op, const struct target *t)
{
	double began = bench_wall_s();

	op(t);
	return (bench_wall_s() - began) * 1e6;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* One round: the median in microseconds. */
static double round_of(operation *op, const struct target *t)
{
	for (unsigned i = 0; i < WARM; i++)
		op(t);
	for (unsigned i = 0; i < times; i++)
		sample[i] = clocked(op, t);
	qsort(sample, times, sizeof(*sample), compare);
	return sample[times / 2];
}

static struct target target_of(const char *path)
{
	return (struct target){ .path = path,
				.fd = open(path, O_RDONLY | O_CLOEXEC) };
}

static int paired(const char *key, operation *op, char **path)
{
	struct target theirs = target_of(path[0]), ours = target_of(path[1]);
	double a[BENCH_MAX_ROUNDS], b[BENCH_MAX_ROUNDS];
	double ratio[BENCH_MAX_ROUNDS];

	for (unsigned r = 0; r < bench_rounds; r++) {
		a[r] = round_of(op, &theirs);
		b[r] = round_of(op, &ours);
		ratio[r] = b[r] / a[r];
	}
	bench_say(key, bench_median(ratio), "%.1f us against %.1f us",
		  bench_median(b), bench_median(a));
	return EXIT_SUCCESS;
}

static int percentile(const char *key, int nr, char **path)
{
	unsigned n = 0;

	while (n + 2 <= times)
		for (int i = 0; i < nr && n + 2 <= times; i++) {
			struct target t = target_of(path[i]);

			sample[n++] = clocked(op_pread, &t);
			close(t.fd);
			sample[n++] = clocked(op_orc, &t);
		}
	qsort(sample, n, sizeof(*sample), compare);
	bench_say(key, sample[n - 1 - n / 100], "us, median %.1f, longest %.1f",
		  sample[n / 2], sample[n - 1]);
	return EXIT_SUCCESS;
}

static int usage(void)
{
	fputs("usage: bench-files [-r N] [-n N] KEY OP THEIRS OURS\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "r:n:")) != -1) {
		unsigned v = (unsigned)strtoul(optarg, NULL, 10);

		if (c == 'r' && v >= 1 && v <= BENCH_MAX_ROUNDS)
			bench_rounds = v;
		else if (c == 'n' && v >= 2 && v <= MAX_TIMES)
			times = v;
		else
			return usage();
	}
	argv += optind;
	argc -= optind;
	if (argc >= 3 && !strcmp(argv[1], "p99"))
		return percentile(argv[0], argc - 2, argv + 2);
	if (argc != 4)
		return usage();
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		if (!strcmp(operations[i].name, argv[1]))
			return paired(argv[0], operations[i].op, argv + 2);
	return usage();
}
