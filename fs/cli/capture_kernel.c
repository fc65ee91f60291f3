/* SPDX-License-Identifier: MIT */
/*
 * capture_kernel.c - the tunables of a real machine, and what its kernel
 * holds.
 *
 * Which files of /proc/sys/vm are values is the engine's table; a kernel that
 * lacks one, or forbids it, leaves it out without a word when most can be
 * read: an unprivileged capture is the rule.
 *
 * Called by capture.c.  One thread, no locks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vm/sysctl.h>

#include "fs/cli/capture.h"
#include "fs/cli/cmd.h"
#include "fs/conf/ctl_values.h"

/* Fill in ctl->nr numbers; false if @text has fewer. */
static bool parse_values(const struct vm_ctl *ctl, const char *text,
			 int64_t value[VM_CTL_MAX_VALUES])
{
	unsigned i;
	char *end;

	for (i = 0; i < ctl->nr; i++) {
		errno = 0;
		if (ctl->type == VM_CTL_ULONG)
			value[i] = (int64_t)strtoull(text, &end, 10);
		else
			value[i] = strtoll(text, &end, 10);
		if (end == text || errno)
			return false;
		text = end;
	}
	return true;
}

/* Another kernel's bounds may be wider; 0 is the silent half of a pair. */
static bool in_bounds(const struct vm_ctl *ctl, const int64_t *value)
{
	unsigned i;

	for (i = 0; i < ctl->nr; i++) {
		if (!value[i])
			continue;
		if (ctl->type == VM_CTL_ULONG ?
			    (uint64_t)value[i] < (uint64_t)ctl->min ||
				    (uint64_t)value[i] > (uint64_t)ctl->max :
			    value[i] < ctl->min || value[i] > ctl->max)
			return false;
	}
	return true;
}

static void capture_sysctls(struct capture *c)
{
	int64_t value[VM_CTL_MAX_VALUES];
	const struct vm_ctl *ctl;
	unsigned i, found = 0;
	char *text;

	for (i = 0; i < vm_ctl_count; i++) {
		ctl = &vm_ctl_table[i];
		if (!ctl_values_kept(ctl))
			continue;
		text = capture_read("%s/sys/vm/%s", c->proc, ctl->name);
		if (!text)
			continue;
		found++;
		if (!parse_values(ctl, text, value))
			cmd_warn("%s/sys/vm/%s: \"%.20s\", expected numbers",
				 c->proc, ctl->name, text);
		else if (!in_bounds(ctl, value))
			cmd_warn("%s/sys/vm/%s: \"%.*s\", out of bounds, "
				 "default taken", c->proc, ctl->name,
				 (int)strcspn(text, "\n"), text);
		else
			ctl_values_add(c->m, ctl, value);
		free(text);
	}
	if (!found)
		cmd_warn("%s/sys/vm: nothing to read, defaults taken",
			 c->proc);
}

static uint64_t kb_of(const char *meminfo, const char *name)
{
	uint64_t kb = 0;

	capture_field(meminfo, name, &kb);
	return kb;
}

/*
 * What meminfo names beside free memory, page cache and processes; the rest
 * is "misc": what no counter names.
 */
static void capture_slab(struct capture *c, const char *meminfo)
{
	static const char *const named[] = {
		"MemFree",    "Buffers", "Cached",	"SwapCached",
		"AnonPages",  "Slab",	 "PageTables",	"KernelStack",
		"Percpu",     "Hugetlb",
	};
	uint64_t rest = kb_of(meminfo, "MemTotal"), kb;
	struct vm_kernel_conf *k = &c->m->kernel;
	size_t i;

	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		kb = kb_of(meminfo, named[i]);
		rest = rest > kb ? rest - kb : 0;
	}
	k->slab_reclaimable = kb_of(meminfo, "SReclaimable") / 4;
	k->slab_unreclaimable = kb_of(meminfo, "SUnreclaim") / 4;
	k->shmem = kb_of(meminfo, "Shmem") / 4;
	k->misc = rest / 4;
}

void capture_kernel(struct capture *c)
{
	char *text;

	capture_sysctls(c);
	text = capture_read("%s/kernel/mm/transparent_hugepage/enabled",
			    c->sys);
	c->m->thp = text ? !strstr(text, "[never]") :
			   vm_machine_thp_default(c->m);
	free(text);
	text = capture_need(c->proc, "meminfo");
	if (text)
		capture_slab(c, text);
	free(text);
	text = capture_read("%s/stat", c->proc);
	if (text)
		capture_field(text, "btime", &c->m->boot_epoch_s);
	free(text);
}
