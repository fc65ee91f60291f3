/* SPDX-License-Identifier: MIT */
/*
 * report.h - `run --report`: what came of it.
 *
 * The process outside (run.c) looks at the mount as anybody could: the
 * settings before the command starts and after it has ended, the counters of
 * vmstat and pressure, sandbox/refused, and sandbox/events all the time.
 *
 *	report_begin(&r, where)			the server is ready
 *	poll(report_fd(r)) -> report_look(r)	while the command runs
 *	report_end(r, stderr)			it has ended
 *	report_free(r)
 *
 * Ownership: borrows @where.  One thread, no locks.
 * Errors: -errno, and what the user should know has been printed.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdbool.h>
#include <stdio.h>

struct report;

/* Remember how it was at first. */
int report_begin(struct report **rp, const char *where);

/* Readable when there are events. */
int report_fd(const struct report *r);

/* Take what there is, do not wait. */
void report_look(struct report *r);

/* Take the rest of the events; write the report to @f. */
void report_end(struct report *r, FILE *f);

/* NULL is fine. */
void report_free(struct report *r);

#endif
