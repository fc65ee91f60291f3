/* SPDX-License-Identifier: MIT */
/*
 * host_task.c - /proc/[pid] of a real process that lives in the machine.
 *
 * Text that no handler of the kernel takes writes or polls on is read through
 * the server; oom_score_adj and its kin are the machine's own; the rest are
 * links into the real /proc, so that what only the kernel can do (fd, ns,
 * mem, uid_map, ...) is done by it.  exe, cwd and root read as they do there.
 *
 * A process that is met for the first time has the oom_score_adj of its
 * parent, as fork(2) hands it on; a start time tells two of one pid apart.
 *
 * Called through host_pid_index, and host_task_get() by fs/cli.  Session's
 * lock; what is known of processes is under host.lock.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fs/proc/base.h"
#include "fs/proc/host.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

#define READ_CHUNK 16384u
#define TICK_NS	   10000000 /* of USER_HZ */
#define STAT_START 22	     /* the field of stat */
#define MAX_DRIFT  1000000000 /* ns that the clocks may drift apart */
#define LINK_MAX_LEN 4096u
/* Parents are asked this far up; a loop of reused pids ends here. */
#define MAX_PARENTS 64

/* "PID/NAME" below the host's /proc. */
static void path_of(const struct tree_req *rq, char path[TREE_NAME_LEN])
{
	snprintf(path, TREE_NAME_LEN, "%u/%s", (unsigned)rq->index[0],
		 rq->entry->name ? rq->entry->name : "");
}

/* Read through: the whole text at once. */
static int pass_show(const struct tree_req *rq, struct strbuf *sb)
{
	char path[TREE_NAME_LEN], *to;
	ssize_t nr;
	int fd, err = 0;

	path_of(rq, path);
	fd = openat(machine_of(rq)->host_proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	do {
		to = strbuf_reserve(sb, READ_CHUNK);
		nr = to ? read(fd, to, READ_CHUNK) : 0;
		if (nr < 0)
			err = -errno;
		else
			sb->len += (size_t)nr;
	} while (nr > 0);
	close(fd);
	return err;
}

static int owner_of(const struct tree_req *rq, struct stat *st)
{
	char path[TREE_NAME_LEN];

	tree_name_index(path, "", rq->index[0]);
	return fstatat(machine_of(rq)->host_proc, path, st, 0) ? -ENOENT : 0;
}

/* What shows memory is for root and the owner, as everywhere. */
static int traced_open(struct tree_req *rq, int flags)
{
	struct stat st;

	(void)flags;
	if (owner_of(rq, &st))
		return -ENOENT;
	return !rq->uid || rq->uid == st.st_uid ? 0 : -EACCES;
}

static const struct file_ops traced_ops = { .open = traced_open };

/* Into the mount that the kernel serves. */
static int into_show(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_puts(sb, "../" HOST_TASK "/");
	strbuf_u64(sb, rq->index[0]);
	strbuf_putc(sb, '/');
	strbuf_puts(sb, rq->entry->name);
	return 0;
}

/* What the link says there: exe is asked for its directory. */
static int same_show(const struct tree_req *rq, struct strbuf *sb)
{
	char path[TREE_NAME_LEN];
	char *to = strbuf_reserve(sb, LINK_MAX_LEN);
	ssize_t nr;

	if (!to)
		return -ENOMEM;
	path_of(rq, path);
	nr = readlinkat(machine_of(rq)->host_proc, path, to, LINK_MAX_LEN);
	if (nr < 0)
		return -errno;
	sb->len += (size_t)nr;
	return 0;
}

/* The knobs. */

struct identity {
	int ppid;
	uint64_t start;
};

static bool identify(const struct machine_fs *mf, int pid, struct identity *id)
{
	char text[1024], *s;
	unsigned field;

	if (!machine_read_host(mf, pid, "stat", text, sizeof(text)))
		return false;
	s = strrchr(text, ')');
	if (!s || sscanf(s + 1, " %*c %d", &id->ppid) != 1)
		return false;
	for (field = 2; s && field < STAT_START; field++)
		s = strchr(s + 1, ' ');
	if (!s)
		return false;
	id->start = strtoull(s, NULL, 10);
	return true;
}

/* Pid @pid as we know it; NULL if it has not been met. */
static struct host_task *known(struct host *h, int pid, uint64_t start)
{
	struct host_task **at = &h->task[(unsigned)pid % HOST_BUCKETS], *t;

	for (; (t = *at); at = &t->next) {
		if (t->pid != pid)
			continue;
		if (t->start == start)
			return t;
		*at = t->next; /* another one, gone */
		free(t);
		return NULL;
	}
	return NULL;
}

/* Since the host booted, the clock of field 22 of stat. */
static int64_t host_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * (int64_t)VM_SECOND + now.tv_nsec;
}

