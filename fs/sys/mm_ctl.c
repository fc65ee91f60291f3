/* SPDX-License-Identifier: MIT */
/*
 * mm_ctl.c - knobs of /sys that keep what is written and move nothing.
 *
 * A value is kept by its entry and the number above it (the size in
 * hugepages-64kB), so that one table serves all sizes.
 *
 * Called through the tables of kernel_mm.c.  Session's lock.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/proc/machine_fs.h"
#include "fs/sys/sys.h"

struct written {
	struct written *next;
	const struct mm_ctl *ctl;
	uint32_t index;
	uint64_t value;
};

struct mm_state {
	struct written *first;
};

int mm_state_create(struct mm_state **sp)
{
	*sp = calloc(1, sizeof(**sp));
	return *sp ? 0 : -ENOMEM;
}

void mm_state_destroy(struct mm_state *s)
{
	struct written *w;

	if (!s)
		return;
	while ((w = s->first)) {
		s->first = w->next;
		free(w);
	}
	free(s);
}

/* One written value; @w is new when loading. */
static void pack_written(struct pack *p, struct written *w)
{
	const void *data = w->ctl;
	const struct mm_ctl *ctl;
	uint64_t last;

	pack_entry(p, &sys_mm_dir, &data);
	w->ctl = ctl = data;
	pack_u32(p, &w->index);
	pack_u64(p, &w->value);
	if (!ctl)
		return;
	for (last = 0; ctl->words && ctl->words[last + 1];)
		last++;
	if (w->value > (ctl->words ? last : ctl->boolean ? 1 : ctl->max))
		pack_refuse(p);
}

void mm_state_pack(struct mm_state *s, struct pack *p)
{
	struct written **end = &s->first, *w;
	uint32_t nr = 0;

	for (w = s->first; w; w = w->next)
		nr++;
	pack_u32(p, &nr);
	for (; nr && !pack_error(p); nr--) {
		if (!pack_saving(p)) {
			*end = calloc(1, sizeof(**end));
			if (!*end) {
				p->err = -ENOMEM;
				return;
			}
		}
		pack_written(p, *end);
		end = &(*end)->next;
	}
}

static struct written *find(const struct tree_req *rq)
{
	struct written *w;

	for (w = machine_of(rq)->mm->first; w; w = w->next)
		if (w->ctl == rq->entry->data && w->index == rq->index[0])
			return w;
	return NULL;
}

uint64_t mm_ctl_value(const struct tree_req *rq)
{
	const struct mm_ctl *ctl = rq->entry->data;
	const struct written *w = find(rq);

	if (w)
		return w->value;
	return ctl->def_of ? ctl->def_of(machine_stat(rq)) : ctl->def;
}

static int keep(const struct tree_req *rq, uint64_t value)
{
	struct mm_state *s = machine_of(rq)->mm;
	struct written *w = find(rq);

	if (!w) {
		w = calloc(1, sizeof(*w));
		if (!w)
			return -ENOMEM;
		w->ctl = rq->entry->data;
		w->index = rq->index[0];
		w->next = s->first;
		s->first = w;
	}
	w->value = value;
	return 0;
}

static int parse_u64(const char *text, size_t len, int base, uint64_t *value)
{
	char buf[32], *end;

	if (len && text[len - 1] == '\n')
		len--;
	if (!len || len >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, text, len);
	buf[len] = '\0';
	if (buf[0] == '+' ? buf[1] < '0' : buf[0] < '0')
		return -EINVAL;
	errno = 0;
	*value = strtoull(buf, &end, base);
	if (*end)
		return -EINVAL;
	return errno ? -ERANGE : 0;
}

int sys_parse_u64(const char *text, size_t len, uint64_t *value)
{
	return parse_u64(text, len, 0, value);
}

int sys_parse_decimal(const char *text, size_t len, uint64_t *value)
{
	return parse_u64(text, len, 10, value);
}

/* Which of the words @text is; -EINVAL for none. */
static int parse_word(const char *const *words, const char *text, size_t len,
		      uint64_t *value)
{
	if (len && text[len - 1] == '\n')
		len--;
	for (*value = 0; *words; words++, ++*value)
		if (strlen(*words) == len && !memcmp(*words, text, len))
			return 0;
	return -EINVAL;
}

/* lib/kstrtox.c:kstrtobool: the first letters count. */
static int parse_bool(const char *text, size_t len, uint64_t *value)
{
	const char first = len ? text[0] : '\0';
	const char second = len > 1 ? text[1] : '\0';

	if (first && strchr("oO", first) && second && strchr("nNfF", second))
		*value = strchr("nN", second) != NULL;
	else if (first && strchr("yYtT1", first))
		*value = 1;
	else if (first && strchr("nNfF0", first))
		*value = 0;
	else
		return -EINVAL;
	return 0;
}

int mm_ctl_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct mm_ctl *ctl = rq->entry->data;
	uint64_t i, v = mm_ctl_value(rq);

	if (ctl->boolean) {
		strbuf_puts(sb, v ? "true\n" : "false\n");
		return 0;
	}
	if (!ctl->words) {
		strbuf_u64(sb, v);
		strbuf_putc(sb, '\n');
		return 0;
	}
	for (i = 0; ctl->words[i]; i++) {
		strbuf_puts(sb, i ? " " : "");
		strbuf_puts(sb, i == v ? "[" : "");
		strbuf_puts(sb, ctl->words[i]);
		strbuf_puts(sb, i == v ? "]" : "");
	}
	strbuf_putc(sb, '\n');
	return 0;
}

ssize_t mm_ctl_store(struct tree_req *rq, const char *text, size_t len,
		     off_t offset)
{
	const struct mm_ctl *ctl = rq->entry->data;
	uint64_t v;
	int err;

	(void)offset;
	if (ctl->boolean)
		err = parse_bool(text, len, &v);
	else if (ctl->words)
		err = parse_word(ctl->words, text, len, &v);
	else
		err = ctl->any_base ? sys_parse_u64(text, len, &v) :
				      sys_parse_decimal(text, len, &v);
	if (!err && !ctl->words && !ctl->boolean && v > ctl->max)
		err = -EINVAL;
	if (!err)
		err = keep(rq, v);
	if (!err && ctl->changed)
		ctl->changed(machine_of(rq), v);
	return err ? err : (ssize_t)len;
}
