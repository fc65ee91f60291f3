/* SPDX-License-Identifier: MIT */
/*
 * tasks.c - tasks in an image, in the order of their creation.
 *
 * A kernel thread is a task without an address space; every other task but
 * init has one, an access that it may be in the middle of, and work.  Where a
 * task stands in its CPU's queues comes with the CPU (actors.c).
 *
 * Called by image.c.  Calls task.h.  Locking: see image.h.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "actors/workload.h"
#include "image/image.h"

#define TAG_TASK 0x6b736154u /* "Task" */
#define TAG_MAPS 0x7370614du /* "Maps" */
#define LEAST_BYTES 512u     /* that a task takes in an image */
#define ALL_FLAGS   (2u * TF_SIGBUS - 1)
#define ALL_PSI	    (2u * PSI_MEMSTALL_RUNNING - 1)

static struct task *make_task(struct image *im, int pid)
{
	struct task *t = NULL;
	int err = -EINVAL;

	if (im->err)
		return NULL;
	assert(!im->saving);
	if (pid)
		t = task_create(im->vm, "", pid, &err);
	if (!t && err == -ENOMEM)
		image_fail(im, err);
	else if (!t)
		image_bad(im);
	return t;
}

/* Numbers of its threads but the first, in their order. */
static void image_threads(struct image *im, struct task *t)
{
	uint32_t nr = t->nr_tids;
	int tid = 0;

	image_upto(im, nr, t->nr_threads - 1);
	for (; nr && !im->err; nr--) {
		do {
			if (im->saving)
				tid = task_next_thread(im->vm, t, tid);
		} while (im->saving && tid == t->pid);
		image_within(im, tid, 1, VM_MAX_PID);
		if (!im->saving && !im->err && !task_add_thread(im->vm, t, tid))
			image_bad(im);
	}
	assert(im->err || t->nr_tids < t->nr_threads);
}

static void image_identity(struct image *im, struct task *t)
{
	uint32_t nr_threads = t->nr_threads;

	image_upto(im, t->ppid, VM_MAX_PID);
	image_num(im, t->uid);
	image_num(im, t->gid);
	image_text(im, t->comm, sizeof(t->comm));
	image_text(im, t->args, sizeof(t->args));
	image_upto(im, t->state, TASK_UNINTERRUPTIBLE);
	image_upto(im, t->flags, ALL_FLAGS);
	image_within(im, nr_threads, 1, VM_MAX_PID);
	if (!im->saving)
		task_set_threads(im->vm, t, nr_threads);
	image_threads(im, t);
	image_upto(im, t->cpu, im->vm->conf.nr_cpus - 1);
	image_flag(im, &t->cpu_bound);
	image_num(im, t->nodes);
	image_within(im, t->oom_score_adj, VM_OOM_SCORE_ADJ_MIN,
		     VM_OOM_SCORE_ADJ_MAX);
	image_within(im, t->oom_score_adj_min, VM_OOM_SCORE_ADJ_MIN,
		     VM_OOM_SCORE_ADJ_MAX);
	image_num(im, t->wake_ns);
	image_upto(im, t->psi, ALL_PSI);
	assert(!t->queued || im->saving);
}

static void image_task_figures(struct image *im, struct task *t)
{
	image_num(im, t->start_ns);
	image_num(im, t->utime_ns);
	image_num(im, t->stime_ns);
	image_num(im, t->minflt);
	image_num(im, t->majflt);
	image_num(im, t->nvcsw);
	image_num(im, t->nivcsw);
	image_num(im, t->read_pages);
	image_num(im, t->written_pages);
	image_num(im, t->direct_reclaims);
	image_num(im, t->direct_reclaim_ns);
	image_num(im, t->throttle_ns);
	image_num(im, t->io_wait_ns);
	image_u64s(im, t->alloc_latency);
	image_num(im, t->nr_dirtied);
	image_num(im, t->nr_dirtied_pause);
	if (!t->nr_dirtied_pause)
		image_bad(im);
	image_num(im, t->dirty_paused_when_ns);
	image_num(im, t->dirty_ratelimit);
	image_num(im, t->reap_ns);
	image_upto(im, t->reap_vma, MAX_VMAS);
	image_num(im, t->reap_index);
	assert(t->reap_vma <= MAX_VMAS);
}

