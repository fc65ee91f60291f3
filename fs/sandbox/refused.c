/* SPDX-License-Identifier: MIT */
/*
 * refused.c - MNT/sandbox/refused: writes that got an errno (refused.h).
 *
 * Called by the file layer, for every such write and for the file; `run
 * --report` reads it.  Session's lock.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <vm/sysctl.h>

#include "fs/sandbox/clock.h"
#include "fs/sandbox/sandbox.h"

/* What is behind @prefix in @path; NULL if that does not begin so. */
static const char *behind(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(path, prefix, len) ? NULL : path + len;
}

static void put_ctl_range(struct strbuf *sb, const struct vm_ctl *ctl)
{
	if (ctl->type == VM_CTL_ULONG)
		strbuf_printf(sb, "\t%" PRIu64 " to %" PRIu64,
			      (uint64_t)ctl->min, (uint64_t)ctl->max);
	else if (ctl->type != VM_CTL_STRING)
		strbuf_printf(sb, "\t%" PRId64 " to %" PRId64, ctl->min,
			      ctl->max);
}

/* One more field: what the file would have taken, where that is a range. */
static void put_range(struct strbuf *sb, const char *path)
{
	const char *name = behind(path, "/proc/sys/vm/");
	const struct vm_ctl *ctl = name ? vm_ctl_find(name) : NULL;

	if (ctl)
		put_ctl_range(sb, ctl);
	name = behind(path, "/sandbox/clock/");
	if (name)
		clock_put_range(sb, name);
}

/* What was written as one field of a line. */
static void copy_text(char to[REFUSED_TEXT_LEN], const char *text, size_t len)
{
	size_t i, nr = 0;

	while (len && (text[len - 1] == '\n' || text[len - 1] == '\0'))
		len--;
	for (i = 0; i < len && nr < REFUSED_TEXT_LEN - 1; i++)
		to[nr++] = iscntrl((unsigned char)text[i]) ? ' ' : text[i];
	to[nr] = '\0';
}

static bool is_same(const struct refused_write *w, const char *path,
		    const char *text, int err)
{
	return w->err == err && !strcmp(w->text, text) &&
	       !strcmp(w->path, path);
}

void refused_add(void *arg, const char *path, const char *text, size_t len,
		 int err)
{
	struct refused *r = arg;
	struct refused_write *w;
	char copy[REFUSED_TEXT_LEN], *name;
	unsigned i;

	copy_text(copy, text, len);
	for (i = 0; i < r->nr && i < REFUSED_MAX; i++)
		if (is_same(&r->write[i], path, copy, err))
			return;
	name = strdup(path);
	if (!name)
		return;
	w = &r->write[r->nr++ % REFUSED_MAX];
	free(w->path);
	w->path = name;
	w->err = err;
	memcpy(w->text, copy, sizeof(copy));
}

int refused_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct refused *r = &sandbox_of(rq)->refused;
	unsigned i = r->nr > REFUSED_MAX ? r->nr - REFUSED_MAX : 0;

	for (; i < r->nr; i++) {
		const struct refused_write *w = &r->write[i % REFUSED_MAX];

		strbuf_printf(sb, "%s\t%s\t%s", w->path, strerror(-w->err),
			      w->text);
		if (w->err == -EINVAL)
			put_range(sb, w->path);
		strbuf_putc(sb, '\n');
	}
	return 0;
}

void refused_pack(struct refused *r, struct pack *p)
{
	unsigned i;

	pack_u32(p, &r->nr);
	for (i = 0; i < REFUSED_MAX && i < r->nr && !pack_error(p); i++) {
		pack_string(p, &r->write[i].path);
		pack_text(p, r->write[i].text, REFUSED_TEXT_LEN);
		pack_int(p, &r->write[i].err);
		if (!r->write[i].path)
			pack_refuse(p);
	}
}

void refused_free(struct refused *r)
{
	unsigned i;

	for (i = 0; i < REFUSED_MAX; i++)
		free(r->write[i].path);
}
