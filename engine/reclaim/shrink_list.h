/* SPDX-License-Identifier: MIT */
/*
 * shrink_list.h - one batch from one list (fact sheet E.4 to E.6).
 *
 * Used by vmscan.c alone.  A batch is taken, judged and put back within one
 * call, so no page is ever isolated between steps.
 * Locking: the world's lock.
 */
#ifndef ENGINE_RECLAIM_SHRINK_LIST_H
#define ENGINE_RECLAIM_SHRINK_LIST_H

#include "reclaim/vmscan.h"

/* A batch of isolated pages; skipped ones were of zones too high. */
struct isolated {
	uint32_t pfn[SWAP_CLUSTER_MAX];
	unsigned nr;
	uint64_t nr_scanned, nr_skipped;
};

/*
 * Take up to @nr pages (at most SWAP_CLUSTER_MAX) off the tail of @lru,
 * passing over what sc forbids.
 */
void isolate_lru_pages(struct vm *vm, struct scan_control *sc, enum vm_lru lru,
		       uint64_t nr, struct isolated *batch);

/* Pages of @nr looked at, active ones sent to the inactive list. */
void shrink_active_list(struct vm *vm, struct scan_control *sc,
			enum vm_lru lru, uint64_t nr);

/* Pages reclaimed of @nr looked at. */
uint64_t shrink_inactive_list(struct vm *vm, struct scan_control *sc,
			      enum vm_lru lru, uint64_t nr);

/*
 * Pages of one file's cache that a batch gives up, without having counted
 * them yet.  Begins empty; see shrink_clean.c.
 */
struct clean_run {
	struct file *file;
	uint16_t mapping; /* the file's number, 0: none */
	uint64_t nr;
	struct unmap_run unmap;
};

/*
 * If @pfn, isolated, is what most pages are, a clean page of a file, not used
 * since it was last looked at: remove it from its cache, a shadow in its
 * place; it is to be freed.  False: it is something else, and untouched.
 */
bool reclaim_clean_page(struct vm *vm, struct scan_control *sc,
			struct clean_run *run, uint32_t pfn);

/* Count them: before anybody looks at a counter. */
void clean_run_end(struct vm *vm, struct scan_control *sc,
		   struct clean_run *run);

/*
 * A locked or mlocked page that has no place on an evictable list, and a
 * page that has: back where its flags say.
 */
void putback_lru_page(struct vm *vm, uint32_t pfn);

#endif
