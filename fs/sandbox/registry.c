/* SPDX-License-Identifier: MIT */
/*
 * registry.c - what the tasks of the machine were told to do, by pid.
 *
 * A table with a place for every pid there can be, filled at boot by walking
 * the tasks in the order of their pids beside the machine's list (a task
 * without a pid in the file was given one by the engine; the name tells),
 * and by every spawn.
 *
 * Called by sandbox.c, spawn.c, tasks.c and machine.c, under the session's
 * lock or before it exists.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/sandbox/registry.h"

struct registry {
	struct vm_task_conf *by_pid[VM_MAX_PID + 1];
};

int registry_add(struct registry *r, int pid, const struct vm_task_conf *conf)
{
	struct vm_task_conf *copy;

	if (pid < 1 || pid > VM_MAX_PID)
		return -EINVAL;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *conf;
	free(r->by_pid[pid]);
	r->by_pid[pid] = copy;
	return 0;
}

const struct vm_task_conf *registry_find(const struct registry *r, int pid)
{
	if (pid < 1 || pid > VM_MAX_PID)
		return NULL;
	return r->by_pid[pid];
}

/* The first task that runs as @comm, has no description, and is no kthread. */
static int nameless(struct registry *r, struct vm *vm, const char *comm)
{
	struct vm_task_stat t;
	int pid = 0;

	while ((pid = vm_task_next(vm, pid)) > 0) {
		if (!vm_task_get(vm, pid, &t) && !t.kthread &&
		    !r->by_pid[pid] && !strcmp(t.comm, comm))
			return pid;
	}
	return 0;
}

int registry_create(struct registry **rp, struct vm *vm,
		    const struct vm_machine *m)
{
	struct registry *r = calloc(1, sizeof(*r));
	uint32_t i;
	int pass, pid, err = r ? 0 : -ENOMEM;

	/* Those with a pid first: the others get what is left. */
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; !err && i < m->nr_tasks; i++) {
			pid = m->task[i].pid;
			if ((pid == 0) != (pass == 1))
				continue;
			if (!pid)
				pid = nameless(r, vm, m->task[i].comm);
			if (pid)
				err = registry_add(r, pid, &m->task[i]);
		}
	}
	if (err) {
		registry_destroy(r);
		return err;
	}
	*rp = r;
	return 0;
}

int registry_new(struct registry **rp)
{
	*rp = calloc(1, sizeof(**rp));
	return *rp ? 0 : -ENOMEM;
}

static void pack_phase(struct pack *p, struct vm_phase_conf *f)
{
	f->pattern = pack_index(p, f->pattern, VM_NR_PATTERNS);
	f->target = pack_index(p, f->target, VM_NR_TARGETS);
	pack_u64(p, &f->duration_ns);
	pack_u64(p, &f->accesses);
	pack_u64(p, &f->first);
	pack_u64(p, &f->pages);
	pack_u64(p, &f->rate);
	pack_u32(p, &f->write_permille);
	pack_u32(p, &f->hot_permille);
	pack_u64(p, &f->hot_pages);
	pack_bool(p, &f->grow);
}

static void pack_conf(struct pack *p, struct vm_task_conf *t)
{
	uint32_t i;

	pack_text(p, t->comm, sizeof(t->comm));
	pack_text(p, t->args, sizeof(t->args));
	pack_int(p, &t->pid);
	pack_int(p, &t->ppid);
	pack_u32(p, &t->uid);
	pack_u32(p, &t->gid);
	pack_int(p, &t->oom_score_adj);
	pack_u32(p, &t->nr_threads);
	pack_u64(p, &t->nodes);
	pack_int(p, &t->cpu);
	pack_u64(p, &t->anon_pages);
	pack_u64(p, &t->anon_resident);
	pack_u64(p, &t->anon_swapped);
	pack_u64(p, &t->mlock_pages);
	pack_text(p, t->file, sizeof(t->file));
	pack_u64(p, &t->file_pages);
	pack_bool(p, &t->map_file);
	pack_bool(p, &t->repeat);
	t->nr_phases = pack_index(p, t->nr_phases, VM_MAX_PHASES + 1);
	for (i = 0; i < t->nr_phases; i++)
		pack_phase(p, &t->phase[i]);
}

/* Pid and description of each, in order; a pid beyond all is the end. */
void registry_pack(struct registry *r, struct pack *p)
{
	struct vm_task_conf conf;
	uint32_t pid = 0;

	for (;;) {
		if (pack_saving(p))
			while (++pid <= VM_MAX_PID && !r->by_pid[pid])
				;
		pid = pack_index(p, pid, VM_MAX_PID + 2);
		if (!pid || pid > VM_MAX_PID || pack_error(p))
			return;
		conf = pack_saving(p) ? *r->by_pid[pid] :
					(struct vm_task_conf){ .pid = 0 };
		pack_conf(p, &conf);
		if (!pack_saving(p) && registry_add(r, (int)pid, &conf))
			p->err = -ENOMEM;
	}
}

void registry_destroy(struct registry *r)
{
	int pid;

	if (!r)
		return;
	for (pid = 1; pid <= VM_MAX_PID; pid++)
		free(r->by_pid[pid]);
	free(r);
}
