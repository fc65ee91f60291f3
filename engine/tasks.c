/* SPDX-License-Identifier: MIT */
/*
 * tasks.c - the door include/vm/task.h: look at tasks, start, change and end
 * them, give them work.
 *
 * Every function takes the engine's lock for what it does and waits for
 * nothing.  vm_task_*_locked() are for the observer, who is called with the
 * lock held.  What takes time is queued as an op (actors/workload_op.c).
 *
 * Called from outside the engine.  Calls actors/workload.h, reclaim/oom_kill.h.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "actors/workload.h"
#include "memory/trace.h"
#include "reclaim/gfp.h"
#include "reclaim/oom_kill.h"
#include "world/name.h"

#define OOM_DISABLE    (-17) /* of the legacy scale */
#define OOM_ADJUST_MAX 15
#define CPU_MASK_BITS  64u

static void enter(struct vm *vm) ACQUIRE(vm->world.lock)
{
	lock_take(&vm->world.lock);
	vm->world.now_ns = world_now(&vm->world);
}

static void leave(struct vm *vm) RELEASE(vm->world.lock)
{
	lock_drop(&vm->world.lock);
}

int vm_task_next_locked(struct vm *vm, int after)
{
	for (int pid = MAX(after, 0) + 1; pid > 0 && pid <= VM_MAX_PID; pid++)
		if (task_find(vm, pid))
			return pid;
	return 0;
}

int vm_task_next(struct vm *vm, int after)
{
	int pid;

	enter(vm);
	pid = vm_task_next_locked(vm, after);
	leave(vm);
	return pid;
}

int vm_task_of_thread(struct vm *vm, int tid)
{
	const struct task *t;
	int pid;

	enter(vm);
	t = task_of_thread(vm, tid);
	pid = t ? t->pid : 0;
	leave(vm);
	return pid;
}

int vm_task_next_thread(struct vm *vm, int pid, int after)
{
	const struct task *t;
	int tid;

	enter(vm);
	t = task_find(vm, pid);
	tid = t ? task_next_thread(vm, t, after) : 0;
	leave(vm);
	return tid;
}

static char state_letter(const struct task *t)
{
	switch (t->state) {
	case TASK_RUNNABLE:
		return 'R';
	case TASK_UNINTERRUPTIBLE:
		return 'D';
	case TASK_DEAD:
		return 'X';
	default:
		return 'S';
	}
}

static void fill_identity(const struct vm *vm, const struct task *t,
			  struct vm_task_stat *s)
{
	s->pid = s->tgid = t->pid;
	s->ppid = t->ppid;
	s->uid = t->uid;
	s->gid = t->gid;
	memcpy(s->comm, t->comm, sizeof(s->comm));
	memcpy(s->args, t->args, sizeof(s->args));
	s->state = state_letter(t);
	s->kthread = t->flags & TF_KTHREAD;
	s->victim = t->flags & TF_MEMDIE;
	s->nr_threads = t->nr_threads;
	s->oom_score_adj = t->oom_score_adj;
	s->oom_score_adj_min = t->oom_score_adj_min;
	s->oom_score = oom_score(vm, t);
	assert(s->comm[VM_COMM_LEN - 1] == '\0');
}

/* Private memory: what data and stack would be. */
static uint64_t private_pages(const struct mm *mm)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < mm->nr_vmas; i++)
		if (!mm->vma[i]->file)
			pages += mm->vma[i]->nr_pages;
	return pages;
}

static void fill_memory(const struct mm *mm, struct vm_task_stat *s)
{
	s->total_vm = mm->total_vm;
	s->peak_vm = mm->peak_vm;
	s->rss_anon = mm->rss_anon;
	s->rss_file = mm->rss_file;
	s->rss_shmem = mm->rss_shmem;
	s->peak_rss = mm->peak_rss;
	s->swapents = mm->swapents;
	s->locked = mm->locked_vm;
	s->data_vm = private_pages(mm);
	memcpy(s->node_pages, mm->node_pages, sizeof(s->node_pages));
	s->pgtables_bytes = mm->nr_ptes * VM_PAGE_SIZE;
	assert(s->data_vm <= s->total_vm);
}

