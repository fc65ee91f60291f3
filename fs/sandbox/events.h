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

extern const struct file_ops events_ops;

/* 0 or -ENOMEM. */
int events_create(struct events **ep);
void events_destroy(struct events *e);

/* Keep @ev.  Quick; from the engine's observer, with its lock held. */
void events_add(struct events *e, const struct vm_event *ev);

/* Save all that are there, or load into new ones. */
void events_pack(struct events *e, struct pack *p);

/* @e gets what @from has; its readers are told {"lost":N}. */
void events_replace(struct events *e, struct events *from);

#endif
