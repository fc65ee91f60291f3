/* SPDX-License-Identifier: MIT */
/*
 * syscalls.c - the server's side: answer what the kernel asks (syscalls.h).
 *
 * One thread.  A swapoff goes on in pieces, as long as its caller waits, and
 * other calls are answered between them.  Memory of the caller is read and
 * written by pid, and whether he still is who asked is looked up after.
 *
 * Called by fs/cli/server.c.  Locks: the engine's, through its doors.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>
#include <unistd.h>

#include <vm/vm.h>

#include "fs/cli/syscalls.h"
#include "fs/cli/syscalls_file.h"
#include "fs/sandbox/oplog.h"
#include "fs/sandbox/sandbox.h"

#define LOADAVG_SHIFT 11
#define SWAPOFF_MS    5 /* between two pieces of a swapoff */
#define MAX_PENDING   VM_MAX_SWAPS

/* A swapoff under way. */
struct pending {
	uint64_t id; /* the kernel's, of the request */
	uint32_t area;
};

struct syscalls {
	struct vm *vm;
	struct oplog *ops;
	const struct vm_machine *machine; /* names the areas */
	struct vm_stat *stat;
	struct seccomp_notif *req;
	struct seccomp_notif_resp *resp;
	struct pending pending[MAX_PENDING];
	unsigned nr_pending;
	int socket, listener, stop;
	struct session *session;
	struct statx tree; /* whose device our files are on */
	pthread_t thread;
	bool started;
};

