/* SPDX-License-Identifier: MIT */
/*
 * sysctl_keys.c - the setting sysctl: values that the machine boots with.
 *
 *	sysctl = { vm = { swappiness = 10; dirty_ratio = 5; }; };
 *	sysctl = ( "vm.swappiness = 10", "vm.dirty_ratio=40" );
 *
 * The second form is a sysctl.d file's, one string a line; it is also what
 * is written, since it keeps an order and may name one value twice.  Names
 * and bounds are those of the engine's table, so a value that the running
 * machine would refuse is found here, with its line.
 *
 * Called through machine_keys.c; asks the engine's vm_ctl_find().  No locks.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <vm/sysctl.h>

#include "fs/conf/keys.h"

#define VM_PREFIX "vm."

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A number as sysctl files take it: 0x and a leading 0 count. */
static bool parse_number(const char **pp, const struct vm_ctl *ctl)
{
	bool neg = **pp == '-';
	unsigned long long u;
	char *end;
	int64_t v;

	errno = 0;
	u = strtoull(*pp + neg, &end, 0);
	if (end == *pp + neg || errno || (*end && !blank(*end)))
		return false;
	*pp = end;
	if (ctl->type == VM_CTL_ULONG)
		return !neg && u >= (uint64_t)ctl->min &&
		       u <= (uint64_t)ctl->max;
	if (u > (1ull << 32))
		return false;
	v = neg ? -(int64_t)u : (int64_t)u;
	return v >= ctl->min && v <= ctl->max;
}

/* Up to ctl->nr numbers within the bounds of @ctl. */
static bool value_fits(const struct vm_ctl *ctl, const char *p)
{
	unsigned nr = 0;

	for (;;) {
		while (blank(*p))
			p++;
		if (!*p)
			return nr > 0;
		if (nr == ctl->nr || !parse_number(&p, ctl))
			return false;
		nr++;
	}
}

static bool check_value(struct conf *c, const config_setting_t *s,
			const struct vm_ctl *ctl, const char *value)
{
	if (ctl->type == VM_CTL_STRING || ctl->type == VM_CTL_NONE ||
	    value_fits(ctl, value))
		return true;
	if (ctl->type == VM_CTL_ULONG)
		conf_error(c, s, "\"%s\", expected a number from %" PRIu64
				 " to %" PRIu64,
			   value, (uint64_t)ctl->min, (uint64_t)ctl->max);
	else
		conf_error(c, s, "\"%s\", expected %s from %" PRId64
				 " to %" PRId64,
			   value, ctl->nr > 1 ? "numbers" : "a number",
			   ctl->min, ctl->max);
	return false;
}

/* Set "vm.@name" to @value, if there is such a tunable and it can be. */
static void add(struct conf *c, const config_setting_t *s, const char *name,
		const char *value)
{
	const struct vm_ctl *ctl = vm_ctl_find(name);
	struct vm_machine *m = c->m;
	struct vm_sysctl_conf *to;

	if (!ctl || !(ctl->mode & 0200)) {
		conf_error(c, s, "\"vm.%s\", expected a tunable of "
				 "/proc/sys/vm%s",
			   name, ctl ? " that can be written" : "");
		return;
	}
	if (m->nr_sysctls == VM_MAX_SYSCTLS) {
		conf_error(c, s, "too many values, expected at most %u",
			   VM_MAX_SYSCTLS);
		return;
	}
	if (strlen(value) >= VM_VALUE_LEN) {
		conf_error(c, s, "value too long, expected at most %u "
				 "characters", VM_VALUE_LEN - 1);
		return;
	}
	if (!check_value(c, s, ctl, value))
		return;
	to = &m->sysctl[m->nr_sysctls++];
	memset(to, 0, sizeof(*to));
	snprintf(to->name, sizeof(to->name), VM_PREFIX "%s", name);
	memcpy(to->value, value, strlen(value));
}

