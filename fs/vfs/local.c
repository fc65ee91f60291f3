/* SPDX-License-Identifier: MIT */
/*
 * local.c - calls that come from inside, and the watch on those that change
 * the machine.
 *
 * A log of ops is played again through the same handlers: local calls open,
 * write and close as the kernel would have it done, with nobody to answer.
 * What a call leaves behind (a queued write, an armed trigger) goes by the
 * number that the watch gave it.
 *
 * Called by fs/cli (session_local_*) and by file.c (watch_*).  Locks:
 * session.lock, taken by the former, held by the callers of the latter.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fs/vfs/session_impl.h"

void watch_begin(struct file_call *call, const char *what, const char *text,
		 size_t len, off_t offset)
{
	const struct session *s = call->session;
	DECLARE_STRBUF(path, 256);
	struct session_call told = {
		.what = what,
		.text = text,
		.len = len,
		.offset = offset,
		.opener = call->rq.file->opener,
		.kept_op = call->rq.file->kept_op,
	};

	if (!s->options.watch)
		return;
	tree_path(s->tree, call->node, &call->rq, &path);
	told.path = strbuf_str(&path);
	s->options.watch->begin(s->options.watch_arg, &call->rq, &told);
	strbuf_release(&path);
}

void watch_end(struct file_call *call, ssize_t result)
{
	const struct session_options *o = &call->session->options;

	if (o->watch)
		o->watch->end(o->watch_arg, &call->rq, result);
}

void watch_interrupt(struct session *s, uint64_t op, bool begin)
{
	if (s->options.watch && op)
		s->options.watch->interrupt(s->options.watch_arg, op, begin);
}

void watch_closed(struct session *s, uint64_t op, bool begin)
{
	if (s->options.watch && op)
		s->options.watch->closed(s->options.watch_arg, op, begin);
}

/* Find what @path names; 0 or -ENOENT. */
static int walk(struct file_call *call, const char *path)
{
	const struct tree *tree = call->session->tree;
	struct tree_req child, at = call->rq;
	char name[TREE_NAME_LEN];
	uint64_t ino = TREE_ROOT;
	size_t len;

	call->node = tree_find(tree, ino, &at);
	for (path += *path == '/'; *path; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (len >= sizeof(name) || !S_ISDIR(at.entry->mode))
			return -ENOENT;
		memcpy(name, path, len);
		name[len] = '\0';
		ino = tree_lookup(call->node, &at, name, &child);
		if (!ino)
			return -ENOENT;
		at = child;
		call->node = tree_find(tree, ino, &at);
	}
	call->rq = at;
	if (at.pid == SESSION_LOCAL_SELF)
		call->rq.pid = (int)at.index[0];
	call->ino = ino;
	return 0;
}

static int find(struct file_call *call, const char *path)
{
	int err = walk(call, path);

	return err || S_ISREG(call->rq.entry->mode) ? err : -ENOENT;
}

static int look(struct file_call *call, struct session_node *n)
{
	const struct tree *tree = call->session->tree;
	const struct file_ops *ops = call->rq.entry->ops;
	DECLARE_STRBUF(path, 256);
	int err = tree_getattr(tree, call->node, &call->rq, &n->st);

	tree_path(tree, call->node, &call->rq, &path);
	if (path.len >= sizeof(n->path))
		err = -ENOENT;
	if (!err)
		memcpy(n->path, strbuf_str(&path), path.len + 1);
	strbuf_release(&path);
	n->mode_binds_root = call->node->rules->mode_binds_root;
	n->waits = ops && ops->source;
	return err ? -ENOENT : 0;
}

int session_look(struct session *s, uint64_t ino, struct session_node *n)
{
	struct file_call call = { .session = s };
	int err;

	pthread_mutex_lock(&s->lock);
	call.node = tree_find(s->tree, ino, &call.rq);
	err = look(&call, n);
	pthread_mutex_unlock(&s->lock);
	return err;
}

int session_look_path(struct session *s, const char *path,
		      struct session_node *n)
{
	struct file_call call = { .session = s, .rq.priv = s->tree->priv };
	int err;

	pthread_mutex_lock(&s->lock);
	err = walk(&call, path);
	if (!err)
		err = look(&call, n);
	pthread_mutex_unlock(&s->lock);
	return err;
}

/* The open file on which @op's write lasts, or NULL. */
static struct file *find_kept(const struct session *s, uint64_t op)
{
	struct file *f;

	for (f = s->open; f && (!op || f->kept_op != op); f = f->open_next)
		;
	return f;
}

/* As file_read() does it, with nobody to get the text. */
static ssize_t read_once(struct file_call *call, size_t size, off_t offset)
{
	const struct tree_entry *entry = call->rq.entry;
	DECLARE_STRBUF(sb, 4096);
	ssize_t n = -EIO;

	watch_begin(call, "read", NULL, size, offset);
	if (entry->ops && entry->ops->read)
		n = entry->ops->read(&call->rq, &sb, size, offset);
	else if (entry->show)
		n = entry->show(&call->rq, &sb);
	watch_end(call, n ? n : (ssize_t)sb.len);
	strbuf_release(&sb);
	return n;
}

static bool opens(const struct session_call *what)
{
	return !strcmp(what->what, "open");
}

static ssize_t call_opened(struct file_call *call,
			   const struct session_call *what)
{
	struct file *f = call->rq.file;
	ssize_t n = 0;

	f->opener = what->opener;
	if (what->text)
		n = file_store(call, what->text, what->len, what->offset);
	else if (!opens(what))
		n = read_once(call, what->len, what->offset);
	if (!f->kept_op)
		file_close(call);
	return n;
}

ssize_t session_local_call(struct session *s, const struct session_call *what,
			   const struct tree_req *who)
{
	struct file_call call = { .session = s };
	int flags = what->text ? O_WRONLY : O_RDONLY;
	struct file *f;
	ssize_t n;

	call.rq.priv = s->tree->priv;
	call.rq.pid = who->pid;
	call.rq.uid = who->uid;
	call.rq.gid = who->gid;
	call.rq.call = &call;
	pthread_mutex_lock(&s->lock);
	n = find(&call, what->path);
	if (n)
		goto out;
	f = find_kept(s, what->kept_op);
	if (!f) {
		/* The mode bits were the kernel's to look at. */
		if (opens(what))
			flags = O_WRONLY | O_TRUNC;
		n = file_open(&call, flags, &f);
		if (n)
			goto out;
	}
	call.rq.file = f;
	n = call_opened(&call, what);
out:
	pthread_mutex_unlock(&s->lock);
	return n;
}

int session_local_interrupt(struct session *s, uint64_t op)
{
	struct file_wait *w;

	pthread_mutex_lock(&s->lock);
	for (w = s->kept.first; w && w->rq.op != op; w = w->next)
		;
	if (w && w->cancel)
		file_interrupt(w);
	pthread_mutex_unlock(&s->lock);
	return w ? 0 : -ENOENT;
}

int session_local_close(struct session *s, uint64_t op)
{
	struct file_call call = { .session = s };
	struct file *f;

	pthread_mutex_lock(&s->lock);
	f = find_kept(s, op);
	if (f) {
		call.node = f->node;
		call.rq.priv = s->tree->priv;
		call.rq.entry = f->node->entry;
		memcpy(call.rq.index, f->index, sizeof(f->index));
		call.rq.file = f;
		file_close(&call);
	}
	pthread_mutex_unlock(&s->lock);
	return f ? 0 : -ENOENT;
}
