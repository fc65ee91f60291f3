/* SPDX-License-Identifier: MIT */
/*
 * io.c - bytes of an image, in both directions.
 *
 * Numbers, text, marks, runs of arrays, references: what the other image_*.c
 * are made of.  Saving collects bytes in a buffer that goes to the caller's
 * put() when it is full; without put() bytes are only counted.  Reading is
 * bounded by the end of the image, and after the first error gives zeroes.
 *
 * Calls name.h for complaints.  Locking: see image.h.
 */
#include "image/image.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "memory/buddy.h"
#include "world/name.h"

#define BLOCK 512u /* bytes that are compared with zero at a time */

static void complain(struct image *im, int err)
{
	assert(err < 0 && !im->saving);
	im->err = err;
	im->c->field = "image";
	im->c->index = -1;
}

void image_refuse(struct image *im, const char *why)
{
	if (im->err || im->saving)
		return;
	complain(im, -EINVAL);
	name_copy(im->c->what, sizeof(im->c->what), why);
}

void image_bad(struct image *im)
{
	struct name n;

	if (im->err || im->saving)
		return;
	complain(im, -EINVAL);
	n = name_in(im->c->what, sizeof(im->c->what));
	name_text(&n, "the image is damaged before byte ");
	name_uint(&n, im->nr);
}

void image_disagrees(struct image *im, const char *what, uint64_t a, uint64_t b)
{
	struct name n;

	if (im->err || im->saving)
		return;
	complain(im, -EINVAL);
	n = name_in(im->c->what, sizeof(im->c->what));
	name_text(&n, "the image is damaged: ");
	name_text(&n, what);
	name_text(&n, ": ");
	name_uint(&n, a);
	name_text(&n, ", and ");
	name_uint(&n, b);
}

void image_fail(struct image *im, int err)
{
	if (im->err)
		return;
	complain(im, err);
	name_copy(im->c->what, sizeof(im->c->what),
		  "no memory for the machine of the image");
}

void image_flush(struct image *im)
{
	assert(im->saving && im->nr_buf <= sizeof(im->buf));
	if (!im->err && im->put && im->nr_buf)
		im->err = im->put(im->arg, im->buf, im->nr_buf);
	im->nr_buf = 0;
}

/* Room for @size bytes of a number; NULL: they are only counted. */
static uint8_t *place(struct image *im, size_t size)
{
	uint8_t *p;

	assert(size <= 8);
	im->nr += size;
	if (!im->put)
		return NULL;
	if (im->nr_buf + size > sizeof(im->buf))
		image_flush(im);
	p = im->buf + im->nr_buf;
	im->nr_buf += size;
	return p;
}

