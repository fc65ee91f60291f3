/* SPDX-License-Identifier: MIT */
/*
 * strbuf.h - text that grows, starting in memory that the caller has.
 *
 *	DECLARE_STRBUF(sb, 256);
 *	strbuf_puts(&sb, "MemTotal:");
 *	strbuf_u64_pad(&sb, nr_pages * 4, 15);
 *	...
 *	if (strbuf_error(&sb))
 *		...
 *	strbuf_release(&sb);
 *
 * Files of /proc are thousands of small appends, so nothing here returns an
 * error: the first one that fails (memory, STRBUF_MAX) is remembered, what
 * follows is dropped, and the one who hands the text out asks
 * strbuf_error().  The numbers have their own functions because printf costs
 * ten times as much (design section 7 wants a file in a few microseconds).
 *
 * Ownership: the struct is the caller's; strbuf_release() frees what was
 * allocated.  Not thread safe.  Lengths and widths are bytes.
 */
#ifndef VFS_STRBUF_H
#define VFS_STRBUF_H

#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* No file is longer: a guard against a show that never ends. */
#define STRBUF_MAX (64u << 20)

struct strbuf {
	char *bytes;  /* not NUL terminated; see strbuf_str() */
	size_t len;   /* used */
	size_t size;  /* there */
	bool on_heap; /* bytes is ours to free */
	int err;      /* 0, or -ENOMEM / -EFBIG of the append that failed */
};

/* An empty one that allocates with the first append. */
#define STRBUF_INIT { NULL, 0, 0, false, 0 }

/* One that has @nr bytes on the stack before it allocates. */
#define DECLARE_STRBUF(name, nr)                                               \
	char name##_bytes[nr];                                                 \
	struct strbuf name = { name##_bytes, 0, nr, false, 0 }

/* Free what was allocated; the struct is then as after STRBUF_INIT. */
void strbuf_release(struct strbuf *sb);

/* Forget the text and the error, keep the memory. */
static inline void strbuf_clear(struct strbuf *sb)
{
	sb->len = 0;
	sb->err = 0;
}

/* 0, or what went wrong since the start or the last strbuf_clear(). */
static inline int strbuf_error(const struct strbuf *sb)
{
	return sb->err;
}

/*
 * Room for @nr more bytes: where they go, or NULL (the error is kept).  The
 * caller writes at most @nr there and adds to sb->len what he wrote.
 */
char *strbuf_grow(struct strbuf *sb, size_t nr);

static inline char *strbuf_reserve(struct strbuf *sb, size_t nr)
{
	if (sb->size - sb->len >= nr && !sb->err)
		return sb->bytes + sb->len;
	return strbuf_grow(sb, nr);
}

/* The text with a NUL behind it (not counted in len); "" after an error. */
const char *strbuf_str(struct strbuf *sb);

static inline void strbuf_push(struct strbuf *sb, const char *s, size_t nr)
{
	char *to = nr ? strbuf_reserve(sb, nr) : NULL;

	if (to) {
		memcpy(to, s, nr);
		sb->len += nr;
	}
}

static inline void strbuf_puts(struct strbuf *sb, const char *s)
{
	strbuf_push(sb, s, strlen(s));
}

static inline void strbuf_putc(struct strbuf *sb, char c)
{
	strbuf_push(sb, &c, 1);
}

/* @nr times @c. */
void strbuf_fill(struct strbuf *sb, char c, size_t nr);

/* @s, then blanks up to @width columns in all (none if @s is longer). */
void strbuf_puts_left(struct strbuf *sb, const char *s, size_t width);

/* Blanks up to @width columns in all, then @s. */
void strbuf_puts_right(struct strbuf *sb, const char *s, size_t width);

/* Decimal: as it is, or right-aligned in @width columns (printf "%*lu"). */
void strbuf_u64(struct strbuf *sb, uint64_t v);
void strbuf_u64_pad(struct strbuf *sb, uint64_t v, unsigned width);
void strbuf_i64(struct strbuf *sb, int64_t v);

/* Decimal with leading zeros up to @width digits (printf "%0*lu"). */
void strbuf_u64_zero(struct strbuf *sb, uint64_t v, unsigned width);

/* Hex, small letters, leading zeros up to @width digits, no 0x. */
void strbuf_hex(struct strbuf *sb, uint64_t v, unsigned width);

/* For the lines that are rare: everything that printf can. */
void strbuf_printf(struct strbuf *sb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void strbuf_vprintf(struct strbuf *sb, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/*
 * A mask as a list, "0-3,8": bits 0..@nr_bits-1 of @mask (low word first).
 * An empty mask adds nothing.
 */
void strbuf_list(struct strbuf *sb, const uint64_t *mask, unsigned nr_bits);

#endif