/*
 * When a process of host's time @start started, by the machine's clock.  What
 * lies between the clocks is asked again only when they have drifted apart:
 * else two processes met at different moments could change their order.  Ours
 * is read first, so that what is kept can only be too much: nobody who has
 * just started would start in the future.
 */
static uint64_t start_here(const struct machine_fs *mf, uint64_t start)
{
	const int64_t here = (int64_t)vm_now_ns(mf->vm);
	const int64_t ahead = host_now_ns() - here;
	int64_t *kept = &mf->host->ns_ahead;
	int64_t at;

	if (ahead > *kept + MAX_DRIFT || ahead < *kept - MAX_DRIFT)
		*kept = ahead;
	at = (int64_t)start * TICK_NS - *kept;
	at = at < here ? at : here;
	return at > 0 ? (uint64_t)at / TICK_NS : 0;
}

static struct host_task *meet(struct host *h, int pid, uint64_t start,
			      const struct host_task *parent)
{
	struct host_task *t = calloc(1, sizeof(*t));
	struct host_task **head = &h->task[(unsigned)pid % HOST_BUCKETS];

	if (!t)
		return NULL;
	t->pid = pid;
	t->start = start;
	t->adj = parent ? parent->adj : 0;
	t->adj_min = parent ? parent->adj_min : 0;
	t->next = *head;
	*head = t;
	return t;
}

/* Process @pid and, before it, the parents it inherits from.  host.lock. */
static struct host_task *task_of(const struct machine_fs *mf, int pid)
{
	struct host *h = mf->host;
	struct { int pid; uint64_t start; } line[MAX_PARENTS];
	struct host_task *t = NULL;
	struct identity id;
	const int wanted = pid;
	unsigned nr = 0;

	while (pid > 0 && nr < MAX_PARENTS && identify(mf, pid, &id)) {
		t = known(h, pid, id.start);
		if (t)
			break;
		line[nr].pid = pid;
		line[nr++].start = id.start;
		pid = id.ppid;
	}
	while (nr && (t = meet(h, line[nr - 1].pid, line[nr - 1].start, t))) {
		nr--;
		t->start_here = start_here(mf, t->start);
	}
	return t && t->pid == wanted ? t : NULL;
}

bool host_task_get(const struct machine_fs *mf, int pid, struct host_task *to)
{
	const struct host_task *t;

	pthread_mutex_lock(&mf->host->lock);
	t = task_of(mf, pid);
	if (t)
		*to = *t;
	pthread_mutex_unlock(&mf->host->lock);
	return t;
}

static bool get_task(const struct tree_req *rq, struct host_task *t)
{
	return host_task_get(machine_of(rq), (int)rq->index[0], t);
}

