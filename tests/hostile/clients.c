/* SPDX-License-Identifier: MIT */
/*
 * clients.c - many processes that do to a mount what nobody should.
 *
 * Usage: clients MOUNT SEED PROCESSES OPERATIONS [SECONDS]
 *
 * Every process opens files of the mount at random, reads them in pieces and
 * from anywhere, writes numbers and rubbish, seeks, polls, truncates, gets
 * signals in the middle of it, and leaves at any moment with files open.
 * Tasks come and go and the clock changes its mode meanwhile.  What is read
 * from the start of a file to its end is parsed (texts.h).  The number of
 * operations is given; the same seed makes the same calls, though not in the
 * same order.  With SECONDS it begins anew, with other seeds, until they are
 * over: that is for long runs.
 *
 * Prints what was done; exit 0, or 1 for the first thing that must not be:
 * a text that is not whole, or an errno that says that the server is gone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "texts.h"

#define MAX_FILES 20000u
#define NR_OPEN   6u
#define MAX_TEXT  (1u << 20)
#define NR_PIDS   400u /* of tasks that come and go */
#define FIRST_PID 20000u
#define PICK(a)	  ((a)[chance(sizeof(a) / sizeof((a)[0]))])

struct file {
	char *path;
	int fd;
	bool whole; /* a text of lines */
};

/* Shared by all processes. */
struct counts {
	_Atomic uint64_t calls, bytes, texts, refused, interrupted;
	_Atomic bool bad;
};

static char *paths[MAX_FILES];
static char *controls[MAX_FILES]; /* of them, those that do something */
static unsigned nr_paths, nr_controls;
static size_t mount_len;
static struct counts *counts;
static uint64_t state;
static time_t end; /* of a run by time, or 0 */

static uint64_t chance(uint64_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % n;
}

static void bad(const char *path, const char *what)
{
	fprintf(stderr, "clients: %s: %s\n", path, what);
	counts->bad = true;
	_exit(1);
}

/* -1 and an errno is fine, unless it is the end of the mount. */
static void check(const char *path, long result)
{
	counts->calls++;
	if (result >= 0)
		return;
	if (errno == EINTR)
		counts->interrupted++;
	else
		counts->refused++;
	if (errno == ENOTCONN || errno == ECONNABORTED || errno == ENOSYS)
		bad(path, strerror(errno));
}

static int add_path(const char *path, const struct stat *st, int type,
		    struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type != FTW_F || nr_paths == MAX_FILES)
		return 0;
	paths[nr_paths] = strdup(path);
	if (!paths[nr_paths])
		return -1;
	if (strstr(path, "/sandbox/") || strstr(path, "/sys/vm/") ||
	    strstr(path, "kmsg") || strstr(path, "/pressure/"))
		controls[nr_controls++] = paths[nr_paths];
	nr_paths++;
	return 0;
}

static void close_it(struct file *f)
{
	if (f->fd >= 0)
		check(f->path, close(f->fd));
	f->fd = -1;
}

/* Every other time one of the few that do something. */
static void open_it(struct file *f)
{
	static const int modes[] = { O_RDONLY, O_RDONLY, O_RDWR, O_WRONLY };
	static const int flags[] = { 0, 0, O_APPEND, O_TRUNC };

	close_it(f);
	f->path = chance(2) ? paths[chance(nr_paths)] :
			      controls[chance(nr_controls)];
	f->whole = text_of_lines(f->path + mount_len);
	f->fd = open(f->path, PICK(modes) | PICK(flags) | O_NONBLOCK |
		     O_CLOEXEC);
	check(f->path, f->fd);
}

/* A text that was read to its end. */
static void look_at(const struct file *f, char *text, size_t len)
{
	const char *why;

	text[len] = '\0';
	why = text_wrong(f->path + mount_len, text, len);
	counts->texts++;
	if (!why)
		return;
	fprintf(stderr, "clients: %.*s", (int)len, text);
	bad(f->path, why);
}

/* All of it from the start, in pieces of one size. */
static void read_all(struct file *f)
{
	static const size_t pieces[] = { 512, 4096, 65536 };
	size_t piece = PICK(pieces), len = 0;
	static char buf[MAX_TEXT + 1];
	ssize_t n;

	if (lseek(f->fd, 0, SEEK_SET))
		return;
	do {
		if (piece > MAX_TEXT - len)
			return; /* longer than what is looked at */
		n = read(f->fd, buf + len, piece);
		check(f->path, n);
		if (n <= 0)
			break;
		counts->bytes += (uint64_t)n;
		len += (size_t)n;
	} while (chance(50)); /* some leave early */
	if (!n && f->whole)
		look_at(f, buf, len);
}

static void write_it(struct file *f)
{
	static const char *const texts[] = {
		"0\n", "1\n", "-1\n", "60", "100000\n", "0x10\n", "live\n",
		"virtual\n", "10ms\n", "1M\n", "64K\n", "running\n", "\n",
		"some 150000 1000000\n", "99999999999999999999\n", "x",
		"name = \"h\"; leak = \"4M/s\";\n",
		"name = \"b\"; anon = \"2M\"; rss = \"1M\";\n",
		"@include \"/\"\n", "256 256 32\n", "always\n", "\xff\xfe",
	};
	const char *text = PICK(texts);
	size_t len = strlen(text);

	if (chance(8) == 0)
		check(f->path, pwrite(f->fd, text, len, (off_t)chance(9000)));
	else
		check(f->path, write(f->fd, text, len));
}

