/* SPDX-License-Identifier: MIT */
/*
 * key_read.c - fill a struct from a libconfig group by a table of keys.
 *
 * libconfig has parsed the text; here every setting meets its line of the
 * table: type, unit, bounds, and a place in the struct.  A reader never
 * stops at the first error, so that one run of `reclaimfs check` shows all.
 *
 * Called by machine_conf.c; calls units.c for what has a unit.  No locks.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fs/conf/key.h"
#include "fs/conf/units.h"

#define PATH_TEXT_LEN 128
#define FOUND_TEXT_LEN 64

/* "tasks[2].rss": where @s stands in the file. */
static void setting_path(const config_setting_t *s, char *buf, size_t len)
{
	const config_setting_t *parent = config_setting_parent(s);
	size_t used;

	buf[0] = '\0';
	if (!parent)
		return;
	setting_path(parent, buf, len);
	used = strlen(buf);
	if (config_setting_name(s))
		snprintf(buf + used, len - used, "%s%s", used ? "." : "",
			 config_setting_name(s));
	else
		snprintf(buf + used, len - used, "[%d]",
			 config_setting_index(s));
}

void conf_error(struct conf *c, const config_setting_t *s, const char *fmt, ...)
{
	const char *file = config_setting_source_file(s);
	unsigned line = config_setting_source_line(s);
	char path[PATH_TEXT_LEN];
	va_list ap;

	if (++c->nr_errors > CONF_MAX_ERRORS)
		return;
	setting_path(s, path, sizeof(path));
	fprintf(c->log, "%s:%u: %s%s", file ? file : c->file, line ? line : 1,
		path, path[0] ? ": " : "");
	va_start(ap, fmt);
	vfprintf(c->log, fmt, ap);
	va_end(ap);
	fputc('\n', c->log);
}

/* What stands in the file, for a message: a short value or its kind. */
static const char *found(const config_setting_t *s, char buf[FOUND_TEXT_LEN])
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(buf, FOUND_TEXT_LEN, "%lld",
			 config_setting_get_int64(s));
		return buf;
	case CONFIG_TYPE_FLOAT:
		snprintf(buf, FOUND_TEXT_LEN, "%g",
			 config_setting_get_float(s));
		return buf;
	case CONFIG_TYPE_STRING:
		snprintf(buf, FOUND_TEXT_LEN, "\"%.40s\"",
			 config_setting_get_string(s));
		return buf;
	case CONFIG_TYPE_BOOL:
		return config_setting_get_bool(s) ? "true" : "false";
	case CONFIG_TYPE_GROUP:
		return "a group { ... }";
	case CONFIG_TYPE_ARRAY:
		return "an array [ ... ]";
	case CONFIG_TYPE_LIST:
		return "a list ( ... )";
	}
	return "nothing";
}

static void *member(const struct conf_key *key, void *obj)
{
	return (char *)obj + key->offset;
}

static bool is_integer(const config_setting_t *s)
{
	return config_setting_type(s) == CONFIG_TYPE_INT ||
	       config_setting_type(s) == CONFIG_TYPE_INT64;
}

bool conf_get_int(struct conf *c, const config_setting_t *s, int64_t min,
		  int64_t max, int64_t *value)
{
	char buf[FOUND_TEXT_LEN];
	int64_t v = 0;

	if (is_integer(s))
		v = config_setting_get_int64(s);
	if (!is_integer(s) || v < min || v > max) {
		conf_error(c, s,
			   "%s, expected a number from %" PRId64 " to %" PRId64,
			   found(s, buf), min, max);
		return false;
	}
	*value = v;
	return true;
}

/* A number or text that @parse understands; false if it is neither. */
static bool number_or_text(const config_setting_t *s,
			   int (*parse)(const char *, uint64_t *),
			   uint64_t *value)
{
	if (is_integer(s)) {
		if (config_setting_get_int64(s) < 0)
			return false;
		*value = (uint64_t)config_setting_get_int64(s);
		return true;
	}
	return config_setting_type(s) == CONFIG_TYPE_STRING &&
	       !parse(config_setting_get_string(s), value);
}

