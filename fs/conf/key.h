/* SPDX-License-Identifier: MIT */
/*
 * key.h - groups of a libconfig file as tables: one line a key.
 *
 *	static const struct conf_key node_keys[] = {
 *		KEY_PAGES("memory", struct vm_node_conf, mem_pages, 0, MAX),
 *		KEY_CUSTOM("cpus", read_cpus, write_cpus),
 *		{ 0 }
 *	};
 *
 * The same table reads a group into a struct, writes the struct as text, and
 * says in a message what was expected.  A key that no table has is an error.
 * Keys are read and written in the order of the table, so a key may use what
 * the ones before it have found (a swap area names its disk).
 *
 * Messages are "file:line: path: what, what was expected", one a line.
 * Nothing here is shared between threads.  Memory of a struct conf and of
 * the messages is the caller's.
 */
#ifndef CONF_KEY_H
#define CONF_KEY_H

#include <stddef.h>
#include <stdio.h>

#include <libconfig.h>
#include <vm/machine.h>

/* More than these messages about one file help nobody. */
#define CONF_MAX_ERRORS 20u

/* One reading of one file. */
struct conf {
	const char *file;     /* its name in messages */
	FILE *log;	      /* messages go here */
	unsigned nr_errors;   /* also those that were not printed */
	bool no_memory;	      /* one of them */
	struct vm_machine *m; /* what is being read; NULL for one task */
};

/* One writing. */
struct conf_out {
	FILE *f;
	unsigned depth; /* of groups around, in tabs */
	const struct vm_machine *m;
	int err; /* -ENOMEM when something could not be written */
};

enum conf_type {
	CONF_PAGES,    /* uint64_t pages: "512M", or a number of bytes */
	CONF_COUNT,    /* uint64_t: a number, or a size that counts as pages */
	CONF_UINT,     /* uint32_t or uint64_t */
	CONF_INT,      /* int */
	CONF_TIME,     /* uint64_t ns: "100ms" */
	CONF_BPS,      /* uint64_t bytes a second: "64M/s" */
	CONF_RATE,     /* uint64_t pages a second: a number, or "64M/s" */
	CONF_PERMILLE, /* uint32_t: 0.0 to 1.0 */
	CONF_BOOL,     /* bool */
	CONF_TEXT,     /* char[]: not empty, no control characters */
	CONF_ENUM,     /* an enum, by conf_key.names */
	CONF_GROUP,    /* a group with a table of its own, same struct base */
	CONF_LIST,     /* a list of groups */
	CONF_CUSTOM    /* whatever read and write make of it */
};

struct conf_list;

struct conf_key {
	const char *name; /* NULL ends a table */
	enum conf_type type;
	bool required;
	uint32_t offset, size; /* of the member in its struct */
	int64_t min;	       /* bounds, in the member's own unit */
	uint64_t max;
	const char *const *names;     /* ENUM: at their values, NULL ends */
	const struct conf_key *keys;  /* GROUP */
	const struct conf_list *list; /* LIST */
	void (*read)(struct conf *c, const config_setting_t *s,
		     const struct conf_key *key, void *obj);
	void (*write)(struct conf_out *out, const struct conf_key *key,
		      const void *obj);
};

/* A list of groups that fills an array and its count. */
struct conf_list {
	const struct conf_key *keys;
	size_t elem_size;
	uint32_t max;
	size_t array; /* offset of the array, or of a pointer to it if heap */
	size_t count; /* offset of the uint32_t */
	bool heap;    /* the array is allocated; free() by its owner */
	/*
	 * Values of the keys that a file does not name.  @elem: the element
	 * that is going to be written, NULL when one is read: a default may
	 * depend on other keys.
	 */
	void (*defaults)(const struct vm_machine *m, const void *elem,
			 void *def);
	/* NULL, or called when all keys of @elem at @s have been read. */
	void (*finish)(struct conf *c, const config_setting_t *s, void *elem);
};

