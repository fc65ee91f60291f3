/* SPDX-License-Identifier: MIT */
/*
 * check_pages.h - between check.c and check_pages.c.
 */
#ifndef ENGINE_CHECK_PAGES_H
#define ENGINE_CHECK_PAGES_H

#include "check.h"

/* Fill in @c with "@what: @a, and @b"; always false. */
bool check_fails(struct vm_complaint *c, const char *what, int64_t a,
		 int64_t b, int index);

#endif
