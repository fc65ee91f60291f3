/* SPDX-License-Identifier: MIT */
/*
 * cmd.h - a command of reclaimfs: its entry, and what all of them share.
 *
 * One command a file, its struct cmd at the top; main.c lists them.  A
 * command gets argv with its own name in argv[0] and returns the exit code:
 *
 *	CMD_OK     0  done
 *	CMD_FAIL   1  the system said no; a message on stderr says what
 *	CMD_USAGE  2  usage, or bad input; nothing was done
 *
 * `run` returns its command's own status instead.  No command calls exit().
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include <vm/machine.h>

enum { CMD_OK = 0, CMD_FAIL = 1, CMD_USAGE = 2 };

struct cmd {
	const char *name;
	const char *args;    /* behind the name in the usage line */
	const char *summary; /* one line, for --help */
	const char *help;    /* the options, a line each; NULL: none */
	int (*run)(int argc, char **argv);
};

extern const struct cmd cmd_capture;
extern const struct cmd cmd_check;
extern const struct cmd cmd_mount;
extern const struct cmd cmd_replay;
extern const struct cmd cmd_run;

/* "reclaimfs: ..." on stderr, a newline at the end. */
void cmd_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The usage of @cmd on stdout; CMD_OK. */
int cmd_help(const struct cmd *cmd);

/* A short usage on stderr; CMD_USAGE. */
int cmd_usage(const struct cmd *cmd);

/*
 * Read machine file @path, or take the built-in machine if that is NULL.
 * CMD_OK and @m is the caller's to fini; else what is wrong is on stderr:
 * CMD_USAGE, or CMD_FAIL if memory ran out.
 */
int cmd_load_machine(const char *path, struct vm_machine *m);

#endif
