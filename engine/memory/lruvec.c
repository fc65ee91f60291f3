/* SPDX-License-Identifier: MIT */
/*
 * lruvec.c - the LRU lists: queues of page numbers in chunks, and the moves
 * between them.
 *
 * Called by reclaim (isolation, putback), by faults and the page cache (new
 * pages, activation) and by the end of writeback (rotation).  Calls nothing
 * but the counters.  Locking: the world's lock.
 */
#include "memory/lruvec.h"

#include <assert.h>
#include <errno.h>

#include "memory/vmstat.h"
#include "world/reserve.h"

/*
 * Frames are fetched this many entries ahead: two batches of reclaim's, as
 * lru_peek_tail() looks at the frames of the next one.
 */
#define LRU_PREFETCH 72u

#define CACHE_LINE 64u

/* A list may have this many chunks beyond twice what its pages need. */
#define LRU_SLACK_CHUNKS 4u

_Static_assert(NR_ZONE_UNEVICTABLE - NR_ZONE_INACTIVE_ANON ==
		       (int)VM_LRU_UNEVICTABLE,
	       "zone items stand in the order of the lists");
_Static_assert(NR_UNEVICTABLE - NR_INACTIVE_ANON == (int)VM_LRU_UNEVICTABLE,
	       "node items stand in the order of the lists");

static size_t pool_size(const struct lruvec *lv)
{
	return (size_t)lv->max_chunks * sizeof(struct lru_chunk);
}

int lruvec_init(struct lruvec *lv, uint64_t nr_pages)
{
	uint64_t max = 2 * nr_pages / LRU_CHUNK_PAGES +
		       VM_NR_LRU_LISTS * (LRU_SLACK_CHUNKS + 4);

	*lv = (struct lruvec){ .free_chunk = LRU_NO_CHUNK };
	assert(max * LRU_CHUNK_PAGES < UINT32_MAX);
	lv->max_chunks = (uint32_t)max;
	for (unsigned i = 0; i < VM_NR_LRU_LISTS; i++)
		lv->list[i].head = lv->list[i].tail = LRU_NO_CHUNK;
	lv->chunk = reserve_alloc(pool_size(lv));
	return lv->chunk ? 0 : -ENOMEM;
}

void lruvec_fini(struct lruvec *lv)
{
	reserve_free(lv->chunk, pool_size(lv));
	lv->chunk = NULL;
}

void lruvec_dense(struct lruvec *lv)
{
	reserve_dense(lv->chunk, pool_size(lv));
}

/* --- queues ------------------------------------------------------------- */

static uint32_t chunk_get(struct lruvec *lv, enum vm_lru lru)
{
	uint32_t c = lv->free_chunk;
	struct lru_chunk *chunk;

	if (c != LRU_NO_CHUNK) {
		lv->free_chunk = lv->chunk[c].next;
	} else {
		c = lv->nr_chunks++;
		assert(c < lv->max_chunks);
	}
	chunk = &lv->chunk[c];
	chunk->prev = chunk->next = LRU_NO_CHUNK;
	chunk->live = 0;
	chunk->list = lru;
	lv->list[lru].nr_chunks++;
	return c;
}

static void chunk_put(struct lruvec *lv, uint32_t c)
{
	struct lru_chunk *chunk = &lv->chunk[c];
	struct lru_list *l = &lv->list[chunk->list];

	assert(chunk->live == 0 && l->nr_chunks > 0);
	l->nr_chunks--;
	if (chunk->prev == LRU_NO_CHUNK)
		l->head = chunk->next;
	else
		lv->chunk[chunk->prev].next = chunk->next;
	if (chunk->next == LRU_NO_CHUNK)
		l->tail = chunk->prev;
	else
		lv->chunk[chunk->next].prev = chunk->prev;
	/* a chunk in the middle is in use from end to end */
	if (chunk->prev == LRU_NO_CHUNK)
		l->head_at = 0;
	if (chunk->next == LRU_NO_CHUNK)
		l->tail_at = LRU_CHUNK_PAGES;
	chunk->next = lv->free_chunk;
	lv->free_chunk = c;
}

