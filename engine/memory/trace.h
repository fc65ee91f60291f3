/* SPDX-License-Identifier: MIT */
/*
 * trace.h - telling the observer.
 *
 * An event is filled in on the stack and sent; when nobody observes, the
 * caller pays one test.  Locking: the world's lock.
 */
#ifndef ENGINE_MEMORY_TRACE_H
#define ENGINE_MEMORY_TRACE_H

#include "memory/state.h"

static inline bool trace_enabled(const struct vm *vm)
{
	return vm->observer != NULL;
}

/* An event of @type by @t (NULL: by nobody), now. */
struct vm_event trace_event(struct vm *vm, enum vm_event_type type,
			    const struct task *t);

/* Hand it to the observer, if there is one. */
void trace_send(struct vm *vm, const struct vm_event *ev);

#endif
