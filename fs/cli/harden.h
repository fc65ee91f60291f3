/* SPDX-License-Identifier: MIT */
/*
 * harden.h - after start-up: hold no more than serving takes.
 *
 *	harden(&(struct harden){ .proc = fd, .checkpoints = dir });
 *	...start the threads...
 *
 * Four doors are closed, each by itself, for the calling thread and all that
 * it starts later; none can be opened again:
 *
 *	no_new_privs	 no program that would be started gains anything
 *	capabilities	 all are dropped, also from the bounding set; but
 *			 CAP_DAC_OVERRIDE stays for checkpoints, whose
 *			 directory may be somebody else's
 *	Landlock	 files are read below the host's /proc, and are there
 *			 at all only in the directory for checkpoints and as
 *			 /dev/null; kernels since 5.13
 *	seccomp		 calls that serving does not use are answered EPERM:
 *			 no program, no process, no socket, no mount
 *
 * The server of `run` is a little freer: it reads and writes the memory of
 * the command's processes, looks at their descriptors and kills them, whoever
 * they are inside.  It keeps CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH and CAP_KILL
 * of the namespace that the mounts belong to, and a few more calls; Landlock
 * would forbid it to look at processes, so there is none.  What steers the
 * host is read-only for it as for all inside (namespace.h), and to change that
 * takes CAP_SYS_ADMIN, which is gone.
 *
 * A kernel that has one of them not goes without it.  What is open stays
 * open.  Unmounting is then another process's (unmounter.h).
 *
 * Builds with a sanitizer or with counts of coverage, which open files and
 * start processes when they end, leave the last two out (HARDEN_FILTERS 0).
 */
#ifndef CLI_HARDEN_H
#define CLI_HARDEN_H

#include <stdbool.h>

/* Are Landlock and seccomp in this build? */
extern const bool harden_filters;

/* What stays within reach. */
struct harden {
	int proc;	 /* directory to read below; borrowed, or -1 */
	int checkpoints; /* directory to change; borrowed, or -1 */
	bool inside;	 /* a command lives in the machine */
};

/*
 * Close the doors; nothing has threads yet.  0, or -errno of the first that
 * could not be closed though the kernel has it.
 */
int harden(const struct harden *h);

#endif
