/* SPDX-License-Identifier: MIT */
/*
 * scan_balance.h - what shrink_node asks before it scans (fact sheet E.2).
 *
 * Used by vmscan.c alone; the pure parts are declared in vmscan.h.
 * Locking: the world's lock.
 */
#ifndef ENGINE_RECLAIM_SCAN_BALANCE_H
#define ENGINE_RECLAIM_SCAN_BALANCE_H

#include "reclaim/vmscan.h"

/* may_deactivate, cache_trim_mode and file_is_tiny of @sc for sc->pgdat. */
void prepare_scan_control(struct vm *vm, struct scan_control *sc);

/* want[] and left[] of @sc: pages to scan of each list. */
void get_scan_count(struct vm *vm, struct scan_control *sc);

bool inactive_is_low(const struct pgdat *pgdat, bool file);

#endif
