/* SPDX-License-Identifier: MIT */
/*
 * namespace_nodev.c - the host's devices are nobody's inside.
 *
 * Who is root outside is the owner of device nodes inside too, whatever his
 * capabilities are, and what is mounted read-only keeps nobody from writing
 * to a device.  So all mounts become nodev, wherever they are, and with the
 * second user namespace (namespace.h) that is locked.  Bound over themselves
 * before, and spared: the few nodes that every program wants and that steer
 * nothing.  New terminals come from a devpts of our own, since others' are
 * the host's devices too; the one that we were started on is /dev/console.
 *
 * Called by run_init.c when everything else is mounted.  Flags are read from
 * mountinfo, so that no file system is asked.  One thread, no locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/cli/cmd.h"
#include "fs/cli/namespace.h"
#include "fs/proc/host.h"

#define MOUNTINFO "/proc/" HOST_ALL "/1/mountinfo"
#define NR(table) (sizeof(table) / sizeof((table)[0]))

#define NO_SYMLINKS 256 /* MS_NOSYMFOLLOW of Linux 5.10 */

#define PTS	"/dev/pts"
#define PTMX	"/dev/ptmx"
#define CONSOLE "/dev/console"
#define OURS	"/dev/.host/" /* where links of namespace_dev.c lead */

static const char *const spared[] = {
	"/dev/full", "/dev/fuse",    "/dev/null", "/dev/random",
	"/dev/tty",  "/dev/urandom", "/dev/zero", CONSOLE,
	PTMX,	     PTS,
};

static bool is_spared(const char *path)
{
	size_t i;

	for (i = 0; i < NR(spared); i++)
		if (!strcmp(spared[i], path))
			return true;
	return false;
}

static int spare(const char *path)
{
	struct stat st;

	if (lstat(path, &st) || !S_ISCHR(st.st_mode) ||
	    !strcmp(path, CONSOLE) || !strcmp(path, PTMX) ||
	    !mount(path, path, NULL, MS_BIND, NULL))
		return 0;
	cmd_warn("%s: cannot be kept: %s", path, strerror(errno));
	return -errno;
}

/* A link into the real /dev, made by us in a /dev of ours. */
static bool is_our_link(const char *path)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	return len > (ssize_t)strlen(OURS) &&
	       !strncmp(target, OURS, strlen(OURS));
}

/* The terminal that we were started on, by a name that stays. */
static void keep_terminal(void)
{
	char tty[PATH_MAX];
	int fd = -1, std;

	for (std = 0; std <= STDERR_FILENO; std++)
		if (!ttyname_r(std, tty, sizeof(tty)))
			break;
	if (std > STDERR_FILENO)
		return;
	if (is_our_link(CONSOLE) && !unlink(CONSOLE))
		fd = open(CONSOLE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			  0600);
	if (fd >= 0)
		close(fd);
	/* Without it the terminal has no name; that is all. */
	if (mount(tty, CONSOLE, NULL, MS_BIND, NULL))
		return;
}

/* False: there is none, and the host's is what there is. */
static bool own_terminals(void)
{
	keep_terminal();
	if (mount("devpts", PTS, "devpts", MS_NOSUID | MS_NOEXEC,
		  "newinstance,ptmxmode=0666,mode=0620"))
		return false;
	if (is_our_link(PTMX))
		return !unlink(PTMX) && !symlink("pts/ptmx", PTMX);
	/* In the real /dev: a node, or that link already. */
	return !mount(PTS "/ptmx", PTMX, NULL, MS_BIND, NULL) ||
	       errno == ENOENT;
}

/* One line of mountinfo, cut at its blanks. */
struct line {
	uint64_t id;
	char *path, *options;
	const char *type;
};

static bool parse(char *text, struct line *l)
{
	char *type = strstr(text, " - "), *save, *word;
	unsigned field;

	if (!type)
		return false;
	*type = '\0';
	type += 3;
	type[strcspn(type, " ")] = '\0';
	l->type = type;
	l->path = l->options = NULL;
	for (field = 1, word = strtok_r(text, " ", &save); word;
	     field++, word = strtok_r(NULL, " ", &save)) {
		if (field == 1)
			l->id = strtoull(word, NULL, 10);
		else if (field == 5)
			l->path = word;
		else if (field == 6)
			l->options = word;
	}
	if (l->path)
		namespace_unescape(l->path);
	return l->options;
}

/* What the mount has must stay: much of it is locked. */
static unsigned long flags_of(char *options)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} known[] = {
		{ "ro", MS_RDONLY },	     { "nosuid", MS_NOSUID },
		{ "nodev", MS_NODEV },	     { "noexec", MS_NOEXEC },
		{ "noatime", MS_NOATIME },   { "nodiratime", MS_NODIRATIME },
		{ "relatime", MS_RELATIME }, { "nosymfollow", NO_SYMLINKS },
	};
	unsigned long flags = 0;
	char *save, *word;
	size_t i;

	for (word = strtok_r(options, ",", &save); word;
	     word = strtok_r(NULL, ",", &save))
		for (i = 0; i < NR(known); i++)
			if (!strcmp(known[i].name, word))
				flags |= known[i].flag;
	if (!(flags & (MS_NOATIME | MS_RELATIME)))
		flags |= MS_STRICTATIME;
	return flags;
}

/*
 * By its path one gets there: nothing is mounted over it.  Kernels before 5.8
 * do not say which mount a path leads to; there devices are as outside.
 */
static bool in_sight(const struct line *l)
{
	struct statx stx;

	return !statx(AT_FDCWD, l->path,
		      AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT |
			      AT_SYMLINK_NOFOLLOW,
		      STATX_MNT_ID, &stx) &&
	       stx.stx_mask & STATX_MNT_ID && stx.stx_mnt_id == l->id;
}

static int close_one(char *text, bool own)
{
	struct line l;
	unsigned long flags;

	if (!parse(text, &l) || is_spared(l.path) ||
	    (!own && !strcmp(l.type, "devpts")) || !in_sight(&l))
		return 0;
	flags = flags_of(l.options);
	if (flags & MS_NODEV ||
	    !mount(NULL, l.path, NULL,
		   flags | MS_NODEV | MS_REMOUNT | MS_BIND, NULL))
		return 0;
	cmd_warn("%s: its devices cannot be closed: %s", l.path,
		 strerror(errno));
	return -errno;
}

int namespace_devices(void)
{
	char *text = NULL;
	bool own = own_terminals();
	size_t size = 0, i;
	int err = 0;
	FILE *f;

	/* A /dev of ours has bound them already. */
	for (i = 0; !err && access(OURS, F_OK) && i < NR(spared); i++)
		err = spare(spared[i]);
	if (err)
		return err;
	f = fopen(MOUNTINFO, "re");
	if (!f) {
		cmd_warn("%s: %s", MOUNTINFO, strerror(errno));
		return -ENOENT;
	}
	while (!err && getline(&text, &size, f) > 0)
		err = close_one(text, own);
	free(text);
	fclose(f);
	return err;
}
