/* SPDX-License-Identifier: MIT */
/*
 * oplog.h - what came from outside, in the log of events.
 *
 * A run is its machine, its seed and what was done to it, where it stood
 * then.  All of that is in the events (events.h), so that a log that begins
 * at the beginning can be played again (fs/cli/replay.h):
 *
 *	"event":"machine"  first of all: version, clock, whether real
 *		processes are in it, and as text the machine file, with the
 *		seed
 *	"event":"write"    op, path, offset, uid, gid, text: a write, before
 *		its handler has seen it; "read" the same, with its size, of
 *		the files whose reading does something, and "open" of
 *		those that are another when they are truncated
 *	"event":"kill", "swapon", "swapoff"	what `run` passes on
 *	"event":"interrupt", "close"	a signal has ended the wait of op; the
 *		file on which it lasted is closed
 *	"event":"done"     op, and its result, bytes or -errno; with what the
 *		handler asked of the caller beyond his ids (comm, caps)
 *
 * Each has its time_ns and, under a virtual clock, step: how many steps the
 * machine had done (vm_steps()).  The machine is held from the line to the
 * end of the handler, so what it did, it did there.  Ops of several clients
 * are in the order of their arrival, and so are their ends.
 *
 * Texts are whole.  A byte that is not printable ASCII is \u00XX, also above
 * 7f: decoded, every character is one byte.
 *
 * Ownership: borrows the machine and the events.  Errors: a line for which
 * there is no memory reads {"lost":1}.
 * Locking: the watch's functions under the session's lock; they hold the
 * machine (vm_hold()).  oplog.lock guards the lines and is a leaf.
 */
#ifndef SANDBOX_OPLOG_H
#define SANDBOX_OPLOG_H

#include <sys/types.h>

#include <vm/vm.h>

#include "fs/vfs/pack.h"
#include "fs/vfs/session.h"

/* The texts that are kept for readers have this many bytes at the most. */
#define OPLOG_BYTES_MAX (16u << 20)

struct events;
struct oplog;

/* For session_options.watch; its argument is the struct oplog. */
extern const struct session_watch oplog_watch;

/* 0 or -ENOMEM. */
int oplog_create(struct oplog **lp, struct vm *vm, struct events *events);
void oplog_destroy(struct oplog *l);

/* The first line: @m as it was booted; @inside: real processes are in it. */
void oplog_machine(struct oplog *l, const struct vm_machine *m, bool inside);

/* The number of the last op. */
uint64_t oplog_nr(const struct oplog *l);

/* A queued write is through. */
void oplog_done(struct oplog *l, uint64_t op, ssize_t result);

/*
 * A call that no file got: hold the machine, say what; the number is for
 * oplog_call_end(), which lets it go.
 */
uint64_t oplog_kill(struct oplog *l, int pid);
uint64_t oplog_swap(struct oplog *l, const char *what, uint32_t area,
		    int prio);
void oplog_call_end(struct oplog *l, uint64_t op, int result);

/*
 * Of the caller of the op under way @who was asked, as CRED_* in @want say
 * (machine_fs.h).  Played again, nobody need be asked: true, and @who has of
 * oplog_recall()'s what @want says.
 */
void oplog_asked(struct oplog *l, unsigned want, const struct vm_cred *who);
bool oplog_recalls(const struct oplog *l, unsigned want, struct vm_cred *who);
void oplog_recall(struct oplog *l, const struct vm_cred *who);

/* Append what line @nr says behind its number; false if it is gone. */
bool oplog_line(struct oplog *l, uint64_t nr, struct strbuf *sb);

/* The capabilities that matter as bits of CapEff, and back. */
uint64_t oplog_caps(const struct vm_cred *who);
void oplog_set_caps(struct vm_cred *who, uint64_t caps);

/* Save lines and numbers, or load them; then what @from has becomes @l's. */
void oplog_pack(struct oplog *l, struct pack *p);
void oplog_replace(struct oplog *l, struct oplog *from);

#endif
