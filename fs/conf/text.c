/* SPDX-License-Identifier: MIT */
/*
 * text.c - the text of a machine file, and of the files that it includes.
 *
 * A file is read into memory before libconfig sees it, and an @include is
 * followed here before libconfig follows it (text.h says why).
 *
 * Called by machine_conf.c; calls the C library.  No locks, no state.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/conf/machine_conf.h"
#include "fs/conf/text.h"

/* Following the @include lines of one machine file. */
struct include_walk {
	struct conf *c;
	const char *dir;
	const char *file; /* that @line is of */
	unsigned line;
	unsigned depth;
	unsigned nr; /* includes met so far */
};

/* The whole of @f as text.  -EFBIG: too long; -EINVAL: not text. */
static int slurp(FILE *f, char **text)
{
	size_t len = 0, room = 0, got;
	char *buf = NULL, *more;

	do {
		if (len == CONF_MAX_FILE) {
			free(buf);
			return -EFBIG;
		}
		room = room ? room * 2 : 4096;
		more = realloc(buf, room + 1);
		if (!more) {
			free(buf);
			return -ENOMEM;
		}
		buf = more;
		errno = 0;
		got = fread(buf + len, 1, room - len, f);
		len += got;
	} while (len == room);
	if (ferror(f)) {
		free(buf);
		return errno ? -errno : -EIO;
	}
	buf[len] = '\0';
	*text = buf;
	if (strlen(buf) == len)
		return 0;
	free(buf);
	return -EINVAL;
}

int conf_text_read(const char *path, char **text)
{
	FILE *f = fopen(path, "re");
	int err;

	if (!f)
		return -errno;
	err = slurp(f, text);
	fclose(f);
	return err;
}

/* As conf_text_read(), of a regular file only: else -ENOTSUP. */
static int read_regular(const char *path, char **text)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int err = -ENOTSUP;
	FILE *f;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		err = -errno;
		goto err_close;
	}
	if (!S_ISREG(st.st_mode))
		goto err_close;
	f = fdopen(fd, "r");
	if (!f) {
		err = -errno;
		goto err_close;
	}
	err = slurp(f, text);
	fclose(f);
	return err;

err_close:
	close(fd);
	return err;
}

static void complain(struct include_walk *w, const char *name, const char *what)
{
	fprintf(w->c->log, "%s:%u: @include \"%s\": %s\n", w->file, w->line,
		name, what);
	w->c->nr_errors++;
}

static void walk_text(struct include_walk *w, const char *text);

/* The file at @path, named @name in the text: whole and harmless? */
static void walk_file(struct include_walk *w, const char *path,
		      const char *name)
{
	struct include_walk inner = *w;
	char *text;
	int err = read_regular(path, &text);

	if (err == -ENOTSUP)
		complain(w, name, "expected a regular file");
	else if (err == -EINVAL)
		complain(w, name, "binary data, expected a machine file");
	else if (err == -EFBIG || err == -ENOMEM)
		complain(w, name, strerror(-err));
	if (err)
		return; /* that it is not there libconfig says */
	inner.file = path;
	inner.line = 0;
	inner.depth++;
	walk_text(&inner, text);
	w->nr = inner.nr;
	free(text);
}

/* Older libconfigs put the directory before absolute names as well. */
static void walk_name(struct include_walk *w, const char *name)
{
	unsigned before = w->c->nr_errors;
	char *path;

	if (!w->dir) {
		complain(w, name, "expected a task without other files");
		return;
	}
	if (++w->nr > CONF_MAX_INCLUDES) {
		complain(w, name, "more than 64 files, expected fewer");
		return;
	}
	if (w->depth >= CONF_MAX_INCLUDE_DEPTH)
		return; /* libconfig goes no deeper */
	if (asprintf(&path, "%s/%s", w->dir, name) < 0) {
		complain(w, name, strerror(ENOMEM));
		return;
	}
	walk_file(w, path, name);
	free(path);
	if (name[0] == '/' && w->c->nr_errors == before)
		walk_file(w, name, name);
}

/* What is between the quotes, as libconfig's scanner takes it. */
static char *quoted(const char *at, const char *end)
{
	char *name = malloc((size_t)(end - at) + 1), *to = name;

	if (!name)
		return NULL;
	for (; at < end && *at != '"'; at++) {
		if (*at == '\\' && at + 1 < end)
			at++;
		*to++ = *at;
	}
	*to = '\0';
	return name;
}

/* One line, of which @end is the end. */
static void walk_line(struct include_walk *w, const char *at, const char *end)
{
	static const char word[] = "@include";
	char *name;

	at += strspn(at, " \t");
	if (end - at < (long)strlen(word) || strncmp(at, word, strlen(word)))
		return;
	at += strlen(word);
	at += strspn(at, " \t");
	if (at >= end || *at != '"')
		return;
	name = quoted(at + 1, end);
	if (name)
		walk_name(w, name);
	else
		complain(w, "", strerror(ENOMEM));
	free(name);
}

static void walk_text(struct include_walk *w, const char *text)
{
	const char *end;

	while (*text && w->c->nr_errors < CONF_MAX_ERRORS) {
		end = strchrnul(text, '\n');
		w->line++;
		walk_line(w, text, end);
		text = end + (*end == '\n');
	}
}

void conf_text_check(struct conf *c, const char *dir, const char *text)
{
	struct include_walk w = { .c = c, .dir = dir, .file = c->file };

	walk_text(&w, text);
}
