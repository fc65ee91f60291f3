/* SPDX-License-Identifier: MIT */
/*
 * ring.c - records of one size, the last so many of them (ring.h).
 *
 * The records lie in one array, which is touched as far as it is used.
 *
 * Called by sandbox/events.c and sys/tracing.c: by their observers below the
 * engine's lock, by their readers below the session's.  Locks: ring.lock.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/vfs/ring.h"

int ring_init(struct ring *r, uint64_t room, size_t rec_size)
{
	*r = (struct ring){ .room = room, .rec_size = rec_size };
	r->rec = calloc(room, rec_size);
	if (!r->rec)
		return -ENOMEM;
	pthread_mutex_init(&r->lock, NULL);
	return 0;
}

void ring_fini(struct ring *r)
{
	if (!r->rec)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r->rec);
	r->rec = NULL;
}

void *ring_at(const struct ring *r, uint64_t seq)
{
	return r->rec + seq % r->room * r->rec_size;
}

void *ring_add(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	if (r->next - r->first == r->room) {
		r->first++;
		r->lost++;
	}
	return memset(ring_at(r, r->next), 0, r->rec_size);
}

void ring_added(struct ring *r)
{
	r->next++;
	pthread_mutex_unlock(&r->lock);
	file_source_wake(&r->source);
}

void ring_begin(struct ring *r, struct ring_place *at)
{
	pthread_mutex_lock(&r->lock);
	*at = (struct ring_place){ .seq = r->first, .life = r->life };
	pthread_mutex_unlock(&r->lock);
}

void ring_skip(struct ring *r, struct ring_place *at)
{
	pthread_mutex_lock(&r->lock);
	*at = (struct ring_place){ .seq = r->next, .life = r->life };
	pthread_mutex_unlock(&r->lock);
}

/* He has missed something: go on with the oldest, say how much it was. */
static uint64_t jump_gap(struct ring *r, struct ring_place *at)
{
	uint64_t end = at->life == r->life ? r->first : r->cut;
	uint64_t missed = end > at->seq ? end - at->seq : 0;

	*at = (struct ring_place){ .seq = r->first, .life = r->life };
	return missed;
}

enum ring_found ring_next(struct ring *r, struct ring_place *at, void *rec,
			  uint64_t *nr)
{
	enum ring_found found = RING_NOTHING;

	pthread_mutex_lock(&r->lock);
	if (at->life != r->life || at->seq < r->first) {
		*nr = jump_gap(r, at);
		found = RING_GAP;
	} else if (at->seq < r->next) {
		memcpy(rec, ring_at(r, at->seq), r->rec_size);
		*nr = at->seq++;
		found = RING_RECORD;
	}
	pthread_mutex_unlock(&r->lock);
	return found;
}

bool ring_more(struct ring *r, const struct ring_place *at)
{
	bool more;

	pthread_mutex_lock(&r->lock);
	more = at->life != r->life || at->seq < r->next;
	pthread_mutex_unlock(&r->lock);
	return more;
}

bool ring_take(struct ring *r, void *rec, uint64_t *lost)
{
	bool any;

	pthread_mutex_lock(&r->lock);
	any = r->first < r->next;
	if (any) {
		memcpy(rec, ring_at(r, r->first++), r->rec_size);
		*lost = r->lost;
		r->lost = 0;
	}
	pthread_mutex_unlock(&r->lock);
	return any;
}

bool ring_any(struct ring *r)
{
	bool any;

	pthread_mutex_lock(&r->lock);
	any = r->first < r->next;
	pthread_mutex_unlock(&r->lock);
	return any;
}

void ring_clear(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->first = r->next;
	r->cleared = r->next;
	r->lost = 0;
	pthread_mutex_unlock(&r->lock);
}

void ring_pack(struct ring *r, struct pack *p,
	       void (*rec_pack)(struct pack *p, void *rec))
{
	uint64_t seq;

	pthread_mutex_lock(&r->lock);
	pack_u64(p, &r->first);
	pack_u64(p, &r->next);
	pack_u64(p, &r->cleared);
	pack_u64(p, &r->lost);
	if (r->next < r->first || r->next - r->first > r->room ||
	    r->cleared > r->first) {
		pack_refuse(p);
		r->next = r->first;
	}
	for (seq = r->first; seq < r->next && !pack_error(p); seq++)
		rec_pack(p, ring_at(r, seq));
	pthread_mutex_unlock(&r->lock);
}

void ring_replace(struct ring *r, struct ring *from)
{
	char *rec = from->rec;

	assert(r->room == from->room && r->rec_size == from->rec_size);
	pthread_mutex_lock(&r->lock);
	from->rec = r->rec;
	r->rec = rec;
	r->cut = r->next;
	r->first = from->first;
	r->next = from->next;
	r->cleared = from->cleared;
	r->lost = from->lost;
	r->life++;
	pthread_mutex_unlock(&r->lock);
	file_source_wake(&r->source);
}
