/* SPDX-License-Identifier: MIT */
/*
 * real_tasks.c - keep a task of the engine as large as a process is.
 *
 * One thread.  It lists the processes, meets new ones, lets the area of each
 * grow or shrink by an op at a time, and ends the tasks of those that have
 * gone.  A pidfd names a process for good, so no signal hits another one.
 *
 * Called by fs/cli/server.c, and under the engine's lock by the observer
 * (fs/proc/machine_fs.c) through struct host_reals.  Calls the doors of
 * include/vm/task.h and fs/proc/host.h.  Locks: see real_tasks.h.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vm/vm.h>

#include "fs/cli/real_tasks.h"
#include "fs/proc/host.h"
#include "fs/proc/machine_fs.h"

/* What a resident set may go up and down by without anybody caring. */
#define SLACK_PAGES 16u
#define MAX_EVENTS  16
/* Command line of their tasks, by which a later run knows them. */
#define REAL_ARGS "(process of the host)"
/* Samples until a refused request is made again. */
#define REFUSED_FOR 25u

/* A process, and its task. */
struct real_task {
	struct real_task *next;
	int pid, pidfd;
	bool seen;	/* by the listing under way */
	bool leaving;	/* the process is gone; (lock) */
	_Atomic bool has_task; /* the engine has one */
	_Atomic bool killed;   /* the machine has ended it */
	_Atomic bool busy;     /* op is the engine's */
	int op_err;	   /* of the last op */
	unsigned refused;  /* samples to wait: there is no memory */
	uint64_t area;	   /* pages that the task has asked for */
	char comm[VM_COMM_LEN];
	struct vm_op op;
};

struct real_tasks {
	struct vm *vm;
	struct machine_fs *mf;
	struct real_task *first; /* the thread's; links under (lock) */
	pthread_mutex_t lock;
	int epoll, stop;
	pthread_t thread;
	uint64_t most; /* pages that one may ask for */
	struct vm_task_conf conf;
	struct vm_task_stat stat;
};

/* What a sample says of a process. */
struct sample {
	char comm[VM_COMM_LEN], state;
	int ppid;
	uint32_t nr_threads;
	uint64_t rss; /* pages */
};

/* The observer's side: engine's lock held. */

static struct real_task *find(const struct real_tasks *rt, int pid)
{
	struct real_task *t;

	for (t = rt->first; t && t->pid != pid; t = t->next)
		;
	return t;
}

/* With the lock: the process goes as its task does. */
static void kill_process(struct real_task *t)
{
	if (t->leaving || t->killed)
		return;
	t->killed = true;
	syscall(SYS_pidfd_send_signal, t->pidfd, SIGKILL, NULL, 0);
}

static void on_killed(void *arg, int pid)
{
	struct real_tasks *rt = arg;
	struct real_task *t;

	pthread_mutex_lock(&rt->lock);
	t = find(rt, pid);
	if (t)
		kill_process(t);
	pthread_mutex_unlock(&rt->lock);
}

static void on_gone(void *arg, int pid)
{
	struct real_tasks *rt = arg;
	struct real_task *t;

	pthread_mutex_lock(&rt->lock);
	t = find(rt, pid);
	if (t) {
		t->has_task = false;
		kill_process(t);
	} else {
		host_set_real(rt->mf->host, pid, false); /* buried */
	}
	pthread_mutex_unlock(&rt->lock);
}

/* The thread's side. */

static bool sample(const struct real_tasks *rt, int pid, struct sample *s)
{
	char text[1024], *name, *end;
	unsigned long rss;

	if (!machine_read_host(rt->mf, pid, "stat", text, sizeof(text)))
		return false;
	name = strchr(text, '(');
	end = strrchr(text, ')');
	if (!name || !end)
		return false;
	*end = '\0';
	memset(s->comm, 0, sizeof(s->comm));
	strncpy(s->comm, name + 1, sizeof(s->comm) - 1);
	if (sscanf(end + 1,
		   " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d "
		   "%*d %*d %*d %u %*d %*u %*u %lu",
		   &s->state, &s->ppid, &s->nr_threads, &rss) != 4)
		return false;
	s->rss = rss < rt->most ? rss : rt->most;
	return s->state != 'Z' && s->state != 'X';
}

static void op_done(struct vm_op *op, int err)
{
	struct real_task *t = (struct real_task *)((char *)op -
						   offsetof(struct real_task,
							    op));

	t->op_err = err;
	atomic_store(&t->busy, false);
}

static void submit(struct real_tasks *rt, struct real_task *t,
		   enum vm_op_kind kind, uint64_t pages)
{
	int err;

	t->op = (struct vm_op){ .kind = kind, .pages = pages,
				.done = op_done };
	atomic_store(&t->busy, true);
	err = vm_task_submit(rt->vm, t->pid, &t->op);
	if (!err)
		return;
	t->op_err = err;
	atomic_store(&t->busy, false);
}

