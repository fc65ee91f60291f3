/* SPDX-License-Identifier: MIT */
/*
 * run.c - `reclaimfs run`: a command that lives in a simulated machine.
 *
 * This process enters the namespaces and waits outside of the pid namespace;
 * run_init.c is its pid 1, which starts the rest: the server, the keeper of
 * placeholders, the command.  Pid 1 dies with this process, and everything
 * inside with pid 1, the mounts too.  The command's exit status, or the
 * signal that ended it, is ours.
 *
 * What the command may see is namespace.c's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/cli/cmd.h"
#include "fs/cli/descriptors.h"
#include "fs/cli/namespace.h"
#include "fs/cli/report.h"
#include "fs/cli/run.h"
#include "fs/cli/server.h"
#include "fs/proc/host.h"

#define WHERE_LEN 256

static int run_run(int argc, char **argv);

const struct cmd cmd_run = {
	.name = "run",
	.args = "[-m MACHINE] [OPTIONS] -- COMMAND [ARG]...",
	.summary = "run a command inside a simulated machine",
	.help = "The simulated /proc, /sys/devices/system/node, ... stand\n"
		"over the real ones, for the command and its children only;\n"
		"no root is needed.  Its processes are in the machine, the\n"
		"machine's tasks can be killed.  $RECLAIMFS is the directory\n"
		"of the controls; the real /proc is /proc/.host, read-only.\n"
		"\n"
		"  -m, --machine FILE  instead of the built-in machine\n"
		"      --checkpoints DIR  for sandbox/checkpoint\n"
		"      --clock MODE    live (default) or virtual\n"
		"      --rate N        live: N times real time, or max\n"
		"      --seed N        of all chance in the machine\n"
		"      --events FILE   what happens, a JSON object a line\n"
		"      --restore FILE  start from a checkpoint, as for mount\n"
		"      --report        say at the end, on stderr, what was\n"
		"                      changed or refused, and what the\n"
		"                      memory did\n"
		"      --no-real-memory  processes of the host need no\n"
		"                      memory of the machine (they do while\n"
		"                      the clock is live)\n"
		"  -o OPTIONS          as for mount\n"
		"\n"
		"The exit status is the command's; 126 if it cannot be run,\n"
		"127 if it is not found.\n",
	.run = run_run,
};

enum {
	OPT_CLOCK = 256, OPT_RATE, OPT_SEED, OPT_EVENTS, OPT_NO_REAL_MEMORY,
	OPT_REPORT, OPT_CHECKPOINTS, OPT_RESTORE
};

static const struct option long_options[] = {
	{ "checkpoints", required_argument, NULL, OPT_CHECKPOINTS },
	{ "clock", required_argument, NULL, OPT_CLOCK },
	{ "events", required_argument, NULL, OPT_EVENTS },
	{ "help", no_argument, NULL, 'h' },
	{ "machine", required_argument, NULL, 'm' },
	{ "no-real-memory", no_argument, NULL, OPT_NO_REAL_MEMORY },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "report", no_argument, NULL, OPT_REPORT },
	{ "restore", required_argument, NULL, OPT_RESTORE },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ NULL, 0, NULL, 0 },
};

struct run_args {
	struct server_options options;
	const char *machine;
	bool report; /* wanted at the end */
	char **command;
};

/* Signals that are not for us but for the command. */
static const int passed_on[] = { RUN_PASSED_ON };

#define NR_PASSED_ON (sizeof(passed_on) / sizeof(passed_on[0]))

static volatile sig_atomic_t init_pid;

static void pass_on(int signo)
{
	int err = errno;

	if (init_pid > 0)
		kill((pid_t)init_pid, signo);
	errno = err;
}

/*
 * The keyboard's signals go to the whole group: the command decides what
 * they mean, and we wait for it.  Others are passed on.
 */
static void set_signals(void)
{
	struct sigaction sa = { .sa_handler = pass_on, .sa_flags = SA_RESTART };
	size_t i;

	for (i = 0; i < NR_PASSED_ON; i++)
		sigaction(passed_on[i], &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGQUIT, &sa, NULL);
}

/* Until pid 1 says something; events are taken meanwhile. */
static bool hear_init(int control, struct report *r, int *what)
{
	struct pollfd on[2] = {
		{ .fd = control, .events = POLLIN },
		{ .fd = r ? report_fd(r) : -1, .events = POLLIN },
	};

	while (r && (poll(on, 2, -1) >= 0 || errno == EINTR)) {
		if (on[0].revents)
			break;
		if (on[1].revents & POLLIN)
			report_look(r);
		else if (on[1].revents)
			on[1].fd = -1; /* the server is gone */
	}
	return run_hear(control, what);
}

