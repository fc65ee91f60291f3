/* SPDX-License-Identifier: MIT */
/*
 * log.c - are the lines of the kernel log those of the recording?
 *
 * Called by replay.c.  The text comes from fs/proc's kernel log, which is fed
 * from our observer, so that no mount is needed.
 */
#include "dynamics/log.h"

#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>

#include "fs/proc/kmsg.h"
#include "fs/proc/machine_fs.h"

#define PATH_MAX_LEN 4096

static bool begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

/* Frames, registers, and what names the machine. */
static bool is_left_out(const char *line)
{
	static const char *const heads[] = {
		"CPU:",	 "Tainted:", "Hardware name:", "Workqueue:",
		"Call Trace:", "RIP:",  "Code:", "RSP:", "RAX:", "RDX:",
		"RBP:",	 "R10:",     "R13:",
	};
	const char *plus = strstr(line, "+0x");

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (begins(line, heads[i]))
			return true;
	return begins(line, " <TASK>") || begins(line, " </TASK>") ||
	       (line[0] == ' ' && plus && strchr(plus, '/'));
}

/* "0x140dca(GFP_...|...)" is M. */
static const char *skip_mask(const char *in)
{
	in += strspn(in, "0123456789abcdefx");
	return *in == '(' ? in + strcspn(in, ")") + 1 : in;
}

static bool is_letters(const char *in)
{
	size_t n = strspn(in + 2, "UMEHCI");

	return begins(in, " (") && n > 0 && in[2 + n] == ')';
}

/* Numbers, masks and letters; blanks that only line columns up. */
static void plain_text(char *out, const char *in, const char *end)
{
	while (*in && out < end) {
		if (begins(in, "gfp_mask=")) {
			out += snprintf(out, (size_t)(end - out), "gfp_mask=M");
			in = skip_mask(in + strlen("gfp_mask="));
		} else if (is_letters(in)) {
			in += strcspn(in, ")") + 1;
		} else if (isdigit((unsigned char)*in) ||
			   (*in == '-' && isdigit((unsigned char)in[1]))) {
			*out++ = 'N';
			in += 1 + strspn(in + 1, "0123456789");
		} else if (*in == ' ' && in[1] == ' ') {
			in++;
		} else {
			*out++ = *in++;
		}
	}
	*out = '\0';
}

/* What stands at @at, up to one of @ends, is a name: X. */
static void name_at(char *at, const char *ends)
{
	size_t len = strcspn(at, ends);

	if (!len)
		return;
	*at = 'X';
	memmove(at + 1, at + len, strlen(at + len) + 1);
}

static void name_after(char *line, const char *mark, const char *ends)
{
	char *at = strstr(line, mark);

	if (at)
		name_at(at + strlen(mark), ends);
}

static void plain_names(char *line)
{
	if (strstr(line, " invoked oom-killer"))
		name_at(line, " ");
	name_after(line, "task=", ",");
	name_after(line, "Killed process N (", ")");
	if (begins(line, "[ N]"))
		name_at(strrchr(line, ' ') + 1, "");
}

/* The scenarios' own filler, and what recorders ran beside it. */
static bool is_filler(const char *line)
{
	const char *name = strrchr(line, ' ');

	return begins(line, "[") && strchr(line, ']') && name &&
	       begins(name, " init-shell");
}

bool log_plain(char out[LOG_LINE_MAX], const char *line)
{
	if (is_left_out(line) || is_filler(line))
		return false;
	plain_text(out, line, out + LOG_LINE_MAX - 16);
	plain_names(out);
	return true;
}

bool log_open(struct replay *r)
{
	int err = machine_fs_create(&r->fs, r->vm);

	if (err) {
		replay_complain(r, "log: %s", strerror(-err));
		return false;
	}
	r->log_from = kmsg_next(r->fs->kmsg);
	return true;
}

void log_event(struct replay *r, const struct vm_event *ev)
{
	if (r->fs)
		kmsg_observe(r->fs, ev);
}

void log_close(struct replay *r)
{
	machine_fs_destroy(r->fs);
	r->fs = NULL;
}

/* The lines of our log, one after another. */
struct log_reader {
	struct kmsg *kmsg;
	uint64_t seq;
	char record[2 * LOG_LINE_MAX];
	char *rest; /* of the record in hand */
};

static bool next_plain(struct log_reader *l, char out[LOG_LINE_MAX])
{
	for (;;) {
		const char *line = l->rest ? strsep(&l->rest, "\n") : NULL;

		if (line && log_plain(out, line))
			return true;
		if (line)
			continue;
		if (!kmsg_get(l->kmsg, l->seq++, l->record, sizeof(l->record)))
			return false;
		l->rest = l->record;
	}
}

/* The next line of a file; false at its end. */
static bool next_wanted(FILE *f, char out[LOG_LINE_MAX])
{
	while (fgets(out, LOG_LINE_MAX, f)) {
		out[strcspn(out, "\n")] = '\0';
		if (out[0] && out[0] != '#')
			return true;
	}
	return false;
}

static void compare(struct replay *r, FILE *f)
{
	static char want[LOG_LINE_MAX], is[LOG_LINE_MAX];
	static struct log_reader l;
	int nr = 0, same = 0;

	l = (struct log_reader){ .kmsg = r->fs->kmsg, .seq = r->log_from };
	for (;;) {
		bool more = next_wanted(f, want), there = next_plain(&l, is);

		if (!more && !there)
			break;
		nr++;
		if (more && there && strcmp(want, is) == 0)
			same++;
		else if (same == nr - 1)
			printf("line %d:\n  %s\n  %s\n", nr,
			       more ? want : "(end)", there ? is : "(end)");
	}
	table_count(r, "lines of the kernel log", nr, same);
}

void log_compare(struct replay *r, const char *name)
{
	char dir[PATH_MAX_LEN], path[2 * PATH_MAX_LEN];
	FILE *f;

	snprintf(dir, sizeof(dir), "%s", r->path);
	snprintf(path, sizeof(path), "%s/%s", dirname(dir), name);
	f = fopen(path, "re");
	if (!f) {
		replay_complain(r, "%s: %s", path, strerror(errno));
		return;
	}
	compare(r, f);
	fclose(f);
}
