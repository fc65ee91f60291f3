/* SPDX-License-Identifier: MIT */
/*
 * root.h - the root of a mount: proc, sys, dev, sandbox (design section 6).
 *
 * The private pointer of the tree is a struct machine_fs.  The root and
 * sandbox belong to whoever mounts; the rest is root's, as on Linux.
 * Locking: none, a constant table.
 */
#ifndef FS_ROOT_H
#define FS_ROOT_H

#include "fs/vfs/tree.h"

extern const struct tree_dir root_dir;

/* The same with the /proc of `run` (fs/proc/host.h). */
const struct tree_dir *root_dir_inside(void);

#endif
