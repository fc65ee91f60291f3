/* SPDX-License-Identifier: MIT */
/*
 * ops.c - libfuse's low-level operations, a few lines each.
 *
 * They turn inode numbers into nodes and answer; what is asked most (lookup,
 * getattr, open, read, release) does nothing else.  The errno of what a
 * virtual file system cannot do stands in the tables (tree.h:tree_rules).
 *
 * Called by libfuse's loop in the session's thread; calls tree.c, file.c and
 * notify.c.  Locks: every operation holds session.lock from its start to its
 * answer, against the notifier and file_complete().
 *
 * No flush: it would cost a round trip at every close.  No access: the
 * kernel checks mode bits itself (default_permissions).  No getxattr: the
 * ENOSYS it gets once becomes the EOPNOTSUPP that procfs gives, and it asks
 * for no capabilities of the file whenever one is opened to be truncated.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "fs/vfs/session_impl.h"

/* Offsets in a listing: ".", "..", then the tree's cursor. */
enum { DIR_DOT, DIR_DOTDOT, DIR_FIRST };

void call_init(struct file_call *call, fuse_req_t req, fuse_ino_t ino)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	struct session *s = fuse_req_userdata(req);

	call->session = s;
	call->req = req;
	call->wait = NULL;
	call->ino = ino;
	call->node = tree_find(s->tree, ino, &call->rq);
	call->rq.file = NULL;
	call->rq.call = call;
	call->rq.pid = ctx->pid;
	call->rq.uid = ctx->uid == s->options.root_uid ? 0 : ctx->uid;
	call->rq.gid = ctx->gid == s->options.root_gid ? 0 : ctx->gid;
	pthread_mutex_lock(&s->lock);
}

static void call_done(struct file_call *call)
{
	pthread_mutex_unlock(&call->session->lock);
}

static void call_reply_err(struct file_call *call, int err)
{
	fuse_reply_err(call->req, err);
	call_done(call);
}

/* As tree_getattr(), with what only the session knows. */
static int get_attr(const struct session *s, const struct tree_node *node,
		    const struct tree_req *rq, struct stat *st)
{
	int err = tree_getattr(s->tree, node, rq, st);

	if (st->st_uid == 0)
		st->st_uid = s->options.root_uid;
	if (st->st_gid == 0)
		st->st_gid = s->options.root_gid;
	st->st_atim = st->st_mtim = st->st_ctim = s->start;
	return err;
}

static int get_entry(struct session *s, uint64_t ino,
		     const struct tree_req *rq, struct fuse_entry_param *e)
{
	struct tree_req at = *rq;
	const struct tree_node *node = tree_find(s->tree, ino, &at);

	e->ino = ino;
	e->generation = 0;
	e->attr_timeout = node->cached ? TIMEOUT_CACHED : 0;
	e->entry_timeout = e->attr_timeout;
	size_told(s, ino, node, &at);
	return get_attr(s, node, &at, &e->attr);
}

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	struct session *s = userdata;

	conn->want &= ~(unsigned)(FUSE_CAP_ASYNC_READ | FUSE_CAP_ASYNC_DIO);
	if (s->options.ready)
		s->options.ready(s->options.ready_arg);
}

/* Where no name can come the kernel need not ask for this one again. */
static void reply_no_entry(const struct file_call *call)
{
	const struct fuse_entry_param none = {
		.entry_timeout = TIMEOUT_CACHED
	};

	if (call->node->closed)
		fuse_reply_entry(call->req, &none);
	else
		fuse_reply_err(call->req, ENOENT);
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct file_call call;
	struct tree_req child;
	struct fuse_entry_param e;
	uint64_t ino = 0;

	call_init(&call, req, parent);
	if (S_ISDIR(call.rq.entry->mode))
		ino = tree_lookup(call.node, &call.rq, name, &child);
	if (!ino)
		reply_no_entry(&call);
	else if (get_entry(call.session, ino, &child, &e))
		fuse_reply_err(req, ENOENT);
	else
		fuse_reply_entry(req, &e);
	call_done(&call);
}

/*
 * Of what is gone too: by its path it is not found any more (lookup), so this
 * is about a file that is still open, and fstat() of those works.
 */
static void reply_attr(struct file_call *call)
{
	struct stat st;

	get_attr(call->session, call->node, &call->rq, &st);
	fuse_reply_attr(call->req, &st,
			call->node->cached ? TIMEOUT_CACHED : 0);
	call_done(call);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	struct file_call call;

	call_init(&call, req, ino);
	if (fi) /* for lseek(), which goes by what is kept (fuse_lseek) */
		size_forget(call.session, ino);
	else
		size_told(call.session, ino, call.node, &call.rq);
	reply_attr(&call);
}

