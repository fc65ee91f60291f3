/* SPDX-License-Identifier: MIT */
/*
 * key_write.c - write a struct as a libconfig group by a table of keys.
 *
 * The mirror of key_read.c: what it writes, that reads back to the same
 * struct, byte for byte.  Values that equal the defaults are left out, so a
 * captured machine stays readable.
 *
 * Called by machine_conf.c for `capture` and for sandbox/machine.  No locks.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fs/conf/key.h"
#include "fs/conf/units.h"

static void indent(struct conf_out *out)
{
	unsigned i;

	for (i = 0; i < out->depth; i++)
		fputc('\t', out->f);
}

void conf_write_name(struct conf_out *out, const char *name)
{
	indent(out);
	fprintf(out->f, "%s = ", name);
}

void conf_write_text(struct conf_out *out, const char *text)
{
	const char *p;

	fputc('"', out->f);
	for (p = text; *p; p++) {
		if (*p == '"' || *p == '\\')
			fprintf(out->f, "\\%c", *p);
		else if ((unsigned char)*p < ' ' || *p == 0x7f)
			fprintf(out->f, "\\x%02x", (unsigned char)*p);
		else
			fputc(*p, out->f);
	}
	fputc('"', out->f);
}

static const void *member(const struct conf_key *key, const void *obj)
{
	return (const char *)obj + key->offset;
}

static uint64_t get_u64(const struct conf_key *key, const void *src)
{
	if (key->size == sizeof(uint32_t))
		return *(const uint32_t *)src;
	return *(const uint64_t *)src;
}

/* 0.25, 1.0: always with a point, libconfig tells floats by it. */
static void write_permille(struct conf_out *out, uint32_t v)
{
	char text[16];
	size_t len;

	len = (size_t)snprintf(text, sizeof(text), "%u.%03u", v / 1000,
			       v % 1000);
	while (len > 2 && text[len - 1] == '0' && text[len - 2] != '.')
		text[--len] = '\0';
	fputs(text, out->f);
}

static void write_number(struct conf_out *out, const struct conf_key *key,
			 const void *src)
{
	char text[UNITS_TEXT_LEN];
	uint64_t v = get_u64(key, src);

	switch (key->type) {
	case CONF_PAGES:
		units_format_size(text, v << VM_PAGE_SHIFT);
		break;
	case CONF_TIME:
		units_format_time(text, v);
		break;
	case CONF_BPS:
		units_format_rate(text, v);
		break;
	default:
		fprintf(out->f, "%" PRIu64 "%s", v, v > INT32_MAX ? "L" : "");
		return;
	}
	conf_write_text(out, text);
}

static void write_value(struct conf_out *out, const struct conf_key *key,
			const void *src)
{
	int i;

	switch (key->type) {
	case CONF_INT:
		fprintf(out->f, "%d", *(const int *)src);
		break;
	case CONF_PERMILLE:
		write_permille(out, *(const uint32_t *)src);
		break;
	case CONF_BOOL:
		fputs(*(const bool *)src ? "true" : "false", out->f);
		break;
	case CONF_TEXT:
		conf_write_text(out, src);
		break;
	case CONF_ENUM:
		memcpy(&i, src, sizeof(i));
		conf_write_text(out, key->names[i]);
		break;
	default:
		write_number(out, key, src);
	}
}

static bool same(const struct conf_key *key, const void *obj, const void *def)
{
	if (key->type == CONF_TEXT)
		return !strcmp(member(key, obj), member(key, def));
	return !memcmp(member(key, obj), member(key, def), key->size);
}

static bool same_group(const struct conf_key *keys, const void *obj,
		       const void *def)
{
	for (; keys->name; keys++) {
		if (!same(keys, obj, def))
			return false;
	}
	return true;
}

static void write_list(struct conf_out *out, const struct conf_key *key,
		       const void *obj)
{
	const struct conf_list *list = key->list;
	const char *base = (const char *)obj + list->array;
	uint32_t i, nr = *(const uint32_t *)((const char *)obj + list->count);
	const char *array = list->heap ? *(const char *const *)base : base;
	void *def;

	if (!nr)
		return;
	def = calloc(1, list->elem_size);
	if (!def) {
		out->err = -ENOMEM;
		return;
	}
	conf_write_name(out, key->name);
	fputs("(\n", out->f);
	for (i = 0; i < nr; i++) {
		list->defaults(out->m, array + i * list->elem_size, def);
		out->depth++;
		indent(out);
		fputs("{\n", out->f);
		out->depth++;
		conf_write_keys(out, list->keys, array + i * list->elem_size,
				def);
		out->depth--;
		indent(out);
		fprintf(out->f, "}%s\n", i + 1 < nr ? "," : "");
		out->depth--;
	}
	indent(out);
	fputs(");\n", out->f);
	free(def);
}

static void write_group(struct conf_out *out, const struct conf_key *key,
			const void *obj, const void *def)
{
	if (same_group(key->keys, obj, def))
		return;
	conf_write_name(out, key->name);
	fputs("{\n", out->f);
	out->depth++;
	conf_write_keys(out, key->keys, obj, def);
	out->depth--;
	indent(out);
	fputs("};\n", out->f);
}

void conf_write_keys(struct conf_out *out, const struct conf_key *keys,
		     const void *obj, const void *def)
{
	const struct conf_key *key;

	for (key = keys; key->name; key++) {
		if (key->type == CONF_GROUP) {
			write_group(out, key, obj, def);
		} else if (key->type == CONF_LIST) {
			write_list(out, key, obj);
		} else if (key->type == CONF_CUSTOM) {
			if (key->write)
				key->write(out, key, obj);
		} else if (!same(key, obj, def)) {
			conf_write_name(out, key->name);
			write_value(out, key, member(key, obj));
			fputs(";\n", out->f);
		}
	}
}
