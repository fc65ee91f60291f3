/* SPDX-License-Identifier: MIT */
/*
 * steps.c - the commands of a scenario that let something happen.
 *
 * Called by replay.c, line by line.  Tasks work through ops (vm/task.h), a
 * MiB at a time where a rate holds them, exactly as the recorder's programs
 * did.  Time passes in replay_until() only.  No locks but the engine's.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/replay.h"
#include "fs/conf/machine_conf.h"
#include "fs/conf/units.h"

#define PIECE_PAGES 256u /* a MiB */
#define SLOW_NS (300 * VM_MILLISECOND)
#define LIMIT_NS (2000 * VM_SECOND) /* of virtual time; longer is a hang */

static const struct vm_cred root = {
	.pid = 1,
	.comm = "init",
	.cap_sys_resource = true,
	.cap_sys_admin = true,
	.cap_sys_rawio = true,
};

static void look(struct replay *r)
{
	struct sample *s;

	r->next_sample_ns = vm_now_ns(r->vm) + r->sample_ns;
	if (!r->sample || r->nr_samples == REPLAY_MAX_SAMPLES)
		return;
	vm_stat_get(r->vm, &r->look);
	s = &r->sample[r->nr_samples++];
	s->reclaims = r->look.event[PAGEOUTRUN] +
		      r->look.event[ALLOCSTALL_NORMAL] +
		      r->look.event[ALLOCSTALL_MOVABLE];
	s->dirty = vm_stat_node_sum(&r->look, NR_FILE_DIRTY);
	s->writeback = vm_stat_node_sum(&r->look, NR_WRITEBACK);
	for (uint32_t n = 0; n < r->look.nr_nodes; n++)
		for (int t = 0; t < VM_NR_ZONES; t++)
			s->free[n][t] = r->look.node[n]
						.zone[t]
						.item[NR_FREE_PAGES];
}

static void piece_done(struct vm_op *op, int err)
{
	struct job *j = (struct job *)((char *)op - offsetof(struct job, op));

	j->busy = false;
	if (err && !j->err)
		j->err = err;
}

/* A piece has ended: how long did it take, and when may the next begin? */
static void piece_ended(struct replay *r, struct job *j)
{
	uint64_t now = vm_now_ns(r->vm);
	uint64_t took = now - j->piece_ns;

	j->next_ns = now;
	if (j->err) {
		j->over = true;
		return;
	}
	if (took > SLOW_NS && !j->slow_at_pages)
		j->slow_at_pages = j->done;
	if (took > j->longest_ns)
		j->longest_ns = took;
	j->done += j->op.pages;
	j->over = j->done >= j->pages;
	if (j->rate_bps) {
		uint64_t due = j->began_ns + (uint64_t)((double)j->done *
							VM_PAGE_SIZE * 1e9 /
							(double)j->rate_bps);

		if (due > now)
			j->next_ns = due;
	}
}

static void feed(struct replay *r, struct job *j)
{
	uint64_t left;
	int err;

	if (j->over || j->busy)
		return;
	if (j->op.pages) {
		piece_ended(r, j);
		j->op.pages = 0;
	}
	if (j->over || vm_now_ns(r->vm) < j->next_ns)
		return;
	left = j->pages - j->done;
	j->op.pages = left < j->piece_pages ? left : j->piece_pages;
	j->piece_ns = vm_now_ns(r->vm);
	j->busy = true;
	j->op.progress = 0;
	err = vm_task_submit(r->vm, j->pid, &j->op);
	if (err) {
		j->busy = false;
		j->err = err;
		j->over = true;
	}
}

/* The next moment at which the script must look. */
static uint64_t next_stop(struct replay *r, uint64_t until_ns)
{
	uint64_t now = vm_now_ns(r->vm);
	uint64_t stop = until_ns;

	if (r->next_sample_ns < stop)
		stop = r->next_sample_ns;
	for (int i = 0; i < r->nr_jobs; i++) {
		const struct job *j = &r->job[i];

		if (!j->over && !j->busy && j->next_ns > now &&
		    j->next_ns < stop)
			stop = j->next_ns;
	}
	return stop;
}

static bool any_busy(const struct replay *r)
{
	for (int i = 0; i < r->nr_jobs; i++)
		if (r->job[i].busy)
			return true;
	return false;
}

/*
 * One slice of time; the jobs are fed at its end.  While the engine has work
 * of ours that is one step, so that the next piece follows at once.
 */
static void slice(struct replay *r, uint64_t until_ns)
{
	uint64_t stop = next_stop(r, until_ns);

	vm_run_until(r->vm, stop, any_busy(r) ? 1 : UINT64_MAX);
	if (vm_now_ns(r->vm) >= r->next_sample_ns)
		look(r);
	for (int i = 0; i < r->nr_jobs; i++)
		feed(r, &r->job[i]);
}

