/* SPDX-License-Identifier: MIT */
/*
 * kswapd.h - background reclaim, one actor a node (fact sheet D).
 *
 * States: asleep until woken; napping 100 ms to see whether it is really
 * over; balancing, one round of shrink_node_step() a step.
 */
#ifndef ENGINE_ACTORS_KSWAPD_H
#define ENGINE_ACTORS_KSWAPD_H

#include "reclaim/vmscan.h"

enum kswapd_state {
	KSWAPD_ASLEEP,
	KSWAPD_NAP,	/* prepared to sleep, 100 ms */
	KSWAPD_BALANCE, /* at the top of a priority's turn */
	KSWAPD_SHRINK,	/* inside shrink_node */
};

struct kswapd {
	struct actor actor;
	struct vm *vm;
	struct pgdat *pgdat;
	struct task *task; /* kswapdN of the pid list: its CPU time */
	enum kswapd_state state;
	struct scan_control sc;
	int order, highest_zoneidx;	   /* being served */
	int alloc_order;
	uint64_t boosted[VM_NR_ZONES], nr_boost; /* D.4 */
	uint64_t turn_scanned, turn_reclaimed; /* when this turn began */
	bool raise_priority, balanced, trim_retried;
	uint64_t nap_until_ns;
};

int kswapd_init(struct vm *vm, struct pgdat *pgdat);
void kswapd_fini(struct pgdat *pgdat);

#endif
