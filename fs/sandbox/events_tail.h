/* SPDX-License-Identifier: MIT */
/*
 * events_tail.h - all events, none lost, as they come: `--events FILE`.
 *
 * Readers of sandbox/events get {"lost":N} when they are too slow.  A tail
 * is never: a thread of its own takes what there is, and whoever adds an
 * event when the ring is full of others that the tail has not seen takes
 * them out himself before.  When a write to one of the files returns, what
 * it caused has been given to the sink as well.
 *
 *	struct events_fd to = { .fd = fd };
 *
 *	events_tail_create(&t, events, events_tail_to_fd, &to);
 *	events_tail_start(t);		after fork(); or never: then whoever
 *					adds events does it all
 *	events_tail_drain(t);		all there is now, now
 *	events_tail_destroy(t);		the same, and the end
 *
 * The sink of a descriptor waits for who reads a pipe as long as he takes
 * something.  Who takes nothing for a second is not waited for any more: for
 * the lines that he does not get there is one {"lost":N} when he reads again.
 *
 * A sink gets whole lines, many at once, and gives 0 or -errno; after an
 * error it gets no more.  It must not touch the machine, which may be held.
 *
 * Ownership: borrows the events; one tail for one struct events.
 * Locking: tail.lock, around the sink; taken below the engine's.
 */
#ifndef SANDBOX_EVENTS_TAIL_H
#define SANDBOX_EVENTS_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/vfs/strbuf.h"

struct events;
struct events_tail;

typedef int events_sink(void *arg, const char *lines, size_t len);

struct events_fd {
	int fd;		     /* O_NONBLOCK if it may be a pipe */
	bool stuck;	     /* nobody has taken anything for long */
	uint64_t nr_lost;    /* lines, that have not been told yet */
	struct strbuf rest;  /* of a line that has begun */
};

/*
 * A sink: write to the struct events_fd that @arg points to.  Without lines
 * at the end: what is left over, and how many were lost.
 */
int events_tail_to_fd(void *arg, const char *lines, size_t len);

/* 0 or -ENOMEM; -EAGAIN if there is no thread to be had. */
int events_tail_create(struct events_tail **tp, struct events *events,
		       events_sink *sink, void *arg);
int events_tail_start(struct events_tail *t);
void events_tail_drain(struct events_tail *t);

/* The sink's first error, and no more of it.  NULL is fine. */
int events_tail_destroy(struct events_tail *t);

/* For events.c: before an event is added, and after. */
void events_tail_room(struct events_tail *t);
void events_tail_added(struct events_tail *t);

#endif