/* Size and times may be set, without effect; mode and owner may not. */
static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st,
		       int to_set, struct fuse_file_info *fi)
{
	const int owner = FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID |
			  FUSE_SET_ATTR_GID;
	struct file_call call;

	(void)st;
	(void)fi;
	call_init(&call, req, ino);
	size_forget(call.session, ino);
	if (to_set & owner)
		call_reply_err(&call, call.node->rules->chmod);
	else
		reply_attr(&call);
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	DECLARE_STRBUF(sb, 256);
	struct file_call call;
	int err = -EINVAL;

	call_init(&call, req, ino);
	if (S_ISLNK(call.rq.entry->mode))
		err = call.rq.entry->show(&call.rq, &sb);
	if (err)
		fuse_reply_err(req, -err);
	else
		fuse_reply_readlink(req, strbuf_str(&sb));
	call_done(&call);
	strbuf_release(&sb);
}

/* Does who reads here wait for what comes? */
static bool is_stream(const struct file_call *call)
{
	const struct file_ops *ops = call->rq.entry->ops;

	return ops && ops->read && ops->source;
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct file_call call;
	struct file *f = NULL;
	int err;

	call_init(&call, req, ino);
	err = file_open(&call, fi->flags, &f);
	if (fi->flags & O_TRUNC)
		size_forget(call.session, ino);
	else if (!err && !is_stream(&call))
		size_opened(call.session, ino);
	fi->fh = (uintptr_t)f;
	fi->direct_io = 1;
	fi->noflush = 1;
	if (err)
		fuse_reply_err(req, -err);
	else if (fuse_reply_open(req, fi) == -ENOENT)
		file_close(&call); /* interrupted: no release will come */
	call_done(&call);
}

static void call_init_file(struct file_call *call, fuse_req_t req,
			   fuse_ino_t ino, const struct fuse_file_info *fi)
{
	call_init(call, req, ino);
	call->rq.file = (struct file *)(uintptr_t)fi->fh;
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	struct file_call call;

	call_init_file(&call, req, ino, fi);
	if (!fi->lock_owner) /* for the page cache: it shortens the file */
		size_forget(call.session, ino);
	file_read(&call, size, off);
	call_done(&call);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf,
		     size_t size, off_t off, struct fuse_file_info *fi)
{
	struct file_call call;

	call_init_file(&call, req, ino, fi);
	file_write(&call, buf, size, off);
	call_done(&call);
}

static void op_release(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	struct file_call call;

	call_init_file(&call, req, ino, fi);
	file_close(&call);
	call_reply_err(&call, 0);
}

static void op_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
		    struct fuse_pollhandle *ph)
{
	const struct file_ops *ops;
	struct file_call call;

	call_init_file(&call, req, ino, fi);
	ops = call.rq.entry->ops;
	if (ph)
		notifier_arm(&call, ph);
	fuse_reply_poll(req, ops && ops->poll ? ops->poll(&call.rq) :
						FILE_POLL_ALWAYS);
	call_done(&call);
}

static void op_opendir(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	struct file_call call;
	struct stat st;
	int err;

	call_init(&call, req, ino);
	err = get_attr(call.session, call.node, &call.rq, &st);
	if (!err && call.node->fixed) {
		fi->cache_readdir = 1;
		fi->keep_cache = 1;
	}
	if (err)
		fuse_reply_err(req, -err);
	else
		fuse_reply_open(req, fi);
	call_done(&call);
}

/* A listing on its way into the session's buffer. */
struct listing {
	struct file_call *call;
	size_t size;
	bool plus;
};

/* Add one name; false if it does not fit any more. */
static bool add_name(struct listing *l, const char *name,
		     const struct fuse_entry_param *e, off_t next)
{
	struct strbuf *buf = &l->call->session->dirbuf;
	size_t left = l->size - buf->len;
	size_t len;

	if (l->plus)
		len = fuse_add_direntry_plus(l->call->req,
					     buf->bytes + buf->len, left, name,
					     e, next);
	else
		len = fuse_add_direntry(l->call->req, buf->bytes + buf->len,
					left, name, &e->attr, next);
	if (len > left)
		return false;
	buf->len += len;
	return true;
}

