/* SPDX-License-Identifier: MIT */
/*
 * idset.c - sets of CPUs and nodes in a machine file: 0, [0, 1] or "0-3,8".
 *
 * The text form is the kernel's own list format, as cpulist files print it,
 * so that what was captured from one is recognized.
 *
 * Called by machine_keys.c and task_keys.c.  No locks, no state.
 */
#include <ctype.h>
#include <stdlib.h>

#include "fs/conf/keys.h"

/* One "a" or "a-b" at *@pp; false if it is none, or beyond @max. */
static bool parse_range(const char **pp, unsigned max, struct idset *set)
{
	unsigned long lo, hi;
	char *end;

	if (!isdigit((unsigned char)**pp))
		return false;
	lo = hi = strtoul(*pp, &end, 10);
	if (*end == '-') {
		if (!isdigit((unsigned char)end[1]))
			return false;
		hi = strtoul(end + 1, &end, 10);
	}
	if (lo > hi || hi >= max)
		return false;
	for (; lo <= hi; lo++)
		idset_add(set, (unsigned)lo);
	*pp = end;
	return true;
}

static bool parse_list(const char *text, unsigned max, struct idset *set)
{
	if (!*text)
		return true;
	for (;;) {
		if (!parse_range(&text, max, set))
			return false;
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
}

bool idset_read(struct conf *c, const config_setting_t *s, unsigned max,
		struct idset *set)
{
	const char *text = config_setting_get_string(s);
	int i, nr = config_setting_length(s);
	int64_t id;

	if (text) {
		if (parse_list(text, max, set))
			return true;
		conf_error(c, s, "\"%.40s\", expected a list as \"0-3,8\", "
				 "numbers from 0 to %u",
			   text, max - 1);
		return false;
	}
	if (!config_setting_is_array(s) && !config_setting_is_list(s)) {
		if (!conf_get_int(c, s, 0, max - 1, &id))
			return false;
		idset_add(set, (unsigned)id);
		return true;
	}
	for (i = 0; i < nr; i++) {
		if (!conf_get_int(c, config_setting_get_elem(s, (unsigned)i),
				  0, max - 1, &id))
			return false;
		idset_add(set, (unsigned)id);
	}
	return true;
}

void idset_write(struct conf_out *out, const struct idset *set)
{
	unsigned id, last;
	bool first = true;

	fputc('"', out->f);
	for (id = 0; id < VM_MAX_CPUS; id = last + 1) {
		last = id;
		if (!idset_has(set, id))
			continue;
		while (last + 1 < VM_MAX_CPUS && idset_has(set, last + 1))
			last++;
		fprintf(out->f, "%s%u", first ? "" : ",", id);
		if (last > id)
			fprintf(out->f, "-%u", last);
		first = false;
	}
	fputc('"', out->f);
}