static bool in_bounds(const struct conf_key *key, uint64_t v)
{
	return v >= (uint64_t)key->min && v <= key->max;
}

static void read_pages(struct conf *c, const config_setting_t *s,
		       const struct conf_key *key, uint64_t *pages)
{
	char buf[FOUND_TEXT_LEN], lo[UNITS_TEXT_LEN], hi[UNITS_TEXT_LEN];
	uint64_t bytes;

	if (!number_or_text(s, units_parse_size, &bytes)) {
		conf_error(c, s, "%s, expected a size, as \"512M\" or \"4G\"",
			   found(s, buf));
		return;
	}
	if (bytes % VM_PAGE_SIZE) {
		conf_error(c, s, "%s, expected a multiple of 4K",
			   found(s, buf));
		return;
	}
	if (!in_bounds(key, bytes >> VM_PAGE_SHIFT)) {
		units_format_size(lo, (uint64_t)key->min << VM_PAGE_SHIFT);
		units_format_size(hi, key->max << VM_PAGE_SHIFT);
		conf_error(c, s, "%s, expected a size from \"%s\" to \"%s\"",
			   found(s, buf), lo, hi);
		return;
	}
	*pages = bytes >> VM_PAGE_SHIFT;
}

/* A number counts as it is; text is a size (or rate), counted in pages. */
static void read_count(struct conf *c, const config_setting_t *s,
		       const struct conf_key *key, uint64_t *count)
{
	bool rate = key->type == CONF_RATE;
	char buf[FOUND_TEXT_LEN];
	uint64_t v;

	if (!number_or_text(s, rate ? units_parse_rate : units_parse_size,
			    &v)) {
		conf_error(c, s, "%s, expected a number of pages%s",
			   found(s, buf),
			   rate ? " a second, or a rate, as \"64M/s\"" :
				  ", or a size, as \"64M\"");
		return;
	}
	if (!is_integer(s)) {
		if (v % VM_PAGE_SIZE) {
			conf_error(c, s, "%s, expected a multiple of \"4K%s\"",
				   found(s, buf), rate ? "/s" : "");
			return;
		}
		v >>= VM_PAGE_SHIFT;
	}
	if (!in_bounds(key, v)) {
		conf_error(c, s,
			   "%s, expected %" PRId64 " to %" PRIu64 " pages",
			   found(s, buf), key->min, key->max);
		return;
	}
	*count = v;
}

static void read_time(struct conf *c, const config_setting_t *s,
		      const struct conf_key *key, uint64_t *ns)
{
	char buf[FOUND_TEXT_LEN], lo[UNITS_TEXT_LEN], hi[UNITS_TEXT_LEN];
	uint64_t v = 0;

	/* A bare number could be anything; only 0 is clear. */
	if (!number_or_text(s, units_parse_time, &v) || (is_integer(s) && v)) {
		conf_error(c, s, "%s, expected a time, as \"5s\" or \"100us\"",
			   found(s, buf));
		return;
	}
	if (!in_bounds(key, v)) {
		units_format_time(lo, (uint64_t)key->min);
		units_format_time(hi, key->max);
		conf_error(c, s, "%s, expected a time from \"%s\" to \"%s\"",
			   found(s, buf), lo, hi);
		return;
	}
	*ns = v;
}

static void read_bps(struct conf *c, const config_setting_t *s,
		     const struct conf_key *key, uint64_t *bps)
{
	char buf[FOUND_TEXT_LEN], lo[UNITS_TEXT_LEN], hi[UNITS_TEXT_LEN];
	uint64_t v;

	if (!number_or_text(s, units_parse_rate, &v)) {
		conf_error(c, s, "%s, expected a rate, as \"64M/s\"",
			   found(s, buf));
		return;
	}
	if (!in_bounds(key, v)) {
		units_format_rate(lo, (uint64_t)key->min);
		units_format_rate(hi, key->max);
		conf_error(c, s, "%s, expected a rate from \"%s\" to \"%s\"",
			   found(s, buf), lo, hi);
		return;
	}
	*bps = v;
}

