/* SPDX-License-Identifier: MIT */
/*
 * fault.c - the countdown behind every allocation of a test program.
 *
 * The linker's --wrap option sends a call of malloc() here as
 * __wrap_malloc(), and knows the real one as __real_malloc(); the list of
 * calls is in tests/meson.build.  (mmap() is mmap64() here, as every program
 * of the tree is built for large files.)  Called from any thread; one atomic
 * counter and no lock, so that nothing is ordered by being tested.
 */
#define _GNU_SOURCE

#include "fault.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Allocations until the one that fails; below 0 there is none. */
static atomic_long left = -1;

void fault_arm(long countdown)
{
	atomic_store(&left, countdown);
}

bool fault_disarm(void)
{
	return atomic_exchange(&left, -1) < 0;
}

/* True for the one call that shall fail. */
static bool fails(void)
{
	long now = atomic_load(&left);

	while (now >= 0)
		if (atomic_compare_exchange_weak(&left, &now, now - 1))
			return now == 0;
	return false;
}

/* The linker makes these names; no header can have them. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t nr, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **memory, size_t alignment, size_t size);
void *__real_mmap64(void *address, size_t length, int protection, int flags,
		    int fd, off_t offset);
void *__real_mremap(void *old, size_t old_size, size_t size, int flags, ...);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*start)(void *), void *arg);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t nr, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size);
void *__wrap_mmap64(void *address, size_t length, int protection, int flags,
		    int fd, off_t offset);
void *__wrap_mremap(void *old, size_t old_size, size_t size, int flags, ...);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*start)(void *), void *arg);

static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? no_memory() : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return fails() ? no_memory() : __real_calloc(nr, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? no_memory() : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t nr, size_t size)
{
	return fails() ? no_memory() : __real_reallocarray(old, nr, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? no_memory() : __real_aligned_alloc(alignment, size);
}

int __wrap_posix_memalign(void **memory, size_t alignment, size_t size)
{
	if (fails())
		return ENOMEM;
	return __real_posix_memalign(memory, alignment, size);
}

void *__wrap_mmap64(void *address, size_t length, int protection, int flags,
		    int fd, off_t offset)
{
	if (fails()) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return __real_mmap64(address, length, protection, flags, fd, offset);
}

/* Shorter is always possible; nobody here says where to. */
void *__wrap_mremap(void *old, size_t old_size, size_t size, int flags, ...)
{
	if (size > old_size && fails()) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return __real_mremap(old, old_size, size, flags);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*start)(void *), void *arg)
{
	if (fails())
		return EAGAIN;
	return __real_pthread_create(thread, attr, start, arg);
}