/* What the op that has ended came to. */
static void take_result(struct real_task *t)
{
	if (!t->op.pages)
		return;
	if (!t->op_err && t->op.kind == VM_OP_ALLOC)
		t->area += t->op.pages;
	else if (!t->op_err)
		t->area -= t->op.pages;
	else
		t->refused = REFUSED_FOR;
	t->op.pages = 0;
}

/* One step towards what the process is now. */
static void resize(struct real_tasks *rt, struct real_task *t,
		   const struct sample *s)
{
	if (atomic_load(&t->busy))
		return;
	take_result(t);
	if (t->refused && t->refused--)
		return;
	if (s->rss > t->area + SLACK_PAGES)
		submit(rt, t, VM_OP_ALLOC, s->rss - t->area);
	else if (t->area > s->rss + SLACK_PAGES)
		submit(rt, t, VM_OP_FREE, t->area - s->rss);
}

static void rename_task(struct real_tasks *rt, struct real_task *t,
			const struct sample *s)
{
	if (!strcmp(t->comm, s->comm))
		return;
	memcpy(t->comm, s->comm, sizeof(t->comm));
	vm_task_set_comm(rt->vm, t->pid, s->comm);
}

static void fill_conf(struct real_tasks *rt, struct real_task *t,
		      const struct sample *s, const struct host_task *known)
{
	struct vm_task_conf *c = &rt->conf;
	struct stat st;
	char name[16];

	memset(c, 0, sizeof(*c));
	memcpy(c->comm, s->comm, sizeof(c->comm));
	snprintf(c->args, sizeof(c->args), REAL_ARGS);
	c->pid = t->pid;
	/* Whose parent is none of the machine's has init for one. */
	c->ppid = vm_task_get(rt->vm, s->ppid, &rt->stat) ? 0 : s->ppid;
	c->nr_threads = s->nr_threads;
	c->own_tids = true;
	c->cpu = -1;
	c->oom_score_adj = known->adj;
	snprintf(name, sizeof(name), "%d", t->pid);
	if (fstatat(rt->mf->host_proc, name, &st, 0))
		return;
	c->uid = st.st_uid;
	c->gid = st.st_gid;
}

/* A task for a process; its memory comes with the next steps. */
static void spawn(struct real_tasks *rt, struct real_task *t,
		  const struct sample *s)
{
	const struct vm_cred who = { .cap_sys_resource = true };
	struct vm_complaint complaint;
	struct host_task known;

	if (!vm_task_get(rt->vm, t->pid, &rt->stat) ||
	    !host_task_get(rt->mf, t->pid, &known))
		return; /* a simulated one's pid, or it is gone */
	fill_conf(rt, t, s, &known);
	memcpy(t->comm, s->comm, sizeof(t->comm));
	t->area = 0;
	t->op.pages = 0;
	t->has_task = true;
	host_set_real(rt->mf->host, t->pid, true);
	if (vm_task_spawn(rt->vm, &rt->conf, &complaint) < 0) {
		host_set_real(rt->mf->host, t->pid, false);
		t->has_task = false;
		return;
	}
	/* Somebody may have written it meanwhile. */
	if (host_task_get(rt->mf, t->pid, &known) &&
	    known.adj != rt->conf.oom_score_adj)
		vm_task_set_oom_score_adj(rt->vm, t->pid, known.adj, &who);
}

static struct real_task *meet(struct real_tasks *rt, int pid)
{
	struct real_task *t = calloc(1, sizeof(*t));
	struct epoll_event ev = { .events = EPOLLIN };

	if (!t)
		return NULL;
	t->pid = pid;
	t->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	ev.data.ptr = t;
	if (t->pidfd < 0 ||
	    epoll_ctl(rt->epoll, EPOLL_CTL_ADD, t->pidfd, &ev)) {
		if (t->pidfd >= 0)
			close(t->pidfd);
		free(t);
		return NULL;
	}
	pthread_mutex_lock(&rt->lock);
	t->next = rt->first;
	rt->first = t;
	pthread_mutex_unlock(&rt->lock);
	return t;
}

/* Its end has been heard of: the task goes, the entry when it has gone. */
static void leave(struct real_tasks *rt, struct real_task *t)
{
	pthread_mutex_lock(&rt->lock);
	if (!t->leaving)
		epoll_ctl(rt->epoll, EPOLL_CTL_DEL, t->pidfd, NULL);
	t->leaving = true;
	pthread_mutex_unlock(&rt->lock);
	if (t->has_task)
		vm_task_kill(rt->vm, t->pid);
}

/* The machine may have become another one: the task is gone unannounced. */
static void verify(struct real_tasks *rt, struct real_task *t)
{
	if (!t->has_task || !vm_task_get(rt->vm, t->pid, &rt->stat))
		return;
	t->has_task = false;
	host_set_real(rt->mf->host, t->pid, false);
}

/* A placeholder, before anybody knows: only init has children that count. */
static bool is_ours(const struct real_tasks *rt, const struct sample *s)
{
	return s->ppid != 1 &&
	       host_is_hidden(rt->mf->host, (uint32_t)s->ppid);
}

