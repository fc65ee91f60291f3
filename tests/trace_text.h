/* SPDX-License-Identifier: MIT */
/*
 * trace_text.h - an event of the engine as one line of a golden trace.
 *
 * The line begins with the event's name and has the fields that the
 * mechanism decides: nodes, orders, page counts.  It has no time, no CPU and
 * no frame number, so that a trace stays valid when a cost is tuned.
 *
 * Pure; no locks, no errors.
 */
#ifndef TESTS_TRACE_TEXT_H
#define TESTS_TRACE_TEXT_H

#include <stddef.h>

#include <vm/trace.h>

/* No line is longer, newline and NUL included. */
#define TRACE_TEXT_MAX 512

/* Write the line of @ev to @text (TRACE_TEXT_MAX bytes); its length. */
size_t trace_text(char *text, const struct vm_event *ev);

#endif
