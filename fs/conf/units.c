/* SPDX-License-Identifier: MIT */
/*
 * units.c - sizes, rates and times as people write them.
 *
 * A value is a decimal number, perhaps with a fraction, times the factor of
 * its unit.  It is computed in integers: 0.1s is exactly 100000000 ns, and
 * what would not be a whole number of bytes or nanoseconds is refused rather
 * than rounded, since a machine file should mean what it says.
 *
 * Called by fs/conf (machine files), fs/cli (options) and fs/sandbox (control
 * files).  No locks, no state.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fs/conf/units.h"

struct unit {
	const char *suffix;
	uint64_t factor;
};

/* Largest first: units_format_*() take the first that divides. */
static const struct unit size_units[] = {
	{ "T", 1ull << 40 }, { "G", 1ull << 30 }, { "M", 1ull << 20 },
	{ "K", 1ull << 10 }, { "", 1 },
};

static const struct unit time_units[] = {
	{ "h", 3600000000000ull }, { "m", 60000000000ull },
	{ "s", 1000000000ull },	   { "ms", 1000000ull },
	{ "us", 1000ull },	   { "ns", 1 },
};

#define NR_SIZE_UNITS (sizeof(size_units) / sizeof(size_units[0]))
#define NR_TIME_UNITS (sizeof(time_units) / sizeof(time_units[0]))

/* A number as written: whole + frac / frac_div, frac_div a power of ten. */
struct decimal {
	uint64_t whole;
	uint64_t frac;
	uint64_t frac_div;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_blanks(const char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

/* Read digits at *@pp into *@value and step over them. */
static int digits(const char **pp, uint64_t *value)
{
	const char *p = *pp;
	uint64_t v = 0;

	if (!is_digit(*p))
		return -EINVAL;
	for (; is_digit(*p); p++) {
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return -ERANGE;
	}
	*value = v;
	*pp = p;
	return 0;
}

static int decimal_read(const char **pp, struct decimal *d)
{
	const char *p;
	int err;

	d->frac = 0;
	d->frac_div = 1;
	err = digits(pp, &d->whole);
	if (err || **pp != '.')
		return err;
	p = *pp + 1;
	if (!is_digit(*p))
		return -EINVAL;
	for (; is_digit(*p); p++) {
		if (d->frac_div >= 1000000000ull)
			return -EINVAL;
		d->frac = d->frac * 10 + (uint64_t)(*p - '0');
		d->frac_div *= 10;
	}
	*pp = p;
	return 0;
}

/* A fraction too fine to compute in 64 bits is refused like one too fine. */
static int decimal_scale(const struct decimal *d, uint64_t factor,
			 uint64_t *value)
{
	uint64_t whole, part;

	if (__builtin_mul_overflow(d->frac, factor, &part) ||
	    part % d->frac_div)
		return -EINVAL;
	if (__builtin_mul_overflow(d->whole, factor, &whole) ||
	    __builtin_add_overflow(whole, part / d->frac_div, value))
		return -ERANGE;
	return 0;
}

static uint64_t size_factor(char c)
{
	switch (c) {
	case 'k':
	case 'K':
		return 1ull << 10;
	case 'm':
	case 'M':
		return 1ull << 20;
	case 'g':
	case 'G':
		return 1ull << 30;
	case 't':
	case 'T':
		return 1ull << 40;
	}
	return 1;
}

/* A size followed by @tail ("" or "/s") and nothing else. */
static int parse_bytes(const char *text, const char *tail, uint64_t *bytes)
{
	const char *p = skip_blanks(text);
	struct decimal d;
	uint64_t factor;
	int err;

	err = decimal_read(&p, &d);
	if (err)
		return err;
	factor = size_factor(*p);
	if (factor > 1)
		p++;
	if (strncmp(p, tail, strlen(tail)))
		return -EINVAL;
	if (*skip_blanks(p + strlen(tail)))
		return -EINVAL;
	return decimal_scale(&d, factor, bytes);
}

int units_parse_size(const char *text, uint64_t *bytes)
{
	return parse_bytes(text, "", bytes);
}

int units_parse_rate(const char *text, uint64_t *bps)
{
	return parse_bytes(text, "/s", bps);
}

/* The unit that @p starts with, up to a blank or the end; NULL if none. */
static const struct unit *time_unit(const char *p)
{
	size_t len, i;

	for (i = 0; i < NR_TIME_UNITS; i++) {
		len = strlen(time_units[i].suffix);
		if (!strncmp(p, time_units[i].suffix, len) &&
		    !*skip_blanks(p + len))
			return &time_units[i];
	}
	return NULL;
}

/* @bare: the factor of a number without a unit, 0 if it needs one. */
static int parse_time(const char *text, uint64_t bare, uint64_t *ns)
{
	const char *p = skip_blanks(text);
	const struct unit *u;
	struct decimal d;
	int err;

	err = decimal_read(&p, &d);
	if (err)
		return err;
	u = time_unit(p);
	if (u)
		return decimal_scale(&d, u->factor, ns);
	if (*skip_blanks(p) || (!bare && (d.whole || d.frac)))
		return -EINVAL;
	return decimal_scale(&d, bare ? bare : 1, ns);
}

int units_parse_time(const char *text, uint64_t *ns)
{
	return parse_time(text, 0, ns);
}

int units_parse_sleep(const char *text, uint64_t *ns)
{
	return parse_time(text, 1000000000ull, ns);
}

int units_parse_u64(const char *text, uint64_t *value)
{
	const char *p = skip_blanks(text);
	int err;

	err = digits(&p, value);
	if (err)
		return err;
	return *skip_blanks(p) ? -EINVAL : 0;
}

/* The first of @units that divides @value; the last has factor 1. */
static const struct unit *largest(const struct unit *units, size_t nr,
				  uint64_t value)
{
	size_t i;

	for (i = 0; i < nr - 1; i++) {
		if (value && value % units[i].factor == 0)
			return &units[i];
	}
	return &units[nr - 1];
}

void units_format_size(char text[UNITS_TEXT_LEN], uint64_t bytes)
{
	const struct unit *u = largest(size_units, NR_SIZE_UNITS, bytes);

	snprintf(text, UNITS_TEXT_LEN, "%" PRIu64 "%s", bytes / u->factor,
		 u->suffix);
}

void units_format_rate(char text[UNITS_TEXT_LEN], uint64_t bps)
{
	const struct unit *u = largest(size_units, NR_SIZE_UNITS, bps);

	snprintf(text, UNITS_TEXT_LEN, "%" PRIu64 "%s/s", bps / u->factor,
		 u->suffix);
}

void units_format_time(char text[UNITS_TEXT_LEN], uint64_t ns)
{
	const struct unit *u = largest(time_units, NR_TIME_UNITS, ns);

	if (!ns)
		u = &time_units[2]; /* "0s", not "0ns" */
	snprintf(text, UNITS_TEXT_LEN, "%" PRIu64 "%s", ns / u->factor,
		 u->suffix);
}
