/* SPDX-License-Identifier: MIT */
/*
 * machine.h - MNT/sandbox/machine: the running machine as a machine file.
 *
 * The hardware as it was booted, the sysctl values of this moment, the tasks
 * that are there with what they hold now and the work they were given.
 * Mounting it starts such a machine anew; what is in the page cache and how
 * far a workload has come is not in it.
 *
 * Errors of the read: ENOMEM.
 */
#ifndef SANDBOX_MACHINE_H
#define SANDBOX_MACHINE_H

#include "fs/vfs/tree.h"

tree_show machine_show;

#endif