void replay_until(struct replay *r, uint64_t until_ns)
{
	while (vm_now_ns(r->vm) < until_ns)
		slice(r, until_ns);
}

struct job *replay_job(struct replay *r, const char *comm)
{
	for (int i = r->nr_jobs; i-- > 0;)
		if (strcmp(r->job[i].comm, comm) == 0)
			return &r->job[i];
	return NULL;
}

int replay_pid(struct replay *r, const char *comm)
{
	struct vm_task_stat t;
	int pid = 0;

	while ((pid = vm_task_next(r->vm, pid)) > 0)
		if (vm_task_get(r->vm, pid, &t) == 0 &&
		    strcmp(t.comm, comm) == 0)
			return pid;
	return 0;
}

static void wait_for(struct replay *r, struct job *j, uint64_t limit_ns)
{
	uint64_t end = vm_now_ns(r->vm) + limit_ns;

	while (!j->over && vm_now_ns(r->vm) < end) {
		vm_stat_get(r->vm, &r->look);
		if (r->look.panicked)
			return;
		slice(r, end);
	}
}

/* A place for a job of @comm: its own old one, or a new one. */
static struct job *place(struct replay *r, const char *comm)
{
	struct job *j = replay_job(r, comm);

	if (j && !j->over) {
		replay_complain(r, "%s is at work", comm);
		return NULL;
	}
	if (!j && r->nr_jobs == REPLAY_MAX_JOBS) {
		replay_complain(r, "too many jobs");
		return NULL;
	}
	return j ? j : &r->job[r->nr_jobs++];
}

static struct job *new_job(struct replay *r, const char *comm)
{
	struct job *j = place(r, comm);

	if (!j)
		return NULL;
	*j = (struct job){ .op = { .done = piece_done } };
	snprintf(j->comm, sizeof(j->comm), "%.15s", comm);
	return j;
}

/* "COMM SIZE [RATE]" */
static struct job *begin_job(struct replay *r, char *args,
			     enum vm_op_kind kind)
{
	char comm[VM_COMM_LEN] = "", size[32] = "", rate[32] = "";
	uint64_t bytes, bps = 0;
	struct job *j;
	int n = sscanf(args, "%15s %31s %31s", comm, size, rate);

	if (n < 2 || units_parse_size(size, &bytes) ||
	    (n == 3 && units_parse_rate(rate, &bps))) {
		replay_complain(r, "want COMM SIZE [RATE]: %s", args);
		return NULL;
	}
	j = new_job(r, comm);
	if (!j)
		return NULL;
	j->pid = replay_pid(r, comm);
	j->op.kind = kind;
	j->pages = bytes >> VM_PAGE_SHIFT;
	/* a touch begins at the front of the area: there is one piece of it */
	j->piece_pages = kind == VM_OP_TOUCH ? j->pages : PIECE_PAGES;
	j->rate_bps = bps;
	j->began_ns = j->next_ns = vm_now_ns(r->vm);
	feed(r, j);
	return j;
}

static void run_job(struct replay *r, char *args, enum vm_op_kind kind)
{
	struct job *j = begin_job(r, args, kind);

	if (j)
		wait_for(r, j, LIMIT_NS);
}

static void do_read(struct replay *r, char *args)
{
	run_job(r, args, VM_OP_READ);
}

static void do_write(struct replay *r, char *args)
{
	run_job(r, args, VM_OP_DIRTY);
}

static void do_alloc(struct replay *r, char *args)
{
	run_job(r, args, VM_OP_ALLOC);
}

static void do_touch(struct replay *r, char *args)
{
	run_job(r, args, VM_OP_TOUCH);
}

static void do_start(struct replay *r, char *args)
{
	char *what = strsep(&args, " ");

	if (args && strcmp(what, "alloc") == 0)
		begin_job(r, args, VM_OP_ALLOC);
	else if (args && strcmp(what, "write") == 0)
		begin_job(r, args, VM_OP_DIRTY);
	else if (args && strcmp(what, "read") == 0)
		begin_job(r, args, VM_OP_READ);
	else
		replay_complain(r, "start what?");
}

static uint64_t seconds(struct replay *r, const char *text)
{
	uint64_t ns = 0;

	if (units_parse_sleep(text, &ns))
		replay_complain(r, "no time: %s", text);
	return ns;
}

static void do_finish(struct replay *r, char *args)
{
	char *comm = strsep(&args, " ");
	struct job *j = replay_job(r, comm);

	if (j && args)
		wait_for(r, j, seconds(r, args));
	else
		replay_complain(r, "finish COMM SECONDS");
}

static void do_sleep(struct replay *r, char *args)
{
	replay_until(r, vm_now_ns(r->vm) + seconds(r, args));
}

