/* SPDX-License-Identifier: MIT */
/*
 * name.c - appending words and numbers to a buffer of fixed size.
 *
 * Called wherever the engine needs a name or a sentence: vm.c for kernel
 * threads, machine_check.c for complaints, sysctl.c for values in events.
 * Calls nothing.  No locks.
 */
#include <assert.h>

#include "world/name.h"

/* Digits of 2^64 - 1. */
#define MAX_DIGITS 20u

struct name name_in(char *buf, size_t size)
{
	assert(size > 0);
	buf[0] = '\0';
	return (struct name){ .buf = buf, .size = size };
}

void name_char(struct name *n, char c)
{
	assert(n->len < n->size);
	if (n->len + 1 == n->size)
		return;
	n->buf[n->len++] = c;
	n->buf[n->len] = '\0';
}

void name_text(struct name *n, const char *s)
{
	assert(s);
	while (*s)
		name_char(n, *s++);
}

void name_uint(struct name *n, uint64_t v)
{
	char digit[MAX_DIGITS];
	unsigned nr = 0;

	do {
		assert(nr < MAX_DIGITS);
		digit[nr++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (nr > 0)
		name_char(n, digit[--nr]);
}

void name_int(struct name *n, int64_t v)
{
	if (v < 0)
		name_char(n, '-');
	/* as unsigned, because INT64_MIN has no positive counterpart */
	name_uint(n, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void name_copy(char *buf, size_t size, const char *s)
{
	struct name n = name_in(buf, size);

	name_text(&n, s);
}

void name_number(char *buf, size_t size, const char *stem, unsigned number)
{
	struct name n = name_in(buf, size);

	name_text(&n, stem);
	name_uint(&n, number);
}
