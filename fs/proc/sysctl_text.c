/* SPDX-License-Identifier: MIT */
/*
 * sysctl_text.c - the parser and formatter of numeric /proc/sys files.
 *
 * Called by proc_sysctl.c and, with the tables of the fact sheet, by its unit
 * test.  Calls nothing; no locks, no state.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>

#include "fs/proc/sysctl_text.h"

/* The kernel copies this much of a number before it looks at it. */
#define NUMBER_MAX 21u
#define HZ	   250

struct number {
	uint64_t magnitude;
	bool negative;
	size_t len; /* with its sign */
};

/* The kernel's isspace(): Latin-1's no-break space counts. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (unsigned char)c == 0xa0;
}

/* What may stand right behind a number. */
static bool is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return UINT_MAX;
}

static size_t skip_spaces(const char *text, size_t at, size_t len)
{
	while (at < len && is_space(text[at]))
		at++;
	return at;
}

/* The base that the prefix at @s names; *skip is how long it is. */
static unsigned find_base(const char *s, size_t len, size_t *skip)
{
	*skip = 0;
	if (len > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') &&
	    digit_value(s[2]) < 16) {
		*skip = 2;
		return 16;
	}
	return s[0] == '0' ? 8 : 10;
}

/* Read one number at @s, of which @len bytes are left.  0 or -EINVAL. */
static int get_number(struct number *n, const char *s, size_t len)
{
	size_t look = len < NUMBER_MAX ? len : NUMBER_MAX;
	size_t at = 0, skip;
	unsigned base, d;

	n->negative = look > 1 && s[0] == '-';
	at += n->negative;
	if (at >= look || digit_value(s[at]) > 9)
		return -EINVAL;
	base = find_base(s + at, look - at, &skip);
	n->magnitude = 0;
	for (at += skip; at < look; at++) {
		d = digit_value(s[at]);
		if (d >= base)
			break;
		if (__builtin_mul_overflow(n->magnitude, base, &n->magnitude) ||
		    __builtin_add_overflow(n->magnitude, d, &n->magnitude))
			return -EINVAL;
	}
	n->len = at;
	if (at >= NUMBER_MAX)
		return -EINVAL;
	return at < len && !is_separator(s[at]) ? -EINVAL : 0;
}

/* Fit @n into @type.  0 or -EINVAL. */
static int convert(int64_t *value, const struct number *n,
		   enum vm_ctl_type type)
{
	uint64_t most = (uint64_t)INT_MAX + n->negative;

	if (type == VM_CTL_ULONG) {
		*value = (int64_t)n->magnitude;
		return n->negative ? -EINVAL : 0;
	}
	if (type == VM_CTL_SECONDS)
		most = INT_MAX / HZ;
	if (n->magnitude > most)
		return -EINVAL;
	*value = n->negative ? -(int64_t)n->magnitude : (int64_t)n->magnitude;
	if (type == VM_CTL_BOOL)
		*value = *value != 0;
	return 0;
}

void sysctl_parse(struct sysctl_values *v, const char *text, size_t len,
		  enum vm_ctl_type type, unsigned nr)
{
	size_t look = len < SYSCTL_LOOK_MAX ? len : SYSCTL_LOOK_MAX;
	struct number n;
	size_t at = 0;

	*v = (struct sysctl_values){ .nr = 0 };
	while (at < look && v->nr < nr && !v->err) {
		at = skip_spaces(text, at, look);
		if (at == look)
			break;
		v->err = get_number(&n, text + at, look - at);
		if (v->err)
			break;
		at += n.len;
		v->err = convert(&v->value[v->nr], &n, type);
		v->nr += !v->err;
	}
	if (!v->nr && len)
		v->err = -EINVAL;
	v->used = v->err ? at : skip_spaces(text, at, look);
}

ssize_t sysctl_result(const struct sysctl_values *v, size_t len, int err)
{
	size_t look = len < SYSCTL_LOOK_MAX ? len : SYSCTL_LOOK_MAX;

	if (err)
		return err;
	return (ssize_t)(v->nr ? len - (look - v->used) : len);
}

void sysctl_format(struct strbuf *sb, const int64_t *value,
		   enum vm_ctl_type type, unsigned nr)
{
	unsigned i;

	for (i = 0; i < nr; i++) {
		if (i)
			strbuf_putc(sb, '\t');
		if (type == VM_CTL_ULONG)
			strbuf_u64(sb, (uint64_t)value[i]);
		else
			strbuf_i64(sb, value[i]);
	}
	strbuf_putc(sb, '\n');
}
