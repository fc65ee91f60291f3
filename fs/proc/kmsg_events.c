/* SPDX-License-Identifier: MIT */
/*
 * kmsg_events.c - which events of the machine make lines in the kernel log.
 *
 * Exact text: errata (b)2 and (b)4, fact sheet G.6, H.6, I.
 *
 * Called by machine_fs.c's observer under the engine's lock; calls kmsg.c and
 * oom_report.c.
 */
#include <vm/vm.h>

#include "fs/proc/kmsg.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/oom_report.h"
#include "fs/proc/proc.h"

typedef void log_event(struct machine_fs *mf, const struct vm_event *ev);

static void log_drop_caches(struct machine_fs *mf, const struct vm_event *ev)
{
	kmsg_printk(mf->kmsg, KMSG_INFO, ev->time_ns,
		    "%s (%d): drop_caches: %d",
		    ev->who ? ev->who->comm : "", ev->who ? ev->who->pid : 0,
		    (int)ev->value);
}

static void log_numa_stat(struct machine_fs *mf, const struct vm_event *ev)
{
	kmsg_printk(mf->kmsg, KMSG_INFO, ev->time_ns, "%s",
		    ev->value ? "enable numa statistics" :
				"disable numa statistics, and clear numa "
				"counters");
}

static void log_oom_adj(struct machine_fs *mf, const struct vm_event *ev)
{
	if (!ev->who || atomic_exchange(&mf->oom_adj_warned, true))
		return;
	kmsg_printk(mf->kmsg, KMSG_WARNING, ev->time_ns,
		    "%s (%d): /proc/%d/oom_adj is deprecated, "
		    "please use /proc/%d/oom_score_adj instead.",
		    ev->who->comm, ev->who->pid, ev->pid, ev->pid);
}

static void log_enomem(struct machine_fs *mf, const struct vm_event *ev)
{
	kmsg_printk(mf->kmsg, KMSG_WARNING, ev->time_ns,
		    "__vm_enough_memory: pid: %d, comm: %s, bytes: %lld "
		    "not enough memory for the allocation",
		    ev->pid, ev->comm, (long long)ev->value);
}

/* The disk that holds the area, by the area's name; NULL for none. */
static const struct vm_disk_stat *disk_of(const struct vm_stat *s,
					  const struct vm_swap_stat *a)
{
	static const char dev[] = "/dev/";
	uint32_t i;

	if (strncmp(a->path, dev, strlen(dev)))
		return NULL;
	for (i = 0; i < s->nr_disks; i++)
		if (!strncmp(a->path + strlen(dev), s->disk[i].name,
			     strlen(s->disk[i].name)))
			return &s->disk[i];
	return NULL;
}

static void put_swapon(struct machine_fs *mf, uint64_t now_ns,
		       const struct vm_stat *s, const struct vm_swap_stat *a)
{
	const struct vm_disk_stat *d = disk_of(s, a);
	unsigned long long kb = pages_to_kb(a->pages);

	kmsg_printk(mf->kmsg, KMSG_INFO, now_ns,
		    "Adding %lluk swap on %s.  Priority:%d extents:1 "
		    "across:%lluk %s",
		    kb, a->path, a->priority, kb,
		    d && d->kind != VM_DISK_HDD ? "SS" : "");
}

static void log_swapon(struct machine_fs *mf, const struct vm_event *ev)
{
	vm_stat_get_locked(mf->vm, mf->log_stat);
	put_swapon(mf, ev->time_ns, mf->log_stat, &ev->swap);
}

static log_event *const log_events[VM_NR_EVENT_TYPES] = {
	[VM_EV_OOM_INVOKED] = oom_report,
	[VM_EV_OOM_KILL] = oom_report_kill,
	[VM_EV_OOM_REAPED] = oom_report_reaped,
	[VM_EV_OOM_PANIC] = oom_report_panic,
	[VM_EV_PAGE_ALLOC_FAILURE] = oom_report_failure,
	[VM_EV_OOM_ADJ_DEPRECATED] = log_oom_adj,
	[VM_EV_ENOMEM] = log_enomem,
	[VM_EV_DROP_CACHES] = log_drop_caches,
	[VM_EV_NUMA_STAT] = log_numa_stat,
	[VM_EV_SWAPON] = log_swapon,
};

void kmsg_observe(struct machine_fs *mf, const struct vm_event *ev)
{
	if (log_events[ev->type])
		log_events[ev->type](mf, ev);
}

void kmsg_boot(struct machine_fs *mf)
{
	struct vm_stat *s = mf->log_stat;
	uint32_t i;

	vm_stat_get(mf->vm, s);
	kmsg_printk(mf->kmsg, KMSG_NOTICE, 0, "%s", KERNEL_BANNER);
	kmsg_printk(mf->kmsg, KMSG_INFO, 0, "Command line: %s",
		    KERNEL_CMDLINE);
	for (i = 0; i < s->nr_swaps; i++)
		put_swapon(mf, s->now_ns, s, &s->swap[i]);
}