static void look_at(struct real_tasks *rt, int pid)
{
	struct real_task *t = find(rt, pid);
	struct sample s;

	if (!t)
		t = meet(rt, pid);
	if (!t || t->leaving)
		return;
	if (!sample(rt, pid, &s))
		return; /* not seen: it leaves */
	t->seen = true;
	if (is_ours(rt, &s))
		return;
	verify(rt, t);
	if (!t->has_task && !t->killed)
		spawn(rt, t, &s);
	if (!t->has_task || t->killed)
		return;
	rename_task(rt, t, &s);
	resize(rt, t, &s);
}

static void list(struct real_tasks *rt)
{
	int fd = openat(rt->mf->host_proc, ".",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	int64_t pid;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(dir))) {
		pid = tree_parse_index(e->d_name, "");
		if (pid > 0 && pid <= VM_MAX_PID &&
		    !host_is_hidden(rt->mf->host, (uint32_t)pid))
			look_at(rt, (int)pid);
	}
	closedir(dir);
}

/* Nothing of it is left anywhere. */
static bool is_over(const struct real_task *t)
{
	return t->leaving && !t->has_task && !atomic_load(&t->busy);
}

static void forget(struct real_tasks *rt, struct real_task **at)
{
	struct real_task *t = *at;

	pthread_mutex_lock(&rt->lock);
	*at = t->next;
	pthread_mutex_unlock(&rt->lock);
	host_set_real(rt->mf->host, t->pid, false);
	close(t->pidfd);
	free(t);
}

static void look(struct real_tasks *rt)
{
	struct real_task **at, *t;

	for (t = rt->first; t; t = t->next)
		t->seen = false;
	list(rt);
	for (at = &rt->first; (t = *at);) {
		if (!t->seen)
			leave(rt, t);
		verify(rt, t);
		if (is_over(t))
			forget(rt, at);
		else
			at = &t->next;
	}
}

static void *follow(void *arg)
{
	struct epoll_event ev[MAX_EVENTS];
	struct real_tasks *rt = arg;
	int i, nr;

	for (;;) {
		look(rt);
		nr = epoll_wait(rt->epoll, ev, MAX_EVENTS, REAL_SAMPLE_MS);
		for (i = 0; i < nr; i++) {
			if (!ev[i].data.ptr)
				return NULL;
			leave(rt, ev[i].data.ptr);
		}
	}
}

void real_tasks_destroy(struct real_tasks *rt)
{
	struct real_task *t;

	if (!rt)
		return;
	while ((t = rt->first)) {
		rt->first = t->next;
		close(t->pidfd);
		free(t);
	}
	if (rt->stop >= 0)
		close(rt->stop);
	if (rt->epoll >= 0)
		close(rt->epoll);
	pthread_mutex_destroy(&rt->lock);
	free(rt);
}

static int start_thread(struct real_tasks *rt)
{
	sigset_t all, old;
	int err;

	rt->mf->host->reals = (struct host_reals){ on_killed, on_gone, rt };
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&rt->thread, NULL, follow, rt);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

int real_tasks_start(struct real_tasks **rtp, struct vm *vm,
		     struct machine_fs *mf)
{
	struct real_tasks *rt = calloc(1, sizeof(*rt));
	struct vm_stat *stat = calloc(1, sizeof(*stat));
	struct epoll_event ev = { .events = EPOLLIN };
	int err = -ENOMEM;

	if (!rt || !stat)
		goto err_free;
	rt->vm = vm;
	rt->mf = mf;
	pthread_mutex_init(&rt->lock, NULL);
	vm_stat_get(vm, stat);
	rt->most = stat->total_pages + stat->swap_total;
	free(stat);
	rt->stop = eventfd(0, EFD_CLOEXEC);
	rt->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (rt->stop < 0 || rt->epoll < 0 ||
	    epoll_ctl(rt->epoll, EPOLL_CTL_ADD, rt->stop, &ev))
		err = -errno;
	else
		err = start_thread(rt);
	if (err) {
		real_tasks_destroy(rt);
		return err;
	}
	*rtp = rt;
	return 0;

err_free:
	free(stat);
	free(rt);
	return err;
}

void real_tasks_bury(struct vm *vm, struct host *host)
{
	struct vm_task_stat *t = calloc(1, sizeof(*t));
	int pid;

	for (pid = vm_task_next(vm, 0); t && pid; pid = vm_task_next(vm, pid)) {
		if (vm_task_get(vm, pid, t) || strcmp(t->args, REAL_ARGS))
			continue;
		host_set_real(host, pid, true);
		vm_task_kill(vm, pid);
	}
	free(t);
}

void real_tasks_stop(struct real_tasks *rt)
{
	const uint64_t one = 1;
	struct real_task *t;

	if (!rt)
		return;
	while (write(rt->stop, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(rt->thread, NULL);
	for (t = rt->first; t; t = t->next)
		if (atomic_load(&t->busy))
			vm_task_cancel(rt->vm, t->pid, &t->op);
}
