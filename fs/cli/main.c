/* SPDX-License-Identifier: MIT */
/*
 * main.c - reclaimfs: a Linux machine's memory as a file system.
 *
 * Finds the command in a table and runs it; each is a file of its own.  What
 * all commands share (usage, messages, reading a machine) is here as well.
 * Only main() decides how the process ends.  RECLAIMFS_VERSION comes from
 * the build.  One thread, no locks.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cli/cmd.h"
#include "fs/conf/machine_conf.h"

static const struct cmd *const cmds[] = {
	&cmd_mount,
	&cmd_run,
	&cmd_replay,
	&cmd_capture,
	&cmd_check,
};

#define NR_CMDS (sizeof(cmds) / sizeof(cmds[0]))

void cmd_warn(const char *fmt, ...)
{
	va_list ap;

	fputs("reclaimfs: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int cmd_help(const struct cmd *cmd)
{
	printf("usage: reclaimfs %s %s\n\n%s\n", cmd->name, cmd->args,
	       cmd->summary);
	if (cmd->help)
		printf("\n%s", cmd->help);
	return CMD_OK;
}

int cmd_usage(const struct cmd *cmd)
{
	fprintf(stderr,
		"usage: reclaimfs %s %s\n"
		"`reclaimfs %s --help` says more.\n",
		cmd->name, cmd->args, cmd->name);
	return CMD_USAGE;
}

int cmd_load_machine(const char *path, struct vm_machine *m)
{
	char *messages;
	int err;

	if (path)
		err = machine_conf_read(path, m, &messages);
	else
		err = machine_conf_parse("default.conf", machine_conf_default,
					 m, &messages);
	if (err)
		fputs(messages ? messages : "reclaimfs: out of memory\n",
		      stderr);
	free(messages);
	if (err == -ENOMEM)
		return CMD_FAIL;
	return err ? CMD_USAGE : CMD_OK;
}

static void usage(FILE *f)
{
	size_t i;

	fputs("usage: reclaimfs COMMAND [ARGUMENTS]\n"
	      "\n"
	      "A Linux machine's memory to tune, load and break, as files.\n"
	      "\n",
	      f);
	for (i = 0; i < NR_CMDS; i++)
		fprintf(f, "  %-8s %s\n", cmds[i]->name, cmds[i]->summary);
	fputs("\n"
	      "`reclaimfs COMMAND --help` says more about one.\n"
	      "Exit codes: 0 done, 1 failure, 2 usage or bad input.\n",
	      f);
}

static int run(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		usage(stderr);
		return CMD_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		usage(stdout);
		return CMD_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("reclaimfs " RECLAIMFS_VERSION);
		return CMD_OK;
	}
	for (i = 0; i < NR_CMDS; i++) {
		if (!strcmp(argv[1], cmds[i]->name))
			return cmds[i]->run(argc - 1, argv + 1);
	}
	cmd_warn("%s: no such command", argv[1]);
	usage(stderr);
	return CMD_USAGE;
}

int main(int argc, char **argv)
{
	int code = run(argc, argv);

	if (fflush(stdout) || ferror(stdout)) {
		cmd_warn("standard output: write error");
		return code ? code : CMD_FAIL;
	}
	return code;
}
