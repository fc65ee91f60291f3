/* SPDX-License-Identifier: MIT */
/*
 * oom_adj_text.c - what is written to the knobs of a task, and read back.
 *
 * Pure functions over text, fed with the recorded writes by their unit test.
 * Called by base.c.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "fs/proc/base.h"

#define LOOK_MAX     12u /* PROC_NUMBUF - 1 */
#define OOM_DISABLE  (-17)
#define OOM_ADJ_MAX  15

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (unsigned char)c == 0xa0;
}

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : UINT_MAX;
}

/* The base that the prefix of @s names; *skip is how long that is. */
static unsigned find_base(const char *s, const char *end, size_t *skip)
{
	*skip = 0;
	if (s == end || *s != '0')
		return 10;
	if (end - s > 2 && (s[1] | 0x20) == 'x' && digit_value(s[2]) < 16) {
		*skip = 2;
		return 16;
	}
	return 8;
}

int pid_parse_int(const char *text, size_t len, bool decimal, int *value)
{
	const char *s = text, *end;
	bool negative = false;
	unsigned base = 10;
	uint64_t v = 0;
	size_t skip = 0;

	len = strnlen(text, len < LOOK_MAX ? len : LOOK_MAX);
	end = text + len;
	while (s < end && is_space(*s))
		s++;
	while (end > s && is_space(end[-1]))
		end--;
	if (s < end && (*s == '-' || *s == '+'))
		negative = *s++ == '-';
	if (!decimal)
		base = find_base(s, end, &skip);
	s += skip;
	if (s == end)
		return -EINVAL;
	for (; s < end; s++) {
		if (digit_value(*s) >= base)
			return -EINVAL;
		v = v * base + digit_value(*s); /* 12 digits: no overflow */
	}
	if (v > (uint64_t)INT_MAX + negative)
		return -ERANGE;
	*value = (int)(negative ? -(int64_t)v : (int64_t)v);
	return 0;
}

int oom_adj_of_score_adj(int score_adj)
{
	int adj = score_adj * -OOM_DISABLE / VM_OOM_SCORE_ADJ_MAX;

	return adj > OOM_ADJ_MAX ? OOM_ADJ_MAX : adj;
}
