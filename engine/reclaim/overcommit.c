/* SPDX-License-Identifier: MIT */
/*
 * overcommit.c - may a task have so much address space?
 *
 * Fact sheet I; mm/util.c:__vm_enough_memory and vm_commit_limit.  Three
 * modes: 0 refuses only what could never be there, 1 nothing, 2 what goes
 * beyond the commit limit less two reserves.
 *
 * Called when an area is made or grows and by snapshot.c for the figures.
 * Calls the swap map and the huge page pool for totals.  World's lock.
 */
#include <assert.h>
#include <errno.h>

#include "memory/swap_map.h"
#include "memory/trace.h"
#include "reclaim/hugepages.h"
#include "reclaim/overcommit.h"
#include "world/compiler.h"

#define KB_PER_PAGE	  (VM_PAGE_SIZE / 1024)
#define PAGES_PER_HUGE	  512u
#define OVERCOMMIT_ALWAYS 1
#define OVERCOMMIT_NEVER  2

uint64_t vm_commit_limit(const struct vm *vm)
{
	const uint64_t huge = nr_huge_pages(vm) * PAGES_PER_HUGE;
	uint64_t pages;

	assert(huge <= vm->total_pages);
	if (vm->ctl.overcommit_kbytes)
		pages = vm->ctl.overcommit_kbytes / KB_PER_PAGE;
	else
		/* A negative ratio wraps, as the kernel's unsigned product
		 * does: errata 14. */
		pages = (vm->total_pages - huge) *
			(uint64_t)(int64_t)vm->ctl.overcommit_ratio / 100;
	return pages + swap_total_pages(vm);
}

/* What mode 2 leaves to @t; the commitment must stay below it. */
static int64_t allowed_pages(const struct vm *vm, const struct task *t)
{
	int64_t allowed = (int64_t)vm_commit_limit(vm);

	assert(vm->ctl.overcommit_memory == OVERCOMMIT_NEVER);
	/* Something for root to clean up with. */
	if (t && t->uid != 0)
		allowed -=
			(int64_t)(vm->ctl.admin_reserve_kbytes / KB_PER_PAGE);
	/* And no process may take all that its user could save himself with */
	if (t && t->mm)
		allowed -=
			(int64_t)MIN(t->mm->total_vm / 32,
				     vm->ctl.user_reserve_kbytes / KB_PER_PAGE);
	return allowed;
}

static bool enough(const struct vm *vm, const struct task *t, uint64_t pages)
{
	assert(vm->committed_as >= pages);
	switch (vm->ctl.overcommit_memory) {
	case OVERCOMMIT_ALWAYS:
		return true;
	case OVERCOMMIT_NEVER:
		return (int64_t)vm->committed_as < allowed_pages(vm, t);
	default:
		return pages <= vm->total_pages + swap_total_pages(vm);
	}
}

static void refused(struct vm *vm, const struct task *t, uint64_t pages)
{
	struct vm_event ev;

	if (!trace_enabled(vm))
		return;
	ev = trace_event(vm, VM_EV_ENOMEM, t);
	ev.value = (int64_t)(pages * VM_PAGE_SIZE);
	trace_send(vm, &ev);
}

int vm_enough_memory(struct vm *vm, struct task *t, uint64_t pages)
{
	assert(pages <= UINT64_MAX - vm->committed_as);
	vm->committed_as += pages;
	if (!enough(vm, t, pages)) {
		vm->committed_as -= pages;
		refused(vm, t, pages);
		return -ENOMEM;
	}
	if (t && t->mm)
		t->mm->committed += pages;
	return 0;
}

void vm_unacct_memory(struct vm *vm, struct task *t, uint64_t pages)
{
	assert(vm->committed_as >= pages);
	vm->committed_as -= pages;
	if (!t || !t->mm)
		return;
	assert(t->mm->committed >= pages);
	t->mm->committed -= pages;
}
