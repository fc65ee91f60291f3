/* SPDX-License-Identifier: MIT */
/*
 * units.h - sizes, rates and times as people write them.
 *
 *	size	"512M" "1G" "64K" "4096"	powers of 1024; bare: bytes
 *	rate	"64M/s" "3000000000/s"		a size a second
 *	time	"5s" "100ms" "10us" "1.5h"	ns us ms s m h
 *
 * Used by the machine file, by the options of the program and by the control
 * files of the sandbox, so that one spelling works everywhere.
 *
 * All parsers take the whole text: leading and trailing white space is
 * fine, anything else that is left over is an error.  Return 0, -EINVAL for
 * what is no such value, -ERANGE for what does not fit in 64 bits.  Pure: no
 * locks, no allocation, no locale.
 */
#ifndef CONF_UNITS_H
#define CONF_UNITS_H

#include <stdint.h>

/* Room for any text that the units_format_*() make, with the final NUL. */
#define UNITS_TEXT_LEN 32

/* Bytes.  A fraction is fine where it gives whole bytes: "1.5K". */
int units_parse_size(const char *text, uint64_t *bytes);

/* Bytes a second. */
int units_parse_rate(const char *text, uint64_t *bps);

/* Nanoseconds.  Without a unit -EINVAL, but for 0. */
int units_parse_time(const char *text, uint64_t *ns);

/* As units_parse_time(), but a bare number is seconds, as sleep(1) reads. */
int units_parse_sleep(const char *text, uint64_t *ns);

/* A plain decimal number; no sign, no unit. */
int units_parse_u64(const char *text, uint64_t *value);

/* The shortest text that parses back to the same value. */
void units_format_size(char text[UNITS_TEXT_LEN], uint64_t bytes);
void units_format_rate(char text[UNITS_TEXT_LEN], uint64_t bps);
void units_format_time(char text[UNITS_TEXT_LEN], uint64_t ns);

#endif
