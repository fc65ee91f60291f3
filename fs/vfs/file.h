/* SPDX-License-Identifier: MIT */
/*
 * file.h - an open file: its text, its offsets, answers that come later.
 *
 * A file with a show gets a text that is made anew by every read at offset
 * 0 and stands still for the reads behind it, so that a reader who comes in
 * pieces sees one moment (clients.md: Go reads 512 bytes at a time), and one
 * who rewinds sees the next.  What needs more has a struct file_ops.
 *
 * Nothing here waits.  A write whose effect takes time keeps its request:
 *
 *	ssize_t alloc_store(struct tree_req *rq, ...)
 *	{
 *		job->wait = file_wait(rq, alloc_cancel, job);
 *		...submit(job)...
 *		return FILE_QUEUED;
 *	}
 *	void alloc_done(...)  // any thread, also before the store returned
 *	{
 *		file_complete(job->wait, err ? err : job->len);
 *	}
 *
 * A read or poll that waits for data does so on a struct file_source: the
 * handler returns -EAGAIN, the file layer keeps the request (or gives the
 * error to an O_NONBLOCK reader) and asks again when the source is woken.
 *
 * Locking: every handler runs under the session's one lock, in the request
 * loop or in the session's notifier thread, never two at a time.  A handler
 * may take the engine's lock.  file_source_wake() takes no lock and may be
 * called anywhere, also by an observer of the engine.  file_complete() takes
 * the session's lock: call it with no lock held that a handler or a cancel
 * hook may want.
 * Errors: -errno, given to the caller's system call as they are.
 */
#ifndef VFS_FILE_H
#define VFS_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/vfs/strbuf.h"
#include "fs/vfs/tree.h"

struct notifier;
struct fuse_pollhandle;

/* A store's answer when file_complete() will give the real one (the kernel
 * calls it EIOCBQUEUED). */
#define FILE_QUEUED (-529)

/* poll: readable and writable, what a file without a poll source is. */
#define FILE_POLL_ALWAYS 0x145u

/* Something that readers wait for.  Zero-initialised is ready for use. */
struct file_source {
	_Atomic(struct notifier *) notifier;
	_Atomic unsigned nr_waiting; /* parked reads and armed polls */
	_Atomic unsigned nr_wakes;   /* how often it was woken */
};

/* Handlers beyond show and store; each may be NULL. */
struct file_ops {
	/* At open; may refuse, may set rq->file->priv. */
	int (*open)(struct tree_req *rq, int flags);
	/* At the last close: gives back rq->file->priv. */
	void (*release)(struct tree_req *rq);
	/*
	 * Instead of show: append up to @size bytes of what is at @offset to
	 * the empty @sb; nothing appended is the end.  -EAGAIN: wait for the
	 * source.
	 */
	int (*read)(struct tree_req *rq, struct strbuf *sb, size_t size,
		    off_t offset);
	/* As tree_entry.store. */
	tree_store *write;
	/* What poll(2) says now: POLLIN|... */
	unsigned (*poll)(struct tree_req *rq);
	/* True: a read there and then changes the machine. */
	bool (*read_acts)(const struct tree_req *rq, off_t offset);
	/* Opened to be truncated it changes the machine. */
	bool truncates;
	/* What a write has done lasts until the file is closed. */
	bool keeps;
	/* A write is about the machine's history, not in it: no log has it. */
	bool aside;
	/* What read and poll wait for; NULL: nothing, now. */
	struct file_source *(*source)(const struct tree_req *rq);
};

struct file {
	const struct tree_node *node;
	uint32_t index[TREE_MAX_INDEX];
	int flags;	    /* of open(2) */
	uint32_t opener;    /* uid of who opened; as tree_req.uid */
	off_t append_at;    /* O_APPEND: where the next write counts from */
	off_t pos;	    /* where the kernel's position must be by now */
	off_t pos_ahead;    /* how far that is ahead of what Linux's would be */
	bool shown;	    /* text holds something */
	uint64_t kept_op;   /* file_ops.keeps: the first write's number, or 0 */
	struct strbuf text; /* the show's text, or a read's bytes */
	void *priv;	    /* of file_ops */
	struct fuse_pollhandle *poll; /* armed, or NULL */
	struct file_source *polled;   /* what the handle waits for */
	unsigned polled_wakes;	      /* its nr_wakes when it was armed */
	struct file *next, *prev;     /* on the armed list, or the free one */
	struct file *open_next, *open_prev; /* all open files */
};

/* A request that will be answered later. */
struct file_wait;

/*
 * Keep the request that @rq is about.  @cancel (may be NULL) is called, under
 * the session's lock, if the caller is interrupted by a signal or the mount
 * ends; it must see to it that file_complete() follows soon, and may call it
 * itself.  @arg must stay valid until file_complete() has returned.
 * NULL if memory is short: return -ENOMEM then.
 */
struct file_wait *file_wait(struct tree_req *rq, void (*cancel)(void *arg),
			    void *arg);

/*
 * Answer it, exactly once: the bytes written, or -errno.  Frees @w.  Any
 * thread.
 */
void file_complete(struct file_wait *w, ssize_t result);

/* Readers and pollers of @src are to look again.  Any thread, any lock. */
void file_source_wake(struct file_source *src);

#endif
