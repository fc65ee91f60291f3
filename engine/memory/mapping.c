/* SPDX-License-Identifier: MIT */
/*
 * mapping.c - numbers for the owners of pages.
 *
 * Called when an area, a file or a swap area comes and goes: mm.c, file.c,
 * swap_map.c.  Numbers are handed out round and round, so that one that was
 * given back is not used again at once.  Locking: the world's lock.
 */
#include <assert.h>
#include <errno.h>

#include "memory/state.h"

/* The last number is SWAP_ORPHAN, the first nobody. */
#define MAPPING_LAST (MAPPING_MAX - 2)

int mapping_register(struct vm *vm, struct mapping *m, enum mapping_kind kind)
{
	uint32_t id = vm->last_mapping;

	assert(kind != MAPPING_NONE);
	for (uint32_t tried = 0; tried < MAPPING_LAST; tried++) {
		id = id < MAPPING_LAST ? id + 1 : 1;
		if (vm->mapping[id])
			continue;
		m->kind = kind;
		m->id = (uint16_t)id;
		vm->mapping[id] = m;
		vm->last_mapping = m->id;
		return 0;
	}
	return -ENOMEM;
}

void mapping_unregister(struct vm *vm, struct mapping *m)
{
	assert(m->id && vm->mapping[m->id] == m);
	vm->mapping[m->id] = NULL;
	m->id = 0;
	m->kind = MAPPING_NONE;
}
