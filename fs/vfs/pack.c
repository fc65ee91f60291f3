/* SPDX-License-Identifier: MIT */
/*
 * pack.c - values as bytes and back (pack.h).
 *
 * Everything comes down to pack_bytes().  A table's entry has no number that
 * would stand a change of the table, so it is saved by its path.
 *
 * Called by whatever keeps state for a checkpoint.  No locks.
 */
#include <errno.h>
#include <stdlib.h>

#include "fs/vfs/pack.h"

/* The longest path of an entry, with its NUL. */
#define PATH_LEN 256

void pack_save(struct pack *p, struct strbuf *out)
{
	*p = (struct pack){ .out = out };
}

void pack_load(struct pack *p, const void *bytes, size_t len)
{
	*p = (struct pack){ .at = bytes };
	p->end = p->at + len;
}

int pack_error(const struct pack *p)
{
	if (p->err || !p->out)
		return p->err;
	return strbuf_error(p->out);
}

int pack_end(const struct pack *p)
{
	int err = pack_error(p);

	return !err && !p->out && p->at != p->end ? -EBADMSG : err;
}

void pack_refuse(struct pack *p)
{
	if (!p->err)
		p->err = -EBADMSG;
}

void pack_bytes(struct pack *p, void *bytes, size_t len)
{
	if (p->out) {
		strbuf_push(p->out, bytes, len);
		return;
	}
	if (len > (size_t)(p->end - p->at))
		pack_refuse(p);
	if (p->err) {
		memset(bytes, 0, len);
		return;
	}
	memcpy(bytes, p->at, len);
	p->at += len;
}

static uint64_t pack_le(struct pack *p, uint64_t v, unsigned nr)
{
	unsigned char b[8];
	unsigned i;

	for (i = 0; i < nr; i++)
		b[i] = (unsigned char)(v >> 8 * i);
	pack_bytes(p, b, nr);
	for (v = 0, i = 0; i < nr; i++)
		v |= (uint64_t)b[i] << 8 * i;
	return v;
}

void pack_u64(struct pack *p, uint64_t *v)
{
	*v = pack_le(p, *v, 8);
}

void pack_i64(struct pack *p, int64_t *v)
{
	*v = (int64_t)pack_le(p, (uint64_t)*v, 8);
}

void pack_u32(struct pack *p, uint32_t *v)
{
	*v = (uint32_t)pack_le(p, *v, 4);
}

void pack_int(struct pack *p, int *v)
{
	*v = (int)(uint32_t)pack_le(p, (uint32_t)*v, 4);
}

uint32_t pack_index(struct pack *p, uint32_t v, uint32_t limit)
{
	pack_u32(p, &v);
	if (v < limit)
		return v;
	pack_refuse(p);
	return 0;
}

void pack_bool(struct pack *p, bool *v)
{
	*v = pack_index(p, *v, 2);
}

void pack_mark(struct pack *p, uint32_t mark)
{
	uint32_t v = mark;

	pack_u32(p, &v);
	if (v != mark)
		pack_refuse(p);
}

void pack_text(struct pack *p, char *text, size_t size)
{
	size_t len = pack_saving(p) ? strnlen(text, size - 1) : 0;

	len = pack_index(p, (uint32_t)len, (uint32_t)size);
	pack_bytes(p, text, len);
	if (pack_saving(p))
		return;
	memset(text + len, 0, size - len);
	if (memchr(text, '\0', len))
		pack_refuse(p);
}

void pack_string(struct pack *p, char **s)
{
	/* With the NUL, so that 0 is no string. */
	size_t size = pack_saving(p) && *s ? strlen(*s) + 1 : 0;

	size = pack_index(p, (uint32_t)size, PACK_STRING_MAX + 1);
	if (!pack_saving(p)) {
		free(*s);
		*s = NULL;
		if (!size)
			return;
		*s = malloc(size);
		if (!*s) {
			p->err = -ENOMEM;
			return;
		}
	}
	if (!size)
		return;
	pack_bytes(p, *s, size);
	if (!pack_saving(p) && memchr(*s, '\0', size) != *s + size - 1) {
		(*s)[size - 1] = '\0';
		pack_refuse(p);
	}
}

/* What pack_entry() looks for: a datum or a path; the other is found. */
struct search {
	const void *data;
	const char *wanted; /* NULL: by datum */
	char path[PATH_LEN];
};

static bool visit(struct search *s, const struct tree_dir *dir, size_t len);

/* @e, called @name, in the directory whose path has @len bytes. */
static bool visit_entry(struct search *s, const struct tree_entry *e,
			const char *name, size_t len)
{
	size_t more = strlen(name);

	if (len + more + 2 > sizeof(s->path))
		return false;
	s->path[len] = '/';
	memcpy(s->path + len + 1, name, more + 1);
	if (e->dir)
		return visit(s, e->dir, len + 1 + more);
	if (!e->data)
		return false;
	if (!s->wanted)
		return e->data == s->data;
	if (strcmp(s->path, s->wanted))
		return false;
	s->data = e->data;
	return true;
}

static bool visit(struct search *s, const struct tree_dir *dir, size_t len)
{
	unsigned i;

	for (i = 0; i < dir->nr_entries; i++)
		if (visit_entry(s, &dir->entries[i], dir->entries[i].name, len))
			return true;
	for (i = 0; i < dir->nr_indexes; i++)
		if (visit_entry(s, &dir->indexes[i]->entry, "*", len))
			return true;
	return false;
}

void pack_entry(struct pack *p, const struct tree_dir *top, const void **data)
{
	struct search s = { .data = *data };
	char wanted[PATH_LEN] = "";

	if (pack_saving(p)) {
		if (!visit(&s, top, 0))
			s.path[0] = '\0';
		pack_text(p, s.path, sizeof(s.path));
		return;
	}
	pack_text(p, wanted, sizeof(wanted));
	s.data = NULL;
	s.wanted = wanted;
	if (!visit(&s, top, 0))
		pack_refuse(p);
	*data = s.data;
}