/* As it is there, but for the time it started: our clock is another. */
static int stat_show(const struct tree_req *rq, struct strbuf *sb)
{
	struct host_task t;
	char text[1024], *at;
	unsigned field;

	if (!get_task(rq, &t) ||
	    !machine_read_host(machine_of(rq), t.pid, "stat", text,
			       sizeof(text)))
		return -ESRCH;
	at = strrchr(text, ')');
	for (field = 2; at && field < STAT_START; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return -ESRCH;
	strbuf_push(sb, text, (size_t)(at + 1 - text));
	strbuf_u64(sb, t.start_here);
	at = strchr(at + 1, ' ');
	strbuf_puts(sb, at ? at : "\n");
	return 0;
}

static int adj_show(const struct tree_req *rq, struct strbuf *sb)
{
	struct host_task t;

	if (!get_task(rq, &t))
		return -ESRCH;
	strbuf_i64(sb, t.adj);
	strbuf_putc(sb, '\n');
	return 0;
}

static int legacy_show(const struct tree_req *rq, struct strbuf *sb)
{
	struct host_task t;

	if (!get_task(rq, &t))
		return -ESRCH;
	strbuf_i64(sb, oom_adj_of_score_adj(t.adj));
	strbuf_putc(sb, '\n');
	return 0;
}

/* A kB field of status, in pages. */
static int64_t status_pages(const char *status, const char *label)
{
	const char *line = strstr(status, label);

	return line ? strtoll(line + strlen(label), NULL, 10) >>
			      (VM_PAGE_SHIFT - 10) : 0;
}

/* What the OOM killer would say of a process that has no task there (H.4). */
static int64_t own_score(const struct tree_req *rq, const struct host_task *t,
			 const char *status)
{
	const struct vm_stat *s;
	int64_t points, total;

	s = machine_stat(rq);
	total = (int64_t)(s->total_pages + s->swap_total);
	points = status_pages(status, "\nVmRSS:") +
		 status_pages(status, "\nVmSwap:") +
		 status_pages(status, "\nVmPTE:") + t->adj * (total / 1000);
	points = (1000 + points * 1000 / (total ? total : 1)) * 2 / 3;
	return t->adj == VM_OOM_SCORE_ADJ_MIN || points < 0 ? 0 : points;
}

static int score_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *sim;
	struct host_task t;
	char status[4096];

	if (!get_task(rq, &t) ||
	    !machine_read_host(machine_of(rq), t.pid, "status", status,
			       sizeof(status)))
		return -ESRCH;
	sim = machine_task(rq, t.pid);
	strbuf_i64(sb, sim ? sim->oom_score : own_score(rq, &t, status));
	strbuf_putc(sb, '\n');
	return 0;
}

/* Fact sheet H.4: who may go below the minimum. */
static int change_adj(struct host_task *t, int adj, bool legacy,
		      const struct vm_cred *who)
{
	if (!t)
		return -ESRCH;
	if (adj < (legacy ? t->adj : t->adj_min) && !who->cap_sys_resource)
		return -EACCES;
	t->adj = adj;
	if (!legacy && who->cap_sys_resource)
		t->adj_min = adj;
	return 0;
}

/* The engine's task, if there is one, follows whatever is right here. */
static int set_adj(struct tree_req *rq, int adj, bool legacy)
{
	const struct machine_fs *mf = machine_of(rq);
	const int pid = (int)rq->index[0];
	struct vm_cred who;
	int err;

	machine_cred(rq, CRED_CAPS, &who);
	pthread_mutex_lock(&mf->host->lock);
	err = change_adj(task_of(mf, pid), adj, legacy, &who);
	pthread_mutex_unlock(&mf->host->lock);
	if (err || !host_is_real(mf->host, rq->index[0]))
		return err;
	who.cap_sys_resource = true;
	vm_task_set_oom_score_adj(mf->vm, pid, adj, &who);
	return 0;
}

static ssize_t adj_store(struct tree_req *rq, const char *text, size_t len,
			 off_t offset)
{
	int adj, err;

	(void)offset;
	err = pid_parse_int(text, len, false, &adj);
	if (!err && (adj < VM_OOM_SCORE_ADJ_MIN || adj > VM_OOM_SCORE_ADJ_MAX))
		err = -EINVAL;
	if (!err)
		err = set_adj(rq, adj, false);
	return pid_knob_result(err, len);
}

static ssize_t legacy_store(struct tree_req *rq, const char *text, size_t len,
			    off_t offset)
{
	int adj, err;

	(void)offset;
	err = pid_parse_int(text, len, false, &adj);
	if (!err && (adj < -17 || adj > 15))
		err = -EINVAL;
	if (!err)
		err = set_adj(rq, adj == 15 ? VM_OOM_SCORE_ADJ_MAX :
					      adj * VM_OOM_SCORE_ADJ_MAX / 17,
			      true);
	return pid_knob_result(err, len);
}

