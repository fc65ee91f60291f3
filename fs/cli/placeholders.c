/* SPDX-License-Identifier: MIT */
/*
 * placeholders.c - the server's side: tell the keeper, listen to it.
 *
 * Called by fs/cli/server.c; the file layer comes through host_places.  What
 * is news from the keeper becomes a vm_task_kill().  The keeper's side is
 * keeper.c.
 *
 * Locks: see placeholders.h; the thread takes the engine's through its door.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vm/vm.h>

#include "fs/cli/placeholders.h"
#include "fs/cli/placeholders_wire.h"
#include "fs/proc/host.h"
#include "fs/sandbox/oplog.h"

struct placeholders {
	struct vm *vm;
	struct host *host;
	struct oplog *ops; /* is told of kills */
	int ask, news;
	pthread_t thread;
	bool started;
};

int placeholders_pipe(struct placeholder_pipe *p)
{
	const int room = 1 << 20;
	int i;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p->ask))
		return -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p->news)) {
		i = -errno;
		close(p->ask[0]);
		close(p->ask[1]);
		return i;
	}
	for (i = 0; i < 2; i++)
		setsockopt(p->news[i], SOL_SOCKET, SO_SNDBUF, &room,
			   sizeof(room));
	return 0;
}

/* places.place: ask and wait; the keeper answers within a fork. */
static int place(void *arg, int pid, const char *comm, bool kthread)
{
	struct placeholders *p = arg;
	struct ph_msg m = { .op = PH_PLACE, .pid = pid, .kthread = kthread };
	ssize_t nr;

	strncpy(m.comm, comm, sizeof(m.comm) - 1);
	if (send(p->ask, &m, sizeof(m), MSG_NOSIGNAL) != sizeof(m))
		return -EIO;
	do {
		nr = recv(p->ask, &m, sizeof(m), 0);
	} while (nr < 0 && errno == EINTR);
	return nr == sizeof(m) ? m.pid : -EIO;
}

/* places.end: a word that nobody waits for. */
static void end(void *arg, int pid)
{
	struct placeholders *p = arg;
	const struct ph_msg m = { .op = PH_END, .pid = pid };

	/* A full socket only means that a placeholder stays. */
	if (send(p->news, &m, sizeof(m), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

int placeholders_open(struct placeholders **pp,
		      const struct placeholder_pipe *pipe, struct vm *vm,
		      struct host *host)
{
	struct placeholders *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->vm = vm;
	p->host = host;
	p->ask = pipe->ask[0];
	p->news = pipe->news[0];
	close(pipe->ask[1]);
	close(pipe->news[1]);
	host->places = (struct host_places){ place, end, p };
	*pp = p;
	return 0;
}

void placeholders_all(struct placeholders *p)
{
	struct vm_task_stat *t = calloc(1, sizeof(*t));
	int pid;

	for (pid = vm_task_next(p->vm, 0); t && pid;
	     pid = vm_task_next(p->vm, pid)) {
		if (!host_is_real(p->host, (uint32_t)pid) &&
		    !vm_task_get(p->vm, pid, t))
			host_place(p->host, pid, t->comm, t->kthread);
	}
	free(t);
}

static void kill_task(struct placeholders *p, int pid)
{
	uint64_t op = oplog_kill(p->ops, pid);

	oplog_call_end(p->ops, op, vm_task_kill(p->vm, pid));
}

static void *listen_to_keeper(void *arg)
{
	struct placeholders *p = arg;
	struct ph_msg m;
	ssize_t nr;

	for (;;) {
		nr = recv(p->news, &m, sizeof(m), 0);
		if (nr < 0 && errno == EINTR)
			continue;
		if (nr != sizeof(m))
			return NULL;
		if (m.op == PH_DIED)
			kill_task(p, m.pid);
		else if (m.op == PH_REAPED)
			host_hide(p->host, m.pid, false);
	}
}

int placeholders_start(struct placeholders *p, struct oplog *ops)
{
	sigset_t all, old;
	int err;

	p->ops = ops;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&p->thread, NULL, listen_to_keeper, p);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	p->started = !err;
	return -err;
}

void placeholders_close(struct placeholders *p)
{
	if (!p)
		return;
	shutdown(p->news, SHUT_RDWR);
	if (p->started)
		pthread_join(p->thread, NULL);
	p->host->places = (struct host_places){ .place = NULL };
	close(p->news);
	close(p->ask);
	free(p);
}