static void read_uint(struct conf *c, const config_setting_t *s,
		      const struct conf_key *key, void *dest)
{
	uint64_t hi = key->max < INT64_MAX ? key->max : INT64_MAX;
	int64_t v;

	if (!conf_get_int(c, s, key->min, (int64_t)hi, &v))
		return;
	if (key->size == sizeof(uint32_t))
		*(uint32_t *)dest = (uint32_t)v;
	else
		*(uint64_t *)dest = (uint64_t)v;
}

static void read_int(struct conf *c, const config_setting_t *s,
		     const struct conf_key *key, int *dest)
{
	int64_t v;

	if (conf_get_int(c, s, key->min, (int64_t)key->max, &v))
		*dest = (int)v;
}

static void read_permille(struct conf *c, const config_setting_t *s,
			  uint32_t *dest)
{
	char buf[FOUND_TEXT_LEN];
	double v = -1;

	if (config_setting_type(s) == CONFIG_TYPE_FLOAT)
		v = config_setting_get_float(s);
	else if (is_integer(s))
		v = (double)config_setting_get_int64(s);
	if (!(v >= 0 && v <= 1)) {
		conf_error(c, s, "%s, expected a share from 0.0 to 1.0",
			   found(s, buf));
		return;
	}
	*dest = (uint32_t)(v * 1000 + 0.5);
}

static void read_bool(struct conf *c, const config_setting_t *s, bool *dest)
{
	char buf[FOUND_TEXT_LEN];

	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		conf_error(c, s, "%s, expected true or false", found(s, buf));
	else
		*dest = config_setting_get_bool(s);
}

static void read_text(struct conf *c, const config_setting_t *s,
		      const struct conf_key *key, char *dest)
{
	char buf[FOUND_TEXT_LEN];
	const char *text, *p;

	if (config_setting_type(s) != CONFIG_TYPE_STRING) {
		conf_error(c, s, "%s, expected text in quotes", found(s, buf));
		return;
	}
	text = config_setting_get_string(s);
	if (!text[0] || strlen(text) >= key->size) {
		conf_error(c, s, "%s, expected 1 to %u characters",
			   found(s, buf), key->size - 1);
		return;
	}
	for (p = text; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f) {
			conf_error(c, s,
				   "expected text without control characters");
			return;
		}
	}
	memset(dest, 0, key->size);
	memcpy(dest, text, strlen(text));
}

static void read_enum(struct conf *c, const config_setting_t *s,
		      const struct conf_key *key, void *dest)
{
	char buf[FOUND_TEXT_LEN], want[160] = "";
	const char *text = config_setting_get_string(s);
	size_t used = 0;
	int i;

	for (i = 0; key->names[i]; i++) {
		if (text && !strcmp(text, key->names[i])) {
			memcpy(dest, &i, sizeof(i));
			return;
		}
		used += (size_t)snprintf(want + used, sizeof(want) - used,
					 "%s\"%s\"", i ? ", " : "",
					 key->names[i]);
		if (used >= sizeof(want))
			break;
	}
	conf_error(c, s, "%s, expected one of %s", found(s, buf), want);
}

/* The array that @list fills in @obj, with room for @nr; NULL: no memory. */
static void *list_array(const struct conf_list *list, void *obj, uint32_t nr)
{
	char *base = (char *)obj + list->array;
	void *array;

	if (!list->heap)
		return base;
	array = calloc(nr ? nr : 1, list->elem_size);
	free(*(void **)base);
	*(void **)base = array;
	return array;
}

