/* SPDX-License-Identifier: MIT */
/*
 * background.h - a server that stays when its command returns.
 *
 *	o.ready = background_ready;
 *	if (background(serve, &args, &code))
 *		...the parent: the mount answers, or code says it does not...
 *
 * As other FUSE programs do it: the process forks, and the command returns
 * when the mount answers.  Fork before there are threads.
 *
 * Errors: said on stderr by whoever meets them; codes are cmd.h's.
 */
#ifndef CLI_BACKGROUND_H
#define CLI_BACKGROUND_H

#include <stdbool.h>

/*
 * Call @serve in a process of its own, whose exit code is what it returns.
 * True in the parent, *@code is the command's; false in the child, when
 * @serve has returned *@code.
 */
bool background(int (*serve)(void *arg), void *arg, int *code);

/* For server_options.ready: the command may return.  Also if there is none. */
void background_ready(void *arg);

/*
 * Where @mountpoint is, from the root: the caller's to free(); or NULL, and
 * why nothing can be mounted there has been said.  mount(2) would say so too,
 * but in its own words and behind a fork.
 */
char *mount_path(const char *mountpoint);

#endif
