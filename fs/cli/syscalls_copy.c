/* SPDX-License-Identifier: MIT */
/*
 * syscalls_copy.c - sendfile, splice and copy_file_range out of our files
 * (syscalls_file.h).
 *
 * Both descriptors are taken from the caller for the time of the call, so
 * that positions and short writes are the kernel's own.  The text comes by a
 * read(2), which the session's loop answers while this thread waits: files
 * whose reads wait for something else are left out.  Nothing is written that
 * could keep this thread: it has other callers.
 *
 * Called by syscalls.c in its thread.  One thread, no locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "fs/cli/syscalls_ask.h"
#include "fs/cli/syscalls_file.h"

#define COPY_MAX 16384

/* One copy: where from, where to, and where the caller keeps the offset. */
struct copy {
	int from, to;	     /* ours */
	uint64_t offset_at;  /* pointer, or 0: the file's position */
	off_t offset;
	size_t size;
	struct stat to_stat;
};

/* A pipe that has room takes PIPE_BUF bytes at once (pipe(7)). */
static ssize_t to_pipe(const struct copy *c, const char *text, size_t size)
{
	struct pollfd p = { .fd = c->to, .events = POLLOUT };

	if (poll(&p, 1, 0) != 1 || p.revents != POLLOUT)
		return -EINVAL;
	return write(c->to, text, size < PIPE_BUF ? size : PIPE_BUF);
}

static ssize_t to_socket(const struct copy *c, const char *text, size_t size)
{
	ssize_t n = send(c->to, text, size, MSG_DONTWAIT | MSG_NOSIGNAL);

	return n < 0 && errno == EAGAIN ? -EINVAL : n;
}

/* Not to a file that somebody must serve: it could be who waits for us. */
static ssize_t to_file(const struct copy *c, const char *text, size_t size)
{
	struct statfs st;

	if (fstatfs(c->to, &st) || st.f_type == FUSE_SUPER_MAGIC ||
	    fcntl(c->to, F_GETFL) & O_APPEND)
		return -EINVAL;
	return write(c->to, text, size);
}

static ssize_t put(const struct copy *c, const char *text, size_t size)
{
	ssize_t n = -EINVAL;

	if (S_ISFIFO(c->to_stat.st_mode))
		n = to_pipe(c, text, size);
	else if (S_ISSOCK(c->to_stat.st_mode))
		n = to_socket(c, text, size);
	else if (S_ISREG(c->to_stat.st_mode))
		n = to_file(c, text, size);
	return n == -1 ? -errno : n;
}

static int get_offset(const struct ask *a, struct copy *c)
{
	if (c->offset_at)
		return ask_read(a, c->offset_at, &c->offset,
				sizeof(c->offset));
	c->offset = lseek(c->from, 0, SEEK_CUR);
	return 0;
}

static int put_offset(const struct ask *a, struct copy *c)
{
	if (c->offset_at)
		return ask_write(a, c->offset_at, &c->offset,
				 sizeof(c->offset));
	lseek(c->from, c->offset, SEEK_SET);
	return 0;
}

static int move(struct ask *a, struct copy *c)
{
	char text[COPY_MAX];
	ssize_t n;
	int err;

	err = get_offset(a, c);
	if (err)
		return err;
	if (c->offset < 0)
		return -EINVAL;
	n = pread(c->from, text, c->size < COPY_MAX ? c->size : COPY_MAX,
		  c->offset);
	if (n < 0)
		return -errno;
	if (n)
		n = put(c, text, (size_t)n);
	if (n < 0)
		return (int)n;
	a->value = n;
	c->offset += n;
	return put_offset(a, c);
}

/* With both descriptors; what is no copy at all the kernel says. */
static int with_fds(struct ask *a, struct copy *c, const struct ask_fd *f)
{
	const bool splices = a->req->data.nr == SCMP_SYS(splice);
	struct stat from;

	if (fstat(c->to, &c->to_stat))
		return ASK_PASS;
	if (splices && !S_ISFIFO(c->to_stat.st_mode))
		return ASK_PASS;
	/* Is it still the file that was looked at?  Its number is enough. */
	if (fstat(c->from, &from) || from.st_ino != f->node.st.st_ino)
		return -EINVAL;
	return move(a, c);
}

static int copy(struct ask *a, const struct ask_fd *f)
{
	const __u64 *args = a->req->data.args;
	const bool sends = a->req->data.nr == SCMP_SYS(sendfile);
	struct copy c = {
		.offset_at = args[sends ? 2 : 1],
		.size = (size_t)args[sends ? 3 : 4],
	};
	int err;

	if (!c.size || (!sends && args[3]))
		return ASK_PASS;
	c.from = ask_take_fd(a, ask_arg_fd(a, sends ? 1 : 0));
	if (c.from < 0)
		return -EINVAL;
	c.to = ask_take_fd(a, ask_arg_fd(a, sends ? 0 : 2));
	err = c.to < 0 ? -EINVAL : with_fds(a, &c, f);
	if (c.to >= 0)
		close(c.to);
	close(c.from);
	return err;
}

int syscalls_copy(struct ask *a)
{
	const int nr = a->req->data.nr;
	struct tree_req who = { .priv = NULL };
	struct ask_fd f;

	if (!ask_fd(a, ask_arg_fd(a, nr == SCMP_SYS(sendfile) ? 1 : 0), &f))
		return ASK_PASS;
	if (nr == SCMP_SYS(copy_file_range))
		return -EXDEV;
	if (!S_ISREG(f.node.st.st_mode) || !ask_fd_reads(&f))
		return ASK_PASS;
	/* We would read with our rights. */
	if (f.node.waits || !ask_who(a, &who) || who.uid)
		return -EINVAL;
	return copy(a, &f);
}
