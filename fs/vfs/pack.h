/* SPDX-License-Identifier: MIT */
/*
 * pack.h - values as bytes and back, by one function for both ways.
 *
 *	void point_pack(struct pack *p, struct point *q)
 *	{
 *		pack_u64(p, &q->x);
 *		q->kind = pack_index(p, q->kind, NR_KINDS);
 *	}
 *
 * Saving, the values are appended to a strbuf; loading, they are read and
 * looked at, so that what was saved and what is expected cannot drift apart.
 * Integers are little-endian and of fixed width.
 *
 * As with a strbuf nothing returns an error: the first is kept and all that
 * follows loads as 0, which must be harmless; who began asks pack_error().
 * Errors: -EBADMSG, the bytes are not what is expected; -ENOMEM; -EFBIG.
 *
 * Ownership: the caller's.  Locking: none.
 */
#ifndef VFS_PACK_H
#define VFS_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/vfs/strbuf.h"
#include "fs/vfs/tree.h"

/* The longest pack_string(), with its NUL. */
#define PACK_STRING_MAX (1u << 20)

struct pack {
	struct strbuf *out; /* saving: behind what is there; else NULL */
	const unsigned char *at, *end; /* loading: what is left */
	int err;
};

/* Begin to save behind the end of @out, or to load @len bytes. */
void pack_save(struct pack *p, struct strbuf *out);
void pack_load(struct pack *p, const void *bytes, size_t len);

static inline bool pack_saving(const struct pack *p)
{
	return p->out;
}

/* 0, or the first thing that went wrong. */
int pack_error(const struct pack *p);

/* The same at the end of loading: -EBADMSG too if something is left. */
int pack_end(const struct pack *p);

/* What is loaded makes no sense: -EBADMSG from here on. */
void pack_refuse(struct pack *p);

void pack_u64(struct pack *p, uint64_t *v);
void pack_i64(struct pack *p, int64_t *v);
void pack_u32(struct pack *p, uint32_t *v);
void pack_int(struct pack *p, int *v);
void pack_bool(struct pack *p, bool *v);
void pack_bytes(struct pack *p, void *bytes, size_t len);

/* A value below @limit: gives it back, or what was loaded. */
uint32_t pack_index(struct pack *p, uint32_t v, uint32_t limit);

/* A NUL-terminated text in an array of @size bytes; the rest is zeroed. */
void pack_text(struct pack *p, char *text, size_t size);

/* A string on the heap, or NULL; what was there is freed when loading. */
void pack_string(struct pack *p, char **s);

/* Both must say @mark here, or the two have come apart. */
void pack_mark(struct pack *p, uint32_t mark);

/*
 * Which entry somewhere below @top has *@data, by its path.  Loading gives
 * that pointer, NULL after an error.  Indexed children are called "*".
 */
void pack_entry(struct pack *p, const struct tree_dir *top, const void **data);

#endif
