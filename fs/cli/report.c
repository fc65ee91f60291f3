/* SPDX-License-Identifier: MIT */
/*
 * report.c - what changed, what was refused, what the memory did (report.h).
 *
 * Everything is read from files below the mount; nothing here knows the
 * engine.  Numbers are differences from start to end, so that what the
 * machine did at boot does not count.
 *
 * Called by run.c.  One thread, no locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/cli/cmd.h"
#include "fs/cli/report.h"
#include "fs/cli/report_settings.h"

#define PATH_LEN    512
#define TEXT_MAX    65536
#define MAX_VICTIMS 64u

/* What the report counts: sums of lines of vmstat that begin so. */
enum count {
	KSWAPD_RUNS, KSWAPD_PAGES, DIRECT_RUNS, DIRECT_PAGES, SWAPPED_IN,
	SWAPPED_OUT, OOM_KILLS, NR_COUNTS
};

static const char *const count_prefix[NR_COUNTS] = {
	[KSWAPD_RUNS] = "pageoutrun ",
	[KSWAPD_PAGES] = "pgsteal_kswapd ",
	[DIRECT_RUNS] = "allocstall_",
	[DIRECT_PAGES] = "pgsteal_direct ",
	[SWAPPED_IN] = "pswpin ",
	[SWAPPED_OUT] = "pswpout ",
	[OOM_KILLS] = "oom_kill ",
};

struct counts {
	uint64_t nr[NR_COUNTS];
	uint64_t stall_us; /* of pressure/memory, some */
};

struct report {
	const char *where;
	int events; /* of the mount */
	struct settings *settings;
	struct counts before;
	char *victim[MAX_VICTIMS]; /* "leaky (pid 777)" */
	unsigned nr_victims;
	size_t used; /* of line: what has no end yet */
	char line[TEXT_MAX];
};

/* The beginning of a file below the mount; "" if it cannot be read. */
static void read_text(const struct report *r, const char *name, char *text,
		      size_t size)
{
	char path[PATH_LEN];
	size_t used = 0;
	ssize_t nr;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", r->where, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && used < size - 1) {
		nr = read(fd, text + used, size - 1 - used);
		if (nr <= 0)
			break;
		used += (size_t)nr;
	}
	text[used] = '\0';
	if (fd >= 0)
		close(fd);
}

/* Sum of the numbers of all lines that begin with @prefix. */
static uint64_t sum_lines(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);
	const char *line = text, *end;
	uint64_t sum = 0;

	for (; line && *line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		if (strncmp(line, prefix, len))
			continue;
		line = strchr(line, ' ');
		if (line)
			sum += strtoull(line, NULL, 10);
	}
	return sum;
}

static void count(const struct report *r, struct counts *c)
{
	char *text = malloc(TEXT_MAX);
	const char *total;
	unsigned i;

	memset(c, 0, sizeof(*c));
	if (!text)
		return;
	read_text(r, "proc/vmstat", text, TEXT_MAX);
	for (i = 0; i < NR_COUNTS; i++)
		c->nr[i] = sum_lines(text, count_prefix[i]);
	read_text(r, "proc/pressure/memory", text, TEXT_MAX);
	total = strstr(text, "total=");
	if (total)
		c->stall_us = strtoull(total + strlen("total="), NULL, 10);
	free(text);
}

int report_begin(struct report **rp, const char *where)
{
	struct report *r = calloc(1, sizeof(*r));
	char path[PATH_LEN];
	int err = 0;

	if (!r) {
		cmd_warn("report: %s", strerror(errno));
		return -ENOMEM;
	}
	r->where = where;
	snprintf(path, sizeof(path), "%s/sandbox/events", where);
	r->events = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (r->events < 0) {
		err = -errno;
		cmd_warn("%s: %s", path, strerror(errno));
	} else {
		err = settings_read(&r->settings, where);
		if (err)
			cmd_warn("report: %s", strerror(-err));
		count(r, &r->before);
	}
	if (err) {
		report_free(r);
		return err;
	}
	*rp = r;
	return 0;
}

