/* SPDX-License-Identifier: MIT */
/*
 * zones.h - MNT/sandbox/zones: in which band of its watermarks each zone is.
 *
 *	node zone free min low high band
 *	0 DMA32 480121 11255 14068 16881 above-high
 *
 * Pages; one line a populated zone.  Bands: above-high, low-high, min-low,
 * below-min (design section 5).
 */
#ifndef SANDBOX_ZONES_H
#define SANDBOX_ZONES_H

#include "fs/vfs/tree.h"

tree_show zones_show;

#endif
