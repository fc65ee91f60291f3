/* SPDX-License-Identifier: MIT */
/*
 * root.c - the root of a mount.
 *
 * Tables only: which trees there are; each lives in its own folder.  The
 * machine that a command runs inside of has another /proc, and more in /dev.
 */
#include "fs/proc/host.h"
#include "fs/proc/kmsg.h"
#include "fs/proc/proc.h"
#include "fs/proc/swap_node.h"
#include "fs/root.h"
#include "fs/sandbox/sandbox.h"
#include "fs/sys/sys.h"

static const struct tree_entry dev_entries[] = {
	FOPS("kmsg", 0644, &dev_kmsg_ops),
};

static const struct tree_dir dev_dir = { TREE_ENTRIES(dev_entries) };

/* Inside, a swap area has a file as well. */
static const struct tree_index *const inside_indexes[] = { &swap_node_index };

static const struct tree_dir inside_dev_dir = {
	TREE_ENTRIES(dev_entries),
	TREE_INDEXES(inside_indexes),
};

static const struct tree_entry root_entries[] = {
	DIR("dev", 0755, &dev_dir),
	DIR("proc", 0555, &proc_dir),
	DIR("sandbox", 0700, &sandbox_dir),
	DIR("sys", 0555, &sys_dir),
};

const struct tree_dir root_dir = { TREE_ENTRIES(root_entries) };

const struct tree_dir *root_dir_inside(void)
{
	static struct tree_entry entries[TREE_NR(root_entries)];
	static struct tree_dir dir;
	size_t i;

	for (i = 0; i < TREE_NR(entries); i++) {
		entries[i] = root_entries[i];
		if (entries[i].dir == &proc_dir)
			entries[i].dir = host_proc_dir();
		if (entries[i].dir == &dev_dir)
			entries[i].dir = &inside_dev_dir;
	}
	dir = root_dir;
	dir.entries = entries;
	return &dir;
}
