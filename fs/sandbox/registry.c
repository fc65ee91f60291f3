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

void registry_destroy(struct registry *r)
{
	int pid;

	if (!r)
		return;
	for (pid = 1; pid <= VM_MAX_PID; pid++)
		free(r->by_pid[pid]);
	free(r);
}
