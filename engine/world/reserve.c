/* SPDX-License-Identifier: MIT */
/*
 * reserve.c - large arrays by mmap(2): addresses now, memory at first write.
 *
 * Huge pages are asked not to be used: with them, a first write to an entry
 * would bring in 2 MiB at once, and an idle machine of a terabyte touches a
 * few entries of many arrays.  reserve_dense() allows them where it pays, so
 * large arrays begin at a multiple of their size.
 *
 * Called by everything that has one entry a page, at start and when an area
 * or a file grows.  No lock: the caller owns the array.
 */
#define _GNU_SOURCE

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "world/compiler.h"
#include "world/reserve.h"

#define HUGE_PAGE ((size_t)2 << 20)
#define DENSE_MIN (2 * HUGE_PAGE) /* smaller arrays fit the TLB */

static size_t host_page(void)
{
	const long size = sysconf(_SC_PAGESIZE);

	assert(size > 0);
	return (size_t)size;
}

/* Whole pages; 0 for a size that cannot be had. */
static size_t whole_pages(size_t size)
{
	const size_t page = host_page();

	if (size == 0)
		return page;
	if (size > SIZE_MAX / 2)
		return 0;
	return (size + page - 1) / page * page;
}

static void *map_zeroes(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* @len bytes that begin where a huge page does. */
static void *map_aligned(size_t len)
{
	char *p = map_zeroes(len + HUGE_PAGE);
	size_t before;

	if (!p)
		return NULL;
	before = -(uintptr_t)p % HUGE_PAGE;
	if (before)
		munmap(p, before);
	munmap(p + before + len, HUGE_PAGE - before);
	assert((uintptr_t)(p + before) % HUGE_PAGE == 0);
	return p + before;
}

void *reserve_alloc(size_t size)
{
	const size_t len = whole_pages(size);
	void *p;

	if (len == 0)
		return NULL;
	p = len < DENSE_MIN ? map_zeroes(len) : map_aligned(len);
	if (p)
		madvise(p, len, MADV_NOHUGEPAGE);
	return p;
}

void reserve_dense(void *p, size_t size)
{
	assert(p || size == 0);
	if (size >= DENSE_MIN)
		madvise(p, whole_pages(size), MADV_HUGEPAGE);
}

void *reserve_resize(void *p, size_t old, size_t size)
{
	const size_t old_len = whole_pages(old);
	const size_t len = whole_pages(size);
	void *to;

	assert(p);
	if (len == 0)
		return NULL;
	/* it may become longer again, and is zero there then */
	if (size < old)
		memset((char *)p + size, 0, MIN(old, len) - size);
	if (len == old_len)
		return p;
	to = mremap(p, old_len, len, MREMAP_MAYMOVE);
	return to == MAP_FAILED ? NULL : to;
}

/* Pages that lie wholly inside are given back, the edges are written. */
void reserve_clear(void *p, size_t size)
{
	const uintptr_t page = host_page();
	const uintptr_t from = (uintptr_t)p, to = from + size;
	const uintptr_t first = (from + page - 1) / page * page;
	const uintptr_t last = to / page * page;

	assert(p || size == 0);
	if (first >= last ||
	    madvise((char *)p + (first - from), last - first, MADV_DONTNEED)) {
		memset(p, 0, size);
		return;
	}
	memset(p, 0, first - from);
	memset((char *)p + (last - from), 0, to - last);
}

void reserve_free(void *p, size_t size)
{
	int err;

	if (!p)
		return;
	err = munmap(p, whole_pages(size));
	assert(!err);
	(void)err;
}
