/* SPDX-License-Identifier: MIT */
/*
 * no_cmd.c - what main.c gives the subcommands, for tests that call them.
 *
 * All but cmd_warn(): each test hears for itself what is said.
 */
#include "fs/cli/cmd.h"

int cmd_help(const struct cmd *cmd)
{
	(void)cmd;
	return CMD_OK;
}

int cmd_usage(const struct cmd *cmd)
{
	(void)cmd;
	return CMD_USAGE;
}

int cmd_load_machine(const char *path, struct vm_machine *m)
{
	(void)path;
	(void)m;
	return CMD_FAIL;
}
