/* SPDX-License-Identifier: MIT */
/*
 * pgdat.h - a node: its zones, its LRU lists, its kswapd's state.
 *
 * Units: pages.  Locking: the world's lock.
 */
#ifndef ENGINE_MEMORY_PGDAT_H
#define ENGINE_MEMORY_PGDAT_H

#include "memory/lruvec.h"
#include "memory/zone.h"
#include "world/world.h"

enum pgdat_flag {
	PGDAT_WRITEBACK = 1u << 0, /* tail of the LRU is under writeback */
	PGDAT_DIRTY = 1u << 1,	   /* tail of the LRU is dirty */
	PGDAT_CONGESTED = 1u << 2,
	PGDAT_RECLAIM_LOCKED = 1u << 3, /* a node reclaim runs */
};

struct zoneref {
	uint8_t zone; /* index into vm->zone_table */
};

/* Objects of one kind on one node, and the slabs that have room for them. */
struct slab_cache {
	uint64_t objects, room;
	uint64_t pages;
	/* Slabs of the usual order and of order 0, by their first frames; the
	 * next one is in the frame's index. */
	uint32_t slabs, small_slabs;
};

struct kswapd; /* actors/kswapd.h */
struct vm;

struct pgdat {
	int nid;
	struct zone zone[VM_NR_ZONES];
	uint64_t managed, present;
	bool has_cpu;
	struct lruvec lruvec;
	int64_t item[VM_NR_NODE_ITEMS];
	/* lruvec_page_state(): the items at the last flush, if it goes by it */
	bool by_flush;
	int64_t flushed[VM_NR_NODE_ITEMS];
	/* Zones in the order in which a request of this node tries them. */
	struct zoneref zonelist[VM_MAX_NODES * VM_NR_ZONES];
	unsigned nr_zonelist;
	uint64_t totalreserve;
	uint64_t min_unmapped_pages, min_slab_pages;
	uint32_t flags;
	/* D: the request that kswapd is to serve next */
	struct kswapd *kswapd;
	struct actor *kswapd_actor; /* the same, for who wakes it */
	bool kswapd_waiting;	    /* asleep or napping */
	int kswapd_order;
	int kswapd_highest_zoneidx; /* VM_NR_ZONES: none */
	int kswapd_failures;
	/* E.8: work that the superblock shrinker put off */
	uint64_t slab_deferred;
	uint64_t nr_dentries; /* objects on the LRU, dentries and inodes */
	uint32_t slab_pages;  /* their pages, a list through page.index */
	struct slab_cache xa_nodes; /* xarray.h */
	/* reclaimers asleep in C.4, E.1: until these numbers change */
	uint32_t nr_throttled;
	uint64_t nr_writeback_ended; /* while somebody waits for writeback */
	uint64_t hugepages, hugepages_free; /* of 512 pages */
	uint32_t huge_pool; /* first of them, pfn + 1; next in its index */
};

/*
 * Lay out frames, zones and nodes as vm->conf says; everything is free.
 * 0 or -ENOMEM; pgdats_fini() undoes also what a failed call has done.
 */
int pgdats_init(struct vm *vm);
void pgdats_fini(struct vm *vm);

/* The kernel has its pages: what is used from here on is used densely. */
void pgdats_booted(struct vm *vm);

#endif