/* "." and "..": names only, the kernel knows what they are. */
static bool add_dots(struct listing *l, off_t *off)
{
	struct file_call *call = l->call;
	struct fuse_entry_param e = { .attr.st_mode = S_IFDIR };

	if (*off == DIR_DOT) {
		e.attr.st_ino = call->ino;
		if (!add_name(l, ".", &e, DIR_DOTDOT))
			return false;
		*off = DIR_DOTDOT;
	}
	if (*off == DIR_DOTDOT) {
		e.attr.st_ino = tree_parent(call->node, &call->rq);
		if (!add_name(l, "..", &e, DIR_FIRST))
			return false;
		*off = DIR_FIRST;
	}
	return true;
}

static void add_children(struct listing *l, off_t off)
{
	struct file_call *call = l->call;
	struct tree_cursor c = { .at = (uint64_t)(off - DIR_FIRST) };
	struct fuse_entry_param e = { .ino = 0 };

	while (tree_readdir(call->node, &call->rq, &c)) {
		e.attr.st_ino = c.ino;
		e.attr.st_mode = c.rq.entry->mode;
		if (l->plus && get_entry(call->session, c.ino, &c.rq, &e))
			continue; /* gone meanwhile */
		if (!add_name(l, c.name, &e, (off_t)c.at + DIR_FIRST))
			return;
	}
}

static void list(struct file_call *call, size_t size, off_t off, bool plus)
{
	struct strbuf *buf = &call->session->dirbuf;
	struct listing l = { .call = call, .size = size, .plus = plus };

	strbuf_clear(buf);
	if (!strbuf_reserve(buf, size)) {
		call_reply_err(call, ENOMEM);
		return;
	}
	if (add_dots(&l, &off))
		add_children(&l, off);
	fuse_reply_buf(call->req, buf->bytes, buf->len);
	call_done(call);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	struct file_call call;

	(void)fi;
	call_init(&call, req, ino);
	list(&call, size, off, false);
}

static void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size,
			   off_t off, struct fuse_file_info *fi)
{
	struct file_call call;

	(void)fi;
	call_init(&call, req, ino);
	list(&call, size, off, true);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	const struct statvfs st = {
		.f_bsize = 4096, .f_frsize = 4096, .f_namemax = 255
	};

	(void)ino;
	fuse_reply_statfs(req, &st);
}

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
		     struct fuse_file_info *fi)
{
	(void)ino;
	(void)datasync;
	(void)fi;
	fuse_reply_err(req, EINVAL);
}

/* There are no extended attributes: an empty list, of size 0. */
static void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	(void)ino;
	if (size)
		fuse_reply_buf(req, NULL, 0);
	else
		fuse_reply_xattr(req, 0);
}

/* What changes the tree: refused with the errno of the place. */

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name,
		      mode_t mode, struct fuse_file_info *fi)
{
	struct file_call call;

	(void)name;
	(void)mode;
	(void)fi;
	call_init(&call, req, parent);
	call_reply_err(&call, call.node->rules->create);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name,
		     mode_t mode)
{
	struct file_call call;

	(void)name;
	(void)mode;
	call_init(&call, req, parent);
	call_reply_err(&call, call.node->rules->mkdir);
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name,
		     mode_t mode, dev_t rdev)
{
	(void)rdev;
	op_mkdir(req, parent, name, mode);
}

static void op_symlink(fuse_req_t req, const char *link, fuse_ino_t parent,
		       const char *name)
{
	(void)link;
	op_mkdir(req, parent, name, 0);
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent,
		    const char *newname)
{
	(void)ino;
	op_mkdir(req, newparent, newname, 0);
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct file_call call;

	(void)name;
	call_init(&call, req, parent);
	call_reply_err(&call, call.node->rules->remove);
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
		      fuse_ino_t newparent, const char *newname,
		      unsigned flags)
{
	struct file_call call;

	(void)name;
	(void)newparent;
	(void)newname;
	(void)flags;
	call_init(&call, req, parent);
	call_reply_err(&call, call.node->rules->rename);
}

const struct fuse_lowlevel_ops session_ops = {
	.init = op_init,
	.lookup = op_lookup,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.readlink = op_readlink,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.unlink = op_unlink,
	.rmdir = op_unlink,
	.symlink = op_symlink,
	.rename = op_rename,
	.link = op_link,
	.open = op_open,
	.read = op_read,
	.write = op_write,
	.release = op_release,
	.fsync = op_fsync,
	.opendir = op_opendir,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.fsyncdir = op_fsync,
	.statfs = op_statfs,
	.listxattr = op_listxattr,
	.create = op_create,
	.poll = op_poll,
};
