/* SPDX-License-Identifier: MIT */
/*
 * file.h - one file and its page cache.
 *
 * A file's pages are looked up in an array of 32-bit slots:
 *
 *	0		not cached
 *	pfn + 1		cached in that frame
 *	SHADOW_BIT | x	evicted; x is workingset.h's shadow entry
 *
 * A bitmap says which cached pages are dirty, so that the flusher finds them
 * in file order.  Units: pages.  Locking: the world's lock.
 */
#ifndef ENGINE_MEMORY_FILE_H
#define ENGINE_MEMORY_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include <vm/machine.h>

#include "memory/mapping.h"
#include "memory/page.h"
#include "memory/xarray.h"
#include "world/compiler.h"

struct vma;

#define SHADOW_BIT (1u << 31)
#define FILE_NO_DISK UINT32_MAX /* for file_get(): tmpfs */

/*
 * Read-ahead, of one reader or one mapping: the last window, and how many of
 * its pages are left when the next is started.
 */
struct file_ra {
	uint64_t start;
	uint32_t size, async_size;
	uint32_t mmap_miss; /* faults that found nothing, less those that did */
};

struct file {
	struct mapping mapping; /* FILE or SHMEM */
	char name[VM_NAME_LEN];
	uint32_t disk;
	uint64_t nr_pages;
	uint32_t *slot;		/* reserve_alloc()ed */
	uint64_t *dirty;	/* bitmap */
	struct xarray xa;	/* what its index costs */
	uint64_t shadow_hand;	/* node at which forgetting goes on */
	uint64_t nr_cached, nr_dirty, nr_shadows;
	uint64_t dirtied_when_ns; /* first dirtying since it was clean */
	uint64_t wb_index;	/* where the flusher goes on */
	struct vma *vmas;	/* shared mappings, through file_next */
	uint32_t refs;		/* tasks that use it */
};

/* The file called @name; created with @nr_pages on @disk if there is none.
 * NULL: -ENOMEM.  A larger @nr_pages makes it longer. */
struct file *file_get(struct vm *vm, const char *name, uint32_t disk,
		      uint64_t nr_pages);
struct file *file_find(struct vm *vm, const char *name);
void file_destroy(struct vm *vm, struct file *f);

static inline uint32_t file_lookup(const struct file *f, uint64_t index)
{
	uint32_t s = f->slot[index];

	return s && !(s & SHADOW_BIT) ? s - 1 : PFN_NONE;
}

/* Start fetching what a lookup of @index will read. */
static inline void file_prefetch(const struct file *f, uint64_t index)
{
	prefetchw(&f->slot[index]);
}

/*
 * Put @pfn into the cache at @index (nr_file_pages, nr_shmem) and return the
 * slot's old content, 0 or a shadow.  The caller puts it on an LRU list, and
 * has seen to the index's node (reclaim/slab.h) unless it must not fail.
 */
uint32_t file_insert(struct vm *vm, struct file *f, uint64_t index,
		     uint32_t pfn);

/* Take it out and leave @leave there: 0 or SHADOW_BIT | shadow. */
void file_remove(struct vm *vm, struct file *f, uint64_t index,
		 uint32_t leave);

/* If there is a shadow at @index: it is gone. */
void file_forget_shadow(struct vm *vm, struct file *f, uint64_t index);

/*
 * The same for clean pages of one node, mapped nowhere, that leave shadows:
 * many with file_leave(), then file_removed() counts them.  The caller clears
 * their frames.
 */
static inline void file_leave(struct vm *vm, struct file *f, uint64_t index,
			      uint32_t shadow)
{
	f->slot[index] = shadow;
	xa_page_left(vm, &f->xa, index);
}

void file_removed(struct vm *vm, struct file *f, int nid, uint64_t nr);

/*
 * PG_DIRTY with its counters (nr_dirty, nr_dirtied, nr_zone_write_pending),
 * the bitmap and the age.  False: it was.
 */
bool file_set_dirty(struct vm *vm, struct file *f, uint32_t pfn);

/* The next dirty page at or after @from, or UINT64_MAX. */
uint64_t file_next_dirty(const struct file *f, uint64_t from);

/* Dirty -> writeback -> clean, for file and swap-cache pages alike. */
void page_clear_dirty(struct vm *vm, uint32_t pfn);
void page_set_writeback(struct vm *vm, uint32_t pfn);
void page_clear_writeback(struct vm *vm, uint32_t pfn);

#endif
