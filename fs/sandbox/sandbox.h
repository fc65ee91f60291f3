/* SPDX-License-Identifier: MIT */
/*
 * sandbox.h - MNT/sandbox: the controls of the simulated machine.
 *
 *	clock/{mode,now,rate,state,seed}	the clock
 *	clock/{advance,settle}			let it go, wait for the end
 *	spawn					start a task
 *	tasks/<pid>/...				give a task work, ask how it is
 *	zones  events  machine  refused		look
 *	checkpoint  restore			keep a moment, go back
 *
 * One value a file, a newline at the end is fine.  A write whose effect
 * takes (virtual) time is answered when the effect is complete; a signal to
 * the writer takes it back.
 *
 * struct sandbox ties the files to one running machine: the driver that runs
 * it, the ring of events, and what is known of its tasks.
 *
 * Order of life, since requests wait in it until the engine ends them:
 *
 *	sandbox_create(&sb, vm, &machine);
 *	sandbox_start(sb);		after fork(): starts a thread
 *	...session_run()...		cancels what is in flight
 *	sandbox_stop(sb);		waits for its end, the thread ends
 *	session_destroy(s);
 *	machine_fs_destroy(mf);		nobody calls sandbox_observe() now
 *	sandbox_destroy(sb);
 *	vm_destroy(vm);
 *
 * Locking: the handlers run under the session's lock; the driver and the
 * ring have locks of their own, taken below it.  sandbox_observe() is called
 * with the engine's lock held and takes the ring's only.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <sys/types.h>

#include <vm/vm.h>

#include "fs/sandbox/checkpoint.h"
#include "fs/sandbox/refused.h"
#include "fs/vfs/tree.h"

struct driver;
struct events;
struct oplog;
struct registry;

struct sandbox {
	struct vm *vm;
	struct vm_machine *machine; /* as it was booted; borrowed */
	struct driver *driver;
	struct events *events;
	struct oplog *ops;
	struct registry *registry;
	struct refused refused;
	struct checkpoints checkpoints;
	char *spawned; /* what spawn answered last, or NULL */
};

/* The table of MNT/sandbox. */
extern const struct tree_dir sandbox_dir;

/* Borrows @vm and @machine until sandbox_destroy().  0 or -ENOMEM. */
int sandbox_create(struct sandbox **sbp, struct vm *vm,
		   struct vm_machine *machine);

/* Start the driver.  0 or -EAGAIN. */
int sandbox_start(struct sandbox *sb);

/* Before that: the live clock at rate "max".  In the sim world. */
void sandbox_start_max(struct sandbox *sb);

/* The clock is live, as clock/mode has it. */
bool sandbox_live(const struct sandbox *sb);

/*
 * Stop it: clock requests that wait are answered -EINTR, ops that have been
 * cancelled have ended when it returns.
 */
void sandbox_stop(struct sandbox *sb);

/* Free all.  NULL is fine. */
void sandbox_destroy(struct sandbox *sb);

/* To be called with every event of the machine (an observer's duty). */
void sandbox_observe(struct sandbox *sb, const struct vm_event *ev);

/* The sandbox of the mount that @rq is about. */
struct sandbox *sandbox_of(const struct tree_req *rq);

/* The longest value of a control file, with its NUL; spawn takes more. */
#define SANDBOX_VALUE_LEN 64

/*
 * What was written, as a string without the white space around it.  0, or
 * -EINVAL if it is empty, longer than a value can be, or not text.
 */
int sandbox_value(const char *text, size_t len, char value[SANDBOX_VALUE_LEN]);

#endif
