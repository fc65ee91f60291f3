/* SPDX-License-Identifier: MIT */
/*
 * session_impl.h - what the six files of the session share, and nobody else.
 *
 *	session.c  life: create, mount, run, signals
 *	ops.c      libfuse's low-level operations, ten lines each
 *	file.c     open files: text, offsets, requests kept for later
 *	notify.c   the notifier: parked reads and armed polls
 *	size.c     the size that the host's kernel takes a file for
 *	local.c    calls that come from inside, and the watch on all of them
 *
 * Locking: session.lock is recursive, because a cancel hook may complete its
 * request at once.  It guards everything in struct session and every struct
 * file.  Order: session.lock, then whatever the handlers take (the engine's
 * lock, the log's).  libfuse's own locks are innermost.
 */
#ifndef VFS_SESSION_IMPL_H
#define VFS_SESSION_IMPL_H

#define FUSE_USE_VERSION 314

#include <fuse_lowlevel.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "fs/vfs/file.h"
#include "fs/vfs/session.h"
#include "fs/vfs/tree.h"

/* Attributes and names of what never changes unseen, in seconds. */
#define TIMEOUT_CACHED 1e6

/* Closed files keep their text buffer for the next open, this many. */
#define FILE_POOL_MAX 32u
/* ... but not a buffer larger than this. */
#define FILE_POOL_TEXT (256u << 10)

/* So many files, by hash, are known to be large to the kernel. */
#define LARGE_BITS 10

struct notifier {
	pthread_t thread;
	sem_t sem; /* posted by wakes, signals and the end */
	bool started;
	_Atomic bool stop;
};

struct file_wait {
	struct file_wait *next, *prev;
	struct session *session;
	fuse_req_t req;
	void (*cancel)(void *arg); /* kept write */
	void *arg;
	struct file_source *source; /* parked read, else NULL */
	struct tree_req rq;
	size_t size;
	off_t offset;
	bool interrupted;
};

/* A name that is to be forgotten by the kernel. */
struct vanished {
	struct vanished *next;
	const struct tree_index *index;
	char name[TREE_NAME_LEN];
};

/* Head of a ring of waits. */
struct wait_list {
	struct file_wait *first;
};

struct session {
	struct tree *tree;
	struct fuse_session *fuse;
	struct session_options options;
	struct timespec start; /* every node's times */
	pthread_mutex_t lock;
	struct wait_list kept;	 /* writes that file_complete() ends */
	struct wait_list parked; /* reads that wait for a source */
	struct file *open;	 /* all open files */
	struct file *armed;	 /* files with a poll handle */
	struct file *pool;	 /* closed files */
	unsigned nr_pool;
	struct strbuf dirbuf; /* listing under way */
	int64_t largest; /* size that the kernel was made to keep, bytes */
	uint64_t large[1u << LARGE_BITS]; /* inodes, 0: none */
	struct file_wait *registering; /* see file.c:heed_interrupt() */
	struct notifier notifier;
	pthread_mutex_t flush_lock;    /* one flush at a time; outermost */
	pthread_mutex_t vanished_lock; /* of the list; innermost */
	struct vanished *vanished;
	_Atomic(pthread_t) loop; /* the thread in session_run() */
	_Atomic bool stopping;
	_Atomic int signo;
	_Atomic bool mounted;
	bool dead;   /* destroyed, but for waits that are still kept */
	unsigned nr_kept;
};

/* One request on its way through a handler. */
struct file_call {
	struct tree_req rq;
	struct session *session;
	fuse_req_t req;
	const struct tree_node *node;
	uint64_t ino;
	struct file_wait *wait; /* made by file_wait() */
};

/* ops.c: the table for fuse_session_new(). */
extern const struct fuse_lowlevel_ops session_ops;

/* Fill in @call for a request about @ino. */
void call_init(struct file_call *call, fuse_req_t req, fuse_ino_t ino);

/*
 * file.c: the operations on open files.  The session's lock is held.  They
 * return 0 or bytes, or -errno; file_read(), file_write() and file_poll()
 * answer the request themselves.
 */
int file_open(struct file_call *call, int flags, struct file **filep);
void file_close(struct file_call *call);
void file_read(struct file_call *call, size_t size, off_t offset);
void file_write(struct file_call *call, const char *text, size_t len,
		off_t offset);
/* The write without its answer: what the store returned. */
ssize_t file_store(struct file_call *call, const char *text, size_t len,
		   off_t offset);
/* Cancel @w as a signal to its caller does. */
void file_interrupt(struct file_wait *w);

/* local.c: session_options.watch is told, if there is one.  @what and @text
 * as in session_call; @op: 0 for what is in no log. */
void watch_begin(struct file_call *call, const char *what, const char *text,
		 size_t len, off_t offset);
void watch_end(struct file_call *call, ssize_t result);
void watch_interrupt(struct session *s, uint64_t op, bool begin);
void watch_closed(struct session *s, uint64_t op, bool begin);
/* Answer what is still kept: the session is dead.  True: nothing is. */
bool file_orphan_all(struct session *s);
/* session.c: the last one frees the struct. */
void session_free(struct session *s);
/* Close what is still open, free the closed files: the mount is gone. */
void file_close_all(struct session *s);
/* Cancel or answer whatever is kept; nothing more is asked. */
void file_cancel_all(struct session *s);
/* Answer @req with what a read handler gave. */
void file_reply_read(fuse_req_t req, int err, const char *text, size_t len);

/*
 * size.c: session's lock held.  Inode @ino is opened, and shall be large to
 * the kernel.
 */
void size_opened(struct session *s, uint64_t ino);
/* Its attributes are going to be told; while it is open it stays large. */
void size_told(struct session *s, uint64_t ino, const struct tree_node *node,
	       const struct tree_req *rq);
/* The kernel has a size for it again that is none of these. */
void size_forget(struct session *s, uint64_t ino);

/* notify.c: session's lock held but for start and stop. */
int notifier_start(struct session *s);
void notifier_stop(struct session *s);
void notifier_post(struct notifier *n);
/* Keep a read that found nothing until its source is woken. */
void notifier_park(struct session *s, struct file_wait *w);
void notifier_unpark(struct session *s, struct file_wait *w);
/* Remember, or forget (NULL), the poll handle of the file. */
void notifier_arm(struct file_call *call, struct fuse_pollhandle *ph);
void notifier_disarm(struct session *s, struct file *f);

/*
 * Have the kernel forget what has vanished; all of it has been when this
 * returns, whoever did it.  Not with session.lock held, not in the loop: it
 * waits for lookups that are under way.
 */
void vanished_flush(struct session *s);

/* Lists of waits. */
void wait_link(struct wait_list *list, struct file_wait *w);
void wait_unlink(struct wait_list *list, struct file_wait *w);

#endif
