/* SPDX-License-Identifier: MIT */
/*
 * proc.h - the files of /proc: one show a file, one .c a file or family.
 *
 * A show appends its whole text from one snapshot (machine_stat()); it is
 * tree.h:tree_show.  Formats are fact sheet J with the errata and, byte for
 * byte, the recorded trees of Linux 6.12.
 *
 * Units are the file's own: kB where Linux prints kB (put_kb() takes pages
 * and converts), pages in vmstat and zoneinfo, 1/100 s in stat and uptime,
 * microseconds in pressure.
 *
 * Errors: -ESRCH for a task that is gone; a text that cannot be made for want
 * of memory is the strbuf's error and so the reader's ENOMEM.
 * Locking: as machine_fs.h: shows run one at a time, a snapshot is valid
 * until the next is taken.
 */
#ifndef PROC_PROC_H
#define PROC_PROC_H

#include <stddef.h>

#include <vm/stat.h>

#include "fs/vfs/file.h"
#include "fs/vfs/tree.h"

/* What it says it is: the kernel that the recordings are of. */
#define KERNEL_RELEASE "6.12.95+deb12-amd64"
#define KERNEL_PACKAGE "6.12.95-1~bpo12+1"
#define KERNEL_VERSION                                                         \
	"#1 SMP PREEMPT_DYNAMIC Debian " KERNEL_PACKAGE " (2026-07-05)"
#define KERNEL_BANNER                                                          \
	"Linux version " KERNEL_RELEASE " (debian-kernel@lists) "              \
	"(x86_64-linux-gnu-gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, "         \
	"GNU ld (GNU Binutils for Debian) 2.40) " KERNEL_VERSION
#define KERNEL_CMDLINE "BOOT_IMAGE=/vmlinuz root=/dev/root ro quiet"

/* root.c: /proc itself; its rules hold below unless others are named. */
extern const struct tree_dir proc_dir;
extern const struct tree_rules proc_rules;

/* Whole-system files, one .c each (J.1 - J.6, G.5). */
tree_show meminfo_show;
tree_show vmstat_show;
tree_show zoneinfo_show;
tree_show buddyinfo_show;
tree_show pagetypeinfo_show;
tree_show swaps_show;
extern const struct file_ops swaps_ops; /* its open and poll */
struct swaps_state;
void swaps_changed(struct swaps_state *s); /* any lock may be held */
tree_show proc_stat_show;
tree_show loadavg_show;
tree_show uptime_show;
tree_show diskstats_show;
tree_show slabinfo_show;
tree_show version_show;
tree_show cpuinfo_show;
tree_show self_show;
tree_show thread_self_show;

/* devices.c: what there is of hardware. */
tree_show interrupts_show;
tree_show softirqs_show;
tree_show partitions_show;
tree_show schedstat_show;
tree_attr cmdline_attr;
tree_attr kcore_attr;

/* sysrq.c: the keys. */
tree_store sysrq_store;

/* stat.c: "8 16" of a disk, as the block layer numbers them. */
struct disk_number {
	unsigned major, minor;
};
struct disk_number disk_number(const struct vm_stat *s, uint32_t disk);

/* pressure.c: /proc/pressure (J.5). */
extern const struct tree_dir pressure_dir;

/* proc_sysctl.c: /proc/sys (A). */
extern const struct tree_dir proc_sys_dir;

/* base.c: the directories of tasks, and what of them is a knob (H.4). */
extern const struct tree_index proc_pid_index, proc_thread_index;

/* array.c: status, stat, statm, limits, io, sched... (J.7). */
tree_show pid_stat_show;
tree_show pid_statm_show;
tree_show pid_status_show;

/* task_mmu.c: what is mapped (J.7, errata (b)3). */
tree_show pid_maps_show;
tree_show pid_smaps_show;
tree_show pid_smaps_rollup_show;
tree_show pid_numa_maps_show;

/* vmstat.c: one node's counters, for sys/devices/system/node (J.8). */
void vmstat_node_lines(struct strbuf *sb, const struct vm_node_stat *n);

/* vmstat.c: the value of a node item in the unit that Linux prints. */
uint64_t vmstat_node_value(enum vm_node_item item, uint64_t v);

/*
 * array.c: how many threads a machine of that size may have, and a user half
 * of them (kernel/fork.c:set_max_threads).
 */
uint64_t max_threads(const struct vm_stat *s);

/* "{label}{kB:>8} kB": @label is padded to 16 columns. */
void put_kb(struct strbuf *sb, const char *label, uint64_t nr_pages);

/* "{name} {v}" on a line. */
void put_counter(struct strbuf *sb, const char *name, uint64_t v);

static inline uint64_t pages_to_kb(uint64_t nr_pages)
{
	return nr_pages << (VM_PAGE_SHIFT - 10);
}

#endif
