/* SPDX-License-Identifier: MIT */
/*
 * clock.h - MNT/sandbox/clock, and how a rate is written.
 *
 * Only sandbox.c lists the directory.  No state of its own; the handlers
 * work on the struct sandbox of the mount.
 */
#ifndef SANDBOX_CLOCK_H
#define SANDBOX_CLOCK_H

#include <stdint.h>

#include "fs/vfs/tree.h"

extern const struct tree_dir clock_dir;

/*
 * "1", "0.5", "1000": thousandths of real time within VM_RATE_MIN and
 * VM_RATE_MAX; "max": DRIVER_RATE_MAX.  0 or -EINVAL.  Also for `-o rate=`.
 */
int clock_parse_rate(const char *text, uint32_t *rate);

/* A tab and what the file called @name takes, where that is a range. */
void clock_put_range(struct strbuf *sb, const char *name);

#endif
