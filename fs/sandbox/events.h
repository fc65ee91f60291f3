/* SPDX-License-Identifier: MIT */
/*
 * events.h - MNT/sandbox/events: what happens, one JSON object a line.
 *
 *	{"seq":17,"time_ns":4012000000,"event":"kswapd_wake","cpu":0,
 *	 "pid":41,"comm":"kswapd0","node":0,"order":0}
 *
 * A reader starts with the oldest event that the ring still has and then
 * waits for the next, as with /dev/kmsg; O_NONBLOCK and poll work.  A reader
 * who is too slow gets {"lost":N} in place of what he missed.  The names of
 * events are the engine's (vm_event_type_name).  Not in the ring are the
 * tracepoints that come with every batch of pages: they are the tracing
 * files' matter and would drive everything else out.
 *
 * What came from outside is in it too, where it happened (oplog.h): with the
 * first line, the machine, that is a run that can be played again.
 *
 * The ring has EVENTS_MAX places.
 *
 * Locking: the ring's (fs/vfs/ring.h), the last of all: taken by
 * events_add() below the engine's and by readers below the session's.
 */
#ifndef SANDBOX_EVENTS_H
#define SANDBOX_EVENTS_H

#include <vm/trace.h>

#include "fs/vfs/file.h"
#include "fs/vfs/pack.h"

#define EVENTS_MAX 8192u

struct events;
struct events_tail;
struct oplog;
struct ring_place;

extern const struct file_ops events_ops;

/* 0 or -ENOMEM. */
int events_create(struct events **ep);
void events_destroy(struct events *e);

/* Keep @ev.  Quick; from the engine's observer, with its lock held. */
void events_add(struct events *e, const struct vm_event *ev);

/* Line @nr of the log of ops comes here, and where its text is. */
void events_add_op(struct events *e, uint64_t time_ns, uint64_t nr);
void events_set_oplog(struct events *e, struct oplog *l);

/* One who must see all, and his place in the ring; NULL: nobody. */
void events_set_tail(struct events *e, struct events_tail *t,
		     struct ring_place *at);

/* Let him see all that is there now. */
void events_flush(struct events *e);

/* Append the next line for @at, and step on; false if there is none. */
bool events_line(struct events *e, struct ring_place *at, struct strbuf *sb);

/* Save all that are there, or load into new ones. */
void events_pack(struct events *e, struct pack *p);

/* @e gets what @from has; its readers are told {"lost":N}. */
void events_replace(struct events *e, struct events *from);

#endif
