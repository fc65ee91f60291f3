/* SPDX-License-Identifier: MIT */
/*
 * floor.c - bench-floor: the least that a virtual file can cost through FUSE.
 *
 * Usage: bench-floor MOUNTPOINT ENTRIES NAME=BYTES...
 *
 * A correct server and nothing else: low-level API, one loop, direct I/O, no
 * flush, names and attributes that stay, listings that the kernel keeps.
 * Files of more than 64 bytes are formatted by every read at offset 0, line
 * by line, as /proc/meminfo is; smaller ones hold one number, which can be
 * written.  Directory "dir" has ENTRIES files that nobody opens, with names
 * about as long as those of sys/vm.
 *
 * Goes to the background as soon as it is mounted, and ends when it is
 * unmounted.  Run by run.sh beside reclaimfs.  One thread.
 */
#define FUSE_USE_VERSION 314

#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILES 16u
#define MAX_TEXT  (64u << 10)
#define NUMBER	  64u /* files up to this hold a number */
#define STAYS	  1e6

enum { INO_ROOT = 1, INO_DIR = 2, INO_FILES = 3, INO_ENTRIES = 1000 };

struct text {
	size_t len;
	char bytes[];
};

static struct {
	const char *name;
	size_t bytes;
} files[MAX_FILES];
static unsigned nr_files, nr_entries;
static uint64_t number = 60, ticks = 123456;

