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
#include <errno.h>
#include <seccomp.h>
#include <string.h>
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

static int add_rules(scmp_filter_ctx ctx)
{
	static const int calls[] = {
		SCMP_SYS(sysinfo),  SCMP_SYS(swapon), SCMP_SYS(swapoff),
		SCMP_SYS(sendfile), SCMP_SYS(splice),
		SCMP_SYS(copy_file_range),
	};
	size_t i;
	int err;

	/* write(2) without a byte alone. */
	err = seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(write), 1,
			       SCMP_A2(SCMP_CMP_EQ, 0, 0));
	for (i = 0; !err && i < sizeof(calls) / sizeof(calls[0]); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, calls[i], 0);
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
