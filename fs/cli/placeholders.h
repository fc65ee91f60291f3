/* SPDX-License-Identifier: MIT */
/*
 * placeholders.h - real processes in the place of simulated tasks.
 *
 * So that kill, pkill and pidfd_open find what ps shows, every simulated task
 * has a process of its pid and name in the private pid namespace.  It does
 * nothing.  A signal that ends it ends the task; the end of the task ends it
 * by SIGKILL.  A kernel thread's is a zombie from the start, which signals
 * reach and do not harm.
 *
 * A small process, the keeper, is the parent of them all, since the server
 * is large and has threads.  Two sockets join them: one for questions with
 * an answer, one for news in both directions.  A dead placeholder keeps its
 * pid until the task is gone.
 *
 *	init:	 placeholders_pipe(fd); clone: placeholders_keep(fd)
 *	server:	 placeholders_open(&p, fd); placeholders_all(p);
 *		 ...mount...; placeholders_start(p, ops); ...;
 *		 placeholders_close(p)
 *
 * Locking: placeholders_place() one at a time, under the session's lock;
 * placeholders_end() from anywhere, it does not wait.
 * Errors: -errno.
 */
#ifndef CLI_PLACEHOLDERS_H
#define CLI_PLACEHOLDERS_H

#include <stdbool.h>
#include <sys/types.h>

struct host;
struct placeholders;
struct vm;

/* The ends of the two sockets: [0] the server's, [1] the keeper's. */
struct placeholder_pipe {
	int ask[2];
	int news[2];
};

int placeholders_pipe(struct placeholder_pipe *pipe);

/* The keeper's process: does not return. */
void placeholders_keep(const struct placeholder_pipe *pipe)
	__attribute__((noreturn));

/*
 * As fork(), with a pid of the caller's choice in the innermost namespace (0:
 * the kernel's).  -EEXIST if it is taken, -EINVAL if it is no pid, -EPERM.
 * The child has one thread, whose own idea of its thread id is its parent's:
 * what is to use threads must start one.
 */
pid_t placeholders_fork(int pid);

/* In the server: take its ends over.  Borrows @host and @vm.  0 or -ENOMEM. */
int placeholders_open(struct placeholders **pp,
		      const struct placeholder_pipe *pipe, struct vm *vm,
		      struct host *host);

/* One for every task there is.  A pid that is taken is left out. */
void placeholders_all(struct placeholders *p);

/*
 * Listen to the keeper, in a thread; kills are told to @ops.  0 or -EAGAIN.
 */
struct oplog;
int placeholders_start(struct placeholders *p, struct oplog *ops);

/* NULL is fine. */
void placeholders_close(struct placeholders *p);

#endif
