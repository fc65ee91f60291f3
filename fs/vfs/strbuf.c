/* SPDX-License-Identifier: MIT */
/*
 * strbuf.c - the slow half of strbuf.h: growing, numbers, printf.
 *
 * Called by every show in fs/ and by the file layer.  Calls libc only.
 * No locks: a strbuf belongs to one request.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/vfs/strbuf.h"

#define STRBUF_FIRST 1024u /* what most files of /proc/[pid] need */
#define U64_DIGITS   20u

void strbuf_release(struct strbuf *sb)
{
	if (sb->on_heap)
		free(sb->bytes);
	*sb = (struct strbuf)STRBUF_INIT;
}

/* Memory for @want bytes in all, moving off the stack if need be. */
static int strbuf_resize(struct strbuf *sb, size_t want)
{
	size_t size = sb->size ? sb->size : STRBUF_FIRST;
	char *bytes;

	if (want > STRBUF_MAX)
		return -EFBIG;
	while (size < want)
		size *= 2;
	bytes = realloc(sb->on_heap ? sb->bytes : NULL, size);
	if (!bytes)
		return -ENOMEM;
	if (!sb->on_heap && sb->len)
		memcpy(bytes, sb->bytes, sb->len);
	sb->bytes = bytes;
	sb->size = size;
	sb->on_heap = true;
	return 0;
}

char *strbuf_grow(struct strbuf *sb, size_t nr)
{
	if (!sb->err && nr > sb->size - sb->len)
		sb->err = nr > STRBUF_MAX ? -EFBIG :
					    strbuf_resize(sb, sb->len + nr);
	return sb->err ? NULL : sb->bytes + sb->len;
}

const char *strbuf_str(struct strbuf *sb)
{
	char *end = strbuf_reserve(sb, 1);

	if (!end)
		return "";
	*end = '\0';
	return sb->bytes;
}

void strbuf_fill(struct strbuf *sb, char c, size_t nr)
{
	char *to = strbuf_reserve(sb, nr);

	if (to) {
		memset(to, c, nr);
		sb->len += nr;
	}
}

void strbuf_puts_left(struct strbuf *sb, const char *s, size_t width)
{
	size_t len = strlen(s);

	strbuf_push(sb, s, len);
	if (len < width)
		strbuf_fill(sb, ' ', width - len);
}

void strbuf_puts_right(struct strbuf *sb, const char *s, size_t width)
{
	size_t len = strlen(s);

	if (len < width)
		strbuf_fill(sb, ' ', width - len);
	strbuf_push(sb, s, len);
}

/* The digits of @v, written so that they end just before @end. */
static char *digits(char *end, uint64_t v)
{
	static const char pairs[] = "00010203040506070809"
				    "10111213141516171819"
				    "20212223242526272829"
				    "30313233343536373839"
				    "40414243444546474849"
				    "50515253545556575859"
				    "60616263646566676869"
				    "70717273747576777879"
				    "80818283848586878889"
				    "90919293949596979899";

	while (v >= 100) {
		end -= 2;
		memcpy(end, pairs + v % 100 * 2, 2);
		v /= 100;
	}
	if (v < 10) {
		*--end = (char)('0' + v);
		return end;
	}
	end -= 2;
	memcpy(end, pairs + v * 2, 2);
	return end;
}

static void put_padded(struct strbuf *sb, uint64_t v, unsigned width,
		       char with)
{
	char text[U64_DIGITS];
	char *first = digits(text + sizeof(text), v);
	size_t len = (size_t)(text + sizeof(text) - first);
	size_t pad = width > len ? width - len : 0;
	char *to = strbuf_reserve(sb, pad + len);

	if (!to)
		return;
	memset(to, with, pad);
	memcpy(to + pad, first, len);
	sb->len += pad + len;
}

void strbuf_u64(struct strbuf *sb, uint64_t v)
{
	put_padded(sb, v, 0, ' ');
}

void strbuf_u64_pad(struct strbuf *sb, uint64_t v, unsigned width)
{
	put_padded(sb, v, width, ' ');
}

void strbuf_u64_zero(struct strbuf *sb, uint64_t v, unsigned width)
{
	put_padded(sb, v, width, '0');
}

void strbuf_i64(struct strbuf *sb, int64_t v)
{
	if (v < 0)
		strbuf_putc(sb, '-');
	strbuf_u64(sb, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void strbuf_hex(struct strbuf *sb, uint64_t v, unsigned width)
{
	char text[16];
	unsigned len = 0;

	do {
		text[sizeof(text) - ++len] = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v);
	if (len < width)
		strbuf_fill(sb, '0', width - len);
	strbuf_push(sb, text + sizeof(text) - len, len);
}

void strbuf_vprintf(struct strbuf *sb, const char *fmt, va_list ap)
{
	va_list again;
	char *to;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	to = len < 0 ? NULL : strbuf_reserve(sb, (size_t)len + 1);
	if (!to)
		return;
	vsnprintf(to, (size_t)len + 1, fmt, ap);
	sb->len += (size_t)len;
}

void strbuf_printf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(sb, fmt, ap);
	va_end(ap);
}

static bool bit_set(const uint64_t *mask, unsigned bit)
{
	return mask[bit / 64] >> (bit % 64) & 1;
}

void strbuf_list(struct strbuf *sb, const uint64_t *mask, unsigned nr_bits)
{
	const char *comma = "";
	unsigned first, last;

	for (first = 0; first < nr_bits; first = last + 1) {
		last = first;
		if (!bit_set(mask, first))
			continue;
		while (last + 1 < nr_bits && bit_set(mask, last + 1))
			last++;
		strbuf_puts(sb, comma);
		strbuf_u64(sb, first);
		if (last > first) {
			strbuf_putc(sb, '-');
			strbuf_u64(sb, last);
		}
		comma = ",";
	}
}