static void put_number(struct image *im, uint64_t v, size_t size)
{
	uint8_t *p = place(im, size);

	if (!p)
		return;
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t get_number(struct image *im, size_t size)
{
	uint64_t v = 0;

	if (im->err)
		return 0;
	assert(im->at <= im->end);
	if ((size_t)(im->end - im->at) < size) {
		image_bad(im);
		return 0;
	}
	for (size_t i = 0; i < size; i++)
		v |= (uint64_t)im->at[i] << 8 * i;
	im->at += size;
	im->nr += size;
	return v;
}

static uint64_t load(const void *p, size_t size)
{
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (size) {
	case 1:
		return *(const uint8_t *)p;
	case 2:
		memcpy(&v16, p, sizeof(v16));
		return v16;
	case 4:
		memcpy(&v32, p, sizeof(v32));
		return v32;
	default:
		assert(size == 8);
		memcpy(&v64, p, sizeof(v64));
		return v64;
	}
}

static void store(void *p, size_t size, uint64_t v)
{
	const uint8_t v8 = (uint8_t)v;
	const uint16_t v16 = (uint16_t)v;
	const uint32_t v32 = (uint32_t)v;

	assert(size == 1 || size == 2 || size == 4 || size == 8);
	if (size == 1)
		memcpy(p, &v8, sizeof(v8));
	else if (size == 2)
		memcpy(p, &v16, sizeof(v16));
	else if (size == 4)
		memcpy(p, &v32, sizeof(v32));
	else
		memcpy(p, &v, sizeof(v));
}

void image_int(struct image *im, void *p, size_t size)
{
	if (im->saving)
		put_number(im, load(p, size), size);
	else
		store(p, size, get_number(im, size));
}

void image_ints(struct image *im, void *p, size_t size, uint64_t nr)
{
	char *at = p;

	assert(size > 0);
	for (uint64_t i = 0; i < nr; i++)
		image_int(im, at + i * size, size);
}

void image_flag(struct image *im, bool *b)
{
	uint8_t v = im->saving && *b;

	image_upto(im, v, 1);
	*b = v;
}

void image_text(struct image *im, char *buf, size_t size)
{
	size_t len = im->saving ? strnlen(buf, size) : 0;

	assert(size > 0 && len < size);
	for (size_t i = 0; i < size; i++) {
		char c = i < len ? buf[i] : '\0';

		image_num(im, c);
		if (!im->saving)
			buf[i] = c;
	}
	if (!im->saving && buf[size - 1]) {
		buf[size - 1] = '\0';
		image_bad(im);
	}
}

void image_tag(struct image *im, uint32_t tag)
{
	uint32_t found = tag;

	assert(tag);
	image_num(im, found);
	if (found != tag)
		image_bad(im);
}

uint64_t image_count(struct image *im, uint64_t nr, size_t each, uint64_t max)
{
	assert(each > 0);
	image_num(im, nr);
	if (im->saving)
		return nr;
	if (nr > max || nr > (size_t)(im->end - im->at) / each) {
		image_bad(im);
		return 0;
	}
	return nr;
}

static bool all_zero(const char *p, size_t size)
{
	static const char zero[BLOCK];

	assert(size <= BLOCK);
	return !memcmp(p, zero, size);
}

/* The first element from @i on that is (@zero: is not) zero, or a->nr. */
static uint64_t run_end(const struct image_array *a, uint64_t i, bool zero)
{
	const char *base = a->base;
	const uint64_t block = BLOCK / a->size;

	assert(i <= a->nr && a->size <= BLOCK);
	while (zero && i + block <= a->nr &&
	       all_zero(base + i * a->size, block * a->size))
		i += block;
	while (i < a->nr && all_zero(base + i * a->size, a->size) == zero)
		i++;
	return i;
}

static void walk_run(struct image *im, const struct image_array *a,
		     uint64_t from, uint64_t to)
{
	char *base = a->base;

	assert(from <= to && to <= a->nr);
	for (uint64_t i = from; i < to && !im->err; i++) {
		if (a->one)
			a->one(im, base + i * a->size);
		else
			image_int(im, base + i * a->size, a->size);
	}
}

/* Zeroes to pass over, others that follow; until the end of the array. */
void image_sparse(struct image *im, const struct image_array *a)
{
	uint64_t i = 0;

	assert(a->one || a->size <= 8);
	while (i < a->nr && !im->err) {
		uint64_t from = im->saving ? run_end(a, i, true) : i;
		uint64_t zeroes = from - i, others;

		image_upto(im, zeroes, a->nr - i);
		from = i + zeroes;
		others = im->saving ? run_end(a, from, false) - from : 0;
		image_upto(im, others, a->nr - from);
		/* a run of nothing would have no end */
		if (!zeroes && !others)
			image_bad(im);
		walk_run(im, a, from, from + others);
		i = from + others;
	}
}

IMAGE_KNOWS(prng, 48);
void image_prng(struct image *im, struct prng *p)
{
	image_u64s(im, p->s);
	assert(!im->saving || (p->s[0] | p->s[1] | p->s[2] | p->s[3]));
	if (im->saving)
		return;
	p->zipf_n = 0;
	if (!(p->s[0] | p->s[1] | p->s[2] | p->s[3]))
		image_bad(im);
}

void image_task_ref(struct image *im, struct task **t)
{
	int pid = im->saving && *t ? (*t)->pid : 0;

	assert(!im->saving || !*t || task_find(im->vm, pid) == *t);
	image_upto(im, pid, VM_MAX_PID);
	if (im->saving)
		return;
	*t = pid ? task_find(im->vm, pid) : NULL;
	if (pid && !*t)
		image_bad(im);
}

void image_file_ref(struct image *im, struct file **f)
{
	uint32_t n = 0;

	if (im->saving && *f) {
		while (im->vm->files[n] != *f)
			n++;
		n++;
	}
	assert(n <= im->vm->nr_files);
	image_upto(im, n, im->vm->nr_files);
	if (!im->saving)
		*f = n ? im->vm->files[n - 1] : NULL;
}

void image_node_ref(struct image *im, struct pgdat **p)
{
	uint32_t n = im->saving && *p ? (uint32_t)(*p)->nid + 1 : 0;

	image_upto(im, n, im->vm->nr_nodes);
	assert(n <= im->vm->nr_nodes);
	if (!im->saving)
		*p = n ? &im->vm->node[n - 1] : NULL;
}

bool image_frame_known(const struct image *im, uint32_t pfn)
{
	const struct zone *z;

	if (pfn >= im->vm->nr_frames)
		return false;
	z = page_zone(im->vm, pfn);
	assert(pfn >= z->first_pfn);
	if (pfn >= z->first_pfn + z->managed)
		return false;
	return pfn < z->virgin_pfn || pfn >= buddy_virgin_end(z);
}
