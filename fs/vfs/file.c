/* SPDX-License-Identifier: MIT */
/*
 * file.c - open files: text, offsets, writes, requests kept for later.
 *
 * The rules of file.h in one place, so that a virtual file is one line in a
 * table and one show.  Called by ops.c under the session's lock; calls the
 * handlers of the tables, and libfuse to answer.
 *
 * A closed file goes to a pool with its text buffer: an open, a read and a
 * close then allocate nothing.
 *
 * Locks: session.lock is held by the callers; file_complete() takes it.
 */
#define _GNU_SOURCE /* O_DIRECT */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "fs/vfs/session_impl.h"

static struct file *pool_get(struct session *s)
{
	struct file *f = s->pool;

	if (!f)
		return calloc(1, sizeof(*f));
	s->pool = f->next;
	s->nr_pool--;
	return f;
}

static void pool_put(struct session *s, struct file *f)
{
	struct strbuf text = f->text;

	if (s->nr_pool >= FILE_POOL_MAX || text.size > FILE_POOL_TEXT) {
		strbuf_release(&f->text);
		free(f);
		return;
	}
	strbuf_clear(&text);
	*f = (struct file){ .text = text, .next = s->pool };
	s->pool = f;
	s->nr_pool++;
}

static void open_link(struct session *s, struct file *f)
{
	f->open_prev = NULL;
	f->open_next = s->open;
	if (f->open_next)
		f->open_next->open_prev = f;
	s->open = f;
}

static void open_unlink(struct session *s, struct file *f)
{
	if (f->open_next)
		f->open_next->open_prev = f->open_prev;
	if (f->open_prev)
		f->open_prev->open_next = f->open_next;
	else
		s->open = f->open_next;
}

/* No release comes for files that were open when the mount ended. */
void file_close_all(struct session *s)
{
	struct file *f;

	while ((f = s->open)) {
		struct file_call call = {
			.rq = { .priv = s->tree->priv,
				.entry = f->node->entry,
				.index = { f->index[0], f->index[1] },
				.file = f },
			.session = s,
			.node = f->node,
		};

		file_close(&call);
	}
	while ((f = s->pool)) {
		s->pool = f->next;
		strbuf_release(&f->text);
		free(f);
	}
	s->nr_pool = 0;
}

/*
 * What the kernel's own check by mode bits lets root do and Linux does not:
 * in /proc/sys and /sys nobody overrides the mode.
 */
static int check_mode(const struct file_call *call, int flags)
{
	const struct tree_rules *rules = call->node->rules;
	const int acc = flags & O_ACCMODE;
	struct stat st;
	int err = tree_getattr(call->session->tree, call->node, &call->rq, &st);

	if (err || (!rules->mode_binds_root && !rules->mode_binds_open))
		return err;
	if (acc != O_WRONLY && !(st.st_mode & 0444))
		return -EACCES;
	if (acc != O_RDONLY && !(st.st_mode & 0222))
		return -EACCES;
	return 0;
}

int file_open(struct file_call *call, int flags, struct file **filep)
{
	const struct file_ops *ops = call->rq.entry->ops;
	bool acts = ops && ops->truncates && flags & O_TRUNC &&
		    (flags & O_ACCMODE) != O_RDONLY;
	struct file *f;
	int err;

	if (flags & O_DIRECT)
		return -EINVAL;
	err = check_mode(call, flags);
	if (err)
		return err;
	f = pool_get(call->session);
	if (!f)
		return -ENOMEM;
	f->node = call->node;
	memcpy(f->index, call->rq.index, sizeof(f->index));
	f->flags = flags;
	f->opener = call->rq.uid;
	call->rq.file = f;
	if (acts)
		watch_begin(call, "open", NULL, 0, 0);
	err = ops && ops->open ? ops->open(&call->rq, flags) : 0;
	if (acts)
		watch_end(call, err);
	if (err) {
		pool_put(call->session, f);
		return err;
	}
	open_link(call->session, f);
	*filep = f;
	return 0;
}

void file_close(struct file_call *call)
{
	const struct file_ops *ops = call->rq.entry->ops;
	struct file *f = call->rq.file;

	notifier_disarm(call->session, f);
	open_unlink(call->session, f);
	watch_closed(call->session, f->kept_op, true);
	if (ops && ops->release)
		ops->release(&call->rq);
	watch_closed(call->session, f->kept_op, false);
	pool_put(call->session, f);
}

/* Add the request to those that are answered later. */
static struct file_wait *wait_create(struct file_call *call)
{
	struct file_wait *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->session = call->session;
	w->req = call->req;
	w->rq = call->rq;
	w->rq.call = NULL;
	return w;
}

