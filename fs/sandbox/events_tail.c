/* SPDX-License-Identifier: MIT */
/*
 * events_tail.c - all events, none lost, as they come (events_tail.h).
 *
 * A reader of the ring like others, but one that those who add wait for.
 * Called by fs/cli (life) and events.c (news).  Locks: tail.lock, held while
 * lines are made and given to the sink, so that they stay in order.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/sandbox/events.h"
#include "fs/sandbox/events_tail.h"
#include "fs/vfs/ring.h"

/* Lines for the sink at a time, about. */
#define BATCH_BYTES (64u << 10)

/* Who adds takes the old ones out when there is room for so many only. */
#define ROOM_MIN 64u

/* Who reads a pipe and takes nothing for so long is not waited for. */
#define STALL_MS 1000

struct events_tail {
	struct events *events;
	events_sink *sink;
	void *arg;
	pthread_mutex_t lock;
	struct ring_place at;
	struct strbuf lines;
	int err;
	_Atomic uint64_t added, taken; /* events */
	pthread_t thread;
	bool started;
	sem_t wake;
	_Atomic bool awake, stop;
};

/* As much as is taken: how many bytes, or -errno. */
static ssize_t write_some(struct events_fd *to, const char *at, size_t len)
{
	struct pollfd on = { .fd = to->fd, .events = POLLOUT };
	size_t done = 0;
	ssize_t nr;

	while (done < len) {
		nr = write(to->fd, at + done, len - done);
		if (nr >= 0) {
			to->stuck = false;
			done += (size_t)nr;
		} else if (errno == EAGAIN) {
			to->stuck = !poll(&on, 1, STALL_MS);
			if (to->stuck)
				break;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return (ssize_t)done;
}

/* Whether nobody reads still; once found out, it is not waited for. */
static bool is_stuck(const struct events_fd *to)
{
	struct pollfd on = { .fd = to->fd, .events = POLLOUT };

	return to->stuck && !poll(&on, 1, 0);
}

/* What a line, that has begun, still lacks. */
static int write_rest(struct events_fd *to)
{
	ssize_t nr = write_some(to, to->rest.bytes, to->rest.len);

	if (nr < 0)
		return (int)nr;
	to->rest.len -= (size_t)nr;
	if (nr && to->rest.len)
		memmove(to->rest.bytes, to->rest.bytes + nr, to->rest.len);
	return 0;
}

/* The line about those that are missing. */
static int write_lost(struct events_fd *to)
{
	int err;

	if (!to->nr_lost || to->rest.len)
		return 0;
	strbuf_printf(&to->rest, "{\"lost\":%llu}\n",
		      (unsigned long long)to->nr_lost);
	err = strbuf_error(&to->rest);
	if (err)
		return err;
	to->nr_lost = 0;
	return write_rest(to);
}

static uint64_t count_lines(const char *at, const char *end)
{
	uint64_t nr = 0;

	for (; at < end; at++)
		nr += *at == '\n';
	return nr;
}

int events_tail_to_fd(void *arg, const char *lines, size_t len)
{
	struct events_fd *to = arg;
	const char *end = lines + len, *at;
	ssize_t nr = 0;
	int err;

	if (is_stuck(to)) {
		to->nr_lost += count_lines(lines, end);
		return 0;
	}
	err = write_rest(to);
	if (!err)
		err = write_lost(to);
	if (err || !len)
		return err;
	if (!to->rest.len)
		nr = write_some(to, lines, len);
	if (nr < 0)
		return (int)nr;
	at = lines + nr;
	if (nr && at < end && at[-1] != '\n') {
		lines = at;
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : end;
		strbuf_push(&to->rest, lines, (size_t)(at - lines));
	}
	to->nr_lost += count_lines(at, end);
	return strbuf_error(&to->rest);
}

int events_tail_create(struct events_tail **tp, struct events *events,
		       events_sink *sink, void *arg)
{
	struct events_tail *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	if (sem_init(&t->wake, 0, 0)) {
		free(t);
		return -ENOMEM;
	}
	t->events = events;
	t->sink = sink;
	t->arg = arg;
	pthread_mutex_init(&t->lock, NULL);
	events_set_tail(events, t, &t->at);
	*tp = t;
	return 0;
}

/* Some lines to the sink; false when there are no more.  The lock is held. */
static bool drain_some(struct events_tail *t)
{
	uint64_t nr = 0;

	strbuf_clear(&t->lines);
	while (t->lines.len < BATCH_BYTES &&
	       events_line(t->events, &t->at, &t->lines))
		nr++;
	if (!t->err)
		t->err = strbuf_error(&t->lines);
	if (!t->err && t->lines.len)
		t->err = t->sink(t->arg, t->lines.bytes, t->lines.len);
	atomic_fetch_add(&t->taken, nr);
	return nr;
}

void events_tail_drain(struct events_tail *t)
{
	pthread_mutex_lock(&t->lock);
	while (drain_some(t))
		;
	pthread_mutex_unlock(&t->lock);
}

void events_tail_room(struct events_tail *t)
{
	if (atomic_load(&t->added) - atomic_load(&t->taken) <
	    EVENTS_MAX - ROOM_MIN)
		return;
	pthread_mutex_lock(&t->lock);
	drain_some(t);
	pthread_mutex_unlock(&t->lock);
}

void events_tail_added(struct events_tail *t)
{
	atomic_fetch_add(&t->added, 1);
	if (t->started && !atomic_exchange(&t->awake, true))
		sem_post(&t->wake);
}

static void *tail_main(void *arg)
{
	struct events_tail *t = arg;

	while (!atomic_load(&t->stop)) {
		while (sem_wait(&t->wake) && errno == EINTR)
			;
		atomic_store(&t->awake, false);
		events_tail_drain(t);
	}
	return NULL;
}

int events_tail_start(struct events_tail *t)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&t->thread, NULL, tail_main, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	t->started = !err;
	if (t->started)
		sem_post(&t->wake); /* for what was there before */
	return -err;
}

int events_tail_destroy(struct events_tail *t)
{
	int err;

	if (!t)
		return 0;
	if (t->started) {
		atomic_store(&t->stop, true);
		sem_post(&t->wake);
		pthread_join(t->thread, NULL);
	}
	events_set_tail(t->events, NULL, NULL);
	events_tail_drain(t);
	err = t->err;
	strbuf_release(&t->lines);
	sem_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	free(t);
	return err;
}