uint32_t lru_queue_push_head(struct lruvec *lv, enum vm_lru lru, uint32_t pfn)
{
	struct lru_list *l = &lv->list[lru];

	if (l->head == LRU_NO_CHUNK || l->head_at == 0) {
		uint32_t c = chunk_get(lv, lru);

		lv->chunk[c].next = l->head;
		if (l->head == LRU_NO_CHUNK) {
			l->tail = c;
			l->tail_at = LRU_CHUNK_PAGES;
		} else {
			lv->chunk[l->head].prev = c;
		}
		l->head = c;
		l->head_at = LRU_CHUNK_PAGES;
	}
	l->head_at--;
	l->nr++;
	lv->chunk[l->head].pfn[l->head_at] = pfn;
	lv->chunk[l->head].live++;
	return l->head * LRU_CHUNK_PAGES + l->head_at;
}

uint32_t lru_queue_push_tail(struct lruvec *lv, enum vm_lru lru, uint32_t pfn)
{
	struct lru_list *l = &lv->list[lru];

	if (l->tail == LRU_NO_CHUNK || l->tail_at == LRU_CHUNK_PAGES) {
		uint32_t c = chunk_get(lv, lru);

		lv->chunk[c].prev = l->tail;
		if (l->tail == LRU_NO_CHUNK) {
			l->head = c;
			l->head_at = 0;
		} else {
			lv->chunk[l->tail].next = c;
		}
		l->tail = c;
		l->tail_at = 0;
	}
	l->nr++;
	lv->chunk[l->tail].pfn[l->tail_at] = pfn;
	lv->chunk[l->tail].live++;
	return l->tail * LRU_CHUNK_PAGES + l->tail_at++;
}

void lru_queue_remove(struct lruvec *lv, enum vm_lru lru, uint32_t pos)
{
	uint32_t c = pos / LRU_CHUNK_PAGES;
	struct lru_chunk *chunk = &lv->chunk[c];

	assert(c < lv->nr_chunks && chunk->list == (uint32_t)lru);
	assert(chunk->pfn[pos % LRU_CHUNK_PAGES] != PFN_NONE);
	chunk->pfn[pos % LRU_CHUNK_PAGES] = PFN_NONE;
	lv->list[lru].nr--;
	if (--chunk->live == 0)
		chunk_put(lv, c);
}

uint32_t lru_queue_tail(struct lruvec *lv, enum vm_lru lru)
{
	struct lru_list *l = &lv->list[lru];
	const struct lru_chunk *chunk;

	if (l->nr == 0)
		return PFN_NONE;
	/* the tail chunk has a live entry, else it would have been freed */
	chunk = &lv->chunk[l->tail];
	while (chunk->pfn[l->tail_at - 1] == PFN_NONE) {
		l->tail_at--;
		assert(l->tail_at > 0);
	}
	return chunk->pfn[l->tail_at - 1];
}

void lru_for_each(const struct lruvec *lv, enum vm_lru lru,
		  void (*fn)(void *arg, uint32_t pfn, uint32_t pos), void *arg)
{
	const struct lru_list *l = &lv->list[lru];

	for (uint32_t c = l->head; c != LRU_NO_CHUNK; c = lv->chunk[c].next) {
		uint32_t from = c == l->head ? l->head_at : 0;
		uint32_t to = c == l->tail ? l->tail_at : LRU_CHUNK_PAGES;

		assert(from < to);
		for (uint32_t i = from; i < to; i++)
			if (lv->chunk[c].pfn[i] != PFN_NONE)
				fn(arg, lv->chunk[c].pfn[i],
				   c * LRU_CHUNK_PAGES + i);
	}
}

/* --- pages -------------------------------------------------------------- */

enum vm_lru page_lru(const struct page *page)
{
	enum vm_lru lru = VM_LRU_INACTIVE_FILE;

	if (page->flags & PG_UNEVICTABLE)
		return VM_LRU_UNEVICTABLE;
	if (page->flags & PG_SWAPBACKED)
		lru = VM_LRU_INACTIVE_ANON;
	return page->flags & PG_ACTIVE ? lru + 1 : lru;
}

static void lru_count_zone(struct vm *vm, struct zone *z, enum vm_lru lru,
			   int64_t n)
{
	mod_zone(z, NR_ZONE_INACTIVE_ANON + lru, n);
	mod_node(&vm->node[z->nid], NR_INACTIVE_ANON + lru, n);
}

static void lru_count(struct vm *vm, uint32_t pfn, enum vm_lru lru, int n)
{
	lru_count_zone(vm, page_zone(vm, pfn), lru, n);
}

