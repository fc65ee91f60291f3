/* SPDX-License-Identifier: MIT */
/*
 * fault_calls.c - the program with one call of the system that fails.
 *
 * Linked into reclaimfs-faults, which is reclaimfs but for this: the calls
 * below go through here (--wrap, as in fault.c), and one of them fails,
 *
 *	RECLAIMFS_FAULT='read EINTR 3 FILE' reclaimfs-faults run ...
 *
 * the third read() here, counted over all processes that the first one forks.
 * FILE is made, and says "hit" when it has been.  Calls that libraries make
 * among themselves are not counted, nor those of the end, when what has been
 * covered is written.  END for an error: the call answers 0.
 *
 * Called by the program under test, from any process and thread; what is
 * counted is in memory that all of them share.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define NAME_LEN 32

/* The file, for as long as the processes live. */
struct shared {
	char said[8];
	atomic_long left; /* calls until the one that fails */
};

static struct shared *shared;
static char wanted[NAME_LEN];
static int error;

static const struct {
	const char *name;
	int error;
} errors[] = {
	{ "END", 0 },	       { "EACCES", EACCES }, { "EAGAIN", EAGAIN },
	{ "EINTR", EINTR },    { "EINVAL", EINVAL }, { "EIO", EIO },
	{ "EMFILE", EMFILE },  { "ENOENT", ENOENT }, { "ENOMEM", ENOMEM },
	{ "ENOSPC", ENOSPC },  { "ENOSYS", ENOSYS }, { "EPERM", EPERM },
	{ "EBUSY", EBUSY },
};

static bool find_error(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		error = errors[i].error;
		if (!strcmp(errors[i].name, name))
			return true;
	}
	return false;
}

static void stop_counting(void)
{
	shared = NULL;
}

int __real_open64(const char *path, int flags, ...);

static void __attribute__((constructor)) start_counting(void)
{
	const char *order = getenv("RECLAIMFS_FAULT");
	char name[NAME_LEN], path[256];
	struct shared *s;
	long nth;
	int fd;

	if (!order)
		return;
	if (sscanf(order, "%31s %31s %ld %255s", wanted, name, &nth, path) !=
	    4 || !find_error(name)) {
		fprintf(stderr, "RECLAIMFS_FAULT=%s: what?\n", order);
		exit(3);
	}
	fd = __real_open64(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || ftruncate(fd, sizeof(*s)))
		exit(3);
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (s == MAP_FAILED)
		exit(3);
	atomic_store(&s->left, nth);
	atexit(stop_counting);
	unsetenv("RECLAIMFS_FAULT");
	shared = s;
}

/* Is this the call?  @name may end with what large files add to it. */
static bool fails(const char *name)
{
	size_t len = strlen(wanted);
	struct shared *s = shared;

	if (!s || strncmp(name, wanted, len) ||
	    (name[len] && strcmp(name + len, "64")))
		return false;
	if (atomic_fetch_sub(&s->left, 1) != 1)
		return false;
	memcpy(s->said, "hit\n", 4);
	errno = error;
	return true;
}