/* The member's offset, if it has @bytes bytes; else it does not compile. */
#define CONF_AT(s, m, bytes)                                                   \
	.size = (bytes),                                                       \
	.offset = offsetof(s, m) +                                             \
		  0 * sizeof(char[sizeof(((s *)0)->m) == (bytes) ? 1 : -1])

#define CONF_KEY(n, t, s, m, bytes, lo, hi)                                    \
	{                                                                      \
		.name = (n), .type = (t), CONF_AT(s, m, bytes), .min = (lo),   \
		.max = (hi)                                                    \
	}

#define KEY_PAGES(n, s, m, lo, hi) CONF_KEY(n, CONF_PAGES, s, m, 8, lo, hi)
#define KEY_COUNT(n, s, m, lo, hi) CONF_KEY(n, CONF_COUNT, s, m, 8, lo, hi)
#define KEY_U32(n, s, m, lo, hi)   CONF_KEY(n, CONF_UINT, s, m, 4, lo, hi)
#define KEY_U64(n, s, m, lo, hi)   CONF_KEY(n, CONF_UINT, s, m, 8, lo, hi)
#define KEY_INT(n, s, m, lo, hi)   CONF_KEY(n, CONF_INT, s, m, 4, lo, hi)
#define KEY_TIME(n, s, m, lo, hi)  CONF_KEY(n, CONF_TIME, s, m, 8, lo, hi)
#define KEY_BPS(n, s, m, lo, hi)   CONF_KEY(n, CONF_BPS, s, m, 8, lo, hi)
#define KEY_RATE(n, s, m, lo, hi)  CONF_KEY(n, CONF_RATE, s, m, 8, lo, hi)
#define KEY_PERMILLE(n, s, m)	   CONF_KEY(n, CONF_PERMILLE, s, m, 4, 0, 1000)
#define KEY_BOOL(n, s, m)                                                      \
	CONF_KEY(n, CONF_BOOL, s, m, sizeof(bool), 0, 1)
#define KEY_TEXT(n, s, m, need)                                                \
	{                                                                      \
		.name = (n), .type = CONF_TEXT, .required = (need),            \
		CONF_AT(s, m, sizeof(((s *)0)->m))                             \
	}
#define KEY_ENUM(n, s, m, table)                                               \
	{                                                                      \
		.name = (n), .type = CONF_ENUM, CONF_AT(s, m, sizeof(int)),    \
		.names = (table)                                               \
	}
#define KEY_GROUP(n, table)                                                    \
	{                                                                      \
		.name = (n), .type = CONF_GROUP, .keys = (table)               \
	}
#define KEY_LIST(n, l)                                                         \
	{                                                                      \
		.name = (n), .type = CONF_LIST, .list = (l)                    \
	}
#define KEY_CUSTOM(n, r, w)                                                    \
	{                                                                      \
		.name = (n), .type = CONF_CUSTOM, .read = (r), .write = (w)    \
	}

/*
 * Read @group into @obj, which already holds the defaults.  What is wrong
 * goes to @c, and reading goes on.
 */
void conf_read_group(struct conf *c, const config_setting_t *group,
		     const struct conf_key *keys, void *obj);

/* Report something wrong with @s. */
void conf_error(struct conf *c, const config_setting_t *s, const char *fmt,
		...) __attribute__((format(printf, 3, 4)));

/* An integer setting within the bounds; else an error and false. */
bool conf_get_int(struct conf *c, const config_setting_t *s, int64_t min,
		  int64_t max, int64_t *value);

/* Write the keys of @obj whose values are not those of @def. */
void conf_write_keys(struct conf_out *out, const struct conf_key *keys,
		     const void *obj, const void *def);

/* Start a line of output: the tabs and "name = ". */
void conf_write_name(struct conf_out *out, const char *name);

/* @text in quotes, escaped as libconfig reads it. */
void conf_write_text(struct conf_out *out, const char *text);

#endif
