/* SPDX-License-Identifier: MIT */
/*
 * texts.h - what must hold in a text that was read from a mount.
 *
 *	why = text_wrong("/proc/meminfo", text, len);
 *	if (why)
 *		...the server has answered half a truth...
 *
 * The text is one read from its start to its end: lines, without a byte that
 * no text has.  For files that are known here each line is parsed, and what
 * one file says twice must be the same: sums of lists, of scanned and stolen
 * pages, of resident memory, of the orders that a line of buddyinfo has.
 * Between two files nothing is compared; the machine may have moved.
 *
 * No state, no locks; nothing is kept of what is passed.
 */
#ifndef HOSTILE_TEXTS_H
#define HOSTILE_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

/* @path below the mount: its whole text consists of lines. */
bool text_of_lines(const char *path);

/*
 * NULL, or what is wrong with the @len bytes of @text, a C string, which was
 * all of @path below the mount.
 */
const char *text_wrong(const char *path, const char *text, size_t len);

#endif
