/* SPDX-License-Identifier: MIT */
/*
 * refused.h - MNT/sandbox/refused: writes that got an errno, the last ones.
 *
 *	/proc/sys/vm/swappiness	Invalid argument	300	0 to 200
 *
 * A line each, oldest first, fields apart by a tab; what was written is cut
 * and stripped of everything that would break a line.  The last field is there
 * for an EINVAL of a file that takes a range: the range.  The same write again
 * is one line.  For who tries settings and wants to know which are wrong.
 *
 * Ownership: in struct sandbox; zero-initialised is ready for use.
 * Locking: session's lock.
 */
#ifndef SANDBOX_REFUSED_H
#define SANDBOX_REFUSED_H

#include <stddef.h>

#include "fs/vfs/pack.h"
#include "fs/vfs/tree.h"

#define REFUSED_MAX	  256u
#define REFUSED_TEXT_LEN  80 /* of what was written, with its NUL */

struct refused_write {
	char *path; /* owned */
	char text[REFUSED_TEXT_LEN];
	int err; /* -errno */
};

struct refused {
	struct refused_write write[REFUSED_MAX]; /* at seq % REFUSED_MAX */
	unsigned nr;
};

tree_show refused_show;

/* session_options.refused; @arg is a struct refused. */
void refused_add(void *arg, const char *path, const char *text, size_t len,
		 int err);

/* Save it, or load into one that is zeroed. */
void refused_pack(struct refused *r, struct pack *p);

void refused_free(struct refused *r);

#endif
