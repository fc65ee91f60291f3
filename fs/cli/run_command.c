/* SPDX-License-Identifier: MIT */
/*
 * run_command.c - the process that becomes the command.
 *
 * A child of pid 1.  It locks itself in (namespace_confine()), goes back to
 * where the user stood, by name, so that no mount of before is held, and says
 * in the environment where it is.
 *
 * The prompt: bash takes it from its start-up files, so PROMPT_COMMAND puts
 * the name before it, once; other shells take PS1 as it comes.
 *
 * Called by run_init.c.  One thread, no locks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/cli/cmd.h"
#include "fs/cli/namespace.h"
#include "fs/cli/run.h"
#include "fs/cli/syscalls.h"

#define CONTROL_DIR_LEN 256

static void set_prompt(const char *command)
{
	const char *name = strrchr(command, '/');

	name = name ? name + 1 : command;
	if (!isatty(STDIN_FILENO))
		return;
	if (!strcmp(name, "bash"))
		setenv("PROMPT_COMMAND",
		       "PS1=\"(reclaimfs) $PS1\"; unset PROMPT_COMMAND", 1);
	else if (!strcmp(name, "sh") || !strcmp(name, "dash"))
		setenv("PS1", "(reclaimfs) # ", 1);
}

static void set_environment(const struct run_init *in)
{
	char control[CONTROL_DIR_LEN];

	snprintf(control, sizeof(control), "%s/sandbox", in->where);
	setenv("RECLAIMFS", control, 1);
	set_prompt(in->command[0]);
}

/* A directory that is not there any more, or never was by this name. */
static void go_back(const struct run_init *in)
{
	if (in->cwd && !chdir(in->cwd))
		return;
	cmd_warn("%s: %s; in / instead", in->cwd ? in->cwd : ".",
		 strerror(errno));
	if (chdir("/"))
		_exit(RUN_NOT_RUN);
}

void run_command(const struct run_init *in, const struct run_gate *gate,
		 int syscalls_fd)
{
	int err;

	if (namespace_confine(gate->wants_fd, gate->go_fd))
		_exit(RUN_NOT_RUN);
	go_back(in);
	set_environment(in);
	err = syscalls_install(syscalls_fd);
	if (err)
		cmd_warn("run: sysinfo(2) and swapon(2) are the host's: %s",
			 strerror(-err));
	sigprocmask(SIG_SETMASK, &in->mask, NULL);
	execvp(in->command[0], in->command);
	err = errno;
	cmd_warn("%s: %s", in->command[0], strerror(err));
	_exit(err == ENOENT ? RUN_NOT_FOUND : RUN_NOT_RUN);
}
