/* SPDX-License-Identifier: MIT */
/*
 * server.h - a machine and its mount in one process; what mount and run share.
 *
 *	server_options_add(&o, "clock=virtual,seed=7");
 *	code = server_load(&sv, &o, path);
 *	...fork as you like: nothing has threads yet...
 *	err = server_create(&sv, &o);
 *	err = server_mount(&sv, "/mnt");
 *	err = server_run(&sv);
 *	server_destroy(&sv);
 *
 * server_run() starts the threads, calls options.ready from the request loop
 * as soon as the mount answers, and returns when it has been unmounted (0), on
 * a signal (its number), or -errno.
 *
 * Errors are -errno, and what the user should know has been printed.
 */
#ifndef CLI_SERVER_H
#define CLI_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <vm/vm.h>

#include "fs/cli/unmounter.h"
#include "fs/sandbox/checkpoint_file.h"
#include "fs/sandbox/events_tail.h"

struct machine_fs;
struct placeholder_pipe;
struct placeholders;
struct real_tasks;
struct sandbox;
struct session;
struct syscalls;

/* The longest list of options for FUSE, with its NUL. */
#define SERVER_FUSE_OPTS_LEN 1024

/* What `run` adds: a command lives inside (fs/proc/host.h). */
struct server_inside {
	const struct placeholder_pipe *pipe; /* NULL: no placeholders */
	int hidden[3];	 /* pids of our own; 0: none */
	int syscalls_fd; /* socket that the command's filter comes by, or -1 */
	bool real_memory; /* real processes hold memory of the machine */
	char hostname[65]; /* as uname(2) has it; "": the machine's own */
};

struct server_options {
	enum vm_world_kind clock; /* THREADS is "live" */
	uint32_t rate;	 /* thousandths, or DRIVER_RATE_MAX; live only */
	bool rate_given;
	bool paused; /* live only */
	bool seed_given;
	uint64_t seed; /* instead of the machine's */
	bool debug;    /* libfuse's trace on stderr */
	bool no_real_memory; /* `run`: not even with a live clock */
	int events_fd; /* all events go there; or -1 */
	void (*ready)(void *arg); /* the mount answers; may be NULL */
	void *ready_arg;
	const struct server_inside *inside; /* NULL: nobody does */
	bool was_inside; /* played again: somebody did when it was logged */
	int checkpoints;     /* directory for them, or -1 */
	const char *restore; /* checkpoint to start from, or NULL */
	char fuse_opts[SERVER_FUSE_OPTS_LEN]; /* all that are not ours */
};

struct server {
	struct vm_machine machine; /* filled in by the caller; ours to fini */
	struct checkpoint_in restore; /* server_load(); or none */
	bool refused; /* server_create(): what it says cannot be restored */
	struct vm *vm;
	struct machine_fs *mf;
	struct sandbox *sandbox;
	struct events_tail *tail; /* or NULL */
	struct events_fd events_to;
	struct session *session;
	const char *where; /* the mount point, borrowed */
	struct placeholders *places; /* or NULL */
	struct syscalls *syscalls;   /* or NULL */
	struct real_tasks *reals;    /* or NULL */
	int syscalls_fd;	     /* for them, or 0 */
	bool real_memory;
	struct unmounter unmounter; /* or all 0 */
	bool hardened; /* server_run() closes the doors first (harden.h) */
	bool inside;   /* so it does where a command lives in the machine */
};

/* The live clock at real time. */
void server_options_init(struct server_options *o);

/*
 * Take a list as it stands behind -o: checkpoints=, clock=, rate=, seed=,
 * paused are ours, the rest is FUSE's.  0; -EINVAL and a message for a bad
 * value of ours.
 */
int server_options_add(struct server_options *o, const char *list);

/* The directory for checkpoints; also -o checkpoints=.  0, or -EINVAL. */
int server_options_checkpoints(struct server_options *o, const char *dir);

/* After the last option: what does not go together.  0 or -EINVAL. */
int server_options_check(const struct server_options *o);

/*
 * Where all events are to go: the file @path, made or emptied, before the
 * first server is there; or a pipe that somebody reads (events_tail.h).  0,
 * or -errno and a message.
 */
int server_open_events(struct server_options *o, const char *path);

/*
 * Read the machine file @path (NULL: the built-in machine, or the
 * checkpoint's) and the checkpoint to start from, if there is one.  An exit
 * code as cmd_load_machine().
 */
int server_load(struct server *sv, const struct server_options *o,
		const char *path);

/*
 * Before server_create(), for a server that serves and does nothing else:
 * unmounting @mountpoint becomes another process's, so that server_run() can
 * close all doors behind it.  0, or -errno and a message.
 */
int server_set_apart(struct server *sv, const char *mountpoint);

int server_create(struct server *sv, const struct server_options *o);

/*
 * The exit code of a process that has served: for what server_run(), or the
 * call before it that failed, has returned.
 */
int server_exit_code(const struct server *sv, int err);

int server_mount(struct server *sv, const char *mountpoint);
int server_run(struct server *sv);
void server_destroy(struct server *sv);

#endif
