/* SPDX-License-Identifier: MIT */
/*
 * unmounter.c - a process beside the server that takes the mount away.
 *
 * As libfuse does it: umount2(2) by who may, fusermount3 for everybody else.
 * The child runs from unmounter_start() to its end without coming back.
 * Called by mount.c and server.c.  One thread, no locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/cli/unmounter.h"

/* Where our end of the socket is moved to, so that all others can go. */
#define SOCKET_FD 3

#define SYSCALL_LEN 256

/* Nothing of what the server was started with stays open. */
static int keep_only(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), i;

	if (null < 0)
		return -errno;
	for (i = 0; i <= STDERR_FILENO; i++)
		dup2(null, i);
	if (dup2(fd, SOCKET_FD) < 0)
		return -errno;
	return close_range(SOCKET_FD + 1, ~0u, 0) ? -errno : 0;
}

/* What /proc/@pid/syscall says, to the server. */
static void tell_syscall(int pid)
{
	char path[32], text[SYSCALL_LEN];
	ssize_t nr = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		nr = read(fd, text, sizeof(text));
	if (fd >= 0)
		close(fd);
	send(SOCKET_FD, text, nr > 0 ? (size_t)nr : 0, MSG_NOSIGNAL);
}

static _Noreturn void child(int fd, const char *mountpoint)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	int32_t ask = 0;
	ssize_t nr;
	size_t i;

	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, "unmounter");
	if (!geteuid())
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (keep_only(fd))
		_exit(1);
	do {
		if (ask)
			tell_syscall(ask);
		nr = recv(SOCKET_FD, &ask, sizeof(ask), 0);
	} while ((nr < 0 && errno == EINTR) || (nr == sizeof(ask) && ask));
	if (nr != sizeof(ask))
		_exit(0);
	/*
	 * By force: who has a file open is not waited for, and libfuse sees
	 * that nothing is left to do.
	 */
	if (!umount2(mountpoint, MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW))
		_exit(0);
	execlp("fusermount3", "fusermount3", "-u", "-q", "-z", "--",
	       mountpoint, (char *)NULL);
	_exit(1);
}

int unmounter_start(struct unmounter *u, const char *mountpoint)
{
	int pair[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	u->pid = fork();
	if (u->pid < 0) {
		err = -errno;
		u->pid = 0;
		close(pair[0]);
		close(pair[1]);
		return err;
	}
	if (!u->pid) {
		close(pair[0]);
		child(pair[1], mountpoint);
	}
	close(pair[1]);
	u->socket = pair[0];
	return 0;
}

void unmounter_call(struct unmounter *u)
{
	const int32_t unmount = 0;

	if (!u->pid)
		return;
	while (send(u->socket, &unmount, sizeof(unmount), MSG_NOSIGNAL) < 0 &&
	       errno == EINTR)
		;
	unmounter_stop(u);
}

size_t unmounter_syscall(struct unmounter *u, int pid, char *buf, size_t size)
{
	const int32_t ask = pid;
	ssize_t nr;

	if (!u->pid || pid <= 0 ||
	    send(u->socket, &ask, sizeof(ask), MSG_NOSIGNAL) != sizeof(ask))
		return 0;
	do {
		nr = recv(u->socket, buf, size, 0);
	} while (nr < 0 && errno == EINTR);
	return nr > 0 ? (size_t)nr : 0;
}

void unmounter_stop(struct unmounter *u)
{
	if (!u->pid)
		return;
	close(u->socket);
	while (waitpid(u->pid, NULL, 0) < 0 && errno == EINTR)
		;
	u->pid = 0;
}
