/* SPDX-License-Identifier: MIT */
/*
 * log.h - the kernel log of a replay, against that of the recording.
 *
 * Two logs of the same events have the same lines in the same order, but for
 * the figures in them.  So lines are compared in a plain form: every number is
 * N, every name of a task X, a mask of allocation flags M, and the letters
 * behind the counts of buddy lists are gone.  Not compared, and in no file:
 * call frames, registers, what names the machine (CPU, Tainted, Hardware),
 * rows of the recorder's own tools in the task table, and the report of a
 * victim's own request that fails for what per-CPU lists hold (README.md).
 *
 * A file holds lines in that form; '#' begins a comment.  Errors are failed
 * rows.  One thread, no locks but the log's.
 */
#ifndef TESTS_DYNAMICS_LOG_H
#define TESTS_DYNAMICS_LOG_H

#include "dynamics/replay.h"

/* Room for a line; longer ones are cut, in the same way on both sides. */
#define LOG_LINE_MAX 1024

/* Begin a log for r->vm.  False, with a complaint, if there is no memory. */
bool log_open(struct replay *r);

/* The observer hands on what happens: the log makes lines of it. */
void log_event(struct replay *r, const struct vm_event *ev);

/* A "log" command: a row, and the first line that differs. */
void log_compare(struct replay *r, const char *name);

/* The end of it, before the machine's. */
void log_close(struct replay *r);

/* Pure: @line in its plain form; false if it is not compared. */
bool log_plain(char out[LOG_LINE_MAX], const char *line);

#endif
