/* SPDX-License-Identifier: MIT */
/*
 * checkpoint_file.c - write and read the file that a checkpoint is.
 *
 * Writing is streamed through one buffer, so that a large machine is not in
 * memory twice; reading takes the whole file, whose length is known and
 * checked by then.  The checksum is zlib's crc32().
 *
 * Called by checkpoint.c in the driver's thread, and by fs/cli.  No locks.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <vm/image.h>

#include "fs/sandbox/checkpoint_file.h"

#define BUFFER	   (1u << 18)
#define HEADER	   64u
#define TEMP_PREFIX ".reclaimfs-"
#define TEMP_TRIES 100u

static const char magic[] = "\211RECLAIMFS\r\n";

/* Where things stand in the header. */
enum {
	AT_VERSION = 12,
	AT_IMAGE = 16,
	AT_CRC = 20,
	AT_LEN = 24,
	AT_PARTS = 32,
};

static void set_le(unsigned char *to, uint64_t v, unsigned nr)
{
	for (; nr; nr--, v >>= 8)
		*to++ = (unsigned char)v;
}

static uint64_t get_le(const unsigned char *from, unsigned nr)
{
	uint64_t v = 0;

	while (nr--)
		v = v << 8 | from[nr];
	return v;
}

/* @crc of the parts, and on over the header but for its own place. */
static uint32_t header_crc(uint32_t crc, const unsigned char *header)
{
	crc = (uint32_t)crc32(crc, header, AT_CRC);
	return (uint32_t)crc32(crc, header + AT_LEN, HEADER - AT_LEN);
}

/* A sweep has not taken it away. */
static bool still_named(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_nlink;
}

/* A new file that is locked; a sweep may have been faster than the lock. */
static int open_temp(struct checkpoint_out *o)
{
	static atomic_uint last;
	unsigned tries;

	for (tries = 0; tries < TEMP_TRIES; tries++) {
		snprintf(o->temp, sizeof(o->temp), TEMP_PREFIX "%d-%u.tmp",
			 (int)getpid(), atomic_fetch_add(&last, 1));
		o->fd = openat(o->dir, o->temp,
			       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
				       O_CLOEXEC, 0600);
		if (o->fd < 0 && errno != EEXIST)
			return -errno;
		if (o->fd < 0)
			continue;
		flock(o->fd, LOCK_EX);
		if (still_named(o->fd))
			return 0;
		close(o->fd);
	}
	o->fd = -1;
	return -EEXIST;
}

int checkpoint_begin(struct checkpoint_out *o, int dir)
{
	int err;

	*o = (struct checkpoint_out){ .dir = dir, .fd = -1 };
	o->buf = malloc(BUFFER);
	if (!o->buf)
		return -ENOMEM;
	err = open_temp(o);
	/* The header comes when all is known. */
	if (!err && lseek(o->fd, HEADER, SEEK_SET) < 0)
		err = -errno;
	return err;
}

