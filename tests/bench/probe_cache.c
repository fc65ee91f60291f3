/* SPDX-License-Identifier: MIT */
/*
 * probe_cache.c - a stream of requests through a cache: the least it can
 * cost, and what a cache simulator's data structures cost.
 *
 * Called by the benchmark of the page cache.  The second stands in for
 * libCacheSim, which Debian does not have: the same structures (a chained
 * hash table, an object of 96 bytes allocated for each, an LRU list through
 * them) without its request records and statistics, and so somewhat faster.
 */
#include "probe.h"

#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { ABSENT, PRESENT, REFERENCED };

double probe_cache_clock(struct probe_stream *s)
{
	uint32_t *resident = bench_alloc(s->capacity * sizeof(*resident));
	uint8_t *state = bench_alloc(s->span);
	uint64_t used = 0, hand = 0;
	double began = bench_cpu_s();

	s->misses = 0;
	for (uint64_t i = 0; i < s->nr; i++) {
		uint32_t x = s->at[i];

		if (state[x] != ABSENT) {
			state[x] = REFERENCED;
			continue;
		}
		s->misses++;
		state[x] = PRESENT;
		if (used < s->capacity) {
			resident[used++] = x;
			continue;
		}
		while (state[resident[hand]] == REFERENCED) {
			state[resident[hand]] = PRESENT;
			hand = hand + 1 < s->capacity ? hand + 1 : 0;
		}
		state[resident[hand]] = ABSENT;
		resident[hand] = x;
		hand = hand + 1 < s->capacity ? hand + 1 : 0;
	}
	began = bench_cpu_s() - began;
	bench_free(resident, s->capacity * sizeof(*resident));
	bench_free(state, s->span);
	return (double)s->nr / began;
}

struct object {
	struct object *chain, *newer, *older;
	uint64_t id, size;
	uint64_t unused[7]; /* 96 bytes, as libCacheSim counts for one */
};

struct hash_cache {
	struct object **bucket, *newest, *oldest;
	uint64_t mask, nr;
};

static struct object **bucket_of(const struct hash_cache *c, uint64_t id)
{
	uint64_t h = id * 0x9e3779b97f4a7c15ull;

	return &c->bucket[(h ^ h >> 32) & c->mask];
}

static void lru_unlink(struct hash_cache *c, struct object *o)
{
	*(o->newer ? &o->newer->older : &c->newest) = o->older;
	*(o->older ? &o->older->newer : &c->oldest) = o->newer;
}

static void lru_push(struct hash_cache *c, struct object *o)
{
	o->newer = NULL;
	o->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = o;
	c->newest = o;
}

static void evict(struct hash_cache *c)
{
	struct object *o = c->oldest;
	struct object **at = bucket_of(c, o->id);

	while (*at != o)
		at = &(*at)->chain;
	*at = o->chain;
	lru_unlink(c, o);
	free(o);
	c->nr--;
}

static void insert(struct hash_cache *c, uint64_t id)
{
	struct object **head = bucket_of(c, id);
	struct object *o = malloc(sizeof(*o));

	if (!o)
		bench_fail("no memory");
	memset(o, 0, sizeof(*o));
	o->id = id;
	o->size = 1;
	o->chain = *head;
	*head = o;
	lru_push(c, o);
	c->nr++;
}

double probe_cache_hash(struct probe_stream *s)
{
	struct hash_cache c = { .mask = 1 };
	double began;

	while (c.mask + 1 < s->capacity)
		c.mask = 2 * c.mask + 1;
	c.bucket = bench_alloc((c.mask + 1) * sizeof(struct object *));
	s->misses = 0;
	began = bench_cpu_s();
	for (uint64_t i = 0; i < s->nr; i++) {
		struct object *o = *bucket_of(&c, s->at[i]);

		while (o && o->id != s->at[i])
			o = o->chain;
		if (o) {
			lru_unlink(&c, o);
			lru_push(&c, o);
			continue;
		}
		s->misses++;
		if (c.nr == s->capacity)
			evict(&c);
		insert(&c, s->at[i]);
	}
	began = bench_cpu_s() - began;
	while (c.nr)
		evict(&c);
	bench_free(c.bucket, (c.mask + 1) * sizeof(struct object *));
	return (double)s->nr / began;
}
