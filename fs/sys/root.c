/* SPDX-License-Identifier: MIT */
/*
 * root.c - MNT/sys: which parts of /sys there are, and its manners.
 *
 * Tables only.  Files are 4096 bytes long whatever they say, as in sysfs.
 */
#include <errno.h>

#include "fs/sys/sys.h"
#include "fs/sys/tracing.h"

static const struct tree_rules sys_rules = {
	.create = EACCES,
	.mkdir = EPERM,
	.remove = EPERM,
	.rename = EPERM,
	.chmod = EPERM,
	.no_op = EINVAL,
	.mode_binds_open = true,
	.blksize = 4096,
	.file_size = 4096,
};

static const struct tree_entry system_entries[] = {
	DIR("cpu", 0755, &sys_cpu_dir),
	DIR("node", 0755, &sys_node_dir),
};

static const struct tree_dir system_dir = { TREE_ENTRIES(system_entries) };

static const struct tree_entry devices_entries[] = {
	DIR("system", 0755, &system_dir),
};

static const struct tree_dir devices_dir = { TREE_ENTRIES(devices_entries) };

/* debugfs: where scripts of older kernels look. */
static const struct tree_entry debug_entries[] = {
	DIR("tracing", 0700, &sys_tracing_dir),
};

static const struct tree_dir debug_dir = { TREE_ENTRIES(debug_entries) };

static const struct tree_entry kernel_entries[] = {
	DIR("debug", 0700, &debug_dir),
	DIR("mm", 0755, &sys_mm_dir),
	DIR("tracing", 0700, &sys_tracing_dir),
};

static const struct tree_dir kernel_dir = { TREE_ENTRIES(kernel_entries) };

static const struct tree_entry sys_entries[] = {
	DIR("block", 0755, &sys_block_dir),
	DIR("devices", 0755, &devices_dir),
	DIR("kernel", 0755, &kernel_dir),
};

const struct tree_dir sys_dir = {
	TREE_ENTRIES(sys_entries),
	.rules = &sys_rules,
};