static void fill_usage(const struct task *t, struct vm_task_stat *s)
{
	s->minflt = t->minflt;
	s->majflt = t->majflt;
	s->utime_ns = t->utime_ns;
	s->stime_ns = t->stime_ns;
	s->start_ns = t->start_ns;
	s->read_bytes = t->read_pages * VM_PAGE_SIZE;
	s->write_bytes = t->written_pages * VM_PAGE_SIZE;
	s->nvcsw = t->nvcsw;
	s->nivcsw = t->nivcsw;
	s->direct_reclaims = t->direct_reclaims;
	s->direct_reclaim_ns = t->direct_reclaim_ns;
	s->throttle_ns = t->throttle_ns;
	s->io_wait_ns = t->io_wait_ns;
	assert(sizeof(s->alloc_latency) == sizeof(t->alloc_latency));
	memcpy(s->alloc_latency, t->alloc_latency, sizeof(s->alloc_latency));
}

static uint64_t low_bits(uint32_t nr)
{
	return nr < CPU_MASK_BITS ? (1ull << nr) - 1 : ~0ull;
}

static void fill_places(const struct vm *vm, const struct task *t,
			struct vm_task_stat *s)
{
	s->cpu = t->cpu;
	s->nodes_allowed = t->nodes & low_bits(vm->nr_nodes);
	s->cpus_allowed_low = low_bits(vm->conf.nr_cpus);
	if (t->cpu_bound)
		s->cpus_allowed_low =
			(uint32_t)t->cpu < CPU_MASK_BITS ? 1ull << t->cpu : 0;
	if (!t->file)
		return;
	memcpy(s->file, t->file->name, sizeof(s->file));
	s->file_pages = t->file->nr_pages;
	s->map_file = t->work && t->work->map;
}

int vm_task_get_locked(struct vm *vm, int pid, struct vm_task_stat *s)
{
	const struct task *t = task_find(vm, pid);

	if (!t)
		return -ESRCH;
	memset(s, 0, sizeof(*s));
	fill_identity(vm, t, s);
	if (t->mm)
		fill_memory(t->mm, s);
	fill_usage(t, s);
	fill_places(vm, t, s);
	assert(s->pid == pid);
	return 0;
}

int vm_task_get(struct vm *vm, int pid, struct vm_task_stat *s)
{
	int err;

	enter(vm);
	err = vm_task_get_locked(vm, pid, s);
	leave(vm);
	return err;
}

int vm_task_spawn(struct vm *vm, const struct vm_task_conf *conf,
		  struct vm_complaint *c)
{
	int pid;

	enter(vm);
	pid = task_spawn(vm, conf, c);
	if (pid > 0 && !conf->own_tids)
		task_add_threads(vm, task_find(vm, pid));
	leave(vm);
	return pid;
}

void vm_set_pid_max(struct vm *vm, int max)
{
	assert(max >= VM_PID_MAX_LEAST && max <= VM_PID_MAX_MOST);
	enter(vm);
	vm->pid_max = max;
	leave(vm);
}

/* A task that waits for nothing but time gets up and looks. */
static void rouse(struct vm *vm, struct task *t)
{
	if (t->state == TASK_SLEEPING)
		task_wake(vm, t);
}

/* Signals do not reach init, and SIGKILL no kernel thread. */
static int kill_task(struct vm *vm, struct task *t)
{
	if (!t)
		return -ESRCH;
	if (t->flags & TF_KTHREAD)
		return -EPERM;
	if (t->flags & TF_INIT)
		return 0;
	t->flags |= TF_KILLED;
	task_wake(vm, t);
	assert(t->state == TASK_RUNNABLE || t->state == TASK_DEAD);
	return 0;
}

int vm_task_kill(struct vm *vm, int pid)
{
	int err;

	enter(vm);
	err = kill_task(vm, task_find(vm, pid));
	leave(vm);
	return err;
}

/* drivers/tty/sysrq.c:moom_callback runs in one; kthreadd if there is none. */
static struct task *a_worker(struct vm *vm)
{
	static const char kworker[] = "kworker/";
	struct task *t, *best = NULL;

	for_each_task (vm, t) {
		if (!(t->flags & TF_KTHREAD))
			continue;
		if (!strncmp(t->comm, kworker, sizeof(kworker) - 1))
			return t;
		if (!best || t->pid < best->pid)
			best = t;
	}
	assert(best);
	return best;
}

int vm_oom_kill(struct vm *vm)
{
	struct oom_control oc = {
		.nodemask = UINT64_MAX,
		.gfp = GFP_KERNEL,
		.order = SYSRQ_ORDER,
	};
	bool progress;

	enter(vm);
	oc.task = a_worker(vm);
	progress = out_of_memory(vm, &oc);
	leave(vm);
	return progress ? 0 : -ESRCH;
}

