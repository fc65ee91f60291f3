/* SPDX-License-Identifier: MIT */
/*
 * run_init.c - pid 1 of the namespace that a command runs in.
 *
 * Starts, in this order: the keeper of placeholders, the server, and, when
 * all mounts stand and have been verified, the command.  Then it reaps what
 * others leave behind, until the command ends; its own end is that of every
 * process inside.
 *
 * Server and keeper get pids from the upper end, so that the low ones are the
 * machine's.  The server looks at the files from a mount namespace where its
 * own do not stand over the real ones: it must never wait for itself.
 *
 * Called by run.c after the fork.  One thread, no locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/cli/cmd.h"
#include "fs/cli/harden.h"
#include "fs/cli/namespace.h"
#include "fs/cli/placeholders.h"
#include "fs/cli/run.h"
#include "fs/cli/server.h"

/* Pids of our own are looked for among this many. */
#define PID_TRIES 64

/* Everything inside, as pid 1 sees it. */
struct inside {
	struct run_init *in;
	struct placeholder_pipe pipe;
	bool has_places;
	pid_t keeper, server, command;
	int next_pid;	 /* the next of our own to be tried */
	int syscalls[2]; /* [0] the server's, [1] the command's */
};

int run_pid_max(void)
{
	FILE *f = fopen("/proc/sys/kernel/pid_max", "re");
	int max = 32768;

	if (f) {
		if (fscanf(f, "%d", &max) != 1 || max < 1024)
			max = 32768;
		fclose(f);
	}
	return max < 32768 ? max : 32768;
}

static bool is_tasks_pid(const struct vm_machine *m, int pid)
{
	uint32_t i;

	for (i = 0; i < m->nr_tasks; i++)
		if (m->task[i].pid == pid)
			return true;
	return false;
}

/* fork() with a high pid if we may choose. */
static pid_t fork_high(struct inside *s)
{
	pid_t pid = -EEXIST;
	int tries;

	for (tries = 0; tries < PID_TRIES && pid == -EEXIST; tries++) {
		s->next_pid--;
		if (!is_tasks_pid(&s->in->sv->machine, s->next_pid))
			pid = placeholders_fork(s->next_pid);
	}
	return pid;
}

static void start_keeper(struct inside *s)
{
	int err = placeholders_pipe(&s->pipe);

	if (!err)
		s->keeper = fork_high(s);
	if (!err && !s->keeper) {
		/* Whoever waits at the other end must see ours closed. */
		close(s->syscalls[0]);
		close(s->syscalls[1]);
		close(s->in->control);
		placeholders_keep(&s->pipe);
	}
	if (!err && s->keeper < 0)
		err = s->keeper;
	s->has_places = !err;
	if (err)
		cmd_warn("run: simulated tasks cannot be killed by pid: %s",
			 strerror(-err));
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

/* What the server's process is about. */
struct serving {
	struct server *sv;
	const char *where;
};

/* In a thread, for its id (placeholders_fork()). */
static void *serve_in_thread(void *arg)
{
	const struct serving *s = arg;
	int err = server_mount(s->sv, s->where);

	if (!err && (unshare(CLONE_FS) || unshare(CLONE_NEWNS))) {
		err = -errno;
		cmd_warn("server: %s", strerror(errno));
	}
	if (!err)
		err = server_run(s->sv);
	server_destroy(s->sv);
	_exit(err < 0 ? CMD_FAIL : CMD_OK);
}

/* Who only waits needs nothing; the other closes its doors by itself. */
static void wait_for(pthread_t thread)
{
	int err = harden(&(struct harden){ .proc = -1, .checkpoints = -1 });

	if (err)
		cmd_warn("hardening: %s", strerror(-err));
	pthread_join(thread, NULL);
}

/* No pipe of the command's is held open by us. */
static void close_standard(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
}

/* The server's process: does not return. */
static void serve(struct inside *s, int ready_fd)
{
	struct server_inside inside = {
		.pipe = s->has_places ? &s->pipe : NULL,
		.hidden = { 1, s->has_places ? s->keeper : 0, getpid() },
		.syscalls_fd = s->syscalls[0],
		.real_memory = s->in->options->clock == VM_WORLD_THREADS &&
			       !s->in->options->no_real_memory,
	};
	struct serving what = { s->in->sv, s->in->where };
	pthread_t thread;
	int err;

	/* With a virtual clock nothing of the host's is in it. */
	if (s->in->options->clock == VM_WORLD_THREADS)
		gethostname(inside.hostname, sizeof(inside.hostname) - 1);
	prctl(PR_SET_NAME, "reclaimfs");
	setsid(); /* Ctrl-C is the command's */
	close_standard();
	close(s->in->control);
	close(s->syscalls[1]);
	s->in->options->ready = on_ready;
	s->in->options->ready_arg = &ready_fd;
	s->in->options->inside = &inside;
	/* The first thread's id must not be one of the machine's pids. */
	err = server_create(s->in->sv, s->in->options);
	if (err)
		_exit(server_exit_code(s->in->sv, err));
	err = pthread_create(&thread, NULL, serve_in_thread, &what);
	if (err)
		cmd_warn("threads: %s", strerror(err));
	else
		wait_for(thread);
	_exit(CMD_FAIL);
}

static bool wait_byte(int fd)
{
	char byte;
	ssize_t nr;

	do {
		nr = read(fd, &byte, 1);
	} while (nr < 0 && errno == EINTR);
	return nr == 1;
}

/* The server has closed its end and said why: what its code is, is ours. */
static void take_code(struct inside *s)
{
	int status;

	while (waitpid(s->server, &status, 0) < 0)
		if (errno != EINTR)
			return;
	if (WIFEXITED(status) && WEXITSTATUS(status))
		s->in->code = WEXITSTATUS(status);
}

static bool start_server(struct inside *s)
{
	int fd[2];
	bool ready;

	if (pipe2(fd, O_CLOEXEC)) {
		cmd_warn("pipe: %s", strerror(errno));
		return false;
	}
	s->server = s->has_places ? fork_high(s) : fork();
	if (!s->server) {
		close(fd[0]);
		serve(s, fd[1]);
	}
	close(fd[1]);
	/* If one of the two ends, the other must see it. */
	if (s->has_places) {
		close(s->pipe.ask[0]);
		close(s->pipe.ask[1]);
		close(s->pipe.news[0]);
		close(s->pipe.news[1]);
	}
	if (s->server < 0)
		cmd_warn("fork: %s", strerror(-s->server));
	ready = s->server > 0 && wait_byte(fd[0]);
	if (s->server > 0 && !ready)
		take_code(s);
	close(fd[0]);
	close(s->syscalls[0]);
	return ready;
}

/* Signals from outside the namespace, where senders have no pid. */
static volatile sig_atomic_t command_pid;

static void pass_on(int signo, siginfo_t *info, void *context)
{
	int err = errno;

	(void)context;
	if (command_pid > 0 && !info->si_pid)
		kill((pid_t)command_pid, signo);
	errno = err;
}

static void set_signals(void)
{
	static const int passed_on[] = { RUN_PASSED_ON };
	struct sigaction sa = { .sa_sigaction = pass_on,
				.sa_flags = SA_RESTART | SA_SIGINFO };
	size_t i;

	for (i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaction(passed_on[i], &sa, NULL);
}

/* Let it lock itself in: the ids of its namespace are ours to write. */
static bool open_gate(pid_t pid, int wants_fd, int go_fd)
{
	int err;

	if (!wait_byte(wants_fd))
		return true; /* it has said why, and its status tells */
	err = namespace_map_confined(pid);
	if (err)
		cmd_warn("the ids of the command: %s", strerror(-err));
	return !err && write(go_fd, "g", 1) == 1;
}

static bool start_command(struct inside *s)
{
	int wants[2], go[2];
	bool ok = false;

	if (pipe2(wants, O_CLOEXEC)) {
		cmd_warn("pipe: %s", strerror(errno));
		return false;
	}
	if (pipe2(go, O_CLOEXEC)) {
		cmd_warn("pipe: %s", strerror(errno));
		goto err_wants;
	}
	s->command = fork();
	if (!s->command) {
		const struct run_gate gate = { wants[1], go[0] };

		close(wants[0]);
		close(go[1]);
		run_command(s->in, &gate, s->syscalls[1]);
	}
	close(wants[1]);
	close(go[0]);
	if (s->command > 0) {
		command_pid = s->command;
		set_signals();
		ok = open_gate(s->command, wants[0], go[1]);
	} else {
		cmd_warn("fork: %s", strerror(errno));
	}
	sigprocmask(SIG_SETMASK, &s->in->mask, NULL);
	close(go[1]);
err_wants:
	close(wants[0]);
	return ok;
}

/* Until the command ends, or the server; the command's status or -1. */
static int reap(struct inside *s)
{
	int status;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, 0);
		if (pid < 0 && errno != EINTR)
			return -1;
		if (pid == s->command)
			return status;
		if (pid == s->server) {
			cmd_warn("the machine has ended, and all in it");
			return -1;
		}
	}
}