/* The server dies with pid 1: what its file lacks it writes when asked. */
static void have_all_events(const char *mount)
{
	char path[2 * WHERE_LEN], byte;
	int fd;

	snprintf(path, sizeof(path), "%s/sandbox/events", mount);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || read(fd, &byte, 1) < 0)
		cmd_warn("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* The command's wait status, or -1: it has not been run to its end. */
static int attend(const struct run_init *in, const struct run_args *a,
		  int control)
{
	struct report *r = NULL;
	char mount[WHERE_LEN]; /* the mount is in pid 1's namespace */
	int status = -1, what;

	snprintf(mount, sizeof(mount), "/proc/%d/root%s", (int)init_pid,
		 in->where);
	if (!run_hear(control, &what) || what != RUN_READY)
		return -1;
	if (a->report && report_begin(&r, mount))
		return -1;
	if (run_say(control, RUN_GO) && hear_init(control, r, &what)) {
		status = what;
		if (r)
			report_end(r, stderr);
		if (a->options.events_fd >= 0)
			have_all_events(mount);
		run_say(control, RUN_END);
	}
	report_free(r);
	return status;
}

/* Take the terminal back from a command that had it to itself. */
static void take_terminal(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return;
	sigaction(SIGTTOU, &ignore, &old);
	tcsetpgrp(fd, getpgrp());
	sigaction(SIGTTOU, &old, NULL);
	close(fd);
}

static bool in_foreground(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	bool is = fd >= 0 && tcgetpgrp(fd) == getpgrp();

	if (fd >= 0)
		close(fd);
	return is;
}

/* Pid 1, with our signals blocked until it is there to get them. */
static void fork_init(struct run_init *in, const int control[2])
{
	sigset_t all;
	pid_t pid;

	fflush(NULL);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &in->mask);
	pid = namespace_fork();
	init_pid = pid > 0 ? pid : 0;
	if (!pid) {
		close(control[0]);
		in->control = control[1];
		run_init(in);
	}
	close(control[1]);
	if (pid > 0)
		set_signals();
	else
		cmd_warn("pid namespace: %s", strerror(-pid));
	sigprocmask(SIG_SETMASK, &in->mask, NULL);
}

/* Start pid 1 of the namespace and wait; the command's status, or -1. */
static int run_namespace(struct run_init *in, const struct run_args *a)
{
	bool foreground = in_foreground();
	int control[2], status = -1, ended = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control)) {
		cmd_warn("socket: %s", strerror(errno));
		return -1;
	}
	fork_init(in, control);
	if (init_pid > 0)
		status = attend(in, a, control[0]);
	close(control[0]);
	while (init_pid > 0 && waitpid((pid_t)init_pid, &ended, 0) < 0 &&
	       errno == EINTR)
		;
	if (WIFEXITED(ended) && WEXITSTATUS(ended) == CMD_USAGE)
		in->code = CMD_USAGE;
	init_pid = 0;
	if (foreground)
		take_terminal();
	return status;
}

/* End as the command has: with its status, or by its signal. */
static int end_as(int status)
{
	const struct rlimit no_core = { 0, 0 };
	int signo;

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	signo = WTERMSIG(status);
	setrlimit(RLIMIT_CORE, &no_core); /* the command has dumped its own */
	signal(signo, SIG_DFL);
	raise(signo);
	return RUN_SIGNALLED + signo;
}

/* -1: go on; else the exit code. */
static int parse_one(struct run_args *a, int opt)
{
	static const char *const prefix[] = { "clock=", "rate=", "seed=" };
	char option[128];

	switch (opt) {
	case 'm':
		a->machine = optarg;
		return -1;
	case 'o':
		return server_options_add(&a->options, optarg) ? CMD_USAGE : -1;
	case OPT_CLOCK:
	case OPT_RATE:
	case OPT_SEED:
		if (strchr(optarg, ',') || strlen(optarg) > 64)
			return cmd_usage(&cmd_run);
		snprintf(option, sizeof(option), "%s%s",
			 prefix[opt - OPT_CLOCK], optarg);
		return server_options_add(&a->options, option) ? CMD_USAGE : -1;
	case OPT_CHECKPOINTS:
		return server_options_checkpoints(&a->options, optarg) ?
			       CMD_USAGE : -1;
	case OPT_RESTORE:
		a->options.restore = optarg;
		return -1;
	case OPT_EVENTS:
		return server_open_events(&a->options, optarg) ? CMD_FAIL : -1;
	case OPT_NO_REAL_MEMORY:
		a->options.no_real_memory = true;
		return -1;
	case OPT_REPORT:
		a->report = true;
		return -1;
	case 'h':
		return cmd_help(&cmd_run);
	}
	return cmd_usage(&cmd_run);
}

static int parse(int argc, char **argv, struct run_args *a)
{
	int opt, code;

	server_options_init(&a->options);
	while ((opt = getopt_long(argc, argv, "+hm:o:", long_options, NULL)) !=
	       -1) {
		code = parse_one(a, opt);
		if (code >= 0)
			return code;
	}
	if (optind >= argc) {
		cmd_warn("run: no command, expected -- COMMAND");
		return cmd_usage(&cmd_run);
	}
	a->command = argv + optind;
	if (server_options_check(&a->options))
		return CMD_USAGE;
	/* Whoever the command becomes, the files are there for him. */
	return server_options_add(&a->options, "allow_other") ? CMD_USAGE : -1;
}

static int run_inside(struct server *sv, struct run_args *a)
{
	struct run_init in = {
		.sv = sv, .options = &a->options, .command = a->command,
		.code = CMD_FAIL,
	};
	int status = -1;

	if (!access("/proc/" HOST_ALL "/self", F_OK)) {
		cmd_warn("run: this is inside of a machine already");
		return CMD_FAIL;
	}
	if (descriptors_close())
		return CMD_FAIL;
	in.cwd = getcwd(NULL, 0);
	in.pid_max = run_pid_max();
	if (!namespace_need_fuse() && !namespace_enter() &&
	    !namespace_protect())
		in.where = namespace_mountpoint();
	if (in.where)
		status = run_namespace(&in, a);
	free(in.cwd);
	return status == -1 ? in.code : end_as(status);
}

static int run_run(int argc, char **argv)
{
	static struct server sv;
	struct run_args a = { .machine = NULL };
	int code;

	code = parse(argc, argv, &a);
	if (code >= 0)
		return code;
	code = server_load(&sv, &a.options, a.machine);
	if (code)
		return code;
	code = run_inside(&sv, &a);
	vm_machine_fini(&sv.machine);
	return code;
}
