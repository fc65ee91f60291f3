/* SPDX-License-Identifier: MIT */
/*
 * ctl_values.h - the sysctl values of a machine, to be set again at boot.
 *
 * Not every file of /proc/sys/vm is a value that a machine file should name:
 * some are commands, one is only text, and of a pair like dirty_bytes and
 * dirty_ratio the half that is 0 would undo the other.  Shared by capture
 * and by sandbox/machine.
 *
 * Pure but for the machine that is filled in; no locks.
 */
#ifndef CONF_CTL_VALUES_H
#define CONF_CTL_VALUES_H

#include <vm/machine.h>
#include <vm/sysctl.h>

/* True if @ctl holds a value that a boot can set again. */
bool ctl_values_kept(const struct vm_ctl *ctl);

/*
 * Add "vm.name = value" to @m, ctl->nr values.  Left out when it is the
 * silent half of a pair, or when VM_MAX_SYSCTLS are there.
 */
void ctl_values_add(struct vm_machine *m, const struct vm_ctl *ctl,
		    const int64_t *value);

#endif
