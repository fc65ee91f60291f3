/* SPDX-License-Identifier: MIT */
/*
 * run.c - `reclaimfs run`: a command that lives in a simulated machine.
 *
 * Three processes in a private namespace: this one, which waits; the server,
 * which answers the files; the command.  The server dies with this process,
 * and so does the command; the mounts die with the namespace.  The command's
 * exit status, or the signal that ended it, is ours.
 *
 * What the command may see is namespace.c's; what it could do beyond files
 * (pids, system calls) would stand beside it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/cli/cmd.h"
#include "fs/cli/namespace.h"
#include "fs/cli/server.h"

/* As the shell and env(1) have it. */
#define EXIT_NOT_FOUND	126 + 1
#define EXIT_NOT_RUN	126
#define EXIT_SIGNALLED	128
#define CONTROL_DIR_LEN 256

static int run_run(int argc, char **argv);

const struct cmd cmd_run = {
	.name = "run",
	.args = "[-m MACHINE] [--clock virtual] [--seed N] -- COMMAND [ARG]...",
	.summary = "run a command inside a simulated machine",
	.help = "The simulated /proc/sys/vm, /proc/meminfo, ... stand over\n"
		"the real ones, for the command and its children only; no\n"
		"root is needed.  $RECLAIMFS is the directory of the\n"
		"controls.\n"
		"\n"
		"  -m, --machine FILE  instead of the built-in machine\n"
		"      --clock MODE    live (default) or virtual\n"
		"      --rate N        live: N times real time\n"
		"      --seed N        of all chance in the machine\n"
		"  -o OPTIONS          as for mount\n"
		"\n"
		"The exit status is the command's; 126 if it cannot be run,\n"
		"127 if it is not found.\n",
	.run = run_run,
};

enum { OPT_CLOCK = 256, OPT_RATE, OPT_SEED };

static const struct option long_options[] = {
	{ "clock", required_argument, NULL, OPT_CLOCK },
	{ "help", no_argument, NULL, 'h' },
	{ "machine", required_argument, NULL, 'm' },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ NULL, 0, NULL, 0 },
};

struct run_args {
	struct server_options options;
	const char *machine;
	char **command;
};

/* Signals that are not for us but for the command. */
static const int passed_on[] = { SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };

#define NR_PASSED_ON (sizeof(passed_on) / sizeof(passed_on[0]))

static volatile sig_atomic_t command_pid;

static void pass_on(int signo)
{
	int err = errno;

	if (command_pid > 0)
		kill((pid_t)command_pid, signo);
	errno = err;
}

static void on_ready(void *arg)
{
	int fd = *(int *)arg;
	ssize_t nr;

	do {
		nr = write(fd, "r", 1);
	} while (nr < 0 && errno == EINTR);
	close(fd);
}

/* Do not outlive @parent; false if it is gone already. */
static bool die_with(pid_t parent, int signo)
{
	return !prctl(PR_SET_PDEATHSIG, signo) && getppid() == parent;
}

/* The server's process: does not return. */
static void serve(struct server *sv, struct run_args *a, const char *where,
		  int ready_fd, pid_t parent)
{
	int err, null;

	setsid(); /* Ctrl-C is the command's */
	if (!die_with(parent, SIGTERM))
		_exit(CMD_FAIL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) { /* no pipe of the command's is held open by us */
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	a->options.ready = on_ready;
	a->options.ready_arg = &ready_fd;
	err = server_create(sv, &a->options);
	if (!err)
		err = server_mount(sv, where);
	if (!err)
		err = server_run(sv);
	server_destroy(sv);
	_exit(err < 0 ? CMD_FAIL : CMD_OK);
}

static bool wait_ready(int fd)
{
	char how;
	ssize_t nr;

	do {
		nr = read(fd, &how, 1);
	} while (nr < 0 && errno == EINTR);
	close(fd);
	return nr == 1;
}

/* Start the server on @where; its pid when it answers, or -1. */
static pid_t start_server(struct server *sv, struct run_args *a,
			  const char *where)
{
	pid_t self = getpid(), pid;
	int fd[2];

	if (pipe2(fd, O_CLOEXEC)) {
		cmd_warn("pipe: %s", strerror(errno));
		return -1;
	}
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(fd[0]);
		serve(sv, a, where, fd[1], self);
	}
	close(fd[1]);
	if (pid < 0) {
		cmd_warn("fork: %s", strerror(errno));
		close(fd[0]);
		return -1;
	}
	if (wait_ready(fd[0]))
		return pid;
	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return -1;
}

static void stop_server(pid_t pid)
{
	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The command's process: does not return. */
static void exec_command(char **command, const char *where, pid_t parent,
			 const sigset_t *mask)
{
	char control[CONTROL_DIR_LEN];
	int err;

	if (!die_with(parent, SIGKILL))
		_exit(EXIT_NOT_RUN);
	snprintf(control, sizeof(control), "%s/sandbox", where);
	setenv("RECLAIMFS", control, 1);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(command[0], command);
	err = errno;
	cmd_warn("%s: %s", command[0], strerror(err));
	_exit(err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN);
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

/* Run the command; its wait status, or -1. */
static int run_command(struct run_args *a, const char *where)
{
	pid_t self = getpid(), pid;
	sigset_t all, mask;
	int status;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &mask);
	pid = fork();
	if (!pid)
		exec_command(a->command, where, self, &mask);
	if (pid > 0) {
		command_pid = pid;
		set_signals();
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (pid < 0) {
		cmd_warn("fork: %s", strerror(errno));
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	command_pid = 0;
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
	return EXIT_SIGNALLED + signo;
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
	const char *where;
	pid_t server;
	int status = -1;

	if (namespace_need_fuse() || namespace_enter() || namespace_protect())
		return CMD_FAIL;
	where = namespace_mountpoint();
	if (!where)
		return CMD_FAIL;
	server = start_server(sv, a, where);
	if (server < 0)
		return CMD_FAIL;
	if (!namespace_bind(where))
		status = run_command(a, where);
	stop_server(server);
	return status == -1 ? CMD_FAIL : end_as(status);
}

static int run_run(int argc, char **argv)
{
	static struct server sv;
	struct run_args a = { .machine = NULL };
	int code;

	code = parse(argc, argv, &a);
	if (code >= 0)
		return code;
	code = cmd_load_machine(a.machine, &sv.machine);
	if (code)
		return code;
	code = run_inside(&sv, &a);
	vm_machine_fini(&sv.machine);
	return code;
}
