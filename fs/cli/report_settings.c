/* SPDX-License-Identifier: MIT */
/*
 * report_settings.c - the tunables of a mount (report_settings.h).
 *
 * Walks the directories that hold tunables, without links.  Called by
 * report.c.  One thread, no locks.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/cli/report_settings.h"

#define PATH_LEN 512
#define TEXT_LEN 1024
#define MAX_DEPTH 6

struct setting {
	char *path; /* below the mount point */
	char *text; /* without the newline at its end */
};

struct settings {
	struct setting *list;
	size_t nr, room;
};

static const char *const roots[] = {
	"proc/sys/fs", "proc/sys/kernel", "proc/sys/vm", "sys/kernel/mm",
};

/* Changes by itself. */
static const char *const restless[] = { "ns_last_pid" };

#define NR(table) (sizeof(table) / sizeof((table)[0]))

/* The value of a tunable; NULL if it is none, or nothing is to be seen. */
static char *read_value(const char *where, const char *path)
{
	char full[PATH_LEN * 2], text[TEXT_LEN];
	struct stat st;
	ssize_t nr = -1;
	int fd;

	snprintf(full, sizeof(full), "%s/%s", where, path);
	if (lstat(full, &st) || !(st.st_mode & 0222) ||
	    !(st.st_mode & 0444))
		return NULL;
	fd = open(full, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		nr = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	if (nr < 0)
		return NULL;
	while (nr && text[nr - 1] == '\n')
		nr--;
	text[nr] = '\0';
	return strdup(text);
}

static int add(struct settings *s, const char *where, const char *path)
{
	struct setting *more, *new;
	char *text = read_value(where, path);

	if (!text)
		return 0;
	if (s->nr == s->room) {
		s->room = s->room ? s->room * 2 : 128;
		more = realloc(s->list, s->room * sizeof(*more));
		if (!more)
			goto err_text;
		s->list = more;
	}
	new = &s->list[s->nr];
	new->path = strdup(path);
	if (!new->path)
		goto err_text;
	new->text = text;
	s->nr++;
	return 0;

err_text:
	free(text);
	return -ENOMEM;
}

static bool is_restless(const char *name)
{
	size_t i;

	for (i = 0; i < NR(restless); i++)
		if (!strcmp(restless[i], name))
			return true;
	return false;
}

static int walk(struct settings *s, const char *where, const char *dir,
		int depth)
{
	char path[PATH_LEN];
	struct dirent **list;
	int i, nr, len, err = 0;

	snprintf(path, sizeof(path), "%s/%s", where, dir);
	nr = scandir(path, &list, NULL, alphasort);
	if (nr < 0)
		return errno == ENOMEM ? -ENOMEM : 0;
	for (i = 0; i < nr; i++) {
		const char *name = list[i]->d_name;

		len = snprintf(path, sizeof(path), "%s/%s", dir, name);
		if (err || name[0] == '.' || is_restless(name) ||
		    len >= (int)sizeof(path))
			; /* not this one */
		else if (list[i]->d_type == DT_DIR && depth < MAX_DEPTH)
			err = walk(s, where, path, depth + 1);
		else if (list[i]->d_type == DT_REG)
			err = add(s, where, path);
		free(list[i]);
	}
	free(list);
	return err;
}

int settings_read(struct settings **sp, const char *where)
{
	struct settings *s = calloc(1, sizeof(*s));
	size_t i;
	int err = s ? 0 : -ENOMEM;

	for (i = 0; !err && i < NR(roots); i++)
		err = walk(s, where, roots[i], 0);
	if (err) {
		settings_free(s);
		return err;
	}
	*sp = s;
	return 0;
}

/* Below /proc/sys as sysctl(8) says it, elsewhere as a path. */
static void print_name(const char *path, FILE *f)
{
	static const char sys[] = "proc/sys/";

	if (strncmp(path, sys, sizeof(sys) - 1)) {
		fprintf(f, "/%s", path);
		return;
	}
	for (path += sizeof(sys) - 1; *path; path++)
		fputc(*path == '/' ? '.' : *path, f);
}

static void print_value(const char *text, FILE *f)
{
	for (; *text; text++)
		fputc(*text == '\n' || *text == '\t' ? ' ' : *text, f);
}

void settings_print_changes(const struct settings *s, const char *where,
			    FILE *f)
{
	const struct setting *was;
	size_t i;
	char *now;

	for (i = 0; i < s->nr; i++) {
		was = &s->list[i];
		now = read_value(where, was->path);
		if (now && strcmp(now, was->text)) {
			fputs("  changed  ", f);
			print_name(was->path, f);
			fputs(": ", f);
			print_value(was->text, f);
			fputs(" -> ", f);
			print_value(now, f);
			fputc('\n', f);
		}
		free(now);
	}
}

void settings_free(struct settings *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->nr; i++) {
		free(s->list[i].path);
		free(s->list[i].text);
	}
	free(s->list);
	free(s);
}