static char *put_number(char *to, uint64_t v, unsigned width)
{
	char digits[24];
	unsigned n = 0;

	do {
		digits[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	for (unsigned i = n; i < width; i++)
		*to++ = ' ';
	while (n)
		*to++ = digits[--n];
	return to;
}

/* Lines of 27 bytes, other numbers every time. */
static void format(struct text *t, size_t want)
{
	char *to = t->bytes;
	unsigned i = 0;

	ticks++;
	while ((size_t)(to - t->bytes) + 27 <= want) {
		memcpy(to, "Field", 5);
		to = put_number(to + 5, 100 + i % 900, 3);
		*to++ = ':';
		to = put_number(to, ticks * 7 + i * 4096, 14);
		memcpy(to, " kB\n", 4);
		to += 4;
		i++;
	}
	while ((size_t)(to - t->bytes) < want)
		*to++ = '\n';
	t->len = want;
}

static size_t file_bytes(fuse_ino_t ino)
{
	return ino >= INO_FILES && ino < INO_FILES + nr_files ?
		       files[ino - INO_FILES].bytes : 0;
}

static void fill_entry(fuse_ino_t ino, struct fuse_entry_param *e)
{
	memset(e, 0, sizeof(*e));
	e->ino = ino;
	e->attr_timeout = e->entry_timeout = STAYS;
	e->attr.st_ino = ino;
	e->attr.st_nlink = 1;
	e->attr.st_mode = ino <= INO_DIR ? S_IFDIR | 0755 : S_IFREG | 0644;
}

static fuse_ino_t find(fuse_ino_t parent, const char *name)
{
	if (parent != INO_ROOT)
		return 0;
	if (!strcmp(name, "dir"))
		return INO_DIR;
	for (unsigned i = 0; i < nr_files; i++)
		if (!strcmp(name, files[i].name))
			return INO_FILES + i;
	return 0;
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e;
	fuse_ino_t ino = find(parent, name);

	if (!ino) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	fill_entry(ino, &e);
	fuse_reply_entry(req, &e);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	struct fuse_entry_param e;

	(void)fi;
	fill_entry(ino, &e);
	fuse_reply_attr(req, &e.attr, STAYS);
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st,
		       int to_set, struct fuse_file_info *fi)
{
	(void)st;
	(void)to_set;
	op_getattr(req, ino, fi);
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct text *t = NULL;

	if (file_bytes(ino) > NUMBER) {
		t = malloc(sizeof(*t) + file_bytes(ino));
		if (!t) {
			fuse_reply_err(req, ENOMEM);
			return;
		}
		t->len = 0;
	}
	fi->fh = (uintptr_t)t;
	fi->direct_io = 1;
	fi->noflush = 1;
	fuse_reply_open(req, fi);
}

static void reply_part(fuse_req_t req, const char *bytes, size_t len,
		       size_t size, off_t off)
{
	if (off < 0 || (size_t)off >= len)
		fuse_reply_buf(req, NULL, 0);
	else
		fuse_reply_buf(req, bytes + off,
			       len - (size_t)off < size ? len - (size_t)off :
							  size);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	struct text *t = (struct text *)(uintptr_t)fi->fh;
	char small[24], *end;

	if (t) {
		if (!off)
			format(t, file_bytes(ino));
		reply_part(req, t->bytes, t->len, size, off);
		return;
	}
	end = put_number(small, number, 0);
	*end++ = '\n';
	reply_part(req, small, (size_t)(end - small), size, off);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *bytes,
		     size_t size, off_t off, struct fuse_file_info *fi)
{
	uint64_t v = 0;

	(void)ino;
	(void)off;
	(void)fi;
	for (size_t i = 0; i < size && bytes[i] != '\n'; i++) {
		if (bytes[i] < '0' || bytes[i] > '9') {
			fuse_reply_err(req, EINVAL);
			return;
		}
		v = v * 10 + (uint64_t)(bytes[i] - '0');
	}
	number = v;
	fuse_reply_write(req, size);
}

static void op_release(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	(void)ino;
	free((void *)(uintptr_t)fi->fh);
	fuse_reply_err(req, 0);
}

static void op_opendir(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	(void)ino;
	fi->cache_readdir = 1;
	fi->keep_cache = 1;
	fuse_reply_open(req, fi);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	static char buf[MAX_TEXT];
	struct fuse_entry_param e;
	size_t used = 0, len;
	char name[32];

	(void)fi;
	if (size > sizeof(buf))
		size = sizeof(buf);
	for (; ino == INO_DIR && (unsigned)off < nr_entries; off++) {
		fill_entry(INO_ENTRIES + (fuse_ino_t)off, &e);
		snprintf(name, sizeof(name), "entry_%018u", (unsigned)off);
		len = fuse_add_direntry(req, buf + used, size - used, name,
					&e.attr, off + 1);
		if (len > size - used)
			break;
		used += len;
	}
	fuse_reply_buf(req, buf, used);
}

static const struct fuse_lowlevel_ops ops = {
	.lookup = op_lookup,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.open = op_open,
	.read = op_read,
	.write = op_write,
	.release = op_release,
	.opendir = op_opendir,
	.readdir = op_readdir,
};

static int serve(const char *mountpoint)
{
	char *argv[] = { (char *)(uintptr_t) "bench-floor",
			 (char *)(uintptr_t) "-odefault_permissions", NULL };
	struct fuse_args args = FUSE_ARGS_INIT(2, argv);
	struct fuse_session *s = fuse_session_new(&args, &ops, sizeof(ops),
						  NULL);
	int err = 1;

	if (s && !fuse_set_signal_handlers(s)) {
		if (!fuse_session_mount(s, mountpoint)) {
			fuse_daemonize(0);
			err = fuse_session_loop(s);
			fuse_session_unmount(s);
		}
		fuse_remove_signal_handlers(s);
	}
	if (s)
		fuse_session_destroy(s);
	fuse_opt_free_args(&args);
	return err < 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	nr_entries = (unsigned)strtoul(argv[2], NULL, 10);
	for (int i = 3; i < argc && nr_files < MAX_FILES; i++) {
		char *value = strchr(argv[i], '=');

		if (!value)
			return 2;
		*value = '\0';
		files[nr_files].name = argv[i];
		files[nr_files].bytes = strtoul(value + 1, NULL, 10);
		if (files[nr_files++].bytes > MAX_TEXT)
			return 2;
	}
	return serve(argv[1]);
}
