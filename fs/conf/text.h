/* SPDX-License-Identifier: MIT */
/*
 * text.h - the text of a machine file, and of the files that it includes.
 *
 * libconfig opens what an @include names by itself, whatever it is: a
 * directory ends the program in its scanner, a FIFO or a device never comes
 * to an end.  So what is included is looked at first: regular files only,
 * and none at all in a text that somebody writes to a running machine.
 *
 * Text is the caller's to free().  Errors: -errno.  No locks; any thread.
 */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include "fs/conf/key.h"

/* How many @include lines one machine file may lead to, all in all. */
#define CONF_MAX_INCLUDES 64u

/* libconfig's own limit: a file in a file in a file ... */
#define CONF_MAX_INCLUDE_DEPTH 10u

/*
 * The whole of file @path.  Also -EFBIG: longer than CONF_MAX_FILE; -EINVAL:
 * not text.
 */
int conf_text_read(const char *path, char **text);

/*
 * Look at every @include line of @text, whose files are sought in @dir (NULL:
 * none is allowed), and at those of the files themselves.  What libconfig
 * must not open is an error in @c; what is not there it may tell itself.
 */
void conf_text_check(struct conf *c, const char *dir, const char *text);

#endif
