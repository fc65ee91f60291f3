/* SPDX-License-Identifier: MIT */
/*
 * registry.h - what the tasks of the machine were told to do, by pid.
 *
 * The engine knows what a task does but does not tell; the sandbox keeps the
 * description that each was started with, for tasks/<pid>/workload and for
 * sandbox/machine.
 *
 * A description stays until its pid is given away again.  Memory belongs to
 * the registry.  No lock: used by handlers only, which never run at once.
 */
#ifndef SANDBOX_REGISTRY_H
#define SANDBOX_REGISTRY_H

#include <vm/vm.h>

#include "fs/vfs/pack.h"

struct registry;

/*
 * One that knows the tasks that @vm was booted with from @m.  0 or -ENOMEM.
 */
int registry_create(struct registry **rp, struct vm *vm,
		    const struct vm_machine *m);
void registry_destroy(struct registry *r);

/* One that knows nobody.  0 or -ENOMEM. */
int registry_new(struct registry **rp);

/* Save it, or load into a new one. */
void registry_pack(struct registry *r, struct pack *p);

/* @pid is a new task made from @conf.  0 or -ENOMEM. */
int registry_add(struct registry *r, int pid, const struct vm_task_conf *conf);

/* What @pid was made from, NULL if it is not known. */
const struct vm_task_conf *registry_find(const struct registry *r, int pid);

#endif