/* Owner of the directory and of all in it; a name the host lacks is not. */
static int host_attr(const struct tree_req *rq, struct stat *st)
{
	char path[TREE_NAME_LEN];
	struct stat there;

	if (owner_of(rq, &there))
		return -ENOENT;
	st->st_uid = there.st_uid;
	st->st_gid = there.st_gid;
	if (S_ISDIR(st->st_mode) || rq->entry->store)
		return 0;
	path_of(rq, path);
	return faccessat(machine_of(rq)->host_proc, path, F_OK,
			 AT_SYMLINK_NOFOLLOW) ? -ENOENT : 0;
}

#define PASS(n, m) RO(n, m, pass_show)
#define TRACED(n, m)                                                           \
	{ .name = n, .mode = S_IFREG | (m), .show = pass_show,                 \
	  .ops = &traced_ops }
#define INTO(n) LINK(n, into_show)
#define SAME(n) LINK(n, same_show)

static const struct tree_entry host_entries[] = {
	PASS("arch_status", 0444),
	INTO("attr"),
	INTO("autogroup"),
	TRACED("auxv", 0400),
	PASS("cgroup", 0444),
	INTO("clear_refs"),
	PASS("cmdline", 0444),
	INTO("comm"),
	INTO("coredump_filter"),
	PASS("cpu_resctrl_groups", 0444),
	PASS("cpuset", 0444),
	SAME("cwd"),
	TRACED("environ", 0400),
	SAME("exe"),
	INTO("fd"),
	INTO("fdinfo"),
	INTO("gid_map"),
	TRACED("io", 0400),
	PASS("ksm_merging_pages", 0400),
	PASS("ksm_stat", 0400),
	INTO("latency"),
	PASS("limits", 0444),
	INTO("loginuid"),
	INTO("map_files"),
	TRACED("maps", 0444),
	INTO("mem"),
	INTO("mountinfo"),
	INTO("mounts"),
	INTO("mountstats"),
	INTO("net"),
	INTO("ns"),
	TRACED("numa_maps", 0444),
	RW("oom_adj", 0644, legacy_show, legacy_store),
	RO("oom_score", 0444, score_show),
	RW("oom_score_adj", 0644, adj_show, adj_store),
	INTO("pagemap"),
	PASS("patch_state", 0444),
	TRACED("personality", 0400),
	INTO("projid_map"),
	SAME("root"),
	INTO("sched"),
	PASS("schedstat", 0444),
	PASS("seccomp_cache", 0400),
	PASS("sessionid", 0444),
	INTO("setgroups"),
	TRACED("smaps", 0444),
	TRACED("smaps_rollup", 0444),
	TRACED("stack", 0400),
	RO("stat", 0444, stat_show),
	PASS("statm", 0444),
	PASS("status", 0444),
	TRACED("syscall", 0400),
	INTO("task"),
	INTO("timens_offsets"),
	PASS("timers", 0444),
	INTO("timerslack_ns"),
	INTO("uid_map"),
	PASS("wchan", 0444),
};

static const struct tree_dir host_dir = {
	TREE_ENTRIES(host_entries),
	.rules = &pid_rules,
	.attr = host_attr,
};

static int64_t host_find(const struct tree_req *dir, const char *name)
{
	int64_t pid = tree_parse_index(name, "");

	return pid > 0 && host_has_pid(dir, (uint32_t)pid) ? pid : -ENOENT;
}

static int64_t host_next(const struct tree_req *dir, uint32_t from,
			 char name[TREE_NAME_LEN])
{
	int64_t pid = host_next_pid(dir, from);

	return pid > 0 ? tree_name_index(name, "", (uint32_t)pid) : -1;
}

const struct tree_index host_pid_index = {
	.entry = { .mode = S_IFDIR | 0555, .dir = &host_dir },
	.find = host_find,
	.next = host_next,
};
