/* SPDX-License-Identifier: MIT */
/*
 * keeper.c - the parent of all placeholders (placeholders.h).
 *
 * A process of its own in the private pid namespace: small, with one thread,
 * so that a fork costs little.  It ends when the server closes its sockets,
 * or with the namespace.
 *
 * A placeholder that a signal has ended stays a zombie, its pid taken, until
 * the server says that the task is gone; only then is it reaped.
 *
 * Called by run_init.c in the keeper's process.  No locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/cli/placeholders.h"
#include "fs/cli/placeholders_wire.h"

struct placeholder {
	struct placeholder *next;
	pid_t pid;
	bool told; /* the server knows that it is dead; or need not */
};

struct keeper {
	struct placeholder *first;
	int ask, news, child;
};

pid_t placeholders_fork(int pid)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t set_tid = pid;
	long child;

	if (pid) {
		args.set_tid = (uintptr_t)&set_tid;
		args.set_tid_size = 1;
	}
	child = syscall(SYS_clone3, &args, sizeof(args));
	return child < 0 ? -errno : (pid_t)child;
}

/* The placeholder's own life. */
static void __attribute__((noreturn)) be(const struct ph_msg *m)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;
	int signo;

	if (m->kthread)
		_exit(0);
	prctl(PR_SET_NAME, m->comm);
	close_range(0, ~0u, 0);
	for (signo = 1; signo < NSIG; signo++)
		sigaction(signo, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (;;)
		pause();
}

static int place(struct keeper *k, const struct ph_msg *m)
{
	struct placeholder *ph = calloc(1, sizeof(*ph));
	pid_t pid;

	if (!ph)
		return -ENOMEM;
	pid = placeholders_fork(m->pid);
	if (!pid)
		be(m);
	if (pid < 0) {
		free(ph);
		return pid;
	}
	ph->pid = pid;
	ph->told = m->kthread;
	ph->next = k->first;
	k->first = ph;
	return pid;
}

static void say(struct keeper *k, enum ph_op op, pid_t pid)
{
	const struct ph_msg m = { .op = op, .pid = pid };

	if (send(k->news, &m, sizeof(m), MSG_NOSIGNAL) < 0)
		_exit(0); /* the server is gone */
}

/* The task is gone: so is its pid. */
static void end(struct keeper *k, pid_t pid)
{
	struct placeholder **at = &k->first, *ph;

	for (; (ph = *at); at = &ph->next) {
		if (ph->pid != pid)
			continue;
		*at = ph->next;
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		free(ph);
		say(k, PH_REAPED, pid);
		return;
	}
}

/* Who has died?  They are looked at, and left as they are. */
static void look(struct keeper *k)
{
	struct signalfd_siginfo seen[16];
	struct placeholder *ph;
	siginfo_t info;

	while (read(k->child, seen, sizeof(seen)) > 0)
		;
	for (ph = k->first; ph; ph = ph->next) {
		info.si_pid = 0;
		if (ph->told || waitid(P_PID, (id_t)ph->pid, &info,
				       WEXITED | WNOHANG | WNOWAIT) ||
		    !info.si_pid)
			continue;
		ph->told = true;
		say(k, PH_DIED, ph->pid);
	}
}

static void answer(struct keeper *k)
{
	struct ph_msg m;

	if (recv(k->ask, &m, sizeof(m), 0) != sizeof(m))
		_exit(0);
	m.pid = place(k, &m);
	if (send(k->ask, &m, sizeof(m), MSG_NOSIGNAL) < 0)
		_exit(0);
}

static void hear(struct keeper *k)
{
	struct ph_msg m;

	if (recv(k->news, &m, sizeof(m), 0) != sizeof(m))
		_exit(0);
	if (m.op == PH_END)
		end(k, m.pid);
}

void placeholders_keep(const struct placeholder_pipe *p)
{
	struct keeper k = { .ask = p->ask[1], .news = p->news[1] };
	struct pollfd on[3];
	sigset_t set;

	close(p->ask[0]);
	close(p->news[0]);
	prctl(PR_SET_NAME, "keeper");
	setsid(); /* the keyboard's signals are not for tasks */
	signal(SIGCHLD, SIG_DFL);
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	k.child = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (k.child < 0)
		_exit(1);
	on[0] = (struct pollfd){ .fd = k.ask, .events = POLLIN };
	on[1] = (struct pollfd){ .fd = k.news, .events = POLLIN };
	on[2] = (struct pollfd){ .fd = k.child, .events = POLLIN };
	for (;;) {
		if (poll(on, 3, -1) < 0 && errno != EINTR)
			_exit(1);
		if (on[0].revents)
			answer(&k);
		if (on[1].revents)
			hear(&k);
		if (on[2].revents)
			look(&k);
	}
}