int report_fd(const struct report *r)
{
	return r->events;
}

/* Who was killed stands nowhere else once he is gone. */
static void look_at(struct report *r, const char *line)
{
	struct json_object *event, *pid, *comm;

	if (!strstr(line, "\"event\":\"oom_kill\"") ||
	    r->nr_victims == MAX_VICTIMS)
		return;
	event = json_tokener_parse(line);
	if (json_object_object_get_ex(event, "victim_pid", &pid) &&
	    json_object_object_get_ex(event, "victim_comm", &comm) &&
	    asprintf(&r->victim[r->nr_victims], "%s (pid %d)",
		     json_object_get_string(comm),
		     json_object_get_int(pid)) > 0)
		r->nr_victims++;
	json_object_put(event);
}

static void look_at_lines(struct report *r)
{
	char *line = r->line, *end;

	while ((end = memchr(line, '\n',
			     r->used - (size_t)(line - r->line)))) {
		*end = '\0';
		look_at(r, line);
		line = end + 1;
	}
	r->used -= (size_t)(line - r->line);
	memmove(r->line, line, r->used);
	if (r->used == sizeof(r->line))
		r->used = 0; /* no event is that long */
}

void report_look(struct report *r)
{
	ssize_t nr;

	while ((nr = read(r->events, r->line + r->used,
			  sizeof(r->line) - r->used)) > 0) {
		r->used += (size_t)nr;
		look_at_lines(r);
	}
}

static void print_refused(const struct report *r, FILE *f)
{
	char *text = malloc(TEXT_MAX), *line, *next, *error, *what, *takes;

	if (!text)
		return;
	read_text(r, "sandbox/refused", text, TEXT_MAX);
	for (line = text; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		error = strchr(line, '\t');
		what = error ? strchr(error + 1, '\t') : NULL;
		if (!what)
			continue;
		*error++ = '\0';
		*what++ = '\0';
		takes = strchr(what, '\t');
		if (takes)
			*takes++ = '\0';
		fprintf(f, "  refused  %s = \"%s\": %s%s%s\n", line, what,
			error, takes ? ", takes " : "", takes ? takes : "");
	}
	free(text);
}

static void print_memory(const struct report *r, FILE *f)
{
	struct counts now;
	uint64_t d[NR_COUNTS], us;
	unsigned i;

	count(r, &now);
	for (i = 0; i < NR_COUNTS; i++)
		d[i] = now.nr[i] - r->before.nr[i];
	us = now.stall_us - r->before.stall_us;
	fprintf(f, "  kswapd   %llu runs, %llu pages reclaimed\n",
		(unsigned long long)d[KSWAPD_RUNS],
		(unsigned long long)d[KSWAPD_PAGES]);
	fprintf(f, "  direct   %llu reclaims, %llu pages reclaimed\n",
		(unsigned long long)d[DIRECT_RUNS],
		(unsigned long long)d[DIRECT_PAGES]);
	fprintf(f, "  stalled  %llu.%03llu s, some task, for memory\n",
		(unsigned long long)us / 1000000,
		(unsigned long long)us / 1000 % 1000);
	fprintf(f, "  swap     %llu pages in, %llu pages out\n",
		(unsigned long long)d[SWAPPED_IN],
		(unsigned long long)d[SWAPPED_OUT]);
	fprintf(f, "  oom      %llu kills", (unsigned long long)d[OOM_KILLS]);
	for (i = 0; i < r->nr_victims; i++)
		fprintf(f, "%s %s", i ? "," : ":", r->victim[i]);
	fputc('\n', f);
}

void report_end(struct report *r, FILE *f)
{
	report_look(r);
	fprintf(f, "reclaimfs: report\n");
	settings_print_changes(r->settings, r->where, f);
	print_refused(r, f);
	print_memory(r, f);
	fflush(f);
}

void report_free(struct report *r)
{
	unsigned i;

	if (!r)
		return;
	for (i = 0; i < r->nr_victims; i++)
		free(r->victim[i]);
	settings_free(r->settings);
	if (r->events >= 0)
		close(r->events);
	free(r);
}