static bool wait_listed(const struct wait_list *list, const struct file_wait *w)
{
	const struct file_wait *i;

	for (i = list->first; i && i != w; i = i->next)
		;
	return i;
}

void file_interrupt(struct file_wait *w)
{
	const uint64_t op = w->rq.op;
	struct session *s = w->session;

	watch_interrupt(s, op, true);
	w->cancel(w->arg); /* may free it */
	watch_interrupt(s, op, false);
}

/* The caller got a signal, or the mount ends: give @w up. */
static void wait_cancel(struct file_wait *w)
{
	if (w->source) {
		notifier_unpark(w->session, w);
		fuse_reply_err(w->req, EINTR);
		free(w);
	} else if (w->cancel) {
		file_interrupt(w);
	}
}

/* libfuse: @req has been interrupted. */
static void on_interrupt(fuse_req_t req, void *data)
{
	struct session *s = data;
	struct file_wait *w;

	pthread_mutex_lock(&s->lock);
	if (s->registering && s->registering->req == req) {
		s->registering->interrupted = true;
		goto out;
	}
	for (w = s->kept.first; w && w->req != req; w = w->next)
		;
	if (!w)
		for (w = s->parked.first; w && w->req != req; w = w->next)
			;
	if (w)
		wait_cancel(w);
out:
	pthread_mutex_unlock(&s->lock);
}

/*
 * From now on an interrupt cancels @w.  If it has come already libfuse calls
 * on_interrupt() right here, with the request's own mutex held: answering
 * would free that mutex, so it only takes a note and we cancel afterwards.
 */
static void heed_interrupt(struct file_wait *w)
{
	struct session *s = w->session;

	s->registering = w;
	fuse_req_interrupt_func(w->req, on_interrupt, s);
	s->registering = NULL;
	if (w->interrupted)
		wait_cancel(w);
}

struct file_wait *file_wait(struct tree_req *rq, void (*cancel)(void *arg),
			    void *arg)
{
	struct file_wait *w = wait_create(rq->call);

	if (!w)
		return NULL;
	w->cancel = cancel;
	w->arg = arg;
	rq->call->wait = w;
	wait_link(&w->session->kept, w);
	w->session->nr_kept++;
	return w;
}

void file_complete(struct file_wait *w, ssize_t result)
{
	struct session *s = w->session;
	bool last;

	/* Before the caller looks: what this ended is not there any more. */
	if (!pthread_equal(pthread_self(), atomic_load(&s->loop)))
		vanished_flush(s);
	pthread_mutex_lock(&s->lock);
	wait_unlink(&s->kept, w);
	if (!w->req)
		; /* answered when the session died */
	else if (result < 0)
		fuse_reply_err(w->req, (int)-result);
	else
		fuse_reply_write(w->req, (size_t)result);
	free(w);
	s->nr_kept--;
	last = s->dead && !s->nr_kept;
	pthread_mutex_unlock(&s->lock);
	if (last)
		session_free(s);
}

bool file_orphan_all(struct session *s)
{
	struct file_wait *w;
	bool none;

	pthread_mutex_lock(&s->lock);
	for (w = s->kept.first; w; w = w->next) {
		if (w->req)
			fuse_reply_err(w->req, EINTR);
		w->req = NULL;
	}
	s->dead = true;
	none = !s->nr_kept;
	pthread_mutex_unlock(&s->lock);
	return none;
}

void file_cancel_all(struct session *s)
{
	struct file_wait *w, *next;

	pthread_mutex_lock(&s->lock);
	while (s->parked.first)
		wait_cancel(s->parked.first);
	/* A cancel hook may complete its own wait, and no other. */
	for (w = s->kept.first; w; w = next) {
		next = w->next;
		wait_cancel(w);
	}
	pthread_mutex_unlock(&s->lock);
}

void file_reply_read(fuse_req_t req, int err, const char *text, size_t len)
{
	if (err)
		fuse_reply_err(req, -err);
	else
		fuse_reply_buf(req, text, len);
}

/* A read through file_ops, which may have to wait. */
static void read_op(struct file_call *call, size_t size, off_t offset)
{
	const struct file_ops *ops = call->rq.entry->ops;
	bool acts = ops->read_acts && ops->read_acts(&call->rq, offset);
	DECLARE_STRBUF(sb, 4096);
	struct file_wait *w;
	int err;

	if (acts)
		watch_begin(call, "read", NULL, size, offset);
	err = ops->read(&call->rq, &sb, size, offset);
	if (acts)
		watch_end(call, err ? err : (ssize_t)sb.len);
	if (err == -EAGAIN && ops->source &&
	    !(call->rq.file->flags & O_NONBLOCK)) {
		w = wait_create(call);
		if (w) {
			w->source = ops->source(&call->rq);
			w->size = size;
			w->offset = offset;
			notifier_park(call->session, w);
			heed_interrupt(w);
			return;
		}
		err = -ENOMEM;
	}
	assert(sb.len <= size);
	file_reply_read(call->req, err ? err : strbuf_error(&sb), sb.bytes,
			sb.len);
	strbuf_release(&sb);
}