static int receive_listener(int fd)
{
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.room,
			      .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c;
	int got = -1;

	if (recvmsg(fd, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(&got, CMSG_DATA(c), sizeof(got));
	return got;
}

static void respond(struct syscalls *s, uint64_t id, int err, uint32_t flags)
{
	memset(s->resp, 0, sizeof(*s->resp));
	s->resp->id = id;
	s->resp->error = err;
	s->resp->flags = flags;
	/* ENOENT: the caller has been interrupted and needs none. */
	seccomp_notify_respond(s->listener, s->resp);
}

static bool still_asks(const struct syscalls *s, uint64_t id)
{
	return !seccomp_notify_id_valid(s->listener, id);
}

static uint64_t bytes(uint64_t pages)
{
	return pages << VM_PAGE_SHIFT;
}

static int do_sysinfo(struct syscalls *s, const struct seccomp_notif *req)
{
	const struct vm_stat *v = s->stat;
	struct sysinfo si = { .mem_unit = 1 };
	struct iovec local = { &si, sizeof(si) };
	struct iovec remote = { (void *)(uintptr_t)req->data.args[0],
				sizeof(si) };
	unsigned i;

	si.uptime = (long)(v->now_ns / VM_SECOND);
	for (i = 0; i < 3; i++)
		si.loads[i] = v->loadavg[i]
			      << (SI_LOAD_SHIFT - LOADAVG_SHIFT);
	si.totalram = bytes(v->total_pages);
	si.freeram = bytes(vm_stat_zone_sum(v, NR_FREE_PAGES));
	si.sharedram = bytes(vm_stat_node_sum(v, NR_SHMEM));
	si.bufferram = bytes(v->buffers);
	si.totalswap = bytes(v->swap_total);
	si.freeswap = bytes(v->swap_free);
	si.procs = (unsigned short)v->nr_threads;
	if (process_vm_writev((pid_t)req->pid, &local, 1, &remote, 1, 0) !=
	    sizeof(si))
		return -EFAULT;
	return 0;
}

/* The path that a call names, cut to what an area's can be. */
static bool read_path(const struct syscalls *s, const struct seccomp_notif *req,
		      char path[VM_NAME_LEN])
{
	const long page = sysconf(_SC_PAGESIZE);
	uintptr_t at = (uintptr_t)req->data.args[0];
	struct iovec local = { path, VM_NAME_LEN - 1 };
	struct iovec remote = { (void *)at, VM_NAME_LEN - 1 };
	size_t left = (size_t)page - at % (size_t)page;
	ssize_t nr;

	/* Not over the end of a page that may be the last. */
	if (left < remote.iov_len)
		remote.iov_len = left;
	nr = process_vm_readv((pid_t)req->pid, &local, 1, &remote, 1, 0);
	if (nr > 0 && !memchr(path, '\0', (size_t)nr) &&
	    (size_t)nr < VM_NAME_LEN - 1) {
		local.iov_base = path + nr;
		local.iov_len -= (size_t)nr;
		remote.iov_base = (void *)(at + (size_t)nr);
		remote.iov_len = local.iov_len;
		left = (size_t)nr;
		nr = process_vm_readv((pid_t)req->pid, &local, 1, &remote, 1,
				      0);
		nr = nr < 0 ? nr : nr + (ssize_t)left;
	}
	if (nr <= 0 || !still_asks(s, req->id))
		return false;
	path[nr] = '\0';
	return true;
}

/* The area of the machine called @path, on or off; or -1. */
static int area_of(const struct syscalls *s, const char *path)
{
	uint32_t i;

	for (i = 0; i < s->machine->nr_swaps; i++)
		if (!strcmp(s->machine->swap[i].path, path))
			return (int)i;
	return -1;
}

static void do_swapon(struct syscalls *s, const struct seccomp_notif *req,
		      uint32_t area)
{
	int flags = (int)req->data.args[1], prio = VM_SWAP_PRIO_AUTO;
	uint64_t op;
	int err;

	if (flags & SWAP_FLAG_PREFER)
		prio = flags & SWAP_FLAG_PRIO_MASK;
	op = oplog_swap(s->ops, "swapon", area, prio);
	err = vm_swapon(s->vm, area, prio);
	oplog_call_end(s->ops, op, err);
	respond(s, req->id, err, 0);
}

static void cancel(struct syscalls *s, uint32_t area)
{
	uint64_t op = oplog_swap(s->ops, "swapoff_cancel", area, 0);

	vm_swapoff_cancel(s->vm, area);
	oplog_call_end(s->ops, op, 0);
}

/* One piece of every swapoff; those that are through get their answer. */
static void go_on(struct syscalls *s)
{
	unsigned i = 0;
	uint64_t op;
	int err;

	while (i < s->nr_pending) {
		struct pending *p = &s->pending[i];

		if (!still_asks(s, p->id)) {
			cancel(s, p->area);
			err = -EINTR;
		} else {
			op = oplog_swap(s->ops, "swapoff", p->area, 0);
			err = vm_swapoff(s->vm, p->area);
			oplog_call_end(s->ops, op, err);
		}
		if (err == -EAGAIN) {
			i++;
			continue;
		}
		respond(s, p->id, err, 0);
		*p = s->pending[--s->nr_pending];
	}
}

static void do_swapoff(struct syscalls *s, const struct seccomp_notif *req,
		       uint32_t area)
{
	if (s->nr_pending == MAX_PENDING) {
		respond(s, req->id, -EBUSY, 0);
		return;
	}
	s->pending[s->nr_pending++] = (struct pending){ req->id, area };
	go_on(s);
}

static void do_swap(struct syscalls *s, const struct seccomp_notif *req)
{
	char path[VM_NAME_LEN];
	int area = -1;

	if (read_path(s, req, path))
		area = area_of(s, path);
	if (area < 0) /* not ours: the kernel says no */
		respond(s, req->id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	else if (req->data.nr == SCMP_SYS(swapon))
		do_swapon(s, req, (uint32_t)area);
	else
		do_swapoff(s, req, (uint32_t)area);
}

/*
 * sendfile has what it reads second, the others first.  Nothing can be copied
 * out of /proc by copy_file_range; the other two a program does by itself.
 */
static void do_copy(struct syscalls *s, const struct seccomp_notif *req)
{
	unsigned from = req->data.nr == SCMP_SYS(sendfile) ? 1 : 0;
	int err = req->data.nr == SCMP_SYS(copy_file_range) ? EXDEV : EINVAL;

	if (syscalls_is_ours(&s->tree, req->pid,
			     (int)req->data.args[from]))
		respond(s, req->id, -err, 0);
	else
		respond(s, req->id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

/* Of no bytes: the filter lets all others pass. */
static void do_write(struct syscalls *s, const struct seccomp_notif *req)
{
	int fd = (int)req->data.args[0], err = 1;

	if (syscalls_is_ours(&s->tree, req->pid, fd))
		err = syscalls_write_nothing(s->session, req->pid, fd);
	if (err > 0)
		respond(s, req->id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	else
		respond(s, req->id, err, 0);
}

static void answer_sysinfo(struct syscalls *s)
{
	vm_stat_get(s->vm, s->stat);
	respond(s, s->req->id, do_sysinfo(s, s->req), 0);
}

/* False if nobody can be answered any more. */
static bool answer(struct syscalls *s)
{
	int err;

	memset(s->req, 0, sizeof(*s->req));
	err = seccomp_notify_receive(s->listener, s->req);
	if (err)
		return err != -EOPNOTSUPP; /* was the caller killed? */
	switch (s->req->data.nr) {
	case SCMP_SYS(sysinfo):
		answer_sysinfo(s);
		break;
	case SCMP_SYS(swapon):
	case SCMP_SYS(swapoff):
		do_swap(s, s->req);
		break;
	case SCMP_SYS(write):
		do_write(s, s->req);
		break;
	default:
		do_copy(s, s->req);
	}
	return true;
}

static void *serve(void *arg)
{
	struct syscalls *s = arg;
	struct pollfd on[2] = {
		{ .fd = s->stop, .events = POLLIN },
		{ .fd = s->socket, .events = POLLIN },
	};

	while (poll(on, 2, s->nr_pending ? SWAPOFF_MS : -1) >= 0 ||
	       errno == EINTR) {
		if (on[0].revents)
			break;
		if (on[1].revents && s->listener < 0) {
			s->listener = receive_listener(s->socket);
			if (s->listener < 0)
				break;
			on[1].fd = s->listener;
		} else if (on[1].revents & POLLIN) {
			if (!answer(s))
				break;
		} else if (on[1].revents) {
			break; /* nobody is left under the filter */
		}
		go_on(s);
	}
	/* Whoever asks from now on is told that there is no such call. */
	if (s->listener >= 0)
		close(s->listener);
	s->listener = -1;
	close(s->socket); /* a listener that never came out of it, too */
	s->socket = -1;
	return NULL;
}

static void release(struct syscalls *s)
{
	seccomp_notify_free(s->req, s->resp);
	if (s->listener >= 0)
		close(s->listener);
	if (s->stop >= 0)
		close(s->stop);
	if (s->socket >= 0)
		close(s->socket);
	free(s->stat);
	free(s);
}

int syscalls_start(struct syscalls **sp, const struct sandbox *sandbox,
		   struct session *session, int fd, const char *where)
{
	struct syscalls *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->vm = sandbox->vm;
	s->ops = sandbox->ops;
	s->machine = sandbox->machine;
	s->socket = fd;
	s->listener = -1;
	s->session = session;
	if (!syscalls_look_at(where, &s->tree))
		s->tree.stx_mask = 0;
	s->stop = eventfd(0, EFD_CLOEXEC);
	s->stat = calloc(1, sizeof(*s->stat));
	if (!s->stat || s->stop < 0 ||
	    seccomp_notify_alloc(&s->req, &s->resp)) {
		release(s);
		return -ENOMEM;
	}
	err = pthread_create(&s->thread, NULL, serve, s);
	s->started = !err;
	if (err) {
		release(s);
		return -err;
	}
	*sp = s;
	return 0;
}

void syscalls_stop(struct syscalls *s)
{
	const uint64_t one = 1;

	if (!s)
		return;
	while (write(s->stop, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(s->thread, NULL);
	while (s->nr_pending)
		cancel(s, s->pending[--s->nr_pending].area);
	release(s);
}
