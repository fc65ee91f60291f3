/* SPDX-License-Identifier: MIT */
/*
 * capture.h - the parts of `reclaimfs capture`, and what they share.
 *
 * A part looks into the tree and fills in what it finds of the machine.  A
 * file that is missing or cannot be understood is said on stderr, and the
 * part goes on with what a machine can do without; only what no machine can
 * be without is an error.
 *
 * Nothing below --proc and --sys is ever written.  One thread, no locks.
 * Text from capture_read() is the caller's to free().
 */
#ifndef CLI_CAPTURE_H
#define CLI_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

#include <vm/machine.h>

#define CAPTURE_PATH_LEN 512

struct capture {
	const char *proc; /* "/proc", or a saved tree */
	const char *sys;
	struct vm_machine *m;
	uint64_t total_pages; /* managed; from capture_nodes() */
};

/* "%s/...": the whole text of a file with a NUL behind it; NULL and errno. */
char *capture_read(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* capture_read(), and a word on stderr when there is nothing. */
char *capture_need(const char *root, const char *name);

/*
 * The number behind "NAME:" or "NAME " at the start of a line of @text;
 * false if there is no such line.
 */
bool capture_field(const char *text, const char *name, uint64_t *value);

/* Step to the next line of *@text and end it with a NUL; NULL at the end. */
char *capture_line(char **text);

/* Nodes, zones, CPUs, distances: zoneinfo and node<N>.  0 or -EINVAL. */
int capture_nodes(struct capture *c);

/* Disks and swap areas. */
void capture_disks(struct capture *c);

/* Sysctl values, transparent huge pages, what the kernel holds. */
void capture_kernel(struct capture *c);

/* The @max largest processes.  0 or -ENOMEM. */
int capture_tasks(struct capture *c, unsigned max);

#endif
