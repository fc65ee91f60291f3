/* SPDX-License-Identifier: MIT */
/*
 * machine.c - MNT/sandbox/machine: the running machine as a machine file.
 *
 * Makes a struct vm_machine of what was booted and what is now, and has
 * fs/conf write it.  Called by the file layer under the session's lock; the
 * engine is asked value by value, task by task.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vm/vm.h>

#include "fs/conf/ctl_values.h"
#include "fs/conf/machine_conf.h"
#include "fs/sandbox/machine.h"
#include "fs/sandbox/registry.h"
#include "fs/sandbox/sandbox.h"

/* The values now, as text; those that a pair shares once only. */
static void copy_sysctls(struct vm *vm, struct vm_machine *m)
{
	int64_t value[VM_CTL_MAX_VALUES];
	const struct vm_ctl *ctl;
	unsigned i;

	m->nr_sysctls = 0;
	for (i = 0; i < vm_ctl_count; i++) {
		ctl = &vm_ctl_table[i];
		if (!ctl_values_kept(ctl))
			continue;
		vm_ctl_look(vm, ctl, value);
		ctl_values_add(m, ctl, value);
	}
}

/* What @t was told to do, and what it holds now. */
static void copy_task(struct vm_task_conf *to, const struct vm_task_stat *t,
		      const struct vm_task_conf *from)
{
	uint64_t grown;

	if (from)
		*to = *from;
	else
		*to = (struct vm_task_conf){ .cpu = -1 };
	snprintf(to->comm, sizeof(to->comm), "%s", t->comm);
	to->pid = t->pid;
	to->ppid = t->ppid;
	to->oom_score_adj = t->oom_score_adj;
	grown = t->rss_anon + t->swapents;
	to->anon_resident = t->rss_anon;
	to->anon_swapped = t->swapents;
	if (to->anon_pages < grown)
		to->anon_pages = grown;
}

static int copy_tasks(struct sandbox *sb, struct vm_machine *m)
{
	uint32_t room = 0;
	struct vm_task_conf *more;
	struct vm_task_stat t;
	int pid = 0;

	m->task = NULL;
	m->nr_tasks = 0;
	while ((pid = vm_task_next(sb->vm, pid)) > 0) {
		if (vm_task_get(sb->vm, pid, &t) || t.kthread || pid == 1)
			continue;
		if (m->nr_tasks == room) {
			room = room ? room * 2 : 16;
			more = realloc(m->task, room * sizeof(*more));
			if (!more)
				return -ENOMEM;
			m->task = more;
		}
		copy_task(&m->task[m->nr_tasks++], &t,
			  registry_find(sb->registry, pid));
	}
	return 0;
}

static int write_text(const struct vm_machine *m, struct strbuf *sb)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int err;

	if (!f)
		return -ENOMEM;
	err = machine_conf_write(m, f);
	if (fclose(f))
		err = -ENOMEM;
	if (!err)
		strbuf_push(sb, text, len);
	free(text);
	return err;
}

int machine_show(const struct tree_req *rq, struct strbuf *sb)
{
	struct sandbox *box = sandbox_of(rq);
	struct vm_machine *m = malloc(sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	*m = *box->machine;
	copy_sysctls(box->vm, m);
	err = copy_tasks(box, m);
	if (!err)
		err = write_text(m, sb);
	free(m->task); /* all else in it is the booted machine's */
	free(m);
	return err;
}
