/* SPDX-License-Identifier: MIT */
/*
 * spawn.h - MNT/sandbox/spawn: start a task.
 *
 * A write is one task in the machine file's language, without braces:
 *
 *	echo 'name = "leaky"; leak = "64M/s";' > spawn
 *
 * It returns when the task has the memory that it starts with.  Reading the
 * same descriptor gives the pid of the task that it started, or what was
 * wrong with the text; a descriptor that has written nothing reads the last
 * pid of all.
 *
 * Errors of the write: EINVAL (text or task), EEXIST (the pid is taken),
 * EAGAIN, ENOMEM.  EAGAIN is fork()'s: VM_MAX_TASKS run, or there is no pid
 * for it below kernel.pid_max, also when it names one that is not below;
 * the limit and its value are read afterwards.
 */
#ifndef SANDBOX_SPAWN_H
#define SANDBOX_SPAWN_H

#include "fs/vfs/file.h"

extern const struct file_ops spawn_ops;

#endif
