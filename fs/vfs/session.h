/* SPDX-License-Identifier: MIT */
/*
 * session.h - a tree of virtual files, mounted.
 *
 *	err = session_create(&s, &root_dir, priv, &options);
 *	err = session_mount(s, "/mnt");
 *	...fork to the background, start threads...
 *	err = session_run(s);	// until unmounted or SIGTERM, SIGINT, SIGHUP
 *	session_destroy(s);
 *
 * One loop answers all requests and no handler waits (design section 7).
 * Beside it runs one thread, the notifier, which serves readers and pollers
 * that wait for a struct file_source; it starts in session_run(), so the
 * process may fork until then.
 *
 * Signals: session_create() blocks SIGTERM, SIGINT and SIGHUP in its thread,
 * so that threads started later do not take them; session_run() takes them.
 * Errors: -errno; libfuse says on stderr what mount(2) or fusermount3 said.
 * Ownership: the session copies the options, borrows root, priv and the
 * strings of options until session_destroy().
 */
#ifndef VFS_SESSION_H
#define VFS_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/vfs/tree.h"

struct session;

/* A call that may change the machine, before its handler sees it. */
struct session_call {
	const char *what; /* "write", "read", or "open" that truncates */
	const char *path; /* "/proc/..." */
	const char *text; /* of a write, else NULL */
	size_t len;
	off_t offset;
	uint32_t opener; /* uid of who opened the file */
	uint64_t kept_op; /* an earlier write's that lasts on it, or 0 */
};

/*
 * Who keeps a log of such calls.  begin() gives rq->op its number; end()
 * follows in the same thread, with what the handler returned, FILE_QUEUED as
 * well; then come, from outside again, interrupt() of a queued one and
 * closed() of one whose effect lasts.  Under the session's lock.
 */
struct session_watch {
	void (*begin)(void *arg, struct tree_req *rq,
		      const struct session_call *call);
	void (*end)(void *arg, struct tree_req *rq, ssize_t result);
	void (*interrupt)(void *arg, uint64_t op, bool begin);
	void (*closed)(void *arg, uint64_t op, bool begin);
};

struct session_options {
	const char *mount_opts; /* for mount: "allow_other,fsname=x", or NULL */
	bool debug;		/* libfuse's own trace on stderr */
	/*
	 * Who plays root of the simulated machine: files of uid 0 belong to
	 * this uid and gid, and its requests carry uid 0.  The mounting
	 * user, as a rule.
	 */
	uint32_t root_uid, root_gid;
	/* Called once, from the loop, as soon as the mount answers. */
	void (*ready)(void *arg);
	void *ready_arg;
	/*
	 * A write to "/proc/..." has been refused with @err (-errno).  Under
	 * the session's lock; may be NULL.
	 */
	void (*refused)(void *arg, const char *path, const char *text,
			size_t len, int err);
	void *refused_arg;
	/*
	 * Take the mount away, for a server that may not do so itself; or
	 * NULL.  Not called when it is gone already.
	 */
	void (*unmount)(void *arg);
	void *unmount_arg;
	bool stays; /* the mount goes with its namespace: leave it */
	const struct session_watch *watch; /* or NULL */
	void *watch_arg;
};

/* Build the tree and the FUSE session; nothing is mounted yet. */
int session_create(struct session **sp, const struct tree_dir *root,
		   void *priv, const struct session_options *options);

/* Mount on @mountpoint.  Requests wait until session_run(). */
int session_mount(struct session *s, const char *mountpoint);

/*
 * Serve until unmounted (0), a signal (its number), or an error (-errno).
 * The mount is gone when it returns; requests that file_wait() kept have had
 * their cancel() called.
 */
int session_run(struct session *s);

/*
 * The child @name of the families @index is no more, so that the kernel must
 * forget it (tree_index.told).  Any thread, any lock; it is forgotten before
 * a file_complete() that comes later is seen by its caller.
 */
void session_vanished(struct session *s, const struct tree_index *index,
		      const char *name);

/*
 * Calls that do not come through FUSE, to play a log again: as if somebody
 * had opened the file of @call, written or read, and closed it; of @who only
 * pid, uid and gid count.  What the handler returned; -ENOENT.
 */
#define SESSION_LOCAL_SELF (-1) /* who->pid: the number in the path */
ssize_t session_local_call(struct session *s, const struct session_call *call,
			   const struct tree_req *who);

/* What is at a place of the tree, for questions that FUSE is not asked. */
struct session_node {
	char path[256]; /* "/proc/..." */
	struct stat st;
	bool mode_binds_root; /* as tree_rules */
	bool waits;	      /* a read may have to wait */
};

/* By inode number, of a file that is open, or by path.  0 or -ENOENT. */
int session_look(struct session *s, uint64_t ino, struct session_node *n);
int session_look_path(struct session *s, const char *path,
		      struct session_node *n);

/* Interrupt, or close, what local call @op has left behind.  0 or -ENOENT. */
int session_local_interrupt(struct session *s, uint64_t op);
int session_local_close(struct session *s, uint64_t op);

/*
 * No handler runs between the two.  For threads that no handler waits for;
 * no file_complete() in between.  NULL is fine: then there are no handlers.
 */
void session_lock(struct session *s);
void session_unlock(struct session *s);

/* As a signal would: session_run() comes to its end.  Any thread. */
void session_stop(struct session *s);

/*
 * Free all.  What is still kept by file_wait() is answered -EINTR; its
 * file_complete() may come later and then only frees it.
 */
void session_destroy(struct session *s);

#endif