static void image_task_file(struct image *im, struct task *t)
{
	image_file_ref(im, &t->file);
	assert(!t->file || im->vm->nr_files > 0);
	if (!im->saving && t->file) {
		t->file->refs++;
		if (t->file->mapping.kind != MAPPING_FILE)
			image_bad(im);
	}
	image_num(im, t->file_pos);
	image_num(im, t->file_last);
	image_num(im, t->ra.start);
	image_upto(im, t->ra.size, INT32_MAX);
	image_upto(im, t->ra.async_size, t->ra.size);
	image_num(im, t->ra.mmap_miss);
}

/* Memory, what it is in the middle of, and work: all or nothing. */
static void image_user(struct image *im, struct task *t)
{
	bool user = t->mm != NULL;

	assert(!t->mm == !t->exec && !t->mm == !t->work);
	image_flag(im, &user);
	if (user && t->flags & TF_KTHREAD)
		image_bad(im);
	if (!user || im->err)
		return;
	image_mm(im, t);
	if (!im->saving) {
		t->exec = calloc(1, sizeof(*t->exec));
		t->work = calloc(1, sizeof(*t->work));
		if (!t->exec || !t->work)
			image_fail(im, -ENOMEM);
	}
	if (im->err)
		return;
	image_work(im, t);
	image_exec(im, t);
}

IMAGE_KNOWS(task, 872);
static void image_task(struct image *im, struct task *t)
{
	int pid = t ? t->pid : 0;

	image_tag(im, TAG_TASK);
	image_upto(im, pid, VM_MAX_PID);
	if (!im->saving)
		t = make_task(im, pid);
	if (!t)
		return;
	assert(!t->ops);
	image_identity(im, t);
	image_task_figures(im, t);
	image_task_file(im, t);
	image_user(im, t);
}

/* --- who maps a file: in the order in which its pages are looked for ------ */

/* The mapping of @f that @t has, NULL if it has none. */
static struct vma *task_mapping(const struct task *t, const struct file *f)
{
	const struct mm *mm = t ? t->mm : NULL;

	assert(f);
	for (uint32_t i = 0; mm && i < mm->nr_vmas; i++)
		if (mm->vma[i]->file == f)
			return mm->vma[i];
	return NULL;
}

static uint64_t nr_mappings(const struct file *f)
{
	uint64_t nr = 0;

	for (const struct vma *v = f->vmas; v; v = v->file_next)
		nr++;
	assert(nr <= VM_MAX_TASKS * MAX_VMAS);
	return nr;
}

/* Move the mapping of @t that stands behind *@at there. */
static struct vma **place_mapping(struct image *im, struct file *f,
				  struct vma **at, const struct task *t)
{
	struct vma *vma = task_mapping(t, f), **from = at;

	while (*from && *from != vma)
		from = &(*from)->file_next;
	if (!vma || !*from) {
		image_bad(im);
		return at;
	}
	*from = vma->file_next;
	vma->file_next = *at;
	*at = vma;
	assert(f->vmas);
	return &vma->file_next;
}

static void image_mappings(struct image *im, struct file *f)
{
	const uint64_t have = nr_mappings(f);
	uint64_t nr = image_count(im, have, sizeof(int), have);
	struct vma **at = &f->vmas;

	assert(nr <= have);
	if (nr != have)
		image_bad(im);
	for (; nr && !im->err; nr--) {
		struct task *t = im->saving ? (*at)->mm->task : NULL;

		image_task_ref(im, &t);
		if (im->saving)
			at = &(*at)->file_next;
		else if (!im->err)
			at = place_mapping(im, f, at, t);
	}
}

void image_tasks(struct image *im)
{
	struct vm *vm = im->vm;
	uint64_t nr = image_count(im, vm->nr_tasks, LEAST_BYTES, VM_MAX_TASKS);
	struct task *t = vm->tasks;

	assert(im->saving || !t);
	for (; nr && !im->err; nr--) {
		image_task(im, im->saving ? t : NULL);
		if (im->saving)
			t = t->next;
	}
	image_tag(im, TAG_MAPS);
	for (uint32_t i = 0; i < vm->nr_files && !im->err; i++)
		image_mappings(im, vm->files[i]);
}