static void read_list(struct conf *c, const config_setting_t *s,
		      const struct conf_list *list, void *obj)
{
	uint32_t *count = (uint32_t *)((char *)obj + list->count);
	int i, nr = config_setting_length(s);
	char buf[FOUND_TEXT_LEN];
	const config_setting_t *e;
	char *array, *elem;

	if (config_setting_type(s) != CONFIG_TYPE_LIST) {
		conf_error(c, s, "%s, expected a list ( { ... }, ... )",
			   found(s, buf));
		return;
	}
	if ((uint32_t)nr > list->max) {
		conf_error(c, s, "%d entries, expected at most %u", nr,
			   list->max);
		return;
	}
	array = list_array(list, obj, (uint32_t)nr);
	if (!array) {
		conf_error(c, s, "not enough memory");
		c->no_memory = true;
		return;
	}
	*count = (uint32_t)nr;
	for (i = 0; i < nr; i++) {
		e = config_setting_get_elem(s, (unsigned)i);
		elem = array + (size_t)i * list->elem_size;
		list->defaults(c->m, NULL, elem);
		if (config_setting_type(e) != CONFIG_TYPE_GROUP) {
			conf_error(c, e, "%s, expected a group { ... }",
				   found(e, buf));
			continue;
		}
		conf_read_group(c, e, list->keys, elem);
		if (list->finish)
			list->finish(c, e, elem);
	}
}

static void read_subgroup(struct conf *c, const config_setting_t *s,
			  const struct conf_key *key, void *obj)
{
	char buf[FOUND_TEXT_LEN];

	if (config_setting_type(s) != CONFIG_TYPE_GROUP)
		conf_error(c, s, "%s, expected a group { ... }", found(s, buf));
	else
		conf_read_group(c, s, key->keys, obj);
}

static void read_key(struct conf *c, const config_setting_t *s,
		     const struct conf_key *key, void *obj)
{
	void *dest = member(key, obj);

	switch (key->type) {
	case CONF_PAGES:
		read_pages(c, s, key, dest);
		break;
	case CONF_COUNT:
	case CONF_RATE:
		read_count(c, s, key, dest);
		break;
	case CONF_UINT:
		read_uint(c, s, key, dest);
		break;
	case CONF_INT:
		read_int(c, s, key, dest);
		break;
	case CONF_TIME:
		read_time(c, s, key, dest);
		break;
	case CONF_BPS:
		read_bps(c, s, key, dest);
		break;
	case CONF_PERMILLE:
		read_permille(c, s, dest);
		break;
	case CONF_BOOL:
		read_bool(c, s, dest);
		break;
	case CONF_TEXT:
		read_text(c, s, key, dest);
		break;
	case CONF_ENUM:
		read_enum(c, s, key, dest);
		break;
	case CONF_GROUP:
		read_subgroup(c, s, key, obj);
		break;
	case CONF_LIST:
		read_list(c, s, key->list, obj);
		break;
	case CONF_CUSTOM:
		key->read(c, s, key, obj);
		break;
	}
}

static bool known(const struct conf_key *keys, const char *name)
{
	for (; keys->name; keys++) {
		if (!strcmp(keys->name, name))
			return true;
	}
	return false;
}

static void unknown_key(struct conf *c, const config_setting_t *s,
			const struct conf_key *keys)
{
	char want[320] = "";
	size_t used = 0;

	for (; keys->name && used < sizeof(want); keys++)
		used += (size_t)snprintf(want + used, sizeof(want) - used,
					 " %s", keys->name);
	conf_error(c, s, "unknown key, expected one of%s", want);
}

void conf_read_group(struct conf *c, const config_setting_t *group,
		     const struct conf_key *keys, void *obj)
{
	int i, nr = config_setting_length(group);
	const struct conf_key *key;
	config_setting_t *s;

	for (i = 0; i < nr; i++) {
		s = config_setting_get_elem(group, (unsigned)i);
		if (!known(keys, config_setting_name(s)))
			unknown_key(c, s, keys);
	}
	for (key = keys; key->name; key++) {
		s = config_setting_get_member(group, key->name);
		if (s)
			read_key(c, s, key, obj);
		else if (key->required)
			conf_error(c, group,
				   "%s is missing, expected %s = ...;",
				   key->name, key->name);
	}
}