static int write_all(int fd, const unsigned char *bytes, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int flush(struct checkpoint_out *o)
{
	int err = write_all(o->fd, o->buf, o->used);

	o->crc = (uint32_t)crc32(o->crc, o->buf, (unsigned)o->used);
	o->used = 0;
	return err;
}

int checkpoint_put(struct checkpoint_out *o, enum checkpoint_part part,
		   const void *bytes, size_t len)
{
	const unsigned char *from = bytes;
	size_t nr;
	int err;

	o->len[part] += len;
	for (; len; from += nr, len -= nr) {
		if (o->used == BUFFER) {
			err = flush(o);
			if (err)
				return err;
		}
		nr = BUFFER - o->used < len ? BUFFER - o->used : len;
		memcpy(o->buf + o->used, from, nr);
		o->used += nr;
	}
	return 0;
}

static int put_header(struct checkpoint_out *o)
{
	unsigned char header[HEADER] = { 0 };
	uint64_t len = HEADER;
	unsigned i;

	memcpy(header, magic, AT_VERSION);
	set_le(header + AT_VERSION, CHECKPOINT_VERSION, 4);
	set_le(header + AT_IMAGE, VM_IMAGE_VERSION, 4);
	for (i = 0; i < CHECKPOINT_PARTS; i++) {
		set_le(header + AT_PARTS + 8 * i, o->len[i], 8);
		len += o->len[i];
	}
	set_le(header + AT_LEN, len, 8);
	set_le(header + AT_CRC, header_crc(o->crc, header), 4);
	if (lseek(o->fd, 0, SEEK_SET) < 0)
		return -errno;
	return write_all(o->fd, header, HEADER);
}

/* What is not a file of ours is not to be replaced by one. */
static int may_replace(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

int checkpoint_end(struct checkpoint_out *o, const char *name)
{
	int err = flush(o);

	if (!err)
		err = put_header(o);
	if (!err && fsync(o->fd))
		err = -errno;
	if (!err)
		err = may_replace(o->dir, name);
	if (!err && renameat(o->dir, o->temp, o->dir, name))
		err = -errno;
	if (err)
		return err;
	/* It is there; a file system that cannot do this has told nobody. */
	fsync(o->dir);
	close(o->fd);
	free(o->buf);
	return 0;
}

void checkpoint_drop(struct checkpoint_out *o)
{
	free(o->buf);
	if (o->fd < 0)
		return;
	unlinkat(o->dir, o->temp, 0);
	close(o->fd);
}

void checkpoint_sweep(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	size_t len;

	while (d && (e = readdir(d))) {
		len = strlen(e->d_name);
		if (len < 4 || strcmp(e->d_name + len - 4, ".tmp") ||
		    strncmp(e->d_name, TEMP_PREFIX, strlen(TEMP_PREFIX)))
			continue;
		fd = openat(dir, e->d_name, O_RDONLY | O_NOFOLLOW |
						    O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!flock(fd, LOCK_EX | LOCK_NB))
			unlinkat(dir, e->d_name, 0);
		close(fd);
	}
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
}

static int read_all(int fd, unsigned char *to, size_t len)
{
	ssize_t n;

	while (len) {
		n = read(fd, to, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EBADMSG; /* it became shorter */
		to += n;
		len -= (size_t)n;
	}
	return 0;
}

static int complain(char why[CHECKPOINT_WHY], int err, const char *what)
{
	snprintf(why, CHECKPOINT_WHY, "%s", what);
	return err;
}

/* What the header alone can say against it; @size: of the file. */
static int check_header(const unsigned char *header, uint64_t size,
			char why[CHECKPOINT_WHY])
{
	uint64_t version, image, len = get_le(header + AT_LEN, 8);
	uint64_t part, rest = size - HEADER;
	unsigned i;

	if (memcmp(header, magic, AT_VERSION))
		return complain(why, -EINVAL, "not a checkpoint");
	version = get_le(header + AT_VERSION, 4);
	image = get_le(header + AT_IMAGE, 4);
	if (version != CHECKPOINT_VERSION || image != VM_IMAGE_VERSION) {
		snprintf(why, CHECKPOINT_WHY,
			 "of another version (format %u.%u, this program "
			 "has %u.%u)", (unsigned)version, (unsigned)image,
			 CHECKPOINT_VERSION, VM_IMAGE_VERSION);
		return -EINVAL;
	}
	for (i = 0; i < CHECKPOINT_PARTS && len == size; i++) {
		part = get_le(header + AT_PARTS + 8 * i, 8);
		if (part > rest)
			len = 0;
		rest -= part;
	}
	if (len == size && !rest)
		return 0;
	snprintf(why, CHECKPOINT_WHY, "length does not match (%llu bytes)",
		 (unsigned long long)size);
	return -EBADMSG;
}

static int check_crc(const unsigned char *bytes, size_t size,
		     char why[CHECKPOINT_WHY])
{
	uint32_t crc = 0, want = (uint32_t)get_le(bytes + AT_CRC, 4);
	size_t at, nr;

	for (at = HEADER; at < size; at += nr) {
		nr = size - at < BUFFER ? size - at : BUFFER;
		crc = (uint32_t)crc32(crc, bytes + at, (unsigned)nr);
	}
	crc = header_crc(crc, bytes);
	if (crc == want)
		return 0;
	snprintf(why, CHECKPOINT_WHY,
		 "checksum does not match (%08x, the file says %08x)", crc,
		 want);
	return -EBADMSG;
}

int checkpoint_read(struct checkpoint_in *in, int fd, char why[CHECKPOINT_WHY])
{
	unsigned char header[HEADER];
	const unsigned char *at;
	struct stat st;
	int err = 0;
	unsigned i;

	*in = (struct checkpoint_in){ .bytes = NULL };
	if (fstat(fd, &st))
		return complain(why, -errno, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return complain(why, -EINVAL, "not a regular file");
	if (st.st_size < (off_t)HEADER)
		return complain(why, -EINVAL, "not a checkpoint");
	if (st.st_size > (off_t)CHECKPOINT_MAX) {
		snprintf(why, CHECKPOINT_WHY,
			 "%llu bytes, expected at most %llu",
			 (unsigned long long)st.st_size, CHECKPOINT_MAX);
		return -EFBIG;
	}
	err = read_all(fd, header, HEADER);
	if (err)
		return complain(why, err, strerror(-err));
	err = check_header(header, (uint64_t)st.st_size, why);
	if (err)
		return err;
	in->bytes = malloc((size_t)st.st_size);
	if (!in->bytes)
		return complain(why, -ENOMEM, strerror(ENOMEM));
	memcpy(in->bytes, header, HEADER);
	err = read_all(fd, in->bytes + HEADER, (size_t)st.st_size - HEADER);
	if (err)
		complain(why, err, strerror(-err));
	else
		err = check_crc(in->bytes, (size_t)st.st_size, why);
	if (err) {
		checkpoint_in_free(in);
		return err;
	}
	at = in->bytes + HEADER;
	for (i = 0; i < CHECKPOINT_PARTS; i++) {
		in->part[i] = at;
		in->len[i] = get_le(header + AT_PARTS + 8 * i, 8);
		at += in->len[i];
	}
	return 0;
}

void checkpoint_in_free(struct checkpoint_in *in)
{
	free(in->bytes);
	*in = (struct checkpoint_in){ .bytes = NULL };
}
