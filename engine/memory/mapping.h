/* SPDX-License-Identifier: MIT */
/*
 * mapping.h - whose page is it: the reverse map's first step.
 *
 * A page's owner is a 16-bit number, an index into vm->mapping[].  Three
 * kinds of owner embed a struct mapping:
 *
 *   MAPPING_ANON  struct vma   an anonymous area; page.index is the page of
 *                              the area, mapped there and nowhere else
 *   MAPPING_FILE  struct file  a file's page cache; page.index is the page
 *                              of the file, mapped by any of file->vmas
 *   MAPPING_SWAP  struct swap_area  page.index is the slot, whose record
 *                              names the anonymous area and page behind it
 *   MAPPING_SHMEM struct file  tmpfs: a file without a disk, swap-backed
 *
 * Number 0 is nobody.
 */
#ifndef ENGINE_MEMORY_MAPPING_H
#define ENGINE_MEMORY_MAPPING_H

#include <stdint.h>

#define MAPPING_MAX 65536u

struct vm;

enum mapping_kind {
	MAPPING_NONE,
	MAPPING_ANON,
	MAPPING_FILE,
	MAPPING_SHMEM,
	MAPPING_SWAP
};

struct mapping {
	enum mapping_kind kind;
	uint16_t id;
};

/* Give @m a number.  0, or -ENOMEM when all are taken. */
int mapping_register(struct vm *vm, struct mapping *m, enum mapping_kind kind);

/* No page may carry the number any more. */
void mapping_unregister(struct vm *vm, struct mapping *m);

#endif
