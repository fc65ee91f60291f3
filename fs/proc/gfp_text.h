/* SPDX-License-Identifier: MIT */
/*
 * gfp_text.h - the names of a GFP mask, as reports and tracepoints print it.
 *
 * Fact sheet C.7; include/trace/events/mmflags.h.  Pure.
 */
#ifndef PROC_GFP_TEXT_H
#define PROC_GFP_TEXT_H

#include <stdint.h>

#include "fs/vfs/strbuf.h"

/* "GFP_KERNEL|__GFP_ZERO"; an empty mask adds @none. */
void put_gfp(struct strbuf *sb, uint32_t gfp, const char *none);

#endif