/* Make the text of a show, unless an earlier read of it still stands. */
static int make_text(struct file_call *call, off_t offset)
{
	const struct file_ops *ops = call->rq.entry->ops;
	struct file *f = call->rq.file;
	bool acts;
	int err;

	if (offset && f->shown)
		return 0;
	acts = ops && ops->read_acts && ops->read_acts(&call->rq, 0);
	strbuf_clear(&f->text);
	f->shown = false;
	if (acts)
		watch_begin(call, "read", NULL, 0, 0);
	err = call->rq.entry->show(&call->rq, &f->text);
	if (!err)
		err = strbuf_error(&f->text);
	if (acts)
		watch_end(call, err ? err : (ssize_t)f->text.len);
	f->shown = !err;
	return err;
}

/*
 * Where a read is meant to be in a file whose writes do not move the
 * position: FUSE's kernel side has moved it.  A read from elsewhere was given
 * its place by lseek() or pread(), and from then on both agree again.
 */
static off_t read_offset(struct file *f, off_t offset)
{
	if (offset != f->pos)
		f->pos_ahead = 0;
	return offset - f->pos_ahead;
}

static void note_write(struct file_call *call, off_t offset, size_t nr)
{
	struct file *f = call->rq.file;

	f->shown = false; /* the next read sees what was written */
	f->append_at = offset + (off_t)nr;
	if (!call->node->rules->write_keeps_pos || offset != f->pos)
		return;
	f->pos += (off_t)nr;
	f->pos_ahead += (off_t)nr;
}

/* The part of the show's text at @at, for a read at the kernel's @offset. */
static void read_text(struct file_call *call, size_t size, off_t at,
		      off_t offset)
{
	struct file *f = call->rq.file;
	size_t left = 0;
	int err = make_text(call, at);

	if (err) {
		fuse_reply_err(call->req, -err);
		return;
	}
	if (at >= 0 && (size_t)at < f->text.len)
		left = f->text.len - (size_t)at;
	if (left > size)
		left = size;
	f->pos = offset + (off_t)left;
	fuse_reply_buf(call->req, left ? f->text.bytes + at : NULL, left);
}

void file_read(struct file_call *call, size_t size, off_t offset)
{
	const struct tree_entry *entry = call->rq.entry;
	off_t at = read_offset(call->rq.file, offset);

	if (entry->ops && entry->ops->read)
		read_op(call, size, offset);
	else if (entry->show)
		read_text(call, size, at, offset);
	else
		fuse_reply_err(call->req, call->node->rules->no_op);
}

static void note_refused(const struct file_call *call, const char *text,
			 size_t len, int err)
{
	const struct session *s = call->session;
	DECLARE_STRBUF(path, 256);

	if (!s->options.refused)
		return;
	tree_path(s->tree, call->node, &call->rq, &path);
	s->options.refused(s->options.refused_arg, strbuf_str(&path), text,
			   len, err);
	strbuf_release(&path);
}

ssize_t file_store(struct file_call *call, const char *text, size_t len,
		   off_t offset)
{
	const struct tree_entry *entry = call->rq.entry;
	struct file *f = call->rq.file;
	bool aside = entry->ops && entry->ops->aside;
	tree_store *store = entry->store;
	ssize_t n;

	if (entry->ops && entry->ops->write)
		store = entry->ops->write;
	if (f->flags & O_APPEND) /* the size is 0, whatever was written */
		offset = f->append_at;
	call->wait = NULL;
	call->rq.op = 0;
	if (!aside)
		watch_begin(call, "write", text, len, offset);
	n = store ? store(&call->rq, text, len, offset) :
		    -call->node->rules->no_op;
	if (!aside)
		watch_end(call, n);
	if (n > 0)
		note_write(call, offset, (size_t)n);
	else if (n < 0 && n != FILE_QUEUED)
		note_refused(call, text, len, (int)n);
	if (n >= 0 && entry->ops && entry->ops->keeps && !f->kept_op)
		f->kept_op = call->rq.op;
	return n;
}

void file_write(struct file_call *call, const char *text, size_t len,
		off_t offset)
{
	ssize_t n = file_store(call, text, len, offset);

	if (n == FILE_QUEUED) {
		if (wait_listed(&call->session->kept, call->wait))
			heed_interrupt(call->wait);
	} else if (n < 0) {
		fuse_reply_err(call->req, (int)-n);
	} else {
		fuse_reply_write(call->req, (size_t)n);
	}
}
