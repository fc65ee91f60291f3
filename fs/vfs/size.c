/* SPDX-License-Identifier: MIT */
/*
 * size.c - the size that the host's kernel takes a file for (session_impl.h).
 *
 * A file of procfs has size 0 and is read all the same.  But since Linux 6.5
 * sendfile(2), splice(2) and copy_file_range(2) from FUSE end at the size that
 * the kernel has kept, and ask nobody (mm/filemap.c:filemap_splice_read):
 * `busybox cat` would print nothing.  So it keeps a large size, and hears 0
 * whenever it asks for the attributes.
 *
 * A byte that we store behind the end makes a file longer (fs/fuse/dev.c:
 * fuse_notify_store).  One that is stored while attributes are on their way
 * makes them too old to be kept: who asked sees them, and the size stays
 * (fs/fuse/inode.c:fuse_change_attributes, attr_version).  A text that ends
 * earlier than was asked for makes it short again, by itself (fs/fuse/file.c:
 * fuse_short_read).
 *
 * Every byte goes behind all those before it, of whatever file: there nobody
 * can have read, so its page is never locked by one who waits for us.  And
 * sizes are multiples of 4 GiB, so that FIONREAD, an int, says what it says of
 * an empty file.
 *
 * Called by ops.c; calls libfuse.  Locks: session.lock is held by the callers.
 */
#include <string.h>

#include "fs/vfs/session_impl.h"

/* Larger than any text. */
#define STEP (1ll << 32)
/* The most that the kernel allows; 32 bits number too few pages. */
#define LARGEST (sizeof(long) < sizeof(STEP) ? 0 : INT64_MAX - STEP)

static uint64_t *place_of(struct session *s, uint64_t ino)
{
	return &s->large[ino * 0x9e3779b97f4a7c15ull >> (64 - LARGE_BITS)];
}

void size_forget(struct session *s, uint64_t ino)
{
	uint64_t *place = place_of(s, ino);

	if (*place == ino)
		*place = 0;
}

static void make_large(struct session *s, uint64_t ino)
{
	char byte = '\0';
	struct fuse_bufvec data = FUSE_BUFVEC_INIT(sizeof(byte));

	size_forget(s, ino);
	if (s->largest >= LARGEST)
		return; /* sendfile() finds an empty file, and nothing hangs */
	s->largest += STEP;
	data.buf[0].mem = &byte;
	if (!fuse_lowlevel_notify_store(s->fuse, ino, s->largest - 1, &data,
					FUSE_BUF_NO_SPLICE))
		*place_of(s, ino) = ino;
}

static bool is_open(const struct session *s, const struct tree_node *node,
		    const struct tree_req *rq)
{
	const struct file *f;

	for (f = s->open; f; f = f->open_next)
		if (f->node == node &&
		    !memcmp(f->index, rq->index, sizeof(f->index)))
			return true;
	return false;
}

void size_opened(struct session *s, uint64_t ino)
{
	if (*place_of(s, ino) != ino)
		make_large(s, ino);
}

void size_told(struct session *s, uint64_t ino, const struct tree_node *node,
	       const struct tree_req *rq)
{
	if (*place_of(s, ino) != ino)
		return;
	if (is_open(s, node, rq))
		make_large(s, ino);
	else
		size_forget(s, ino);
}
