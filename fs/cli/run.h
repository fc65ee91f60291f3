/* SPDX-License-Identifier: MIT */
/*
 * run.h - the processes of `reclaimfs run`.
 *
 *	run.c		outside: enters the namespaces, waits, ends alike
 *	run_init.c	pid 1 inside: starts the others, reaps
 *	run_command.c	becomes the command
 *
 * The first has no part in the pid namespace; the second ends it for all.
 * Errors are said on stderr by whoever meets them.
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct server;
struct server_options;

/* As the shell and env(1) have it. */
enum { RUN_NOT_RUN = 126, RUN_NOT_FOUND = 127, RUN_SIGNALLED = 128 };

/* Signals that are not for us but for the command. */
#define RUN_PASSED_ON SIGTERM, SIGHUP, SIGUSR1, SIGUSR2

/* What the outside hands to pid 1. */
struct run_init {
	struct server *sv; /* with its machine */
	struct server_options *options;
	char **command;
	const char *where; /* the mount point of the tree */
	char *cwd;	   /* of the command, or NULL */
	int pid_max;	   /* of the host */
	sigset_t mask;	   /* the command's */
	int control;	   /* its end of the socket to the outside */
	int code;	   /* to exit with if there was no command to run */
};

/*
 * What goes over that socket, an int each: pid 1 says that all mounts stand,
 * is told to go on, gives the command's wait status, is told to end.
 */
enum { RUN_READY = -2, RUN_GO = -3, RUN_END = -4 };

/* An int over the socket; false if nobody is there any more. */
bool run_say(int control, int what);
bool run_hear(int control, int *what);

/* Pid 1: does not return. */
void run_init(struct run_init *in) __attribute__((noreturn));

/* The host's, before /proc is anything else. */
int run_pid_max(void);

/* How the command's process and pid 1 meet. */
struct run_gate {
	int wants_fd; /* the command writes: map my ids */
	int go_fd;    /* and reads: they are */
};

/* The command's process: does not return. */
void run_command(const struct run_init *in, const struct run_gate *gate,
		 int syscalls_fd) __attribute__((noreturn));

#endif