#define FAULTY(type, none, name, params, args)                                 \
	type __real_##name params;                                             \
	type __wrap_##name params;                                             \
	type __wrap_##name params                                              \
	{                                                                      \
		if (fails(#name))                                              \
			return error ? (none) : 0;                             \
		return __real_##name args;                                     \
	}

struct epoll_event;
struct iovec;
struct msghdr;
struct pollfd;
struct scmp_notif;
struct sockaddr;
struct statfs;
struct statvfs;

FAULTY(ssize_t, -1, read, (int fd, void *b, size_t n), (fd, b, n))
FAULTY(ssize_t, -1, write, (int fd, const void *b, size_t n), (fd, b, n))
FAULTY(ssize_t, -1, recv, (int fd, void *b, size_t n, int f), (fd, b, n, f))
FAULTY(ssize_t, -1, send, (int fd, const void *b, size_t n, int f),
       (fd, b, n, f))
FAULTY(ssize_t, -1, recvmsg, (int fd, struct msghdr *m, int f), (fd, m, f))
FAULTY(ssize_t, -1, sendmsg, (int fd, const struct msghdr *m, int f),
       (fd, m, f))
FAULTY(int, -1, poll, (struct pollfd *p, unsigned long n, int t), (p, n, t))
FAULTY(int, -1, epoll_create1, (int f), (f))
FAULTY(int, -1, epoll_ctl, (int e, int op, int fd, struct epoll_event *ev),
       (e, op, fd, ev))
FAULTY(pid_t, -1, waitpid, (pid_t pid, int *s, int o), (pid, s, o))
FAULTY(pid_t, -1, fork, (void), ())
FAULTY(int, -1, pipe2, (int fd[2], int f), (fd, f))
FAULTY(int, -1, socketpair, (int d, int t, int p, int fd[2]), (d, t, p, fd))
FAULTY(int, -1, dup2, (int from, int to), (from, to))
FAULTY(int, -1, close_range, (unsigned a, unsigned b, int f), (a, b, f))
FAULTY(int, -1, eventfd, (unsigned n, int f), (n, f))
FAULTY(int, -1, unshare, (int f), (f))
FAULTY(int, -1, mount, (const char *what, const char *where, const char *type,
	unsigned long f, const void *d), (what, where, type, f, d))
FAULTY(int, -1, open_tree, (int fd, const char *path, unsigned f),
       (fd, path, f))
FAULTY(int, -1, move_mount, (int from, const char *a, int to, const char *b,
	unsigned f), (from, a, to, b, f))
FAULTY(int, -1, mkdir, (const char *path, mode_t m), (path, m))
FAULTY(int, -1, symlink, (const char *to, const char *path), (to, path))
FAULTY(ssize_t, -1, readlink, (const char *path, char *b, size_t n),
       (path, b, n))
FAULTY(int, -1, access, (const char *path, int m), (path, m))
FAULTY(int, -1, chdir, (const char *path), (path))
FAULTY(char *, NULL, getcwd, (char *b, size_t n), (b, n))
FAULTY(char *, NULL, realpath, (const char *path, char *b), (path, b))
FAULTY(int, -1, stat64, (const char *path, struct stat *s), (path, s))
FAULTY(int, -1, lstat64, (const char *path, struct stat *s), (path, s))
FAULTY(int, -1, fstat64, (int fd, struct stat *s), (fd, s))
FAULTY(int, -1, statfs64, (const char *path, struct statfs *s), (path, s))
FAULTY(int, -1, statvfs64, (const char *path, struct statvfs *s), (path, s))
FAULTY(off_t, -1, lseek64, (int fd, off_t o, int w), (fd, o, w))
FAULTY(int, -1, fsync, (int fd), (fd))
FAULTY(int, -1, flock, (int fd, int op), (fd, op))
FAULTY(int, -1, renameat, (int a, const char *from, int b, const char *to),
       (a, from, b, to))
FAULTY(int, -1, unlinkat, (int fd, const char *path, int f), (fd, path, f))
FAULTY(FILE *, NULL, fopen64, (const char *path, const char *m), (path, m))
FAULTY(FILE *, NULL, fdopen, (int fd, const char *m), (fd, m))
FAULTY(FILE *, NULL, open_memstream, (char **b, size_t *n), (b, n))
FAULTY(int, EOF, fflush, (FILE *f), (f))
FAULTY(size_t, 0, fread, (void *b, size_t s, size_t n, FILE *f), (b, s, n, f))
FAULTY(size_t, 0, fwrite, (const void *b, size_t s, size_t n, FILE *f),
       (b, s, n, f))
FAULTY(DIR *, NULL, opendir, (const char *path), (path))
FAULTY(DIR *, NULL, fdopendir, (int fd), (fd))
FAULTY(void *, NULL, malloc, (size_t n), (n))
FAULTY(void *, NULL, calloc, (size_t n, size_t s), (n, s))
FAULTY(void *, NULL, realloc, (void *p, size_t n), (p, n))
FAULTY(char *, NULL, strdup, (const char *s), (s))
FAULTY(char *, NULL, strndup, (const char *s, size_t n), (s, n))
FAULTY(int, error, pthread_create, (pthread_t *t, const pthread_attr_t *a,
	void *(*f)(void *), void *arg), (t, a, f, arg))
FAULTY(ssize_t, -1, process_vm_readv, (pid_t pid, const struct iovec *a,
	unsigned long n, const struct iovec *b, unsigned long m,
	unsigned long f), (pid, a, n, b, m, f))
FAULTY(ssize_t, -1, process_vm_writev, (pid_t pid, const struct iovec *a,
	unsigned long n, const struct iovec *b, unsigned long m,
	unsigned long f), (pid, a, n, b, m, f))
FAULTY(void *, NULL, seccomp_init, (uint32_t action), (action))
FAULTY(int, -error, seccomp_load, (void *ctx), (ctx))
FAULTY(int, -error, seccomp_notify_fd, (void *ctx), (ctx))

int __real_fclose(FILE *f);
int __wrap_fclose(FILE *f);

/* What could not be written is lost; the stream is closed all the same. */
int __wrap_fclose(FILE *f)
{
	const bool fail = fails("fclose");
	const int closed = __real_fclose(f);

	if (!fail)
		return closed;
	errno = error;
	return EOF;
}

/* Those that take any number of arguments. */

int __wrap_open64(const char *path, int flags, ...);
int __real_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...);
int __real_prctl(int what, ...);
int __wrap_prctl(int what, ...);
long __real_syscall(long nr, ...);
long __wrap_syscall(long nr, ...);
int __wrap_asprintf(char **to, const char *format, ...);

/* All that there can be: they are registers. */
#define ARGS(args, last, nr)                                                   \
	do {                                                                   \
		va_list list;                                                  \
		int i;                                                         \
									       \
		va_start(list, last);                                          \
		for (i = 0; i < (nr); i++)                                     \
			args[i] = va_arg(list, long);                          \
		va_end(list);                                                  \
	} while (0)

int __wrap_open64(const char *path, int flags, ...)
{
	long a[1];

	ARGS(a, flags, 1);
	return fails("open64") ? -1 : __real_open64(path, flags, (int)a[0]);
}

int __wrap_openat64(int dir, const char *path, int flags, ...)
{
	long a[1];

	ARGS(a, flags, 1);
	if (fails("openat64"))
		return -1;
	return __real_openat64(dir, path, flags, (int)a[0]);
}

int __wrap_prctl(int what, ...)
{
	long a[4];

	ARGS(a, what, 4);
	if (fails("prctl"))
		return -1;
	return __real_prctl(what, a[0], a[1], a[2], a[3]);
}

long __wrap_syscall(long nr, ...)
{
	long a[5];

	ARGS(a, nr, 5);
	if (fails("syscall"))
		return -1;
	return __real_syscall(nr, a[0], a[1], a[2], a[3], a[4]);
}

int __wrap_asprintf(char **to, const char *format, ...)
{
	va_list list;
	int len;

	if (fails("asprintf"))
		return -1;
	va_start(list, format);
	len = vasprintf(to, format, list);
	va_end(list);
	return len;
}
