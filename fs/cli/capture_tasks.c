/* SPDX-License-Identifier: MIT */
/*
 * capture_tasks.c - the largest processes of a real machine.
 *
 * /proc/[pid]/status has nearly everything.  A process stands in the machine
 * with all its memory as anonymous memory of the same size, so that
 * oom_score comes out the same; what processes share is counted for each.
 * Should that be more than the machine has, only their own memory is taken,
 * and that is said.
 *
 * Called by capture.c.  One thread, no locks.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cli/capture.h"
#include "fs/cli/cmd.h"

/*
 * The lowest pids are the kernel's own threads', here as there; but there may
 * be more of them here, so a process from below gets a new pid.
 */
#define FIRST_PID 100

/* The part of the machine that processes may fill when it starts. */
#define MAX_FILL_PERCENT 90

struct process {
	struct vm_task_conf conf;
	uint64_t own_pages; /* RssAnon */
};

struct process_list {
	struct process *p;
	size_t nr, room;
};

static const char *line_of(const char *text, const char *name)
{
	size_t len = strlen(name);

	while (text && (strncmp(text, name, len) || text[len] != ':')) {
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return text ? text + len + 1 + strspn(text + len + 1, " \t") : NULL;
}

/* Text of one line, printable, cut to what fits. */
static void copy_line(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; from && i + 1 < size && from[i] && from[i] != '\n'; i++)
		to[i] = isprint((unsigned char)from[i]) ? from[i] : '?';
	to[i] = '\0';
}

static uint64_t pages_of(const char *status, const char *name)
{
	uint64_t kb = 0;

	capture_field(status, name, &kb);
	return kb / 4;
}

static int ids_of(const char *status, const char *name)
{
	const char *line = line_of(status, name);
	unsigned id = 0;

	/* real, effective, saved, file system: the effective one counts */
	if (line)
		sscanf(line, "%*u %u", &id);
	return (int)id;
}

static void read_cmdline(struct capture *c, int pid, struct vm_task_conf *t)
{
	char path[CAPTURE_PATH_LEN], buf[VM_ARGS_LEN];
	size_t nr, i;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%d/cmdline", c->proc, pid);
	f = fopen(path, "re");
	if (!f)
		return;
	nr = fread(buf, 1, sizeof(buf) - 1, f);
	fclose(f);
	while (nr && !buf[nr - 1])
		nr--;
	for (i = 0; i < nr; i++) {
		if (!buf[i])
			buf[i] = ' ';
	}
	buf[nr] = '\0';
	copy_line(t->args, sizeof(t->args), buf);
}

static void read_adj(struct capture *c, int pid, struct vm_task_conf *t)
{
	char *text = capture_read("%s/%d/oom_score_adj", c->proc, pid);
	long adj = text ? strtol(text, NULL, 10) : 0;

	if (adj >= -1000 && adj <= 1000)
		t->oom_score_adj = (int)adj;
	free(text);
}

/* False for what is no process with memory: gone, or a kernel thread. */
static bool read_process(struct capture *c, int pid, struct process *p)
{
	struct vm_task_conf *t = &p->conf;
	uint64_t n = 0;
	char *status = capture_read("%s/%d/status", c->proc, pid);

	memset(p, 0, sizeof(*p));
	t->cpu = -1;
	if (!status || !line_of(status, "VmRSS")) {
		free(status);
		return false;
	}
	copy_line(t->comm, sizeof(t->comm), line_of(status, "Name"));
	t->pid = pid <= VM_MAX_PID && pid >= FIRST_PID ? pid : 0;
	if (capture_field(status, "PPid", &n) && n <= VM_MAX_PID)
		t->ppid = (int)n;
	t->uid = (uint32_t)ids_of(status, "Uid");
	t->gid = (uint32_t)ids_of(status, "Gid");
	t->nr_threads = 1;
	if (capture_field(status, "Threads", &n) && n && n <= VM_MAX_PID)
		t->nr_threads = (uint32_t)n;
	t->anon_resident = pages_of(status, "VmRSS");
	t->anon_swapped = pages_of(status, "VmSwap");
	t->mlock_pages = pages_of(status, "VmLck");
	p->own_pages = t->anon_resident;
	if (line_of(status, "RssAnon"))
		p->own_pages = pages_of(status, "RssAnon");
	free(status);
	read_adj(c, pid, t);
	read_cmdline(c, pid, t);
	return t->comm[0] != '\0';
}