/* "vm.swappiness = 60" of the list form. */
static void read_line(struct conf *c, const config_setting_t *s)
{
	const char *line = config_setting_get_string(s);
	char name[VM_NAME_LEN], value[VM_VALUE_LEN + 1];
	const char *eq = line ? strchr(line, '=') : NULL;
	size_t len, off = strlen(VM_PREFIX);

	if (!eq || strncmp(line, VM_PREFIX, off)) {
		conf_error(c, s, "expected text as \"vm.swappiness = 60\"");
		return;
	}
	for (len = (size_t)(eq - line); len > off && blank(line[len - 1]);)
		len--;
	snprintf(name, sizeof(name), "%.*s", (int)(len - off), line + off);
	for (eq++; blank(*eq);)
		eq++;
	for (len = strlen(eq); len && blank(eq[len - 1]);)
		len--;
	snprintf(value, sizeof(value), "%.*s", (int)len, eq);
	add(c, s, name, value);
}

/* name = value; of the group form: a number, numbers or text. */
static void read_member(struct conf *c, const config_setting_t *s)
{
	int i, nr = config_setting_length(s);
	const char *name = config_setting_name(s);
	char value[VM_VALUE_LEN + 1] = "";
	size_t used = 0;
	int64_t v;

	if (config_setting_get_string(s)) {
		snprintf(value, sizeof(value), "%s",
			 config_setting_get_string(s));
	} else if (config_setting_is_array(s)) {
		for (i = 0; i < nr && used < sizeof(value); i++) {
			if (!conf_get_int(c, config_setting_get_elem(
						     s, (unsigned)i),
					  INT64_MIN, INT64_MAX, &v))
				return;
			used += (size_t)snprintf(value + used,
						 sizeof(value) - used,
						 "%s%" PRId64, i ? " " : "", v);
		}
	} else {
		if (!conf_get_int(c, s, INT64_MIN, INT64_MAX, &v))
			return;
		snprintf(value, sizeof(value), "%" PRId64, v);
	}
	add(c, s, name, value);
}

static void read_groups(struct conf *c, const config_setting_t *s)
{
	const config_setting_t *vm = config_setting_get_member(s, "vm");
	int i, nr = config_setting_length(s);
	const config_setting_t *e;

	for (i = 0; i < nr; i++) {
		e = config_setting_get_elem(s, (unsigned)i);
		if (e != vm)
			conf_error(c, e, "unknown key, expected vm");
	}
	if (!vm)
		return;
	if (!config_setting_is_group(vm)) {
		conf_error(c, vm, "expected a group { ... }");
		return;
	}
	nr = config_setting_length(vm);
	for (i = 0; i < nr; i++)
		read_member(c, config_setting_get_elem(vm, (unsigned)i));
}

void sysctl_conf_read(struct conf *c, const config_setting_t *s,
		      const struct conf_key *key, void *obj)
{
	int i, nr = config_setting_length(s);

	(void)key;
	(void)obj;
	if (config_setting_is_group(s)) {
		read_groups(c, s);
	} else if (config_setting_is_list(s) || config_setting_is_array(s)) {
		for (i = 0; i < nr; i++)
			read_line(c, config_setting_get_elem(s, (unsigned)i));
	} else {
		conf_error(c, s, "expected a group { vm = { ... } } or a list "
				 "( \"vm.swappiness = 60\", ... )");
	}
}

void sysctl_conf_write(struct conf_out *out, const struct conf_key *key,
		       const void *obj)
{
	const struct vm_machine *m = obj;
	char line[VM_NAME_LEN + VM_VALUE_LEN + 4];
	uint32_t i;

	if (!m->nr_sysctls)
		return;
	conf_write_name(out, key->name);
	fputs("(\n", out->f);
	for (i = 0; i < m->nr_sysctls; i++) {
		snprintf(line, sizeof(line), "%s = %s", m->sysctl[i].name,
			 m->sysctl[i].value);
		fputc('\t', out->f);
		conf_write_text(out, line);
		fputs(i + 1 < m->nr_sysctls ? ",\n" : "\n", out->f);
	}
	fputs(");\n", out->f);
}
