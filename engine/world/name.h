/* SPDX-License-Identifier: MIT */
/*
 * name.h - names and short sentences, without stdio.
 *
 * The engine prints nothing, but it names its actors ("kswapd0"), says what
 * is wrong with a machine, and tells the observer a tunable's old and new
 * value.  A struct name is a buffer being filled: what does not fit is cut,
 * and the text is always ended by a NUL.
 *
 * Errors: none.  Locking: none, the buffer is the caller's.
 */
#ifndef ENGINE_WORLD_NAME_H
#define ENGINE_WORLD_NAME_H

#include <stddef.h>
#include <stdint.h>

struct name {
	char *buf;
	size_t size; /* of buf, > 0 */
	size_t len;  /* < size */
};

/* An empty text in @buf. */
struct name name_in(char *buf, size_t size);

/* Append to it. */
void name_text(struct name *n, const char *s);
void name_char(struct name *n, char c);
void name_uint(struct name *n, uint64_t v);
void name_int(struct name *n, int64_t v);

/* @buf becomes @s, cut to fit. */
void name_copy(char *buf, size_t size, const char *s);

/* @buf becomes @stem with @n behind it: "kswapd0". */
void name_number(char *buf, size_t size, const char *stem, unsigned n);

#endif