void lru_add(struct vm *vm, uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);
	enum vm_lru lru = page_lru(page);

	assert(!(page->flags & (PG_LRU | PG_KERNEL)));
	page->flags |= PG_LRU;
	page->lru_pos = lru_queue_push_head(&page_pgdat(vm, pfn)->lruvec, lru,
					    pfn);
	lru_count(vm, pfn, lru, 1);
}

void lru_add_tail(struct vm *vm, uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);
	enum vm_lru lru = page_lru(page);

	assert(!(page->flags & (PG_LRU | PG_KERNEL)));
	page->flags |= PG_LRU;
	page->lru_pos = lru_queue_push_tail(&page_pgdat(vm, pfn)->lruvec, lru,
					    pfn);
	lru_count(vm, pfn, lru, 1);
}

/* Rewrite a list without its holes, in its order, from the tail upwards. */
static void lru_compact(struct vm *vm, struct lruvec *lv, enum vm_lru lru)
{
	struct lru_list old = lv->list[lru];
	uint32_t c = old.tail;
	uint32_t to = old.tail_at;

	lv->list[lru] = (struct lru_list){ .head = LRU_NO_CHUNK,
					   .tail = LRU_NO_CHUNK };
	while (c != LRU_NO_CHUNK) {
		struct lru_chunk chunk = lv->chunk[c];
		uint32_t from = c == old.head ? old.head_at : 0;

		lv->chunk[c].next = lv->free_chunk;
		lv->free_chunk = c;
		for (uint32_t i = to; i-- > from;) {
			uint32_t pfn = chunk.pfn[i];

			if (pfn != PFN_NONE)
				pfn_page(vm, pfn)->lru_pos =
					lru_queue_push_head(lv, lru, pfn);
		}
		c = chunk.prev;
		to = LRU_CHUNK_PAGES;
	}
	assert(lv->list[lru].nr == old.nr);
}

static void lru_compact_if_sparse(struct vm *vm, struct lruvec *lv,
				  enum vm_lru lru)
{
	const struct lru_list *l = &lv->list[lru];

	if (l->nr_chunks * LRU_CHUNK_PAGES >
	    2 * l->nr + LRU_SLACK_CHUNKS * LRU_CHUNK_PAGES)
		lru_compact(vm, lv, lru);
}

void lru_del(struct vm *vm, uint32_t pfn)
{
	struct page *page = pfn_page(vm, pfn);
	struct lruvec *lv = &page_pgdat(vm, pfn)->lruvec;
	enum vm_lru lru = page_lru(page);

	assert(page->flags & PG_LRU);
	lru_queue_remove(lv, lru, page->lru_pos);
	page->flags &= (uint16_t)~PG_LRU;
	lru_count(vm, pfn, lru, -1);
	lru_compact_if_sparse(vm, lv, lru);
}

void lru_activate(struct vm *vm, uint32_t pfn)
{
	assert(!(pfn_page(vm, pfn)->flags & (PG_ACTIVE | PG_UNEVICTABLE)));
	lru_del(vm, pfn);
	pfn_page(vm, pfn)->flags |= PG_ACTIVE;
	lru_add(vm, pfn);
}

void lru_rotate_tail(struct vm *vm, uint32_t pfn)
{
	assert(!(pfn_page(vm, pfn)->flags & PG_UNEVICTABLE));
	lru_del(vm, pfn);
	pfn_page(vm, pfn)->flags &= (uint16_t)~PG_ACTIVE;
	lru_add_tail(vm, pfn);
}

/* The chunk after the next one: fetch it while this one is being used. */
static void prefetch_chunk(const struct lruvec *lv, const struct lru_chunk *c)
{
	const char *at;

	if (c->prev == LRU_NO_CHUNK)
		return;
	c = &lv->chunk[c->prev];
	if (c->prev == LRU_NO_CHUNK)
		return;
	at = (const char *)&lv->chunk[c->prev];
	for (size_t i = 0; i < sizeof(*c); i += CACHE_LINE)
		prefetchw(at + i);
}

/* Start fetching the frame LRU_PREFETCH entries above entry @at of @chunk. */
static void prefetch_ahead(const struct vm *vm, const struct lruvec *lv,
			   const struct lru_chunk *chunk, uint32_t at)
{
	uint32_t ahead;

	assert(at < LRU_CHUNK_PAGES);
	for (; at < LRU_PREFETCH; at += LRU_CHUNK_PAGES) {
		if (chunk->prev == LRU_NO_CHUNK)
			return;
		chunk = &lv->chunk[chunk->prev];
	}
	ahead = chunk->pfn[at - LRU_PREFETCH];
	/* entries that are not in use hold anything */
	if (ahead < vm->nr_frames)
		page_prefetch(vm, ahead);
}

