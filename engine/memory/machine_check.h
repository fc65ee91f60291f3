/* SPDX-License-Identifier: MIT */
/*
 * machine_check.h - the limits of one task's description.
 *
 * vm_machine_check() (vm/machine.h) looks at a whole machine before it runs;
 * a task that is started later has the same limits.  Plain data: no lock.
 */
#ifndef ENGINE_MEMORY_MACHINE_CHECK_H
#define ENGINE_MEMORY_MACHINE_CHECK_H

#include <stdbool.h>

#include <vm/machine.h>

/*
 * True if @t can be started on @m; else false and the first thing wrong in
 * @c, with @index as its place.  Not looked at: whether the pid is taken.
 */
bool task_conf_check(const struct vm_machine *m, const struct vm_task_conf *t,
		     int index, struct vm_complaint *c);

#endif