static void poll_it(struct file *f)
{
	struct pollfd p = { .fd = f->fd, .events = POLLIN | POLLPRI };

	check(f->path, poll(&p, 1, (int)chance(3)));
}

/* A call that waits, ended by the timer's signal at the latest. */
static void wait_for_it(struct file *f)
{
	char buf[256];
	int flags = fcntl(f->fd, F_GETFL);

	fcntl(f->fd, F_SETFL, flags & ~O_NONBLOCK);
	check(f->path, read(f->fd, buf, sizeof(buf)));
	fcntl(f->fd, F_SETFL, flags);
}

/* A few words to a file of the sandbox. */
static void tell(const char *file, const char *text)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%.*s/sandbox/%s", (int)mount_len,
		 paths[0], file);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	check(path, fd);
	if (fd < 0)
		return;
	check(path, write(fd, text, strlen(text)));
	close(fd);
}

/* Tasks come, allocate and go; the clock goes another way. */
static void disturb(void)
{
	static const char *const rates[] = { "1\n", "10\n", "1000\n", "max\n" };
	static const char *const modes[] = { "live\n", "live\n", "virtual\n" };
	unsigned pid = FIRST_PID + (unsigned)chance(NR_PIDS);
	char text[128], file[64];

	switch (chance(8)) {
	case 0:
		tell("clock/rate", PICK(rates));
		break;
	case 1:
		tell("clock/mode", PICK(modes));
		break;
	case 2:
		tell("clock/advance", "20ms\n");
		break;
	case 3:
		snprintf(file, sizeof(file), "tasks/%u/alloc", pid);
		tell(file, "2M\n");
		break;
	case 4:
	case 5:
		snprintf(file, sizeof(file), "tasks/%u/exit", pid);
		tell(file, "1\n");
		break;
	default:
		snprintf(text, sizeof(text),
			 "name = \"guest\"; pid = %u; rss = \"1M\";\n", pid);
		tell("spawn", text);
	}
}

static void one_call(struct file *f)
{
	char buf[700];

	if (f->fd < 0 || chance(12) == 0) {
		open_it(f);
		return;
	}
	switch (chance(11)) {
	case 10:
		disturb();
		break;
	case 0:
		check(f->path, pread(f->fd, buf, chance(sizeof(buf)),
				     (off_t)chance(20000)));
		break;
	case 1:
		check(f->path, lseek(f->fd, (off_t)chance(5000), SEEK_SET));
		break;
	case 2:
		check(f->path, ftruncate(f->fd, (off_t)chance(100)));
		break;
	case 3:
		poll_it(f);
		break;
	case 4:
	case 5:
		write_it(f);
		break;
	case 6:
		wait_for_it(f);
		break;
	default:
		read_all(f);
		break;
	}
}

static void on_alarm(int signo)
{
	(void)signo;
}

/* Every few milliseconds a signal, so that nothing waits for ever. */
static void set_timer(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval it = {
		.it_interval.tv_usec = 3000 + (suseconds_t)chance(9000),
		.it_value.tv_usec = 5000,
	};

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

static void client(unsigned long nr_calls)
{
	struct file file[NR_OPEN];
	unsigned i;

	for (i = 0; i < NR_OPEN; i++)
		file[i].fd = -1;
	set_timer();
	while (nr_calls-- && (!end || time(NULL) < end))
		one_call(&file[chance(NR_OPEN)]);
	/* Files stay open: the end of the process is their close. */
	if (chance(2))
		raise(SIGKILL);
	_exit(0);
}

static void one_round(unsigned long seed, unsigned long nr,
		      unsigned long calls)
{
	unsigned long i;
	int status;

	for (i = 0; i < nr; i++) {
		if (fork() == 0) {
			state = (seed + i + 1) * 0x9e3779b97f4a7c15u | 1;
			client(calls);
		}
	}
	while (wait(&status) > 0)
		;
}

int main(int argc, char **argv)
{
	unsigned long seed, nr, calls, rounds = 0, seconds;

	if (argc < 5 || argc > 6)
		return 2;
	seed = strtoul(argv[2], NULL, 10);
	nr = strtoul(argv[3], NULL, 10);
	calls = strtoul(argv[4], NULL, 10);
	seconds = argc == 6 ? strtoul(argv[5], NULL, 10) : 0;
	if (seconds)
		end = time(NULL) + (time_t)seconds;
	mount_len = strlen(argv[1]);
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED || nftw(argv[1], add_path, 64, FTW_PHYS) ||
	    !nr_controls)
		return 2;
	do {
		one_round(seed + nr * rounds++, nr, calls);
	} while (!counts->bad && end && time(NULL) < end);
	printf("%lu processes, %lu rounds, %u files: %lu calls, %lu bytes, "
	       "%lu texts, %lu refused, %lu interrupted\n",
	       nr, rounds, nr_paths, (unsigned long)counts->calls,
	       (unsigned long)counts->bytes, (unsigned long)counts->texts,
	       (unsigned long)counts->refused,
	       (unsigned long)counts->interrupted);
	return counts->bad;
}