/* Gone, and what it had with it. */
static void do_kill(struct replay *r, char *args)
{
	uint64_t end = vm_now_ns(r->vm) + LIMIT_NS;
	int pid = replay_pid(r, args);
	struct vm_task_stat t;

	if (!pid || vm_task_kill(r->vm, pid)) {
		replay_complain(r, "no such task: %s", args);
		return;
	}
	while (vm_task_get(r->vm, pid, &t) == 0 && vm_now_ns(r->vm) < end)
		replay_until(r, vm_now_ns(r->vm) + VM_MILLISECOND);
}

static void do_spawn(struct replay *r, char *args)
{
	struct vm_task_conf conf;
	struct vm_complaint c;
	struct vm_task_stat t;
	char *messages;
	int pid;

	if (machine_conf_task(r->path, args, &conf, &messages)) {
		replay_complain(r, "%s", messages ? messages : "no memory");
		free(messages);
		return;
	}
	free(messages);
	pid = vm_task_spawn(r->vm, &conf, &c);
	if (pid < 0) {
		replay_complain(r, "spawn: %s", strerror(-pid));
		return;
	}
	/* the recordings wait until a program says that it is ready */
	while (vm_task_get(r->vm, pid, &t) == 0 &&
	       t.rss_anon + t.swapents < conf.anon_resident &&
	       vm_now_ns(r->vm) < LIMIT_NS)
		replay_until(r, vm_now_ns(r->vm) + VM_MILLISECOND);
}

static void do_sync(struct replay *r, char *args)
{
	uint64_t end = vm_now_ns(r->vm) + LIMIT_NS;

	(void)args;
	vm_sync(r->vm);
	do {
		replay_until(r, vm_now_ns(r->vm) + 10 * VM_MILLISECOND);
		vm_stat_get(r->vm, &r->look);
	} while (vm_stat_node_sum(&r->look, NR_FILE_DIRTY) +
			 vm_stat_node_sum(&r->look, NR_WRITEBACK) &&
		 vm_now_ns(r->vm) < end);
}

static int write_ctl(struct replay *r, char *args)
{
	const struct vm_ctl *ctl = vm_ctl_find(strsep(&args, " "));
	int64_t value[VM_CTL_MAX_VALUES];
	struct vm_ctl_values v = { .value = value };

	if (!ctl)
		return -ENOENT;
	while (args && *args && v.nr < ctl->nr)
		value[v.nr++] = strtoll(args, &args, 0);
	return vm_ctl_set(r->vm, ctl, &v, &root);
}

static void do_sysctl(struct replay *r, char *args)
{
	int err = write_ctl(r, args);

	if (err)
		replay_complain(r, "sysctl %s: %s", args, strerror(-err));
}

static void do_refused(struct replay *r, char *args)
{
	if (write_ctl(r, args) != -EINVAL)
		replay_complain(r, "sysctl! %s: not refused", args);
	else
		r->passed++;
}

static void do_swapoff(struct replay *r, char *args)
{
	uint32_t index = (uint32_t)strtoul(args, NULL, 10);
	uint64_t end = vm_now_ns(r->vm) + LIMIT_NS;
	int err;

	while ((err = vm_swapoff(r->vm, index)) == -EAGAIN &&
	       vm_now_ns(r->vm) < end)
		replay_until(r, vm_now_ns(r->vm) + VM_MILLISECOND);
	if (err)
		replay_complain(r, "swapoff: %s", strerror(-err));
}

static void do_swapon(struct replay *r, char *args)
{
	int err = vm_swapon(r->vm, (uint32_t)strtoul(args, NULL, 10),
			    VM_SWAP_PRIO_AUTO);

	if (err)
		replay_complain(r, "swapon: %s", strerror(-err));
}

static void do_sample(struct replay *r, char *args)
{
	r->sample_ns = strtoull(args, NULL, 10) * VM_MILLISECOND;
}

static void do_begin(struct replay *r, char *args)
{
	(void)args;
	vm_stat_get(r->vm, &r->was);
	r->nr_samples = 0;
	look(r);
}

static void do_end(struct replay *r, char *args)
{
	struct vm_complaint c;

	(void)args;
	look(r);
	vm_stat_get(r->vm, &r->now);
	if (!vm_check(r->vm, &c))
		replay_complain(r, "the machine is broken: %s", c.what);
}

static const struct {
	const char *word;
	void (*step)(struct replay *r, char *args);
} steps[] = {
	{ "alloc", do_alloc },	   { "begin", do_begin },
	{ "end", do_end },	   { "finish", do_finish },
	{ "kill", do_kill },	   { "read", do_read },
	{ "sample", do_sample },   { "sleep", do_sleep },
	{ "spawn", do_spawn },	   { "start", do_start },
	{ "swapoff", do_swapoff }, { "swapon", do_swapon },
	{ "sync", do_sync },	   { "sysctl", do_sysctl },
	{ "sysctl!", do_refused }, { "touch", do_touch },
	{ "write", do_write },
};

bool replay_step(struct replay *r, const char *word, char *args)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(steps[i].word, word) != 0)
			continue;
		steps[i].step(r, args);
		return true;
	}
	return false;
}
