/* SPDX-License-Identifier: MIT */
/*
 * mount.c - `reclaimfs mount`: put a simulated machine on a directory.
 *
 * As other FUSE programs do it: the server goes to the background unless -f
 * is given, and the command returns when the mount answers.  The machine
 * file is read before anything else, so a bad one costs nothing.
 *
 * The process that stays is forked before the first thread exists; a pipe
 * tells its parent that it is ready, or, by closing, that it never will be.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/cli/cmd.h"
#include "fs/cli/server.h"

static int mount_run(int argc, char **argv);

const struct cmd cmd_mount = {
	.name = "mount",
	.args = "[-fd] [-o OPTIONS] [--events FILE] [MACHINE] MOUNTPOINT",
	.summary = "mount a simulated machine",
	.help =
		"MACHINE is a machine file; without it, a built-in machine of\n"
		"two nodes.  `fusermount3 -u MOUNTPOINT` ends it.\n"
		"\n"
		"  -o clock=live     time passes by itself (default)\n"
		"  -o clock=virtual  it passes by writes to sandbox/clock\n"
		"  -o rate=N         live: N times real time, 0.1 to 1000\n"
		"  -o paused         live: wait for sandbox/clock/state\n"
		"  -o seed=N         of all chance in the machine\n"
		"  -o allow_other    and all other options of FUSE\n"
		"  --events FILE     what happens, a JSON object a line;\n"
		"                    `reclaimfs replay` plays it again\n"
		"  -f                stay in the foreground\n"
		"  -d                the same, with FUSE's own trace\n",
	.run = mount_run,
};

enum { OPT_EVENTS = 256 };

static const struct option long_options[] = {
	{ "events", required_argument, NULL, OPT_EVENTS },
	{ "foreground", no_argument, NULL, 'f' },
	{ "debug", no_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct mount_args {
	struct server_options options;
	bool foreground;
	const char *machine; /* NULL: the built-in one */
	const char *mountpoint;
};

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

static void on_ready(void *arg)
{
	(void)arg;
	if (ready_fd < 0)
		return;
	go_quiet();
	tell('r');
}

/* CMD_OK or CMD_FAIL; takes over sv->machine. */
static int serve(struct server *sv, struct mount_args *a)
{
	int err;

	a->options.ready = on_ready;
	err = server_create(sv, &a->options);
	if (!err)
		err = server_mount(sv, a->mountpoint);
	if (!err)
		err = server_run(sv);
	server_destroy(sv);
	return err < 0 ? CMD_FAIL : CMD_OK;
}

/* In the parent: the child answers, or is gone. */
static int wait_ready(pid_t child, int fd)
{
	int status;
	char how;
	ssize_t nr;

	do {
		nr = read(fd, &how, 1);
	} while (nr < 0 && errno == EINTR);
	close(fd);
	if (nr == 1)
		return CMD_OK;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return CMD_FAIL;
}

static int serve_in_background(struct server *sv, struct mount_args *a)
{
	int fd[2], code;
	pid_t child;

	if (pipe2(fd, O_CLOEXEC)) {
		cmd_warn("pipe: %s", strerror(errno));
		vm_machine_fini(&sv->machine);
		return CMD_FAIL;
	}
	fflush(NULL);
	child = fork();
	if (child < 0) {
		cmd_warn("fork: %s", strerror(errno));
		close(fd[0]);
		close(fd[1]);
		vm_machine_fini(&sv->machine);
		return CMD_FAIL;
	}
	if (child) {
		close(fd[1]);
		code = wait_ready(child, fd[0]);
		vm_machine_fini(&sv->machine);
		return code;
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
	return serve(sv, a);
}

/* mount(2) would say so too, but in its own words and behind a fork. */
static bool usable(const char *mountpoint)
{
	struct stat st;

	if (stat(mountpoint, &st)) {
		cmd_warn("%s: %s", mountpoint, strerror(errno));
		return false;
	}
	if (!S_ISDIR(st.st_mode)) {
		cmd_warn("%s: not a directory", mountpoint);
		return false;
	}
	return true;
}

/* -1: go on; else the exit code. */
static int parse(int argc, char **argv, struct mount_args *a)
{
	int opt;

	server_options_init(&a->options);
	while ((opt = getopt_long(argc, argv, "fdho:", long_options, NULL)) !=
	       -1) {
		switch (opt) {
		case 'd':
			a->options.debug = true;
			a->foreground = true;
			break;
		case 'f':
			a->foreground = true;
			break;
		case 'o':
			if (server_options_add(&a->options, optarg))
				return CMD_USAGE;
			break;
		case OPT_EVENTS:
			if (server_open_events(&a->options, optarg))
				return CMD_FAIL;
			break;
		case 'h':
			return cmd_help(&cmd_mount);
		default:
			return cmd_usage(&cmd_mount);
		}
	}
	if (server_options_check(&a->options))
		return CMD_USAGE;
	if (argc - optind < 1 || argc - optind > 2)
		return cmd_usage(&cmd_mount);
	if (argc - optind == 2)
		a->machine = argv[optind++];
	a->mountpoint = argv[optind];
	return -1;
}

static int mount_run(int argc, char **argv)
{
	static struct server sv;
	struct mount_args a = { .machine = NULL };
	char *path;
	int code;

	code = parse(argc, argv, &a);
	if (code >= 0)
		return code;
	code = cmd_load_machine(a.machine, &sv.machine);
	if (code)
		return code;
	/* The background process must not depend on where it was started. */
	path = usable(a.mountpoint) ? realpath(a.mountpoint, NULL) : NULL;
	if (!path) {
		vm_machine_fini(&sv.machine);
		return CMD_FAIL;
	}
	a.mountpoint = path;
	if (a.foreground)
		code = serve(&sv, &a);
	else
		code = serve_in_background(&sv, &a);
	free(path);
	return code;
}