uint32_t lru_tail(struct vm *vm, struct pgdat *pgdat, enum vm_lru lru)
{
	struct lruvec *lv = &pgdat->lruvec;
	uint32_t pfn = lru_queue_tail(lv, lru);
	const struct lru_list *l = &lv->list[lru];
	const struct lru_chunk *chunk;

	if (pfn == PFN_NONE)
		return PFN_NONE;
	chunk = &lv->chunk[l->tail];
	if (l->tail_at == LRU_CHUNK_PAGES)
		prefetch_chunk(lv, chunk);
	prefetch_ahead(vm, lv, chunk, l->tail_at - 1);
	return pfn;
}

/* Up to @nr entries off the tail chunk, of which there is one. */
static unsigned take_from_chunk(const struct vm *vm, struct lruvec *lv,
				enum vm_lru lru, uint32_t *pfn, unsigned nr)
{
	struct lru_list *l = &lv->list[lru];
	struct lru_chunk *chunk = &lv->chunk[l->tail];
	uint32_t at = l->tail_at;
	unsigned n = 0;

	if (nr > chunk->live)
		nr = chunk->live;
	if (at == LRU_CHUNK_PAGES)
		prefetch_chunk(lv, chunk);
	while (n < nr) {
		assert(at > 0);
		prefetch_ahead(vm, lv, chunk, --at);
		if (chunk->pfn[at] == PFN_NONE)
			continue;
		pfn[n++] = chunk->pfn[at];
		chunk->pfn[at] = PFN_NONE;
	}
	l->tail_at = at;
	l->nr -= n;
	chunk->live -= n;
	if (!chunk->live)
		chunk_put(lv, l->tail);
	return n;
}

unsigned lru_take_tail(struct vm *vm, struct pgdat *pgdat, enum vm_lru lru,
		       uint32_t *pfn, unsigned nr)
{
	struct lruvec *lv = &pgdat->lruvec;
	struct zone *zone = NULL;
	unsigned n = 0, from = 0;

	while (n < nr && lv->list[lru].nr)
		n += take_from_chunk(vm, lv, lru, pfn + n, nr - n);
	for (unsigned i = 0; i < n; i++) {
		struct page *page = pfn_page(vm, pfn[i]);
		struct zone *z = page_zone(vm, pfn[i]);

		assert(page->flags & PG_LRU && page_lru(page) == lru);
		page->flags &= (uint16_t)~PG_LRU;
		if (z == zone)
			continue;
		if (zone)
			lru_count_zone(vm, zone, lru, -(int64_t)(i - from));
		zone = z;
		from = i;
	}
	if (zone)
		lru_count_zone(vm, zone, lru, -(int64_t)(n - from));
	lru_compact_if_sparse(vm, lv, lru);
	return n;
}

unsigned lru_peek_tail(const struct pgdat *pgdat, enum vm_lru lru,
		       uint32_t *pfn, unsigned nr)
{
	const struct lruvec *lv = &pgdat->lruvec;
	const struct lru_list *l = &lv->list[lru];
	uint32_t c = l->tail, at = l->tail_at;
	unsigned n = 0;

	while (n < nr && c != LRU_NO_CHUNK) {
		const struct lru_chunk *chunk = &lv->chunk[c];
		const uint32_t from = c == l->head ? l->head_at : 0;

		assert(from < at && at <= LRU_CHUNK_PAGES);
		for (; at > from && n < nr; at--)
			if (chunk->pfn[at - 1] != PFN_NONE)
				pfn[n++] = chunk->pfn[at - 1];
		c = chunk->prev;
		at = LRU_CHUNK_PAGES;
	}
	return n;
}

void lru_prefetch(struct vm *vm, uint32_t pfn)
{
	const struct lruvec *lv = &page_pgdat(vm, pfn)->lruvec;
	uint32_t pos = pfn_page(vm, pfn)->lru_pos;
	const struct lru_chunk *chunk = &lv->chunk[pos / LRU_CHUNK_PAGES];

	assert(pfn_page(vm, pfn)->flags & PG_LRU);
	prefetchw(&chunk->live);
	prefetchw(&chunk->pfn[pos % LRU_CHUNK_PAGES]);
}