/* The mounts stand: whoever wants to look at them first may. */
static bool wait_go(const struct inside *s)
{
	int told;

	return run_say(s->in->control, RUN_READY) &&
	       run_hear(s->in->control, &told) && told == RUN_GO;
}

static int run_all(struct inside *s)
{
	const char *where = s->in->where;
	int status, told;

	if (namespace_proc())
		return -1;
	start_keeper(s);
	/*
	 * Not the keeper's as well: when the server has not taken the listener
	 * out, it goes with the last copy of the server's end, and the command
	 * is not left waiting for an answer.
	 */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s->syscalls)) {
		cmd_warn("socket: %s", strerror(errno));
		return -1;
	}
	if (!start_server(s))
		return -1;
	namespace_dev(where, &s->in->sv->machine);
	if (namespace_bind(where) || namespace_host() || namespace_devices() ||
	    namespace_verify() || !wait_go(s) || !start_command(s))
		return -1;
	close(s->syscalls[1]);
	status = reap(s);
	command_pid = 0;
	/* Whoever is outside may look once more; then all end at once. */
	if (status != -1 && run_say(s->in->control, status))
		run_hear(s->in->control, &told);
	return status;
}

bool run_say(int control, int what)
{
	return send(control, &what, sizeof(what), MSG_NOSIGNAL) ==
	       sizeof(what);
}

bool run_hear(int control, int *what)
{
	ssize_t nr;

	do {
		nr = recv(control, what, sizeof(*what), 0);
	} while (nr < 0 && errno == EINTR);
	return nr == sizeof(*what);
}

/* Whoever started us is gone already: no signal will say so. */
static bool alone(int control)
{
	struct pollfd on = { .fd = control, .events = POLLIN };

	return poll(&on, 1, 0) > 0 && on.revents & (POLLHUP | POLLERR);
}

void run_init(struct run_init *in)
{
	struct inside s = { .in = in, .next_pid = in->pid_max };

	prctl(PR_SET_NAME, "init");
	signal(SIGCHLD, SIG_DFL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL)) {
		cmd_warn("run: prctl: %s", strerror(errno));
		_exit(CMD_FAIL);
	}
	if (alone(in->control))
		_exit(CMD_FAIL);
	_exit(run_all(&s) == -1 ? in->code : CMD_OK);
}
