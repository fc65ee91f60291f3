/* SPDX-License-Identifier: MIT */
/*
 * sysctl.h - inside the tunables: what vm.c sets up, and what hooks see.
 *
 * The door is vm/sysctl.h.  A write goes: capability, values within bounds
 * are stored, the hook does what follows from them, the observer hears of a
 * change.  A hook runs after every write, also an empty, ignored or refused
 * one: what Linux's handlers do then is theirs to say (fact sheet A.1).
 *
 * Locking: all of it under the world's lock.
 */
#ifndef ENGINE_SYSCTL_H
#define ENGINE_SYSCTL_H

#include <vm/sysctl.h>

#include "memory/state.h"

/* One write, as its hook sees it: the values have been stored. */
struct ctl_write {
	const struct vm_ctl *ctl;
	const struct vm_cred *who; /* NULL: the boot */
	int err;		   /* of the values, 0 or -errno */
	int64_t old[VM_CTL_MAX_VALUES];
};

typedef int ctl_hook(struct vm *vm, const struct ctl_write *w);

/* Each returns what the write returns: 0 or -errno (sysctl_hooks.c). */
ctl_hook hook_compact_memory, hook_dirty_background_bytes,
	hook_dirty_background_ratio, hook_dirty_bytes, hook_dirty_ratio,
	hook_dirty_writeback, hook_drop_caches, hook_hugepages,
	hook_lowmem_reserve, hook_min_free, hook_min_slab, hook_min_unmapped,
	hook_numa_stat, hook_overcommit_kbytes, hook_overcommit_ratio,
	hook_pcp_fraction, hook_watermark_scale;

/* Values of a kernel that has just come up, but those that depend on the
 * memory: init_min_free_kbytes() and init_reserve_kbytes(). */
void sysctl_defaults(struct tunables *ctl);

/* user_ and admin_reserve_kbytes, from what is free at the end of boot. */
void init_reserve_kbytes(struct vm *vm);

/*
 * A value set at boot: "vm.swappiness" becomes @text.  0; -ENOENT, or as
 * vm_ctl_set().  The lock is held.
 */
int sysctl_set_text(struct vm *vm, const char *name, const char *text);

/* vm_ctl_get() and vm_ctl_set() for those who hold the lock. */
void ctl_get_locked(struct vm *vm, const struct vm_ctl *ctl, int64_t *value);
int ctl_set_locked(struct vm *vm, const struct vm_ctl *ctl,
		   const struct vm_ctl_values *v, const struct vm_cred *who);

#endif
