/* SPDX-License-Identifier: MIT */
/*
 * vm_check_pages.h - between vm_check.c and vm_check_pages.c.
 */
#ifndef ENGINE_VM_CHECK_PAGES_H
#define ENGINE_VM_CHECK_PAGES_H

#include "vm_check.h"

/* Fill in @c with "@what: @a, and @b"; always false. */
bool check_fails(struct vm_complaint *c, const char *what, int64_t a,
		 int64_t b, int index);

#endif
