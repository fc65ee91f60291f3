/* SPDX-License-Identifier: MIT */
/*
 * background.c - a server that stays when its command returns.
 *
 * A pipe tells the parent that the server is ready, or, by closing, that it
 * never will be.  Called by mount.c and replay.c.  One thread, no locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/cli/background.h"
#include "fs/cli/cmd.h"

/* The end of the pipe that tells the parent, closed when told. */
static int ready_fd = -1;

static void tell(char how)
{
	if (ready_fd < 0)
		return;
	while (write(ready_fd, &how, 1) < 0 && errno == EINTR)
		;
	close(ready_fd);
	ready_fd = -1;
}

/* From here on nobody reads what a background server says. */
static void go_quiet(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

void background_ready(void *arg)
{
	(void)arg;
	if (ready_fd < 0)
		return;
	go_quiet();
	tell('r');
}

/* How the child came to its end, for the caller's own end. */
static int wait_end(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return CMD_FAIL;
	if (WIFSIGNALED(status))
		cmd_warn("the server: %s", strsignal(WTERMSIG(status)));
	return WIFEXITED(status) && WEXITSTATUS(status) ?
		       WEXITSTATUS(status) : CMD_FAIL;
}

/* In the parent: the child answers, or is gone. */
static int wait_ready(pid_t child, int fd)
{
	int code = CMD_OK;
	char how;
	ssize_t nr;

	do {
		nr = read(fd, &how, 1);
	} while (nr < 0 && errno == EINTR);
	if (nr < 0) {
		/* Nobody could say that it stands: it shall not. */
		cmd_warn("the server: %s", strerror(errno));
		kill(child, SIGTERM);
	}
	if (nr != 1)
		code = wait_end(child);
	close(fd);
	return code;
}

bool background(int (*serve)(void *arg), void *arg, int *code)
{
	pid_t child = -1;
	int fd[2];

	*code = CMD_FAIL;
	if (pipe2(fd, O_CLOEXEC)) {
		cmd_warn("pipe: %s", strerror(errno));
		return true;
	}
	fflush(NULL);
	child = fork();
	if (child < 0) {
		cmd_warn("fork: %s", strerror(errno));
		close(fd[0]);
		close(fd[1]);
		return true;
	}
	if (child) {
		close(fd[1]);
		*code = wait_ready(child, fd[0]);
		return true;
	}
	close(fd[0]);
	ready_fd = fd[1];
	/*
	 * Out of reach of the terminal's signals by a process group of its
	 * own.  A session of its own would do that too, but the scheduler
	 * makes each session a group, and a request that goes from group to
	 * group and back costs 2 us of 12 more.
	 */
	setpgid(0, 0);
	if (chdir("/"))
		cmd_warn("/: %s", strerror(errno));
	*code = serve(arg);
	return false;
}

char *mount_path(const char *mountpoint)
{
	struct stat st;
	char *path = NULL;

	if (stat(mountpoint, &st) ||
	    (S_ISDIR(st.st_mode) && !(path = realpath(mountpoint, NULL))))
		cmd_warn("%s: %s", mountpoint, strerror(errno));
	else if (!path)
		cmd_warn("%s: not a directory", mountpoint);
	return path;
}
