/* SPDX-License-Identifier: MIT */
/*
 * image_bytes.h - images in memory, for the tests of saving and restoring.
 *
 *	struct image_bytes b = { 0 };
 *
 *	image_bytes_save(&b, vm);
 *	image_bytes_restore(&b, other);
 *	image_bytes_free(&b);
 *
 * A struct image_bytes owns its bytes: image_bytes_free().  Errors: a function
 * that cannot do its part fails the Check test that is running.  One thread,
 * no locks but the engine's own.
 */
#ifndef TESTS_SIM_IMAGE_BYTES_H
#define TESTS_SIM_IMAGE_BYTES_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include <vm/image.h>
#include <vm/vm.h>

struct image_bytes {
	unsigned char *at;
	size_t len, room; /* bytes that are there, and allocated */
};

/* vm_image_put: append to the struct image_bytes that @arg is. */
static inline int image_bytes_put(void *arg, const void *bytes, size_t len)
{
	struct image_bytes *b = arg;

	if (b->room - b->len < len) {
		b->room = 2 * b->room + len;
		b->at = realloc(b->at, b->room);
		ck_assert_ptr_nonnull(b->at);
	}
	memcpy(b->at + b->len, bytes, len);
	b->len += len;
	return 0;
}

/* Free what it owns; it is empty and can be used again. */
static inline void image_bytes_free(struct image_bytes *b)
{
	free(b->at);
	*b = (struct image_bytes){ 0 };
}

/*
 * @b becomes the image of @vm; what it was is overwritten.  For machines with
 * no op in flight.
 */
static inline void image_bytes_save(struct image_bytes *b, struct vm *vm)
{
	b->len = 0;
	ck_assert_int_eq(vm_save(vm, image_bytes_put, b), 0);
	ck_assert_uint_gt(b->len, 0);
}

/*
 * @vm becomes what @b is an image of, which it must take; the reason why it
 * does not is in the failure.
 */
static inline void image_bytes_restore(const struct image_bytes *b,
				       struct vm *vm)
{
	struct vm_complaint c = { .what = "" };
	int err = vm_restore(vm, b->at, b->len, &c);

	ck_assert_msg(err == 0, "vm_restore: %d: %s", err, c.what);
}

/*
 * Equal, byte for byte; else where the first difference is.  @when says which
 * comparison of a test it was.
 */
static inline void image_bytes_same(const struct image_bytes *a,
				    const struct image_bytes *b, unsigned when)
{
	size_t i = 0;

	while (i < a->len && i < b->len && a->at[i] == b->at[i])
		i++;
	ck_assert_msg(i == a->len && i == b->len,
		      "%u: images of %zu and %zu bytes differ at byte %zu",
		      when, a->len, b->len, i);
}

#endif