static void trace_adj(struct vm *vm, enum vm_event_type type, struct task *t,
		      const struct vm_cred *who)
{
	struct vm_event ev;

	if (!trace_enabled(vm))
		return;
	ev = trace_event(vm, type, t);
	if (type == VM_EV_OOM_ADJ_DEPRECATED)
		ev.who = who;
	else
		ev.value = t->oom_score_adj;
	trace_send(vm, &ev);
}

static int set_score_adj(struct vm *vm, int pid, int adj,
			 const struct vm_cred *who)
{
	struct task *t = task_find(vm, pid);

	if (!t)
		return -ESRCH;
	if (adj < t->oom_score_adj_min && !who->cap_sys_resource)
		return -EACCES;
	t->oom_score_adj = adj;
	if (who->cap_sys_resource)
		t->oom_score_adj_min = adj;
	assert(adj >= VM_OOM_SCORE_ADJ_MIN && adj <= VM_OOM_SCORE_ADJ_MAX);
	trace_adj(vm, VM_EV_OOM_SCORE_ADJ, t, who);
	return 0;
}

int vm_task_set_oom_score_adj(struct vm *vm, int pid, int adj,
			      const struct vm_cred *who)
{
	int err;

	if (adj < VM_OOM_SCORE_ADJ_MIN || adj > VM_OOM_SCORE_ADJ_MAX)
		return -EINVAL;
	enter(vm);
	err = set_score_adj(vm, pid, adj, who);
	leave(vm);
	return err;
}

/* Its own scale, its own rule: no lower than it is now; no new minimum. */
static int set_legacy_adj(struct vm *vm, int pid, int adj,
			  const struct vm_cred *who)
{
	struct task *t = task_find(vm, pid);

	if (!t)
		return -ESRCH;
	if (adj < t->oom_score_adj && !who->cap_sys_resource)
		return -EACCES;
	trace_adj(vm, VM_EV_OOM_ADJ_DEPRECATED, t, who);
	t->oom_score_adj = adj;
	assert(adj >= VM_OOM_SCORE_ADJ_MIN && adj <= VM_OOM_SCORE_ADJ_MAX);
	trace_adj(vm, VM_EV_OOM_SCORE_ADJ, t, who);
	return 0;
}

int vm_task_set_oom_adj(struct vm *vm, int pid, int oom_adj,
			const struct vm_cred *who)
{
	int adj = VM_OOM_SCORE_ADJ_MAX;
	int err;

	if (oom_adj < OOM_DISABLE || oom_adj > OOM_ADJUST_MAX)
		return -EINVAL;
	if (oom_adj != OOM_ADJUST_MAX)
		adj = oom_adj * VM_OOM_SCORE_ADJ_MAX / -OOM_DISABLE;
	enter(vm);
	err = set_legacy_adj(vm, pid, adj, who);
	leave(vm);
	return err;
}

int vm_task_set_comm(struct vm *vm, int pid, const char *comm)
{
	struct task *t;

	enter(vm);
	t = task_find(vm, pid);
	if (t)
		name_copy(t->comm, sizeof(t->comm), comm);
	leave(vm);
	return t ? 0 : -ESRCH;
}

static int submit(struct vm *vm, struct task *t, struct vm_op *op)
{
	struct vm_op **at;
	int err;

	if (!t)
		return -ESRCH;
	if (t->flags & TF_KTHREAD || !t->work)
		return -EINVAL;
	if (vm->panicked)
		return -EIO;
	if (t->flags & (TF_KILLED | TF_EXITING))
		return -ESRCH;
	err = work_admit_op(vm, t, op);
	if (err)
		return err;
	op->next = NULL;
	op->progress = 0;
	op->err = 0;
	for (at = &t->ops; *at; at = &(*at)->next)
		assert(*at != op);
	*at = op;
	rouse(vm, t);
	return 0;
}

int vm_task_submit(struct vm *vm, int pid, struct vm_op *op)
{
	int err;

	enter(vm);
	err = submit(vm, task_find(vm, pid), op);
	leave(vm);
	return err;
}

void vm_task_cancel(struct vm *vm, int pid, struct vm_op *op)
{
	struct task *t;
	struct vm_op *o;

	enter(vm);
	t = task_find(vm, pid);
	for (o = t ? t->ops : NULL; o && o != op; o = o->next)
		;
	if (o)
		work_take_op(vm, t, op);
	leave(vm);
	/* Here and now: a machine that is paused has nobody to call it. */
	if (o)
		op->done(op, -EINTR);
}
