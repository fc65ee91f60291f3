/* SPDX-License-Identifier: MIT */
/*
 * notify.c - the notifier: readers and pollers who wait for something.
 *
 * A parked read is a request that found nothing; an armed poll is a file
 * whose poller wants to be told.  Both wait for a struct file_source.  Who
 * wakes a source only counts and posts a semaphore, so an observer may do so
 * under the engine's lock; the notifier's thread then asks the handlers
 * again and answers.
 *
 * No wake is lost: the waiter is linked first, and the notifier looks at it
 * once more after that (notifier_park() posts the semaphore itself; a poll
 * handler is asked after notifier_arm()).
 *
 * The thread also gets the request loop out of its read(2) when the session
 * is to end (a signal that arrives just before the read would be lost).
 *
 * Locks: session.lock; file_source is lock free.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "fs/vfs/session_impl.h"

#define KICK_NS 20000000 /* between two tries to stop the loop */

void wait_link(struct wait_list *list, struct file_wait *w)
{
	w->prev = NULL;
	w->next = list->first;
	if (w->next)
		w->next->prev = w;
	list->first = w;
}

void wait_unlink(struct wait_list *list, struct file_wait *w)
{
	if (w->next)
		w->next->prev = w->prev;
	if (w->prev)
		w->prev->next = w->next;
	else
		list->first = w->next;
}

void notifier_post(struct notifier *n)
{
	sem_post(&n->sem);
}

void file_source_wake(struct file_source *src)
{
	struct notifier *n;

	atomic_fetch_add(&src->nr_wakes, 1);
	if (!atomic_load(&src->nr_waiting))
		return;
	n = atomic_load(&src->notifier);
	if (n)
		notifier_post(n);
}

static void source_hold(struct session *s, struct file_source *src)
{
	atomic_store(&src->notifier, &s->notifier);
	atomic_fetch_add(&src->nr_waiting, 1);
}

static void source_drop(struct file_source *src)
{
	atomic_fetch_sub(&src->nr_waiting, 1);
}

void notifier_park(struct session *s, struct file_wait *w)
{
	source_hold(s, w->source);
	wait_link(&s->parked, w);
	notifier_post(&s->notifier);
}

void notifier_unpark(struct session *s, struct file_wait *w)
{
	wait_unlink(&s->parked, w);
	source_drop(w->source);
}

void notifier_arm(struct file_call *call, struct fuse_pollhandle *ph)
{
	struct session *s = call->session;
	struct file *f = call->rq.file;
	const struct file_ops *ops = f->node->entry->ops;
	struct file_source *src = ops && ops->source ? ops->source(&call->rq) :
						       NULL;

	notifier_disarm(s, f);
	if (!src) {
		fuse_pollhandle_destroy(ph);
		return;
	}
	f->poll = ph;
	f->polled = src;
	f->polled_wakes = atomic_load(&src->nr_wakes);
	f->prev = NULL;
	f->next = s->armed;
	if (f->next)
		f->next->prev = f;
	s->armed = f;
	source_hold(s, src);
}

void notifier_disarm(struct session *s, struct file *f)
{
	if (!f->poll)
		return;
	if (f->next)
		f->next->prev = f->prev;
	if (f->prev)
		f->prev->next = f->next;
	else
		s->armed = f->next;
	source_drop(f->polled);
	fuse_pollhandle_destroy(f->poll);
	f->poll = NULL;
}

void session_vanished(struct session *s, const struct tree_index *index,
		      const char *name)
{
	struct vanished *v = calloc(1, sizeof(*v));

	if (!v)
		return; /* opening it will say so */
	v->index = index;
	strncpy(v->name, name, sizeof(v->name) - 1);
	pthread_mutex_lock(&s->vanished_lock);
	v->next = s->vanished;
	s->vanished = v;
	pthread_mutex_unlock(&s->vanished_lock);
	notifier_post(&s->notifier);
}

/* Every directory that could have had the child: they hang on no number. */
static void forget(struct session *s, const struct vanished *v)
{
	static const uint32_t no_index[TREE_MAX_INDEX];
	const struct tree_node *node;
	uint32_t id;

	for (id = TREE_ROOT; id < s->tree->nr; id++) {
		node = &s->tree->node[id];
		if (node->index != v->index || node->depth != 1)
			continue;
		fuse_lowlevel_notify_inval_entry(
			s->fuse, tree_ino(node->parent, no_index), v->name,
			strlen(v->name));
	}
}

static struct vanished *take_vanished(struct session *s)
{
	struct vanished *v;

	pthread_mutex_lock(&s->vanished_lock);
	v = s->vanished;
	s->vanished = NULL;
	pthread_mutex_unlock(&s->vanished_lock);
	return v;
}

void vanished_flush(struct session *s)
{
	struct vanished *v, *next;

	pthread_mutex_lock(&s->flush_lock);
	v = take_vanished(s);
	if (v) {
		/* A lookup that still found it is answered after this. */
		pthread_mutex_lock(&s->lock);
		pthread_mutex_unlock(&s->lock);
	}
	for (; v; v = next) {
		next = v->next;
		if (atomic_load(&s->mounted))
			forget(s, v);
		free(v);
	}
	pthread_mutex_unlock(&s->flush_lock);
}

/* Ask the handler of a parked read again; answer if it has something. */
static void retry_read(struct session *s, struct file_wait *w)
{
	DECLARE_STRBUF(sb, 4096);
	int err;

	err = w->rq.entry->ops->read(&w->rq, &sb, w->size, w->offset);
	if (err != -EAGAIN) {
		notifier_unpark(s, w);
		file_reply_read(w->req, err ? err : strbuf_error(&sb),
				sb.bytes, sb.len);
		free(w);
	}
	strbuf_release(&sb);
}

static void retry_all(struct session *s)
{
	struct file_wait *w, *next;

	for (w = s->parked.first; w; w = next) {
		next = w->next;
		retry_read(s, w);
	}
}

/* Tell the pollers of woken sources; they ask again and arm again. */
static void tell_pollers(struct session *s)
{
	struct file *f, *next;

	for (f = s->armed; f; f = next) {
		next = f->next;
		if (atomic_load(&f->polled->nr_wakes) == f->polled_wakes)
			continue;
		fuse_lowlevel_notify_poll(f->poll);
		notifier_disarm(s, f);
	}
}

/* Wait to be posted; while the loop is to stop, no longer than KICK_NS. */
static void notifier_wait(struct session *s)
{
	struct timespec until;

	if (!atomic_load(&s->stopping)) {
		while (sem_wait(&s->notifier.sem) && errno == EINTR)
			;
		return;
	}
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += KICK_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	sem_timedwait(&s->notifier.sem, &until);
}

static void *notifier_main(void *arg)
{
	struct session *s = arg;

	while (!atomic_load(&s->notifier.stop)) {
		notifier_wait(s);
		if (atomic_load(&s->stopping)) {
			pthread_kill(s->loop, SIGURG);
			continue;
		}
		pthread_mutex_lock(&s->lock);
		retry_all(s);
		tell_pollers(s);
		pthread_mutex_unlock(&s->lock);
		vanished_flush(s);
	}
	return NULL;
}

int notifier_start(struct session *s)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&s->notifier.thread, NULL, notifier_main, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	s->notifier.started = !err;
	return -err;
}

void notifier_stop(struct session *s)
{
	if (!s->notifier.started)
		return;
	atomic_store(&s->notifier.stop, true);
	notifier_post(&s->notifier);
	pthread_join(s->notifier.thread, NULL);
	s->notifier.started = false;
}
