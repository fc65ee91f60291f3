/* SPDX-License-Identifier: MIT */
/*
 * lruvec.h - the five LRU lists of a node, kept as queues of page numbers.
 *
 * The order is that of the kernel's lists: head is young, tail is old.  It
 * is stored not as links in the frames but as chunks of 60 pfns, because a
 * scrambled linked list is walked at the speed of memory latency, while a
 * queue's next pages can be fetched ahead.  A page that leaves from the
 * middle leaves a hole (PFN_NONE); a chunk of holes is freed, and a list
 * with more holes than pages is rewritten.
 *
 * Functions named lru_* move pages between queues and keep the counters of
 * node and zone (nr_inactive_anon, nr_zone_inactive_anon, ...) and PG_LRU.
 * Locking: the world's lock.
 */
#ifndef ENGINE_MEMORY_LRUVEC_H
#define ENGINE_MEMORY_LRUVEC_H

#include <stdbool.h>
#include <stdint.h>

#include <vm/trace.h>

#include "memory/page.h"

struct vm;
struct pgdat;

#define LRU_CHUNK_PAGES 60u
#define LRU_NO_CHUNK	UINT32_MAX

struct lru_chunk {
	uint32_t prev, next; /* chunk towards the head, towards the tail */
	uint32_t live;	     /* entries that are not holes */
	uint32_t list;	     /* enum vm_lru, for checking */
	uint32_t pfn[LRU_CHUNK_PAGES]; /* [0] is nearest the head */
};

struct lru_list {
	uint32_t head, tail; /* chunks; LRU_NO_CHUNK when empty */
	uint32_t head_at;    /* first entry in use of the head chunk */
	uint32_t tail_at;    /* one past the last in use of the tail chunk */
	uint64_t nr;	     /* pages */
	uint64_t nr_chunks;
};

struct lruvec {
	struct lru_list list[VM_NR_LRU_LISTS];
	struct lru_chunk *chunk; /* pool; lru_pos = chunk * 60 + entry */
	uint32_t nr_chunks;	 /* of the pool ever used */
	uint32_t max_chunks;
	uint32_t free_chunk;	 /* list through next */
	uint64_t anon_cost, file_cost; /* E.2 */
	uint64_t nonresident_age;      /* E.7 */
	uint64_t refaults[2];	/* snapshot: workingset_activate anon, file */
};

/* Room for @nr_pages.  0 or -ENOMEM. */
int lruvec_init(struct lruvec *lv, uint64_t nr_pages);
void lruvec_fini(struct lruvec *lv);

/* See reserve_dense(). */
void lruvec_dense(struct lruvec *lv);

/* The list that @page's flags name. */
enum vm_lru page_lru(const struct page *page);

/* Put a page that is on no list on the one its flags name. */
void lru_add(struct vm *vm, uint32_t pfn);	/* at the head */
void lru_add_tail(struct vm *vm, uint32_t pfn);

/* Take a page off its list. */
void lru_del(struct vm *vm, uint32_t pfn);

/* inactive -> active, at the head; counts PGACTIVATE by the caller. */
void lru_activate(struct vm *vm, uint32_t pfn);

/* to the tail of its list, as after the end of writeback */
void lru_rotate_tail(struct vm *vm, uint32_t pfn);

/*
 * The oldest page of @lru, or PFN_NONE; stays on the list.  Starts fetching
 * the frames of those that come next.
 */
uint32_t lru_tail(struct vm *vm, struct pgdat *pgdat, enum vm_lru lru);

/*
 * Take the @nr oldest pages of @lru off it, or as many as there are: into
 * @pfn, oldest first.  As lru_tail() and lru_del() in turn, but counted at
 * once.
 */
unsigned lru_take_tail(struct vm *vm, struct pgdat *pgdat, enum vm_lru lru,
		       uint32_t *pfn, unsigned nr);

/* The @nr pages that would be taken next, or as many as there are. */
unsigned lru_peek_tail(const struct pgdat *pgdat, enum vm_lru lru,
		       uint32_t *pfn, unsigned nr);

/* Start fetching what lru_del() of @pfn will change; its frame has come. */
void lru_prefetch(struct vm *vm, uint32_t pfn);

/* Queue primitives, without flags and counters, for lru_*() and tests. */
uint32_t lru_queue_push_head(struct lruvec *lv, enum vm_lru lru, uint32_t pfn);
uint32_t lru_queue_push_tail(struct lruvec *lv, enum vm_lru lru, uint32_t pfn);
void lru_queue_remove(struct lruvec *lv, enum vm_lru lru, uint32_t pos);
uint32_t lru_queue_tail(struct lruvec *lv, enum vm_lru lru);

/* Call @fn for the pages of @lru from head to tail; slow, for vm_check(). */
void lru_for_each(const struct lruvec *lv, enum vm_lru lru,
		  void (*fn)(void *arg, uint32_t pfn, uint32_t pos),
		  void *arg);

#endif
