/* SPDX-License-Identifier: MIT */
/*
 * syscalls_install.c - the command's side: the filter (syscalls.h).
 *
 * The listener travels to the server as a descriptor over a socket.  The
 * filter is loaded before, and a call that comes in between would wait for
 * an answer: sendmsg(2) is none of them.
 *
 * Called by run_command.c just before the command.  One thread, no locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fs/cli/syscalls.h"

static int send_listener(int fd, int listener)
{
	char byte = 'l';
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.room,
			      .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &listener, sizeof(int));
	return sendmsg(fd, &msg, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

/* Calls of which all are asked about, whatever they are of. */
static const int calls[] = {
	SCMP_SYS(sysinfo),  SCMP_SYS(swapon), SCMP_SYS(swapoff),
	SCMP_SYS(sendfile), SCMP_SYS(splice), SCMP_SYS(copy_file_range),
	SCMP_SYS(statfs),   SCMP_SYS(fstatfs), SCMP_SYS(inotify_add_watch),
};

#define ARG(nr, mask, value) { nr, SCMP_CMP_MASKED_EQ, mask, value }
#define ALL_BITS 0xffffffffffffffffu

/*
 * Those of which the arguments alone say that most are none of ours: a filter
 * sees numbers, not what they point to.  A program that starts maps its
 * libraries with MAP_DENYWRITE, its memory with MAP_ANONYMOUS.
 */
static const struct {
	int nr;
	unsigned nr_args;
	struct scmp_arg_cmp arg[2];
} some_calls[] = {
	/* of no bytes */
	{ SCMP_SYS(write), 1, { ARG(2, ALL_BITS, 0) } },
	{ SCMP_SYS(pwrite64), 1, { ARG(2, ALL_BITS, 0) } },
	{ SCMP_SYS(mmap), 2,
	  { ARG(2, PROT_EXEC, 0),
	    ARG(3, MAP_TYPE | MAP_ANONYMOUS | MAP_DENYWRITE, MAP_PRIVATE) } },
	{ SCMP_SYS(ioctl), 1, { ARG(1, 0xffffffffu, FIONREAD) } },
	/* of reading, of writing */
	{ SCMP_SYS(access), 1, { ARG(1, R_OK, R_OK) } },
	{ SCMP_SYS(access), 1, { ARG(1, R_OK | W_OK, W_OK) } },
	{ SCMP_SYS(faccessat), 1, { ARG(2, R_OK, R_OK) } },
	{ SCMP_SYS(faccessat), 1, { ARG(2, R_OK | W_OK, W_OK) } },
	{ SCMP_SYS(faccessat2), 1, { ARG(2, R_OK, R_OK) } },
	{ SCMP_SYS(faccessat2), 1, { ARG(2, R_OK | W_OK, W_OK) } },
	{ SCMP_SYS(open), 1, { ARG(1, O_TMPFILE, O_TMPFILE) } },
	{ SCMP_SYS(openat), 1, { ARG(2, O_TMPFILE, O_TMPFILE) } },
};

static int add_rules(scmp_filter_ctx ctx)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < sizeof(calls) / sizeof(calls[0]); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, calls[i], 0);
	for (i = 0; !err && i < sizeof(some_calls) / sizeof(some_calls[0]);
	     i++)
		err = seccomp_rule_add_array(ctx, SCMP_ACT_NOTIFY,
					     some_calls[i].nr,
					     some_calls[i].nr_args,
					     some_calls[i].arg);
	return err;
}

int syscalls_install(int fd)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int err = -ENOMEM, listener;

	if (!ctx)
		return err;
	/* Whoever has all capabilities here may leave set-user-id working. */
	err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
	if (!err)
		err = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
				       SCMP_ACT_ALLOW);
	/* A search by halves: what is never asked about is found so too. */
	if (!err)
		err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!err)
		err = add_rules(ctx);
	if (!err)
		err = seccomp_load(ctx);
	if (!err) {
		listener = seccomp_notify_fd(ctx);
		err = listener < 0 ? listener : send_listener(fd, listener);
	}
	seccomp_release(ctx); /* closes the listener here */
	return err;
}
