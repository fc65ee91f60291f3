/* SPDX-License-Identifier: MIT */
/*
 * swap_node.h - files that look like the machine's swap areas, for swapon(8).
 *
 * MNT/dev of `run` has one for every area of the machine file, on or off, by
 * its number there: area0, area1.  It is as long as the area, has no holes,
 * and begins with the header that mkswap(8) writes, with an UUID made of the
 * number; the rest reads as zeros and cannot be written.  fs/cli binds them
 * over the names in /dev.
 *
 * Locking: handlers, under the session's lock.
 */
#ifndef PROC_SWAP_NODE_H
#define PROC_SWAP_NODE_H

#include "fs/vfs/tree.h"

#define SWAP_NODE "area"

extern const struct tree_index swap_node_index;

#endif
