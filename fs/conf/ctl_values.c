/* SPDX-License-Identifier: MIT */
/*
 * ctl_values.c - the sysctl values of a machine, to be set again at boot.
 *
 * Called by fs/cli's capture and fs/sandbox's machine.  No locks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fs/conf/ctl_values.h"

/* Commands, and second names of what is in the list already. */
static const char *const not_kept[] = {
	"compact_memory",
	"drop_caches",
	"nr_hugepages_mempolicy",
};

/* Of each pair the one that is 0 is off. */
static const char *const halves[] = {
	"dirty_background_bytes", "dirty_background_ratio",
	"dirty_bytes",		  "dirty_ratio",
	"overcommit_kbytes",	  "overcommit_ratio",
};

static bool among(const char *name, const char *const *list, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!strcmp(name, list[i]))
			return true;
	}
	return false;
}

#define NR(list) (sizeof(list) / sizeof((list)[0]))

bool ctl_values_kept(const struct vm_ctl *ctl)
{
	return (ctl->mode & 0600) == 0600 && ctl->type != VM_CTL_STRING &&
	       ctl->type != VM_CTL_NONE &&
	       !among(ctl->name, not_kept, NR(not_kept));
}

void ctl_values_add(struct vm_machine *m, const struct vm_ctl *ctl,
		    const int64_t *value)
{
	struct vm_sysctl_conf *to;
	size_t used = 0;
	unsigned i;

	if (m->nr_sysctls == VM_MAX_SYSCTLS)
		return;
	if (!value[0] && among(ctl->name, halves, NR(halves)))
		return;
	to = &m->sysctl[m->nr_sysctls++];
	memset(to, 0, sizeof(*to));
	snprintf(to->name, sizeof(to->name), "vm.%s", ctl->name);
	for (i = 0; i < ctl->nr && used < sizeof(to->value); i++)
		used += (size_t)snprintf(
			to->value + used, sizeof(to->value) - used,
			ctl->type == VM_CTL_ULONG ? "%s%" PRIu64 : "%s%" PRId64,
			i ? " " : "", value[i]);
}
