/* SPDX-License-Identifier: MIT */
/*
 * overcommit.h - may a task map so many pages? (fact sheet I)
 */
#ifndef ENGINE_RECLAIM_OVERCOMMIT_H
#define ENGINE_RECLAIM_OVERCOMMIT_H

#include "memory/state.h"

/* Pages; printed in every mode, enforced in mode 2. */
uint64_t vm_commit_limit(const struct vm *vm);

/* 0 and @pages more are committed; -ENOMEM, with the log event, and not. */
int vm_enough_memory(struct vm *vm, struct task *t, uint64_t pages);
void vm_unacct_memory(struct vm *vm, struct task *t, uint64_t pages);

#endif
