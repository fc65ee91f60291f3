/* SPDX-License-Identifier: MIT */
/*
 * syscalls.c - the server's side: answer what the kernel asks (syscalls.h).
 *
 * One thread.  A swapoff goes on in pieces, as long as its caller waits, and
 * other calls are answered between them.  What a call is about, and what of it
 * is ours, is found in syscalls_ask.c.
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
#include <unistd.h>

#include <vm/vm.h>

#include "fs/cli/syscalls.h"
#include "fs/cli/syscalls_ask.h"
#include "fs/cli/syscalls_file.h"
#include "fs/cli/syscalls_path.h"
#include "fs/sandbox/driver.h"
#include "fs/sandbox/oplog.h"
#include "fs/sandbox/sandbox.h"

#define LOADAVG_SHIFT 11
#define SWAPOFF_MS    5 /* between two pieces of a swapoff */
#define SWAPOFF_TIME  "10ms" /* the same, of a virtual clock */
#define MAX_PENDING   VM_MAX_SWAPS

/* A swapoff under way. */
struct pending {
	uint64_t id; /* the kernel's, of the request */
	uint32_t area;
};

struct syscalls {
	struct vm *vm;
	struct oplog *ops;
	struct driver *driver;
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

static void respond_value(struct syscalls *s, uint64_t id, int err,
			  int64_t value)
{
	memset(s->resp, 0, sizeof(*s->resp));
	s->resp->id = id;
	s->resp->error = err;
	s->resp->val = err ? 0 : value;
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

static int do_sysinfo(const struct syscalls *s, const struct ask *a)
{
	const struct vm_stat *v = s->stat;
	struct sysinfo si = { .mem_unit = 1 };
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
	return ask_write(a, a->req->data.args[0], &si, sizeof(si));
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

/*
 * Reading and writing take time, which a virtual clock has only when somebody
 * asks for some: here it is who waits.  The log has it as a write of his.
 */
static void let_time_pass(struct syscalls *s)
{
	const struct session_call call = {
		.what = "write",
		.path = "/sandbox/clock/advance",
		.text = SWAPOFF_TIME,
		.len = sizeof(SWAPOFF_TIME) - 1,
	};
	const struct tree_req who = { .pid = 0 };

	if (s->nr_pending && !driver_live(s->driver) &&
	    !driver_busy(s->driver))
		session_local_call(s->session, &call, &who);
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

static void do_swap(struct syscalls *s, const struct ask *a)
{
	char path[VM_NAME_LEN];
	int area = -1;

	if (ask_string(a, a->req->data.args[0], path, sizeof(path)) > 0)
		area = area_of(s, path);
	if (area < 0) /* not ours: the kernel says no */
		respond(s, a->req->id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	else if (a->req->data.nr == SCMP_SYS(swapon))
		do_swapon(s, a->req, (uint32_t)area);
	else
		do_swapoff(s, a->req, (uint32_t)area);
}

/* Calls on files of ours; what is not, or not so, is the kernel's. */
static const struct {
	int nr;
	int (*call)(struct ask *a);
} file_calls[] = {
	{ SCMP_SYS(access), syscalls_access },
	{ SCMP_SYS(copy_file_range), syscalls_copy },
	{ SCMP_SYS(faccessat), syscalls_access },
	{ SCMP_SYS(faccessat2), syscalls_access },
	{ SCMP_SYS(fstatfs), syscalls_fstatfs },
	{ SCMP_SYS(inotify_add_watch), syscalls_watch },
	{ SCMP_SYS(ioctl), syscalls_ioctl },
	{ SCMP_SYS(mmap), syscalls_mmap },
	{ SCMP_SYS(open), syscalls_tmpfile },
	{ SCMP_SYS(openat), syscalls_tmpfile },
	{ SCMP_SYS(pwrite64), syscalls_write },
	{ SCMP_SYS(sendfile), syscalls_copy },
	{ SCMP_SYS(splice), syscalls_copy },
	{ SCMP_SYS(statfs), syscalls_statfs },
	{ SCMP_SYS(write), syscalls_write },
};

static void do_file(struct syscalls *s, struct ask *a)
{
	int err = ASK_PASS;
	size_t i;

	for (i = 0; i < sizeof(file_calls) / sizeof(file_calls[0]); i++)
		if (file_calls[i].nr == a->req->data.nr)
			err = file_calls[i].call(a);
	if (err == ASK_PASS)
		respond(s, a->req->id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	else
		respond_value(s, a->req->id, err, a->value);
}

static void answer_sysinfo(struct syscalls *s, const struct ask *a)
{
	vm_stat_get(s->vm, s->stat);
	respond(s, a->req->id, do_sysinfo(s, a), 0);
}

/* False if nobody can be answered any more. */
static bool answer(struct syscalls *s)
{
	struct ask a = { .req = s->req,
			 .tree = &s->tree,
			 .session = s->session,
			 .listener = s->listener };
	int err;

	memset(s->req, 0, sizeof(*s->req));
	err = seccomp_notify_receive(s->listener, s->req);
	if (err)
		return err != -EOPNOTSUPP; /* was the caller killed? */
	switch (s->req->data.nr) {
	case SCMP_SYS(sysinfo):
		answer_sysinfo(s, &a);
		break;
	case SCMP_SYS(swapon):
	case SCMP_SYS(swapoff):
		do_swap(s, &a);
		break;
	default:
		do_file(s, &a);
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
		let_time_pass(s);
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
	s->driver = sandbox->driver;
	s->machine = sandbox->machine;
	s->socket = fd;
	s->listener = -1;
	s->session = session;
	if (!ask_look_at(where, &s->tree))
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
