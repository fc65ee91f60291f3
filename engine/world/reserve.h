/* SPDX-License-Identifier: MIT */
/*
 * reserve.h - large zeroed arrays of which only the touched part is there.
 *
 * A terabyte machine has 268 million frames, of which an idle one uses a few
 * thousand.  Address space is reserved for all of them; memory comes page by
 * page at the first write.
 */
#ifndef ENGINE_WORLD_RESERVE_H
#define ENGINE_WORLD_RESERVE_H

#include <stddef.h>

/* @size bytes of zeroes, or NULL.  0 bytes give one page. */
void *reserve_alloc(size_t size);

/*
 * What is not there yet of @p may come in huge pages of the host: for an
 * array that will be used at random places all over, where most of the time
 * goes into finding the host's small pages.  A hint, nothing can go wrong;
 * small arrays stay as they are.
 */
void reserve_dense(void *p, size_t size);

/*
 * Make @p, of @old bytes, @size bytes long; what is new is zero, what is cut
 * off is given back.  Returns where it is now, or NULL with @p as it was;
 * shorter it can always be made, where it is.
 */
void *reserve_resize(void *p, size_t old, size_t size);

/* Give the memory behind @p .. @p + @size back and leave zeroes there. */
void reserve_clear(void *p, size_t size);

/* NULL is fine. */
void reserve_free(void *p, size_t size);

#endif
