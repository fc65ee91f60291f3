/* SPDX-License-Identifier: MIT */
/*
 * root.c - the root of a mount.
 *
 * Tables only: which trees there are; each lives in its own folder.
 */
#include "fs/proc/kmsg.h"
#include "fs/proc/proc.h"
#include "fs/root.h"
#include "fs/sandbox/sandbox.h"
#include "fs/sys/sys.h"

static const struct tree_entry dev_entries[] = {
	FOPS("kmsg", 0644, &dev_kmsg_ops),
};

static const struct tree_dir dev_dir = { TREE_ENTRIES(dev_entries) };

static const struct tree_entry root_entries[] = {
	DIR("dev", 0755, &dev_dir),
	DIR("proc", 0555, &proc_dir),
	DIR("sandbox", 0700, &sandbox_dir),
	DIR("sys", 0555, &sys_dir),
};

const struct tree_dir root_dir = { TREE_ENTRIES(root_entries) };