static int add(struct process_list *l, const struct process *p)
{
	struct process *more;

	if (l->nr == l->room) {
		l->room = l->room ? l->room * 2 : 64;
		more = realloc(l->p, l->room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		l->p = more;
	}
	l->p[l->nr++] = *p;
	return 0;
}

static int read_all(struct capture *c, struct process_list *l)
{
	DIR *dir = opendir(c->proc);
	struct process p;
	struct dirent *e;
	int err = 0;

	if (!dir) {
		cmd_warn("%s: %s, no processes", c->proc, strerror(errno));
		return 0;
	}
	while (!err && (e = readdir(dir))) {
		if (isdigit((unsigned char)e->d_name[0]) &&
		    strlen(e->d_name) < 9 &&
		    read_process(c, (int)strtol(e->d_name, NULL, 10), &p))
			err = add(l, &p);
	}
	closedir(dir);
	return err;
}

static uint64_t size_of(const struct process *p)
{
	return p->conf.anon_resident + p->conf.anon_swapped;
}

/* Largest first; the pid decides between equals, so the file is stable. */
static int larger(const void *va, const void *vb)
{
	const struct process *a = va, *b = vb;

	if (size_of(a) != size_of(b))
		return size_of(a) < size_of(b) ? 1 : -1;
	return a->conf.pid - b->conf.pid;
}

/* What processes share can count many times; then only what they own. */
static void fit(struct capture *c, struct process_list *l)
{
	const struct vm_kernel_conf *k = &c->m->kernel;
	uint64_t sum = k->slab_reclaimable + k->slab_unreclaimable + k->misc;
	size_t i;

	for (i = 0; i < l->nr; i++)
		sum += l->p[i].conf.anon_resident;
	if (sum <= c->total_pages / 100 * MAX_FILL_PERCENT)
		return;
	cmd_warn("processes share memory: rss is each one's own part");
	for (i = 0; i < l->nr; i++)
		l->p[i].conf.anon_resident = l->p[i].own_pages;
}

static bool has_pid(const struct process_list *l, int pid)
{
	size_t i;

	for (i = 0; i < l->nr; i++) {
		if (l->p[i].conf.pid == pid)
			return true;
	}
	return false;
}

/* Without a swap area nothing can be swapped out: it is in memory then. */
static void need_swap(struct capture *c, struct process_list *l)
{
	struct vm_task_conf *t;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < l->nr && !c->m->nr_swaps; i++) {
		t = &l->p[i].conf;
		sum += t->anon_swapped;
		t->anon_resident += t->anon_swapped;
		t->anon_swapped = 0;
	}
	if (sum)
		cmd_warn("processes are swapped out, but no swap area is "
			 "known: taken as resident");
}

static int keep(struct capture *c, struct process_list *l)
{
	struct vm_task_conf *t;
	size_t i;

	c->m->task = calloc(l->nr ? l->nr : 1, sizeof(*c->m->task));
	if (!c->m->task)
		return -ENOMEM;
	for (i = 0; i < l->nr; i++) {
		t = &c->m->task[i];
		*t = l->p[i].conf;
		t->anon_pages = t->anon_resident + t->anon_swapped;
		if (t->mlock_pages > t->anon_pages)
			t->mlock_pages = t->anon_pages;
		if (!has_pid(l, t->ppid))
			t->ppid = 0;
	}
	c->m->nr_tasks = (uint32_t)l->nr;
	return 0;
}

int capture_tasks(struct capture *c, unsigned max)
{
	struct process_list l = { .p = NULL };
	int err = read_all(c, &l);

	if (!err && l.nr)
		qsort(l.p, l.nr, sizeof(*l.p), larger);
	if (l.nr > max)
		l.nr = max;
	if (!err) {
		need_swap(c, &l);
		fit(c, &l);
		err = keep(c, &l);
	}
	free(l.p);
	return err;
}
